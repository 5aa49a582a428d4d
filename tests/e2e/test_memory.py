"""dcbench memory: exact bytes, what they are made of, and leaks."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from conftest import TOP, assert_described

SCHEMA = json.loads((TOP / "docs/memory.schema.json").read_text())
MEMOS = ["absent", "none", "dict", "mapping", "mutable-mapping"]
LAYERS = ["interpreter", "native", "both"]

STANDARD = "from copy import deepcopy as standard\n"

# Loses a list of ten items for every thousandth call.
LEAKS = STANDARD + """
lost = []
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if calls % 1000 == 0:
        lost.append([None] * 10)
    return standard(x, memo)
"""

RAISES = STANDARD + """
def deepcopy(x, memo=None):
    if memo is not None:
        raise ValueError("no memo \\x1b[2J|please")
    return standard(x)
"""

CRASHES = STANDARD + """
import os, signal
def deepcopy(x, memo=None):
    if memo is not None:
        os.kill(os.getpid(), signal.SIGSEGV)
    return standard(x)
"""

# Keeps a memo of its own in native memory while it copies. Lists of ints.
NATIVE = r"""
#include <Python.h>
#include <stdlib.h>
#include <string.h>

enum { MEMO = 50000 };

static PyObject *deepcopy(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    void *volatile memo = malloc(MEMO);
    PyObject *copy;

    if (!memo || count < 1)
        return PyErr_NoMemory();
    memset(memo, 1, MEMO);
    copy = PyList_GetSlice(args[0], 0, PyList_GET_SIZE(args[0]));
    free(memo);
    return copy;
}

