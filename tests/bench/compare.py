#!/usr/bin/env python3
"""Runs the same work through Culvert, coturn and others, in turns, and prints medians and ratios.

    bazel build //server:culvert //tests/bench:culvert-bench //tests/bench:culvert-forwarder &&
        tests/bench/compare.py
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys

import cases
import contestants
import servers
import table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_SECONDS = 10
PROBE_SECONDS = 2
# Setting up and draining, on a slow machine.
SPARE_SECONDS = 120
# Of Culvert: questions to Redis about a user.
LOOKUPS = 'culvert_credential_cache_lookups_total{result="miss"}'


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    programs = ROOT + "/bazel-bin/tests/bench/culvert-"
    parser.add_argument("--culvert", default=ROOT + "/bazel-bin/server/culvert")
    parser.add_argument("--bench", default=programs + "bench")
    parser.add_argument("--coturn", default="turnserver", help="'none' leaves it out")
    parser.add_argument("--limit", default=programs + "forwarder",
                        help="the bare forwarder; 'none' leaves it out")
    parser.add_argument("--uring", help="the forwarder on io_uring (uring:culvert-uring), UDP media")
    parser.add_argument("--proxies", action="store_true",
                        help="nginx and HAProxy too, where the work is TLS byte streams")
    parser.add_argument("--workers", type=int, default=0,
                        help="Culvert with so many beside Culvert with one, and nobody else")
    parser.add_argument("--cases", default="*", help="comma-separated names, * at the end for many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help=f"window, at most {MOST_SECONDS}")
    parser.add_argument("--tls-version", choices=("any", "1.2", "1.3"), default="any")
    parser.add_argument("--threads", type=int, default=1, help="relay threads of each server")
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--generator-cpu", type=int, default=1)
    parser.add_argument("--no-pin", action="store_true", help="leave the CPUs to the kernel")
    parser.add_argument("--no-scrape", dest="scrape", action="store_false",
                        help="do not fetch Culvert's metrics every second")
    parser.add_argument("--culvert-option", action="append", default=[],
                        help="a further line of Culvert's configuration")
    parser.add_argument("--coturn-option", action="append", default=[])
    parser.add_argument("--bench-option", action="append", default=[],
                        help="a further option of culvert-bench, such as --sessions=10")
    parser.add_argument("--json", help="file for all runs, medians and ratios")
    arguments = parser.parse_args()
    if not 0 < arguments.seconds <= MOST_SECONDS:
        parser.error(f"--seconds must be above 0 and at most {MOST_SECONDS}")
    if arguments.workers:
        arguments.no_pin = True  # they are to have all CPUs
    return arguments


def require_programs(everyone, arguments):
    for name, program in [(c.name, c.binary) for c in everyone] + [("bench", arguments.bench)]:
        if shutil.which(program) is None:
            sys.exit(f"{name}: no program {program}")


class Runs:
    """Runs of the generator against servers of their own."""

    def __init__(self, arguments, certificate):
        self.arguments = arguments
        self.certificate = certificate
        self.half_loads = {}  # packets per second of each session and direction, by arguments

    def run(self, case, contestant, further=(), seconds=None):
        """What culvert-bench printed, its exit code, and what went wrong."""
        try:
            return self._run(case, contestant, further, seconds or self.arguments.seconds)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return {"exit": 1, "error": str(error)}

    def half_load(self, case, candidates):
        """Half of what the first of `candidates` that can do it at all reaches saturated, as options
        of the generator; found once."""
        key = (case.transport, case.half_of)
        probe = cases.Case(case.name, case.transport, case.half_of, "", "")
        for contestant in candidates if key not in self.half_loads else ():
            run = self.run(probe, contestant, seconds=min(PROBE_SECONDS, self.arguments.seconds))
            if run.get("packets_per_second"):
                rate = run["packets_per_second"] / 2 / (2 * run["sessions"])
                self.half_loads[key] = max(round(rate, 1), 0.1)
                break
        # If nobody can, the case itself will say why.
        return [f"--rate={self.half_loads.get(key, 1)}"]

    def _run(self, case, contestant, further, seconds):
        pinned = not self.arguments.no_pin
        generator_cpu = self.arguments.generator_cpu if pinned else None
        server_cpu = self.arguments.server_cpu if pinned else None
        with servers.users_in_redis(case, generator_cpu) as redis, \
                servers.RunningServer(contestant, self.certificate, server_cpu, redis) as server, \
                servers.Scraper(server) as scraper:
            command = [self.arguments.bench, *contestant.load_arguments(case, server.values),
                       f"--transport={case.transport}", f"--server-pid={server.pid}",
                       f"--tls-version={self.arguments.tls_version}", f"--seconds={seconds}",
                       *case.arguments, *further, *self.arguments.bench_option]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False,
                timeout=SPARE_SECONDS + 4 * seconds,
                preexec_fn=lambda: generator_cpu is None or
                os.sched_setaffinity(0, {generator_cpu}))
            error = server.death() or done.stderr.strip()
            run = {"exit": done.returncode, **json.loads(done.stdout or "{}")}
            if redis and not error:
                run["lookups"] = scraper.read(LOOKUPS)
        run["scrapes"] = scraper.count
        return {**run, "error": error} if error else run


def value_of(run, key):
    """The number at `key`, dots between levels; None when there is none."""
    for part in key.split("."):
        run = run.get(part) if isinstance(run, dict) else None
    return run if isinstance(run, (int, float)) else None


def median_of(runs, key):
    values = [value for value in (value_of(run, key) for run in runs) if value is not None]
    return statistics.median(values) if values else None


SUMMARY_KEYS = ("loss_share", "lost", "failed", "corrupt", "server_busy", "generator_busy",
                "resumed_share", "delay_us.p50", "delay_us.p99", "delay_us.p999", "rate",
                "quiet_delay_us.p99", "storm_delay_us.p99", "storm_clients_per_second",
                "storm_clients", "storm_users", "storm_failed", "lookups")


def summary_of(runs, metric):
    summary = {key: median_of(runs, key) for key in (metric, *SUMMARY_KEYS)}
    summary["exits"] = [run["exit"] for run in runs]
    summary["errors"] = sorted({run["error"] for run in runs if "error" in run})
    return summary


def ratios_of(summaries, case):
    """How much better Culvert, the first, is than each other: above 1 is better, at any metric. For
    more workers the other way round: what they make of one worker's figure."""
    ours = summaries["culvert"][case.metric]
    ratios = {}
    for name, summary in summaries.items():
        theirs = summary[case.metric]
        if name == "culvert" or not ours or not theirs:
            continue
        inverse = case.less_is_better != (name == "workers")
        ratios[name] = theirs / ours if inverse else ours / theirs
    return ratios


