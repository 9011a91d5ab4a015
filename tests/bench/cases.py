"""The kinds of work that a comparison measures. README.md says what each is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    transport: str
    arguments: tuple
    # Key of culvert-bench's JSON, dots between levels: mostly work done per second of the server's
    # processor time.
    metric: str
    unit: str
    less_is_better: bool = False
    # Arguments of a saturated load; the case runs at half the rate that it reaches.
    half_of: tuple = ()
    # So many users, besides the one of the configuration, are in a Redis that answers late.
    redis_users: int = 0

    @property
    def streams(self):
        """Work of byte streams (RFC 6062), which proxies do too."""
        return "--work=bulk" in self.arguments or "--work=connections" in self.arguments


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


def _cycles(work, transport, *arguments):
    name = f"{work}-{transport}" + ("-resumed" if "--resume=true" in arguments else "")
    return Case(name, transport, (f"--work={work}", *arguments), f"{work}_per_cpu_second",
                "cycles/CPU s")


def _idle(transport):
    return Case(f"idle-{transport}", transport,
                ("--work=idle", "--sessions=2000"), "resident_bytes_per_allocation",
                "bytes/allocation", less_is_better=True)


def _delay(transport):
    # Alone, as they will be sent at the fixed rate: trains would reach a rate that no server can
    # keep without them.
    saturated = ("--work=media", "--sessions=100", "--batch=1")
    return Case(f"delay-{transport}-160", transport, ("--work=media", "--sessions=100"),
                "delay_us.p99", "us", less_is_better=True, half_of=saturated)


STORM_USERS = 10000

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
    _cycles("allocations", "udp"),
    _cycles("allocations", "tcp"),
    _cycles("allocations", "tls"),
    _cycles("allocations", "tls", "--resume=true"),
    _cycles("connections", "tcp"),
    _cycles("connections", "tls"),
    _cycles("connections", "tls", "--resume=true"),
    _idle("tls"),
    _idle("tcp"),
    _idle("udp"),
    _delay("tls"),
    _delay("udp"),
    Case("storm-tls", "tls", ("--work=media", "--sessions=200", "--rate=50", "--storm-rate=500"),
         "p99_storm_over_quiet", "x", less_is_better=True),
    Case("storm-allocations", "udp",
         ("--work=media", "--sessions=200", "--rate=50", "--storm-rate=2000",
          f"--storm-users={STORM_USERS}"),
         "p99_storm_over_quiet", "x", less_is_better=True, redis_users=STORM_USERS),
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