static PyMethodDef methods[] = {
    {"deepcopy", (PyCFunction)(void (*)(void))deepcopy, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "nativecopy", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_nativecopy(void)
{
    return PyModule_Create(&module);
}
"""
NATIVE_MEMO = 50000


def valid(text):
    data = json.loads(text)
    wrong = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(data), key=str)
    assert not wrong, "\n".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
                                for e in wrong[:5])
    asked = [memo["memo"] for memo in data["plan"]["memos"]]
    for cell in data["cells"]:
        assert [memo["memo"] for memo in cell["memos"]] == asked
        for memo in cell["memos"]:
            check_memo(memo)
    return data


def check_memo(memo):
    """The terms of the peak come to that of the last iteration, and the layers to their
    sums."""
    if memo["layers"] is None:
        assert memo["message"] or memo["iterations"] == 0
        return
    layers = memo["layers"]
    judged = layers["both"] or layers["interpreter"]
    if memo["peak_terms"]:      # else it was interrupted
        last = sum(term["bytes"] for term in memo["peak_terms"])
        assert judged["peak"]["low"] <= last <= judged["peak"]["high"]
    if memo["prediction"]:
        assert sum(term["bytes"] for term in memo["prediction"]["unpredicted_terms"]) \
            == memo["prediction"]["unpredicted"]
    for name, value in judged.items():
        assert value["low"] <= value["value"] <= value["high"]
        if layers["native"] and name != "peak":
            assert value["value"] == sum(
                layers[layer][name]["value"] for layer in ("interpreter", "native"))


def memory(dcbench, *args, status=0, **options):
    done = dcbench("memory", "--format", "json", *args, status=status, **options)
    return valid(done.out)


def figures(data):
    """All that must be the same in each run, byte for byte."""
    return json.dumps([(cell["workload"], cell["impl"], cell["objects"], cell["memos"])
                       for cell in data["cells"]], indent=1)


def cell_of(data, impl, memo="absent", workload=None):
    for cell in data["cells"]:
        if cell["impl"] == impl and workload in (None, cell["workload"]):
            return next(each for each in cell["memos"] if each["memo"] == memo)
    raise AssertionError(f"no {impl}")


def value(cell, figure, layer=None):
    """What each iteration came to, in the layer that is judged or another."""
    layers = cell["layers"]
    judged = layers["both"] or layers["interpreter"]
    found = (layers[layer] if layer else judged)[figure]
    assert found["low"] == found["high"], found
    return found["value"]


# ---- exact ----

def test_the_schema_describes_all():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert_described(SCHEMA)
    for name, part in SCHEMA["definitions"].items():
        assert_described(part, name)


def test_the_same_in_each_run(dcbench):
    ask = ("-i", "stdlib,merged,inline", "-w", "all", "--memo", "all")
    first, again = (memory(dcbench, *ask) for _ in range(2))
    assert figures(first) == figures(again)
    assert [memo["memo"] for memo in first["plan"]["memos"]] == MEMOS
    assert {cell["impl"] for cell in first["cells"]} == {"stdlib", "merged", "inline"}
    for cell in first["cells"]:
        for each in cell["memos"]:
            for layer in filter(None, (each["layers"] or {}).values()):
                assert all(one["low"] == one["high"] for one in layer.values()), cell


TABLES = STANDARD + """
def deepcopy(x, memo=None):
    id(x)               # an int, which is gone at once
    table = []
    table.append(None)
    return standard(x, memo)
"""


def test_a_table_is_not_what_was_there_before(dcbench, write):
    """The room of a list that is not full yet holds what an int has left."""
    write("tables.py", TABLES)
    data = memory(dcbench, "-i", "tables=tables.py", "-w", "memo")
    stdlib, tables = ({(term["name"], term["count"], term["bytes"])
                       for term in cell_of(data, impl)["peak_terms"]}
                      for impl in ("stdlib", "tables"))
    assert {name for name, _, _ in stdlib ^ tables} == {"list"}, stdlib ^ tables


def test_the_former_table_of_a_set_is_no_object(dcbench, write):
    """Of the copy there is one object, with two tables while it is being filled."""
    write("w.py", "workload = [set(range(1000))]\n")
    ask = ("memory", "-i", "stdlib", "-w", "w.py")
    terms = {term["name"]: term
             for term in cell_of(memory(dcbench, *ask[1:]), "stdlib")["peak_terms"]}
    assert terms["the copy"]["count"] == 1 and terms["set"]["count"] == 0, terms
    table = " ".join(dcbench(*ask).out.split())
    assert f"set {terms['set']['bytes']:,} B (0)" in table and "older." in table, table
    assert re.search(r"the copy [\d,]+ B,", table), table


def test_another_seed_changes_no_figure(dcbench):
    one, other = (memory(dcbench, "-w", "memo", "--seed", seed) for seed in "34")
    assert figures(one) == figures(other)


@pytest.mark.parametrize("shape", [
    "[list(range(1000, 1000 + {n}))]",
    "[{{str(i): [i] for i in range({n})}}]",
    "[[(i, [i]) for i in range({n})]]",
    "[[{{i: float(i)}} for i in range({n})]]",
])
def test_what_was_predicted_is_counted(dcbench, write, shape):
    text = "".join(f"w{n} = {shape.format(n=n)}\n" for n in (3, 200))
    write("shapes.py", text)
    data = memory(dcbench, "-i", "merged", "-w", "a=shapes.py:w3,b=shapes.py:w200")
    for cell in data["cells"]:
        memo, = cell["memos"]
        assert memo["prediction"]["unpredicted"] == 0, cell
        assert memo["prediction"]["bytes"] == value(memo, "net", "interpreter") > 0
        names = {term["name"] for term in memo["peak_terms"]}
        assert {"the copy", "dict", "list"} <= names, names
        assert memo["peak_terms"][0]["name"] == "the copy"


@pytest.mark.parametrize("workload, types", [
    ("reduce", {"dict", "Reduced"}), ("custom", {"Vector", "Box", "Cached"}),
    ("numbers", {"datetime.time"}),
])
def test_what_was_not_predicted_has_its_type(dcbench, workload, types):
    """What these are, and why, is in docs/memory.md."""
    data = memory(dcbench, "-w", workload, "-i", "merged")
    for cell in data["cells"]:
        prediction = cell["memos"][0]["prediction"]
        names = {term["name"] for term in prediction["unpredicted_terms"]}
        assert names <= types and bool(names) == bool(prediction["unpredicted"]), cell


# ---- memos ----

def test_a_mapping_is_refused_by_the_standard_library(dcbench):
    done = dcbench("memory", "-i", "merged", "-w", "memo", "--memo", "mapping")
    assert "memo: deepcopy(x, MappingProxyType({}))" in done.out, done
    assert re.search(r"^  stdlib .* raises$", done.out, re.MULTILINE), done
    assert "TypeError: 'mappingproxy'" in done.out, done


def test_nothing_but_a_call_with_a_user_dict(dcbench):
    data = memory(dcbench, "-i", "merged", "-w", "none", "--memo", "all")
    absent, custom = (cell_of(data, "stdlib", memo)
                      for memo in ("absent", "mutable-mapping"))
    assert value(absent, "net") == value(custom, "net") == 0
    assert value(absent, "peak") > 0 and value(custom, "peak") > 0
    change = cell_of(data, "merged", "mutable-mapping")["peak_change"]
    assert change["bytes"] == value(cell_of(data, "merged", "mutable-mapping"), "peak") \
        - value(custom, "peak")


def test_a_memo_that_is_given_keeps_something(dcbench):
    data = memory(dcbench, "-i", "stdlib", "-w", "memo", "--memo", "dict,none")
    assert value(cell_of(data, "stdlib", "dict"), "memo") > 0
    assert value(cell_of(data, "stdlib", "none"), "memo") == 0


REVIVED = STANDARD + """
class Revived:
    def __del__(self):
        Revived.last = self
def deepcopy(x, memo=None):
    one = Revived()
    one.me = one
    return standard(x, memo)
"""


def test_what_is_no_memo_is_none(dcbench, write):
    """The first collection revives an object, and the second one frees another."""
    write("revived.py", REVIVED)
    data = memory(dcbench, "-i", "revived=revived.py", "-w", "none", "--memo",
                  "absent,none")
    for memo in ("absent", "none"):
        assert value(cell_of(data, "revived", memo), "memo") == 0


# ---- native memory ----

@pytest.fixture
def native(dcbench, write):
    """The module in a folder, made for the interpreter of this test."""
    headers = sysconfig.get_paths()["include"]
    write("nativecopy.c", NATIVE)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    done = subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-I", headers, "-o",
         dcbench.folder / f"nativecopy{suffix}", dcbench.folder / "nativecopy.c"],
        capture_output=True, text=True, timeout=60)
    if "Python.h" in done.stderr:
        pytest.skip("no headers of this interpreter")
    assert done.returncode == 0, done.stderr
    return dcbench.folder


def test_native_bytes_are_in_the_peak(dcbench, native, write):
    write("numbers300.py", "workload = [list(range(1000, 1300))]\n")
    version = sysconfig.get_python_version()
    ask = ("memory", "-i", "native=nativecopy:deepcopy", "-w", "numbers300.py",
           "--python-path", str(native), "--python", version)
    data = valid(dcbench(*ask, "--format", "json").out)
    if data["plan"]["native_missing"]:
        pytest.skip(data["plan"]["native_missing"])
    found = cell_of(data, "native")
    assert value(found, "peak", "native") == NATIVE_MEMO
    assert value(found, "peak", "interpreter") < 4000
    assert value(found, "peak") \
        == NATIVE_MEMO + value(found, "peak", "interpreter")
    assert {"name": "native", "count": 1, "bytes": NATIVE_MEMO} in found["peak_terms"]
    assert value(cell_of(data, "stdlib"), "peak", "native") == 0
    assert found["peak_change"]["verdict"] == "more"
    # What tracemalloc sees of the same call.
    traced = int(subprocess.run(
        [sys.executable, "-c", """
import gc, tracemalloc
from nativecopy import deepcopy
x = list(range(1000, 1300))
tracemalloc.start()
for _ in range(3):
    gc.collect()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    copy = deepcopy(x)
    peak = tracemalloc.get_traced_memory()[1] - before
    del copy
print(peak)
"""], cwd=native, check=True, capture_output=True, text=True, timeout=60).stdout)
    assert traced < NATIVE_MEMO < value(found, "peak")
    assert abs(traced - value(found, "peak", "interpreter")) < 500
    table = dcbench(*ask).out
    assert re.search(r"^    native +50,000 ", table, re.MULTILINE), table


def test_more_fails_where_that_is_asked(dcbench, native, write):
    write("many.py", "workload = [list(range(20000))]\n")
    ask = ("memory", "-i", "native=nativecopy:deepcopy", "-w", "many.py",
           "--python-path", str(native), "--python", sysconfig.get_python_version())
    data = memory(dcbench, *ask[1:])
    if data["plan"]["native_missing"]:
        pytest.skip(data["plan"]["native_missing"])
    assert cell_of(data, "native")["peak_change"]["verdict"] == "more"
    done = dcbench(*ask, "--fail-if", "more", "--format", "json", status=1)
    assert "peak of native on many" in done.err, done
    done = dcbench(*ask, "--fail-if", "more", status=1)
    assert done.err.startswith("dcbench: --fail-if: peak of native on many"), done
    dcbench(*ask, "--fail-if", "more", "--margin", "99", status=0)


def test_more_needs_something_to_compare(dcbench):
    ask = ("memory", "-i", "merged", "-w", "memo", "--fail-if", "more", "--memo")
    done = dcbench(*ask, "mapping", status=4)
    assert done.err == ("dcbench: --fail-if: nothing could be compared with stdlib: no "
                        "other implementation was counted\n"), done
    dcbench(*ask, "mapping,dict", status=0)
    assert "no candidate is left" in dcbench.usage_error(
        "memory", "-w", "none", "-i", "stdlib", "--fail-if", "more")
    assert "--memo" in dcbench.usage_error("memory", "-w", "none", "--leaks", "--fail-if",
                                           "more")


THREADS = STANDARD + """
import threading
def work(held):
    held.append(bytes(100000))
def deepcopy(x, memo=None):
    held = []
    thread = threading.Thread(target=work, args=(held,))
    thread.start()
    thread.join()
    return standard(x, memo)
"""


def with_threads(dcbench, workload):
    """Terms are of copies of their own, in which threads may do something else: they need
    not come to the figures (docs/memory.md)."""
    return json.loads(dcbench("memory", "--format", "json", "-i", "threads=threads.py", "-w",
                              workload).out)


def test_other_threads_are_counted(dcbench, write):
    """The interpreter's layer is not the one of the calling thread alone."""
    write("threads.py", THREADS)
    data = with_threads(dcbench, "none")
    peaks = [cell_of(data, impl)["layers"]["interpreter"]["peak"]
             for impl in ("stdlib", "threads")]
    assert peaks[0]["high"] < 1000 and peaks[1]["low"] > 100000, peaks


def test_threads_that_have_ended_hold_nothing(dcbench, write):
    """A join comes back before what keeps the thread is given back."""
    write("threads.py", THREADS)
    data = with_threads(dcbench, "reduce")
    net = [cell_of(data, impl)["layers"]["interpreter"]["net"]
           for impl in ("stdlib", "threads")]
    assert net[0]["low"] == net[0]["high"] == net[1]["low"] == net[1]["high"], net


# Its names are texts of their own each time, and the interpreter remembers where it
# found what they name.
NAMES = """
class Named:
    def __init__(self):
        self._a, self._b = [1], [2]
    def __getstate__(self):
        return {name: getattr(self, "_" + name) for name in "ab"}
    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, "_" + name, value)
workload = [Named()]
"""


def test_names_that_are_made_in_a_call_go_with_it(dcbench, write):
    write("named.py", NAMES)
    data = memory(dcbench, "-w", "named.py", "-i", "merged", "--memo", "absent", "--leaks",
                  "--leak-iterations", "400")
    for cell in data["cells"]:
        net = cell["memos"][0]["layers"]["interpreter"]["net"]
        assert net["low"] == net["high"], net
        assert cell["leaks"]["leak"] is False, cell["leaks"]


def test_a_collector_that_user_code_replaces_is_not_ours(dcbench, write):
    write("lazy.py", "import gc\ngc.collect = lambda *args: 0\n"
                     "from copy import deepcopy\n")
    data = memory(dcbench, "-i", "lazy=lazy.py", "-w", "memo")
    assert cell_of(data, "lazy")["peak_change"]["bytes"] == 0


def test_slow_copies_are_not_made_a_hundred_times_before(dcbench, write):
    write("slow.py", "import time\nfrom copy import deepcopy as standard\ncalls = 0\n"
                     "def deepcopy(x, memo=None):\n    global calls\n    calls += 1\n"
                     "    time.sleep(0.12)\n    assert calls < 60\n"
                     "    return standard(x, memo)\n")
    data = memory(dcbench, "-i", "slow=slow.py", "-w", "none")
    assert cell_of(data, "slow")["failure"] is None


# ---- leaks ----

def leaks_of(data, impl):
    return next(cell["leaks"] for cell in data["cells"] if cell["impl"] == impl)


def test_a_list_for_every_thousandth_call_is_found(dcbench, write):
    write("leaks.py", LEAKS)
    done = dcbench("memory", "-i", "leaky=leaks.py", "-w", "reduce", "--leaks",
                   "--leak-iterations", "5000", "-o", "out.json", status=1)
    data = valid((dcbench.folder / "out.json").read_text())
    leaky, stdlib = leaks_of(data, "leaky"), leaks_of(data, "stdlib")
    assert stdlib["leak"] is False and stdlib["terms"] == []
    assert all(point["layers"]["interpreter"]["bytes"] <= 0
               for point in stdlib["points"][-1:])
    assert leaky["leak"] is True and leaky["iterations"] == 5000
    lists = next(term for term in leaky["terms"] if term["name"] == "list")
    assert 5 * 2 <= lists["count"] <= 5 * 2 + 1, leaky["terms"]    # `lost` has grown
    check_losses(leaky)
    assert 5 * (56 + 80) <= lists["bytes"] < 5 * (56 + 80) + 500, leaky["terms"]
    assert re.search(r"^  stdlib .* no leak$", done.out, re.MULTILINE), done
    assert re.search(r"^  leaky lost: list [0-9,]+ B in 1[01] blocks", done.out, re.MULTILINE), done
    assert "deepcopy(x)" not in done.out, "single copies are counted with --memo"
    assert max(map(len, done.out.splitlines())) <= 80, done


# Has three floats at any time, others each time, and loses one in a hundred calls.
RING = STANDARD + """
ring, lost, calls = [None] * 3, [None] * 300, 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    ring[calls % 3] = calls * 0.5
    if calls % 100 == 0:
        lost[calls // 100] = calls * 0.5
    return standard(x, memo)
"""


def check_losses(leaks):
    """The terms come to what was lost, in blocks as in bytes."""
    layers = leaks["points"][-1]["layers"]
    judged = layers["both"] or layers["interpreter"]
    for figure, of_term in ("blocks", "count"), ("bytes", "bytes"):
        assert sum(term[of_term] for term in leaks["terms"]) == judged[figure], leaks


def test_what_took_the_place_of_others_is_not_lost(dcbench, write):
    write("ring.py", RING)
    leaks = leaks_of(memory(dcbench, "-i", "ring=ring.py", "-w", "none", "--leaks",
                            "--leak-iterations", "2000", status=1), "ring")
    check_losses(leaks)
    assert sum(term["count"] for term in leaks["terms"]) == 20, leaks["terms"]
    other = next(term for term in leaks["terms"] if term["name"] == "other")
    assert other["count"] < 0, leaks["terms"]


COUNTS = STANDARD + """
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    return standard(x, memo)
"""


@pytest.mark.parametrize("iterations, least", [(250, 300), (4000, 401)])
def test_a_counter_is_no_leak(dcbench, write, iterations, least):
    """An int takes a block of its own from 257 on."""
    write("counts.py", COUNTS)
    done = dcbench("memory", "-i", "counts=counts.py", "-w", "reduce", "--leaks",
                   "--leak-iterations", str(iterations), "-o", "out.json")
    data = valid((dcbench.folder / "out.json").read_text())
    for impl in ("stdlib", "counts"):
        leaks = leaks_of(data, impl)
        assert leaks["leak"] is False and leaks["iterations"] == iterations, leaks
        assert leaks["warm_ups"] >= least and leaks["points"][0]["iterations"] == 0
    assert f"after {leaks['warm_ups']:,} iterations that are not counted" in done.out


def test_the_built_in_ones_do_not_leak(dcbench):
    data = memory(dcbench, "-i", "all", "-w", "reduce,none,single", "--leaks",
                  "--leak-iterations", "2000")
    assert all(cell["leaks"]["leak"] is False for cell in data["cells"]), data["cells"]
    assert all(cell["leaks"]["iterations"] == 2000 for cell in data["cells"])


def test_leaks_and_single_copies(dcbench):
    data = memory(dcbench, "-w", "none", "--leaks", "--leak-iterations", "100", "--memo",
                  "none")
    assert all(cell["leaks"] and cell["memos"] for cell in data["cells"])


# ---- the census ----

def types_of(data, workload):
    cell = next(cell for cell in data["cells"] if cell["workload"] == workload)
    assert cell["census"]["done"]
    return {row["type"]: row for row in cell["census"]["types"]}


def test_slots_against_dictionaries(dcbench):
    data = memory(dcbench, "-i", "merged", "-w", "point-dicts,point-slots", "--census")
    dicts, slots = (types_of(data, name) for name in ("point-dicts", "point-slots"))
    assert dicts["Point"]["objects"] == slots["Point"]["copied"] == 1000
    assert dicts["dict"]["objects"] == dicts["dict"]["copied"] == 1000
    assert "dict" not in slots
    assert slots["Point"]["bytes"] \
        < dicts["Point"]["bytes"] + dicts["dict"]["bytes"]
    # Ints are nobody's own, and the list was made by append, in both.
    for types in dicts, slots:
        assert types["int"]["copied"] == 0 < types["int"]["shared"]
        assert types["list"]["items"] == types["list"]["copied_items"] == 1000
        assert types["list"]["room"] > 1000
    table = dcbench("memory", "-i", "all", "-w", "point-dicts", "--census").out
    assert re.search(r"^  dict +1,000 +[\d,]+ +1,000 +[\d,]+ +0 +0$", table, re.MULTILINE)
    assert "the same by: " in table and max(map(len, table.splitlines())) <= 80, table


def test_what_is_shared_and_what_lists_have_room_for(dcbench, write):
    write("w.py", "inner = [b'x' * 100]\n"
                  "workload = [[inner, inner, (1.5, 'text')], [inner] * 5]\n")
    write("exact.py", STANDARD + """
def deepcopy(x, memo=None):
    return standard(x, memo)[:]
""")
    data = memory(dcbench, "-b", "exact=exact.py", "-i", "exact=exact.py", "-w", "w.py",
                  "--census")
    types = types_of(data, "w")
    assert types["list"]["objects"] == 3 and types["list"]["copied"] == 4
    assert types["bytes"]["objects"] == types["bytes"]["shared"] == 1
    assert types["bytes"]["shared_bytes"] == types["bytes"]["bytes"] == 133
    assert types["tuple"]["shared"] == types["float"]["shared"] == 1
    # Two slices of the exact size, and two lists that were appended to.
    assert types["list"]["items"] == types["list"]["room"] == 3 + 5 + 1
    assert types["list"]["copied_items"] == 3 + 5 + 1 + 1
    assert types["list"]["copied_room"] == 3 + 5 + 4 + 4


def test_a_census_that_fails(dcbench, write):
    write("w.py", "class Odd(list):\n    def __sizeof__(self):\n"
                  "        raise RuntimeError('not of me')\nworkload = [Odd([1])]\n")
    done = dcbench("memory", "-i", "stdlib", "-w", "w.py", "--census", status=3)
    assert "RuntimeError: not of me" in done.out, done


# ---- copies that are none ----

# Copies up to some call; two are checked before anything is counted.
LEARNS = STANDARD + """
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    return x if calls > CALLS else standard(x, memo)
"""

CACHES = STANDARD + """
calls = 0
def deepcopy(x, memo=None):
    global calls, last
    calls += 1
    if calls < 10:
        last = standard(x, memo)
    return last
"""

LIES_WITH_A_MEMO = STANDARD + """
def deepcopy(x, memo=None):
    return standard(x) if memo is None else x
"""

# Tells of each call, and ends in one that is made late.
ENDS = STANDARD + """
import os
log = os.open("calls", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
calls = 0
def deepcopy(x, memo=None):
    global calls
    calls += 1
    if calls == CALLS:
        os._exit(0)
    os.write(log, b"x")
    return standard(x, memo)
"""


@pytest.mark.parametrize("text,message", [
    (LEARNS.replace("CALLS", "2"), "shares objects[0] with the original"),
    (LEARNS.replace("CALLS", "60"), "shares objects[0] with the original"),
    (CACHES, "a later copy, compared with an earlier one: shares objects[0] with the "
             "original")])
def test_what_was_counted_was_copied(dcbench, write, text, message):
    write("fake.py", text)
    ask = ("-i", "fake=fake.py", "-w", "memo")
    data = memory(dcbench, *ask, status=3)
    cell = cell_of(data, "fake")
    assert (cell["failure"], cell["message"]) == ("wrong", message)
    assert cell["layers"] is None and cell["peak_change"] is None
    assert value(cell_of(data, "stdlib"), "net") > 0
    done = dcbench("memory", *ask, status=3)
    assert message in " ".join(done.out.split()) and "less" not in done.out, done


def test_each_kind_of_memo_is_checked(dcbench, write):
    write("fake.py", LIES_WITH_A_MEMO)
    data = memory(dcbench, "-i", "fake=fake.py", "-w", "memo", "--memo",
                  "absent,dict,mutable-mapping", status=3)
    assert cell_of(data, "fake", "absent")["failure"] is None
    for memo in "dict", "mutable-mapping":
        cell = cell_of(data, "fake", memo)
        assert cell["message"] == "shares objects[0] with the original", cell
        assert cell["layers"] is None


def test_leaks_and_a_census_of_what_is_no_copy(dcbench, write):
    write("fake.py", LEARNS.replace("CALLS", "2"))
    data = memory(dcbench, "-i", "fake=fake.py", "-w", "memo", "--leaks",
                  "--leak-iterations", "100", "--census", status=3)
    for found in data["cells"][1]["leaks"], data["cells"][1]["census"]:
        assert found["failure"] == "wrong", found
        assert found["message"] == "shares objects[0] with the original"
    assert data["cells"][1]["leaks"]["leak"] is None
    assert data["cells"][0]["leaks"]["leak"] is False


def test_an_end_while_the_copies_are_checked(dcbench, write):
    ask = ("-i", "ends=ends.py", "-w", "none")
    write("ends.py", ENDS.replace("CALLS", "-1"))
    assert cell_of(memory(dcbench, *ask), "ends")["layers"]
    calls = (dcbench.folder / "calls").stat().st_size
    write("ends.py", ENDS.replace("CALLS", str(calls)))
    cell = cell_of(memory(dcbench, *ask, status=3), "ends")
    assert "while checking its copy" in cell["message"] and cell["layers"] is None


# ---- odd objects ----

# One of two does not say its size.
ODD = """
class Odd(list):
    def __sizeof__(self):
        BODY
workload = [Odd([1]), [2]]
"""


@pytest.mark.parametrize("body,why", [
    ("raise RuntimeError('not \\x1b[2J|of me')", "RuntimeError: not "),
    ("return -5", "__sizeof__() should return >= 0"),
    ("return 1 << 60", "sys.getsizeof says 1152921504606"),
    ("return 1 << 100", "OverflowError: ")])
def test_an_object_that_does_not_say_its_size(dcbench, write, body, why):
    write("w.py", ODD.replace("BODY", body))
    data = memory(dcbench, "-w", "w.py")
    for impl in "stdlib", "merged":
        cell = cell_of(data, impl)
        assert value(cell, "net") > 0 and cell["peak_terms"]
        assert cell["prediction"] is None and why in cell["prediction_missing"], cell
    done = dcbench("memory", "-w", "w.py")
    text = " ".join(done.out.split())
    assert "net of stdlib is not predicted: " in text and why in text, done
    assert "\x1b" not in done.out
    done = dcbench("memory", "-i", "stdlib", "-w", "w.py", "--census", status=3)
    assert "not to be trusted" not in done.out, done


def test_an_object_that_does_not_say_its_class(dcbench, write):
    write("w.py", """
class Odd(list):
    @property
    def __class__(self):
        raise RuntimeError("not of me")
workload = [Odd([1])]
""")
    data = memory(dcbench, "-i", "stdlib", "-w", "w.py", "--memo", "absent", "--census")
    cell = cell_of(data, "stdlib")
    assert cell["prediction_missing"] is None
    assert cell["prediction"]["bytes"] == value(cell, "net", "interpreter") > 0
    assert types_of(data, "w")["Odd"]["copied"] == 1


# ---- what fails ----

@pytest.mark.parametrize("text,said", [(RAISES, "ValueError: no memo"),
                                       (CRASHES, "SIGSEGV")])
def test_one_memo_that_fails_costs_no_other(dcbench, write, text, said):
    write("bad.py", text)
    ask = ("memory", "-i", "bad=bad.py", "-w", "reduce", "--memo", "absent,dict,none")
    data = valid(dcbench(*ask, "--format", "json", status=3).out)
    assert cell_of(data, "bad", "dict")["layers"] is None
    assert said in cell_of(data, "bad", "dict")["message"]
    assert cell_of(data, "bad", "dict")["peak_change"] is None
    assert value(cell_of(data, "bad", "absent"), "net") \
        == value(cell_of(data, "stdlib", "absent"), "net")
    assert value(cell_of(data, "bad", "none"), "net") > 0
    done = dcbench(*ask, status=3)
    assert said in " ".join(done.out.split()) and "\x1b" not in done.out + done.err, done


@pytest.mark.parametrize("text,why", [("def deepcopy(:\n", "SyntaxError"),
                                      ("raise RuntimeError('not today')\n", "not today")])
def test_what_cannot_be_loaded(dcbench, write, text, why):
    write("mine.py", text)
    data = memory(dcbench, "-i", "mine=mine.py", "-w", "none", status=3)
    assert why in cell_of(data, "mine")["message"]
    assert value(cell_of(data, "stdlib"), "net") == 0


def test_usage(dcbench):
    assert "--leaks" in dcbench.usage_error("memory", "--leak-iterations", "5")
    assert "--iterations" in dcbench.usage_error("memory", "--iterations", "2000000")
    assert "nowhere.py" in dcbench.usage_error("memory", "-w", "nowhere.py")


# ---- output ----

def test_all_outputs_of_one_count(dcbench):
    done = dcbench("memory", "-w", "none,memo", "--memo", "absent,mapping", "-o",
                   "out.json", "--junit", "out.xml", "--summary", "out.md", "--format",
                   "csv")
    data = valid((dcbench.folder / "out.json").read_text())
    rows = list(csv.DictReader(io.StringIO(done.out)))
    layer = "interpreter" if data["plan"]["native_missing"] else "both"
    counted = [row for row in rows if row["status"] == "ok" and row["layer"] == layer]
    assert counted
    for row in counted:
        cell = cell_of(data, row["implementation"], row["memo"], row["workload"])
        assert int(row["peak"]) == value(cell, "peak")
        assert int(row["net_high"]) == value(cell, "net")
    refused = [row for row in rows if row["status"].startswith("failed: TypeError")]
    assert {(row["memo"], row["peak"]) for row in refused} == {("mapping", "")}
    suites = ElementTree.parse(dcbench.folder / "out.xml").getroot()
    assert {suite.get("name") for suite in suites} == {"none", "memo"}
    assert "### memo: deepcopy(x)" in (dcbench.folder / "out.md").read_text()


def test_a_table_of_every_memo_fits_the_terminal(dcbench):
    for verbosity in ((), ("-v",), ("-q",)):
        done = dcbench("memory", "-w", "none", "-i", "all", "--memo", "all", *verbosity)
        assert max(map(len, done.out.splitlines())) <= 80, done
        assert done.err == "", done
    assert done.out.startswith("\nnone: deepcopy(x)\n") and "peak of" not in done.out


def test_commands_of_runs_take_none_of_its_results(dcbench):
    dcbench("memory", "-i", "stdlib", "-w", "none", "-o", "m.json")
    for command in (("compare", "m.json", "m.json"), ("convert", "m.json"),
                    ("history", "m.json")):
        done = dcbench(*command, status=3)
        assert "'dcbench memory', not of a run" in done.err, done


# ---- the document ----

def test_the_tables_of_the_document_are_made_by_its_script(tmp_path):
    document = tmp_path / "memory.md"
    text = (TOP / "docs/memory.md").read_text()
    document.write_text(re.sub(r"(<!-- \w+ -->\n).*?(\n<!-- end -->)", r"\1\2", text,
                               flags=re.DOTALL))
    if not (TOP / "build/libexec/dcbench/dcbench-malloc.so").exists():
        pytest.skip("its tables are of both layers")
    subprocess.run([sys.executable, TOP / "scripts/memory-tables", "--document",
                    document], check=True, capture_output=True, timeout=120)
    made = document.read_text()
    for name in ("memos", "terms", "objects", "sizes"):
        ours, theirs = (re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", one,
                                  re.DOTALL)[1].splitlines() for one in (made, text))
        assert len(ours) > 5 and ours[0].startswith("| ")
        assert ours[0].split("|")[1:3] == theirs[0].split("|")[1:3]
    document.write_text("no tables\n")
    done = subprocess.run([sys.executable, TOP / "scripts/memory-tables", "--document",
                           document], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "no table 'memos'" in done.stderr
    assert document.read_text() == "no tables\n"


# ---- interruption ----

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_known_when_interrupted_is_printed(dcbench, write, number):
    write("slow.py", STANDARD + """
import time
def deepcopy(x, memo=None):
    if memo is not None:
        time.sleep(0.12)
    return standard(x, memo)
""")
    process = dcbench.start("memory", "-i", "slow=slow.py", "-w", "memo", "--memo",
                            "absent,dict", "-o", "out.json", "--progress", "always")
    seen = ""       # of the progress
    while "slow (2 of 2)" not in seen:
        seen += process.stderr.read(1)
        assert process.poll() is None, seen
    process.send_signal(number)
    done = dcbench.finish(process)
    assert done.code == 128 + number, done
    assert "interrupted" in done.out, done
    data = valid((dcbench.folder / "out.json").read_text())
    assert data["interrupted"] == number
    assert cell_of(data, "stdlib", "dict")["layers"]
    assert cell_of(data, "slow", "dict")["layers"] is None
