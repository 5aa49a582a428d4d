#!/usr/bin/env python3
"""Makes a history of results out of one real result: for what reads histories.

    build/bin/dcbench -i merged,fastpath -w memo -o base.json
    scripts/study/made_history.py base.json made --count 2000 --step 2 --at 1200
    build/bin/dcbench history made

Results are half a day apart. Every ratio gets a normal error of its own, 0.3 % unless
--between says otherwise, and an interval of +-0.4 %. From number --at on, the ratio of one
implementation on one workload is --step percent larger. Every tenth file is compressed.
"""

import argparse
import datetime
import gzip
import hashlib
import json
import math
import pathlib
import pickle
import random

BEGAN = datetime.datetime(2021, 1, 1)


def commit(number):
    return hashlib.sha1(str(number).encode()).hexdigest()


def candidates(data):
    return [cell for cell in data["cells"]
            if cell["role"] == "candidate" and cell["ratio"]]


def place(data, number):
    """Gives the result its date and commit."""
    when = BEGAN + datetime.timedelta(hours=12 * number)
    data["environment"]["date"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    data["commit"] = commit(number)


def disturb(data, rng, between, shifted, step):
    """Moves every ratio, and that of the pair `shifted` by `step` more."""
    for cell in candidates(data):
        here = step if (cell["workload"], cell["impl"]) == shifted else 0
        value = cell["ratio"]["estimate"] * math.exp(rng.gauss(0, between)) * (1 + here)
        cell["ratio"].update(estimate=value, low=value * 0.996, high=value * 1.004)


def write(data, folder, number):
    text = json.dumps(data, separators=(",", ":"))
    path = folder / str(number % 7) / f"r{number:04}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if number % 10 == 9:
        path.with_suffix(".json.gz").write_bytes(gzip.compress(text.encode(), 1))
    else:
        path.write_text(text)


def make(base, folder, count, step=0.0, at=0, between=0.003, edit=None):
    """Writes `count` results into the folder; edit(data, number) may change each."""
    rng = random.Random(11)
    first = candidates(base)[0]
    shifted = (first["workload"], first["impl"])
    frozen = pickle.dumps(base)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        data = pickle.loads(frozen)
        place(data, number)
        disturb(data, rng, between, shifted, step if number >= at else 0)
        if edit:
            edit(data, number)
        write(data, folder, number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base", type=pathlib.Path, help="a result file")
    parser.add_argument("folder", type=pathlib.Path, help="where to put the results")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--step", type=float, default=0, help="percent")
    parser.add_argument("--at", type=int, default=1200, help="the first result behind it")
    parser.add_argument("--between", type=float, default=0.3, help="percent")
    args = parser.parse_args()
    make(json.loads(args.base.read_text()), args.folder, args.count, args.step / 100,
         args.at, args.between / 100)


if __name__ == "__main__":
    main()