def measure(case, everyone, runs, rounds):
    """Rounds of A B C A B C, so that a slow spell of the machine hits all."""
    taking_part = [each for each in everyone if each.does(case)]
    further = []
    if case.half_of:
        coturn_first = sorted(taking_part, key=lambda each: each.name != "coturn")
        further = runs.half_load(case, coturn_first)
    of = {each.name: [] for each in taking_part}
    for _ in range(rounds):
        for each in taking_part:
            of[each.name].append(runs.run(case, each, further))
    summaries = {name: summary_of(each, case.metric) for name, each in of.items()}
    return {"case": case.name, "metric": case.metric, "unit": case.unit,
            "arguments": [*case.arguments, *further], "ratios": ratios_of(summaries, case),
            "median": summaries, "runs": of}


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpus": os.cpu_count(), "model": models[0] if models else "",
            "kernel": platform.release()}


def main():
    arguments = parse_arguments()
    chosen = cases.select(arguments.cases)
    everyone = contestants.chosen(arguments)
    require_programs(everyone, arguments)
    names = [each.name for each in everyone]
    print(table.head(names), flush=True)
    results = []
    with servers.Certificate() as certificate:
        runs = Runs(arguments, certificate)
        for case in chosen:
            results.append(measure(case, everyone, runs, arguments.rounds))
            print(table.row(results[-1], names), flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="ascii") as file:
            whole = {"machine": machine(), "command": sys.argv[1:], "results": results}
            json.dump(whole, file, indent=2)
    failed = any(code != 0 for r in results for code in r["median"]["culvert"]["exits"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
