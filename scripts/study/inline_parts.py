#!/usr/bin/env python3
"""What the parts of impls/inline.py cost, and what they gain.

    scripts/study/inline_parts.py [--time] [--workloads LIST] [VARIANT]...

A variant is impls/inline.py with a few statements edited: something left out
that a deepcopy needs, something that was kept done the older way, something
that was tried. All are compared with inline itself. Printed is the change of
the instructions that valgrind counts for an iteration on a simulated CPU, in
percent, so that the machine's noise is not in it; made by

    dcbench -b inline=impls/inline.py -i VARIANT=FILE,... --counters simulated

`run` times no copies that it finds wrong: on workloads where a part is needed,
a variant without it has no number. --time has the change of the time instead,
which is this machine's. Some minutes for all.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/bin/dcbench"
INLINE = ROOT / "impls/inline.py"
INSTRUCTIONS = "--counters", "simulated", "--max-time", "1"
TIME = "--counters", "none", "--max-time", "4"
WORKLOADS = "general,reduce,memo,nested,strings"

GLOBALS = "_atomic_types", "_nil", "_copier", "_deepcopy_object"
AS_ARGUMENTS = "(x, memo, keep, " + ", ".join(f"{n}=None" for n in GLOBALS)
SET_DEFAULTS = f"""

for _function in (_deepcopy_list, _deepcopy_dict, _deepcopy_tuple,
                  _deepcopy_object):
    _function.__defaults__ = ({", ".join(GLOBALS)})
"""
WHOLE_DICT = """def _deepcopy_dict(x, memo, keep):
    if len(x) > 8:
        y = x.copy()
        if _all_atomic(map(type, y.values())) and _all_atomic(map(type, y)):
            memo[id(x)] = y
            keep(x)
            return y
"""

# Pairs of what stands in the file, and what stands there instead; an empty
# text is the end of the file.
VARIANTS = {
    # Needed: where it stops.
    "no-memo-writes": [
        ("    memo[id(x)] = y\n", "    pass\n"),
        ("    memo[id(x)] = y = ", "    y = ")],
    "no-look-ups": [
        ("b = memo.get(id(a), _nil)\n", "b = _nil\n"),
        ("b = memo.get(id(value), _nil)\n", "b = _nil\n"),
        ("b = memo.get(id(state), _nil)\n", "b = _nil\n"),
        ("    y = memo.get(id(x), _nil)\n    if y is not _nil:\n"
         "        return y\n", ""),
        ("    known = memo.get(id(x), _nil)\n", "    known = _nil\n")],
    "no-keep-alive": [("    keep(x)\n", "    pass\n")],
    # Kept, done the older way.
    "keep-looked-up": [("    keep(x)\n", "    memo[id(memo)].append(x)\n")],
    "memo-written-twice": [
        ("    keep(x)\n    return y\n",
         "    memo[id(x)] = y\n    keep(x)\n    return y\n")],
    "no-slice": [
        ("    if len(x) > 8 and type(x[-1]) in _atomic_types:\n",
         "    if False:\n")],
    # Tried, and not kept.
    "globals-as-arguments": [
        (f"def _deepcopy_{name}(x, memo, keep",
         f"def _deepcopy_{name}{AS_ARGUMENTS}")
        for name in ("list", "dict", "tuple", "object")
    ] + [("", SET_DEFAULTS)],
    "whole-dicts": [("def _deepcopy_dict(x, memo, keep):\n", WHOLE_DICT)],
}


def edited(text, edits):
    for old, new in edits:
        if old not in text:
            sys.exit(f"inline_parts: impls/inline.py no longer has {old!r}")
        text = text.replace(old, new) if old else text + new
    return text


def measure(folder, names, workloads, how):
    """Return the cells of one run that compares the variants with inline."""
    specs = []
    for name in names:
        path = folder / f"{name}.py"
        path.write_text(edited(INLINE.read_text(), VARIANTS[name]))
        specs.append(f"{name}={path}")
    result = folder / "result.json"
    subprocess.run([PROGRAM, "-q", "-b", f"inline={INLINE}",
                    "-i", ",".join(specs), "-w", workloads, *how, "-o",
                    result],
                   stdout=subprocess.DEVNULL, check=False)
    if not result.exists():
        sys.exit("inline_parts: nothing was measured")
    return json.loads(result.read_text())["cells"]


def change(cell, of_time):
    counters = cell["counters"] or {}
    measured = cell if of_time else counters.get("instructions", {})
    ratio = measured.get("ratio")
    if cell["status"] != "ok" or not ratio:
        return "-"
    return f"{100 * (ratio['estimate'] - 1):+.1f} %"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--workloads", metavar="LIST", default=WORKLOADS)
    parser.add_argument("variants", metavar="VARIANT", nargs="*",
                        help=", ".join(VARIANTS))
    options = parser.parse_args()
    names = options.variants or list(VARIANTS)
    for name in names:
        if name not in VARIANTS:
            parser.error(f"no variant {name!r}; one of {', '.join(VARIANTS)}")

    with tempfile.TemporaryDirectory() as folder:
        cells = measure(Path(folder), names, options.workloads,
                        TIME if options.time else INSTRUCTIONS)
    found = {(cell["impl"], cell["workload"]): change(cell, options.time)
             for cell in cells}
    workloads = options.workloads.split(",")
    print("| variant of inline |", " | ".join(workloads), "|")
    print("| --- |", " | ".join(["---:"] * len(workloads)), "|")
    for name in names:
        print(f"| {name} |", " | ".join(found.get((name, workload), "-")
                                        for workload in workloads), "|")


main()
