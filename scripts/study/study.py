"""The parts of scripts/calibrate: see there."""

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import time

import recording
import replaying

DOCUMENT = "docs/methodology.md"

TABLES = {
    "centre": replaying.centre_table,
    "interrupted": replaying.cut_table,
    "calibration": replaying.calibration_table,
    "rounds": replaying.rounds_table,
    "block": replaying.block_table,
    "warm-up": replaying.warm_up_table,
    "interval": replaying.fixed_table,
    "stopping": replaying.stopping_table,
    "same": replaying.same_table,
    "power": replaying.power_table,
    "merged": replaying.merged_table,
}


class Confirmation:
    """Whole runs of the command; what they said is kept in a file, so that an interrupted
    study goes on."""

    def __init__(self, study, path):
        self.study, self.path = study, path
        self.runs = {}
        if os.path.exists(path):
            with open(path) as file:
                self.runs = json.load(file)

    def run(self, key, *arguments):
        if key not in self.runs:
            began = time.monotonic()
            result = self.study.run(*arguments)
            self.runs[key] = {
                "seconds": time.monotonic() - began,
                "reached": [w["precision_reached"] for w in result["workloads"]],
                "cells": [[c["workload"], c["role"], c["impl"], c["verdict"],
                           *([c["ratio"][part] for part in ("estimate", "low", "high")]
                             if c["ratio"] else [None] * 3)]
                          for c in result["cells"] if c["role"] != "baseline"],
            }
            with open(self.path + ".new", "w") as file:
                json.dump(self.runs, file)
            os.rename(self.path + ".new", self.path)
            print(f"{key}: {self.runs[key]['seconds']:.0f} s", flush=True)

    def plan(self):
        """Every run: its name and its arguments."""
        twin = self.study.spec("twin", None)
        for number in range(20):
            yield f"twin {number}", ("-i", twin, "-w", "all")
        for workload in recording.WORKLOADS:
            count = self.study.plants()[workload]["plus-2.0"]
            wrapper = f"wrapper={self.study.made(f'plus-2.0-{workload}', count)}"
            for number in range(10):
                yield f"wrapper {workload} {number}", (
                    "-b", self.study.spec("plus-0", workload), "-i", wrapper, "-w",
                    workload)
            for number in range(20):
                yield f"merged {workload} {number}", ("-i", "merged", "-w", workload)
        for number in range(3):
            yield f"all {number}", ("-i", "all", "-w", "all", "--max-time", "19",
                                    "--precision", "1")

    def record(self):
        self.study.check_origin()
        for key, arguments in self.plan():
            self.run(key, *arguments)

    def table(self):
        """What the runs said. All of them have to be there."""
        missing = [key for key, _ in self.plan() if key not in self.runs]
        if missing:
            sys.exit(f"scripts/calibrate: {len(missing)} runs are missing, '{missing[0]}' "
                     "first: 'scripts/calibrate confirm' makes them")

        def cells(prefix):
            return [cell for key, run in self.runs.items() if key.startswith(prefix)
                    for cell in run["cells"] if cell[4] is not None]

        rows = []
        twins = cells("twin")
        called = sum(cell[3] in ("faster", "slower") for cell in twins)
        seconds = [run["seconds"] for key, run in self.runs.items()
                   if key.startswith("twin")]
        rows.append(("`-i twin=twin.py -w all`, twin.py as impls/stdlib.py", len(seconds),
                     f"{called} of {len(twins)} verdicts faster or slower",
                     f"{sum(seconds) / len(seconds):.1f} s"))
        for workload in recording.WORKLOADS:
            planted = [cell for cell in cells(f"wrapper {workload}")
                       if cell[1] == "candidate"]
            slower = sum(cell[3] == "slower" for cell in planted)
            least, most = (100 * (pick(cell[4] for cell in planted) - 1)
                           for pick in (min, max))
            seconds = [run["seconds"] for key, run in self.runs.items()
                       if key.startswith(f"wrapper {workload}")]
            rows.append((f"+2 % planted, {workload}", len(planted),
                         f"{slower} slower; {least:+.2f} to {most:+.2f} %",
                         f"{sum(seconds) / len(seconds):.1f} s"))
            mine = [cell for cell in cells(f"merged {workload}")
                    if cell[1] == "candidate"]
            middle = statistics.median(cell[4] for cell in mine)
            least, most = (100 * (pick(cell[4] for cell in mine) - 1)
                           for pick in (min, max))
            holding = sum(low <= middle <= high for *_, low, high in mine)
            seconds = [run["seconds"] for key, run in self.runs.items()
                       if key.startswith(f"merged {workload}")]
            rows.append((f"`-i merged -w {workload}`", len(mine),
                         f"{least:+.2f} to {most:+.2f} %; {holding} intervals hold the "
                         f"median, {100 * (middle - 1):+.2f} %",
                         f"{sum(seconds) / len(seconds):.1f} s"))
        tables = [run for key, run in self.runs.items() if key.startswith("all")]
        widest = [max(run["reached"], key=lambda x: math.inf if x is None else x)
                  for run in tables]
        rows.append(("`-i all -w all --max-time 19 --precision 1`", len(tables),
                     "widest interval " + ", ".join(
                         "unknown" if w is None else f"+-{100 * w:.2f} %"
                         for w in widest),
                     f"{max(run['seconds'] for run in tables):.1f} s at most"))
        return replaying.markdown(("run", "times", "outcome", "a run takes"), rows)


def update(tables):
    """Puts each table between its two marks in the document."""
    with open(DOCUMENT) as file:
        text = file.read()
    for name, table in tables.items():
        begin, end = f"<!-- calibrate {name} -->\n", "\n<!-- end -->"
        if begin not in text:
            sys.exit(f"{DOCUMENT}: no place for the table '{name}': "
                     f"'{begin.strip()}' is missing")
        head, _, rest = text.partition(begin)
        _, mark, tail = rest.partition(end)
        if not mark:
            sys.exit(f"{DOCUMENT}: the table '{name}' has no end")
        text = head + begin + table + mark + tail
    with open(DOCUMENT, "w") as file:
        file.write(text)


def main(folder, part):
    data = os.path.join(folder, "data")
    study = recording.Study(data, os.path.join(folder, "program/bin/dcbench"))
    confirmation = Confirmation(study, os.path.join(folder, "confirm.json"))
    path = os.path.join(folder, "tables.json")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    if part == "record":
        study.record()
    elif part == "confirm":
        confirmation.record()
        print(confirmation.table())
    elif part == "replay":
        tables = {}
        for name, table in TABLES.items():
            tables[name] = table(data)
            print(f"\n## {name}\n\n{tables[name]}", flush=True)
        with open(path, "w") as file:
            json.dump(tables, file)
    elif part == "update":
        with open(path) as file:
            tables = json.load(file)
        update({**tables, "confirmation": confirmation.table()})


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"scripts/calibrate: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
