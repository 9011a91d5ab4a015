"""Checks the JSON of compare.py: check_json.py FILE NUMBER_OF_CASES. Every run of everyone counts.

Prints each fault; exit 1 if there is any.
"""

import json
import sys

COMMON = {"work", "transport", "seconds", "generator_cpu_seconds", "generator_busy",
          "server_cpu_seconds", "server_busy"}
MEDIA = COMMON | {"direction", "mode", "sessions", "payload", "packets", "bytes",
                  "packets_per_second", "packets_per_cpu_second", "sent_in_run", "lost",
                  "loss_share", "corrupt", "ended_sessions", "delay_us"}
BULK = COMMON | {"direction", "sessions", "bytes", "bytes_per_second", "bytes_per_cpu_second",
                 "sent_in_run", "lost", "corrupt", "ended_sessions"}
CYCLES = COMMON | {"parallel", "resumed", "resumed_share", "failed", "delay_us"}
ALLOCATIONS = CYCLES | {"allocations", "allocations_per_second", "allocations_per_cpu_second"}
CONNECTIONS = CYCLES | {"connections", "connections_per_second", "connections_per_cpu_second"}
IDLE = COMMON | {"allocations", "ended_sessions", "resident_before", "resident_after",
                 "resident_bytes_per_allocation"}
KEYS = {"media": MEDIA, "bulk": BULK, "allocations": ALLOCATIONS, "connections": CONNECTIONS,
        "idle": IDLE}
DELIVERED = {"media": "packets", "bulk": "bytes", "allocations": "allocations",
             "connections": "connections", "idle": "allocations"}


def faults_of_direction(work, name, direction):
    if direction[DELIVERED[work]] <= 0:
        yield f"{name}: nothing delivered"
    if not 0 <= direction["lost"] <= direction["sent_in_run"]:
        yield f"{name}: lost {direction['lost']} of {direction['sent_in_run']}"


def has_metric(run, metric):
    for key in metric.split("."):
        run = run.get(key) or {}
    return isinstance(run, (int, float))


def faults_of_run(run, metric):
    if run["exit"] != 0:
        yield f"exit {run['exit']}: {run.get('error', 'damaged, ended or refused')}"
    if "work" not in run:
        return
    for key in sorted(KEYS[run["work"]] - run.keys()):
        yield f"no {key}"
    if not has_metric(run, metric):
        yield f"no {metric}"
    if run.get(DELIVERED[run["work"]], 0) <= 0:
        yield "nothing delivered"
    # Who holds allocations may need less time than the clock shows.
    if run["work"] != "idle" and not (run.get("server_cpu_seconds") or 0) > 0:
        yield "the server's processor time was not measured"
    # One question about each user, however often it comes.
    if "lookups" in run and run["lookups"] != run["storm_users"]:
        yield f"{run['lookups']} look-ups of {run['storm_users']} users"
    for name in ("up", "down"):
        if name in run:
            yield from faults_of_direction(run["work"], name, run[name])


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        results = json.load(file)["results"]
    faults = [f"{result['case']}, {name}: {fault}" for result in results
              for name, runs in result["runs"].items()
              for run in runs for fault in faults_of_run(run, result["metric"])]
    if len(results) != int(sys.argv[2]):
        faults.append(f"{len(results)} cases instead of {sys.argv[2]}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
