#!/usr/bin/env python3
"""Where a server's cycles go under one kind of work: runs it with culvert-bench, records it with
perf, and prints the share of each program and library and of the costliest functions.

    tests/bench/profile.py tls-160-sparse
    tests/bench/profile.py --of limit tls-160-up

Wants Debian's linux-perf, and the right to use it (root, or kernel.perf_event_paranoid).
"""

import argparse
import os
import shutil
import subprocess
import sys

import cases
import contestants
import servers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WARM_UP_SECONDS = 1
# Odd, so that the samples do not fall into step with anything.
SAMPLES_PER_SECOND = 3999
LEAST_PERCENT = 1.0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    programs = ROOT + "/bazel-bin/tests/bench/culvert-"
    parser.add_argument("case", help="as compare.py's --cases")
    parser.add_argument("--of", choices=("culvert", "coturn", "limit"), default="culvert")
    parser.add_argument("--culvert", default=ROOT + "/bazel-bin/server/culvert")
    parser.add_argument("--limit", default=programs + "forwarder")
    parser.add_argument("--bench", default=programs + "bench")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--keep", help="leave perf's recording in this file")
    return parser.parse_args()


def contestant_of(arguments):
    if arguments.of == "coturn":
        return contestants.Coturn()
    if arguments.of == "limit":
        return contestants.Forwarder(os.path.abspath(arguments.limit))
    return contestants.Culvert(os.path.abspath(arguments.culvert))


def record(case, contestant, arguments, file):
    with servers.Certificate() as certificate, \
            servers.RunningServer(contestant, certificate, 0) as server:
        load = subprocess.Popen(
            [arguments.bench, *contestant.load_arguments(case, server.values),
             f"--transport={case.transport}", f"--seconds={arguments.seconds + 2}",
             f"--warm-up={WARM_UP_SECONDS}", *case.arguments],
            stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {1}))
        try:
            load.wait(timeout=2 * WARM_UP_SECONDS)
            sys.exit("culvert-bench ended at once")
        except subprocess.TimeoutExpired:
            pass
        subprocess.run(["perf", "record", "-q", "-F", str(SAMPLES_PER_SECOND), "-p",
                        str(server.pid), "-o", file, "--", "sleep", str(arguments.seconds)],
                       check=True)
        load.wait()


def show(file, sort):
    report = subprocess.run(
        ["perf", "report", "-i", file, "--stdio", "--sort", sort, "--percent-limit",
         str(LEAST_PERCENT)], check=True, capture_output=True, text=True).stdout
    print("\n".join(line for line in report.splitlines() if line and not line.startswith("#")))


def main():
    arguments = parse_arguments()
    if shutil.which("perf") is None:
        sys.exit("no perf: apt-get install linux-perf")
    case = cases.select(arguments.case)[0]
    file = arguments.keep or f"/tmp/culvert-profile.{os.getpid()}"
    try:
        record(case, contestant_of(arguments), arguments, file)
        print(f"{case.name}, {arguments.of}: programs and libraries")
        show(file, "dso")
        print("functions")
        show(file, "dso,symbol")
    finally:
        if not arguments.keep and os.path.exists(file):
            os.remove(file)


if __name__ == "__main__":
    main()
