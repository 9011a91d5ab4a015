"""The kinds of work that a comparison measures. README.md says what each is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    transport: str
    arguments: tuple
    metric: str  # key of culvert-bench's JSON: work done per second of the server's processor time
    unit: str


def _media(name, transport, *arguments):
    return Case(name, transport, ("--work=media", *arguments), "packets_per_cpu_second",
                "packets/CPU s")


def _saturated(transport, payload):
    return [_media(f"{transport}-{payload}-{direction}", transport, f"--payload={payload}",
                   f"--direction={direction}") for direction in ("up", "down", "both")]


def _bulk(transport):
    return [Case(f"{transport}-bulk-{direction}", transport,
                 ("--work=bulk", "--sessions=1", f"--direction={direction}"),
                 "bytes_per_cpu_second", "bytes/CPU s") for direction in ("up", "down", "both")]


def _allocations(transport):
    return Case(f"allocations-{transport}", transport, ("--work=allocations",),
                "allocations_per_cpu_second", "cycles/CPU s")


CASES = [
    *_saturated("tls", 160),
    _media("tls-160-down-single", "tls", "--direction=down", "--batch=1"),
    _media("tls-160-up-single", "tls", "--direction=up", "--batch=1"),
    _media("tls-160-sparse", "tls", "--sessions=200", "--rate=50"),
    *_saturated("tls", 1200),
    *_saturated("tcp", 160),
    *_saturated("udp", 160),
    _media("udp-160-down-single", "udp", "--direction=down", "--batch=1"),
    _media("udp-160-sparse", "udp", "--sessions=200", "--rate=50"),
    *_bulk("tls"),
    *_bulk("tcp"),
    _allocations("udp"),
    _allocations("tcp"),
    _allocations("tls"),
]


def select(names):
    """The cases of a comma-separated list; a name that ends in * stands for all it begins."""
    chosen = []
    for name in names.split(","):
        matching = [case for case in CASES if case.name == name or
                    (name.endswith("*") and case.name.startswith(name[:-1]))]
        if not matching:
            raise ValueError(f"no case {name}; there are {', '.join(c.name for c in CASES)}")
        chosen += [case for case in matching if case not in chosen]
    return chosen
