#!/usr/bin/env python3
"""Runs the same work through Culvert and through coturn, in turns, and prints medians and ratios.

    bazel build //server:culvert //tests/bench:culvert-bench && tests/bench/compare.py
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
import servers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_SECONDS = 10
# Above this share of its CPU the generator, not the server, may have been the limit.
GENERATOR_LIMIT = 0.95
# Load without a fixed rate keeps one of both busier than this, unless something else has their CPUs.
IDLE_LIMIT = 0.7


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--culvert", default=ROOT + "/bazel-bin/server/culvert")
    parser.add_argument("--bench", default=ROOT + "/bazel-bin/tests/bench/culvert-bench")
    parser.add_argument("--coturn", default="turnserver", help="'none' measures Culvert alone")
    parser.add_argument("--cases", default="*", help="comma-separated names, * at the end for many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help=f"window, at most {MOST_SECONDS}")
    parser.add_argument("--threads", type=int, default=1, help="relay threads of each server")
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--generator-cpu", type=int, default=1)
    parser.add_argument("--no-pin", action="store_true", help="leave the CPUs to the kernel")
    parser.add_argument("--culvert-option", action="append", default=[],
                        help="a further line of Culvert's configuration")
    parser.add_argument("--coturn-option", action="append", default=[])
    parser.add_argument("--json", help="file for all runs, medians and ratios")
    arguments = parser.parse_args()
    if not 0 < arguments.seconds <= MOST_SECONDS:
        parser.error(f"--seconds must be above 0 and at most {MOST_SECONDS}")
    return arguments


def server_kinds(arguments):
    kinds = [servers.culvert(os.path.abspath(arguments.culvert), arguments.culvert_option)]
    if arguments.coturn != "none":
        kinds.append(servers.coturn(arguments.coturn, arguments.coturn_option))
    for kind in kinds:
        if shutil.which(kind.binary) is None:
            sys.exit(f"{kind.name}: no program {kind.binary}")
    return kinds


def run_once(case, kind, arguments):
    """One run against a server of its own: what culvert-bench printed, and its exit code."""
    pinned = not arguments.no_pin
    generator_cpu = arguments.generator_cpu if pinned else None
    with servers.RunningServer(kind, arguments.server_cpu if pinned else None,
                               arguments.threads) as server:
        command = [arguments.bench, f"--server=127.0.0.1:{server.port(case.transport)}",
                   f"--transport={case.transport}", f"--server-pid={server.pid}",
                   f"--user={servers.USER}", f"--password={servers.PASSWORD}",
                   f"--seconds={arguments.seconds}", *case.arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False,
            timeout=60 + 2 * arguments.seconds,
            preexec_fn=lambda: generator_cpu is None or os.sched_setaffinity(0, {generator_cpu}))
        error = server.death() or done.stderr.strip()
    run = {"exit": done.returncode, **json.loads(done.stdout or "{}")}
    return {**run, "error": error} if error else run


def median_of(runs, key):
    values = [run[key] for run in runs if isinstance(run.get(key), (int, float))]
    return statistics.median(values) if values else None


def summary_of(runs, metric):
    keys = (metric, "loss_share", "lost", "failed", "corrupt", "server_busy", "generator_busy")
    summary = {key: median_of(runs, key) for key in keys}
    summary["exits"] = [run["exit"] for run in runs]
    summary["errors"] = sorted({run["error"] for run in runs if "error" in run})
    return summary


def ratio_of(summaries, metric):
    ours, theirs = (summaries.get(name, {}).get(metric) for name in ("culvert", "coturn"))
    return ours / theirs if ours and theirs else None


def measure(case, kinds, arguments):
    """Rounds of A B A B, so that a slow spell of the machine hits both."""
    runs = {kind.name: [] for kind in kinds}
    for _ in range(arguments.rounds):
        for kind in kinds:
            runs[kind.name].append(run_once(case, kind, arguments))
    summaries = {name: summary_of(each, case.metric) for name, each in runs.items()}
    return {"case": case.name, "metric": case.metric, "arguments": list(case.arguments),
            "ratio": ratio_of(summaries, case.metric), "median": summaries, "runs": runs}


def figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def loss_of(summary):
    share = summary.get("loss_share")
    return "-" if share is None else f"{share:.2%}"


def is_starved(result, summary):
    sparse = any(argument.startswith("--rate") for argument in result["arguments"])
    busiest = max(summary["server_busy"] or 0, summary["generator_busy"] or 0)
    return not sparse and 0 < busiest < IDLE_LIMIT


def notes_of(result):
    notes = []
    for name, summary in result["median"].items():
        if any(code != 0 for code in summary["exits"]):
            why = "; ".join(summary["errors"]) or "damaged, lost, ended or refused, see JSON"
            notes.append(f"{name} exits {summary['exits']}: {why}")
        if (summary["generator_busy"] or 0) > GENERATOR_LIMIT:
            notes.append(f"generator was the limit for {name}")
        elif is_starved(result, summary):
            notes.append(f"the machine was busy with something else during {name}")
    return ", ".join(notes)


def print_head(names):
    print(f"{'case':<22}" + "".join(f"{name:>16}" for name in names) +
          f"{'ratio':>8}  {'loss':<16}{'server busy':<14}notes", flush=True)


def print_row(result):
    medians = result["median"].values()
    print(f"{result['case']:<22}" + "".join(f"{figure(s[result['metric']]):>16}" for s in medians) +
          f"{figure(result['ratio']):>8}  {' / '.join(loss_of(s) for s in medians):<16}"
          f"{' / '.join(figure(s['server_busy']) for s in medians):<14}{notes_of(result)}",
          flush=True)


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpus": os.cpu_count(), "model": models[0] if models else "",
            "kernel": platform.release()}


def main():
    arguments = parse_arguments()
    chosen = cases.select(arguments.cases)
    kinds = server_kinds(arguments)
    print_head([kind.name for kind in kinds])
    results = []
    for case in chosen:
        results.append(measure(case, kinds, arguments))
        print_row(results[-1])
    if arguments.json:
        with open(arguments.json, "w", encoding="ascii") as file:
            whole = {"machine": machine(), "command": sys.argv[1:], "results": results}
            json.dump(whole, file, indent=2)
    failed = any(code != 0 for r in results for code in r["median"]["culvert"]["exits"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
