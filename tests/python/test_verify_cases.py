"""support/verify_cases*.py: right deep copies pass, known wrong ones do not.

What else a case finds is asked in test_verify_mistakes.py.
"""

import copy
import gc
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import loader  # noqa: E402
import verify  # noqa: E402
import verify_cases  # noqa: E402

CASES = dict(verify_cases.cases(1, 100))


def load(name):
    return loader.load_impl(
        {"kind": "file", "path": str(ROOT / "impls" / f"{name}.py")})[0]


def run(deepcopy):
    """Return what came of each case, by name, and which reached copy's."""
    findings, reached = {}, set()
    for step in verify.run(deepcopy, ["cases"], 1, 100):
        if "case" in step:
            name = step["case"]
        elif "outcome" in step:
            findings[name] = step
            if step["standard"]:
                reached.add(name)
    assert list(findings) == list(CASES)
    return findings, reached


def those(findings, outcome):
    return {name for name, finding in findings.items()
            if finding["outcome"] == outcome}


# The battery -----------------------------------------------------------------

def test_cases_are_the_same_for_any_seed():
    for seed in 1, 2:
        names = [name for name, _ in verify_cases.cases(seed, 5)]
        assert names == list(CASES)
    assert len(names) == len(set(names)) > 800
    for name in names:
        assert name.replace("_", "").isalnum() and name == name.lower()


def test_names_are_the_same_in_another_process():
    done = subprocess.run(
        [sys.executable, "-B", "-c", "import verify_cases\n"
         "print([name for name, _ in verify_cases.cases(1, 1)])"],
        env={"PYTHONPATH": str(ROOT / "support")}, stdout=subprocess.PIPE,
        check=True, timeout=60)
    assert done.stdout.decode().strip() == str(list(CASES))


def test_no_name_stands_for_two_cases():
    assert len(CASES) == len(verify_cases.cases(1, 1))


@pytest.mark.parametrize("name", ["stdlib", "fastpath", "memo_opt", "merged",
                                  "inline"])
def test_right_implementations_pass(name):
    findings, _ = run(load(name))
    assert not those(findings, "failed")
    skipped = those(findings, "skipped")
    assert not skipped or sys.version_info < (3, 10)
    deviating = those(findings, "accepted deviation")
    if name == "stdlib" or sys.version_info >= (3, 14):
        assert not deviating
    elif name == "fastpath":
        assert deviating == {"memo_has_int_in_tuple", "memo_has_str_in_tuple"}
    else:
        assert {"memo_has_none", "memo_has_int_in_list"} <= deviating
    for each in deviating:
        assert each.startswith("memo_has_")
        assert findings[each]["version"] == "3.14"
        assert findings[each]["expected"] == "what the memo has for it"
        assert findings[each]["got"] == "the object itself"


def test_the_imported_one_passes():
    findings, reached = run(copy.deepcopy)
    assert not those(findings, "failed")
    # Methods of the objects that call copy.deepcopy themselves.
    assert {"deepcopy_method_calls_copy", "weak_key_dictionary"} <= reached
    assert "list_copied" not in reached


def test_nothing_is_left_behind():
    import copyreg
    import warnings

    def state():
        return (dict(copyreg.dispatch_table), sys.getrecursionlimit(),
                gc.isenabled(), gc.get_threshold(), list(warnings.filters),
                copy.deepcopy, sys.gettrace())

    deepcopy = load("stdlib")
    before = state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(deepcopy)
    run(copy.copy)
    assert state() == before


def test_cases_do_not_depend_on_each_other():
    """Behind an implementation that fails everywhere, the right one passes."""
    def fails(x, memo=None):
        raise ZeroDivisionError

    run(fails)
    findings, _ = run(load("stdlib"))
    assert not those(findings, "failed")
    for name, function in reversed(list(CASES.items())):
        finding = function(copy.deepcopy)
        assert finding is None or finding.outcome == "skipped", name


def test_an_exception_is_told_with_what_was_expected():
    def fails(x, memo=None):
        raise ZeroDivisionError("by test")

    findings, _ = run(fails)
    finding = findings["list_copied"]
    assert finding["outcome"] == "failed"
    assert finding["expected"].startswith("an equal object that shares")
    assert finding["got"].startswith("ZeroDivisionError: by test")
    unasked = {name for name in CASES if findings[name]["outcome"] == "passed"}
    # Those that expect just this, or ask nothing but what is left behind.
    assert len(unasked) < 30


@pytest.mark.parametrize("deepcopy", [copy.copy, lambda x, memo=None: x])
def test_findings_are_lines(deepcopy):
    findings, _ = run(deepcopy)
    for name in those(findings, "failed"):
        for text in findings[name]["expected"], findings[name]["got"]:
            assert text and len(text) < 300 and text.isprintable(), name


# The published fast paths, which are wrong -----------------------------------

NOT_CALLED = {
    "reduce_state_dict", "reduce_state_dict_empty",
    "reduce_state_dict_empty_setstate", "reduce_state_dict_setstate",
    "reduce_state_dict_subclass", "reduce_state_dict_subclass_setstate",
    "reduce_state_shared", "reduce_calls_init_without_arguments",
    "registered_state", "cycle_reduce_state", "memo_has_state",
    "error_in_setstate_method",
}
# Nor can object.__new__ make one.
IMMUTABLE_BASES = {"namespace", "namespace_empty", "ordered_dict_subclass"}
BEHIND_STATE = {
    "reduce_items_none_state", "reduce_items_state",
    "reduce_items_after_setstate", "reduce_pairs_none_state",
    "reduce_pairs_state", "reduce_pairs_after_items",
    "error_in_append_method", "error_in_setitem_method",
}
STATE_SETTERS = {"reduce_state_setter", "reduce_state_setter_none"}
BY_INSTANCE = {
    f"subclass_{kind}_{case}"
    for kind in ("int", "float", "complex", "str", "bytes")
    for case in ("in_tuple", "new_in_tuple")
} | {"deepcopy_method_of_int_subclass", "deepcopy_method_of_str_subclass",
     "tuple_of_noted_ints", "memo_has_int_subclass_inside"}


@pytest.mark.parametrize("name", ["published_fastpath", "published_merged"])
def test_published_ones_fail_where_they_are_wrong(name):
    findings, _ = run(load(name))
    expected = NOT_CALLED | IMMUTABLE_BASES | BEHIND_STATE | BY_INSTANCE
    if sys.version_info >= (3, 10):     # before, copy took no notice itself
        expected |= STATE_SETTERS
    assert those(findings, "failed") == expected


# Shallow copies, which are not deep ------------------------------------------

def test_a_shallow_copy_is_found():
    findings, _ = run(copy.copy)
    failed = those(findings, "failed")
    assert len(failed) > 500
    flat = {f"change_{which}_{what}" for which in ("original", "copy")
            for what in ("append_to_list", "attribute_of_object",
                         "bytearray_itself", "dictionary_of_object",
                         "new_attribute")}
    assert failed.isdisjoint(flat)
    tutorial = {name for name in CASES if name.startswith("change_")}
    assert len(tutorial) > 50 and tutorial - failed == flat
