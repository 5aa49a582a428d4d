"""support/verify_suite.py: the interpreter's tests, asked of another deepcopy."""

import copy
import pathlib
import subprocess
import sys
import textwrap
import types
import unittest
import warnings

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import loader  # noqa: E402
import verify  # noqa: E402
import verify_suite  # noqa: E402


def load(name):
    return loader.load_impl(
        {"kind": "file", "path": str(ROOT / "impls" / f"{name}.py")})[0]


@pytest.fixture(scope="module")
def cases():
    try:
        return verify_suite.cases(0, 0)
    except verify.Missing as error:
        pytest.skip(str(error))


def failures(cases, deepcopy):
    findings = {name: function(deepcopy) for name, function in cases}
    return {name: finding for name, finding in findings.items()
            if finding is not None and finding.outcome == "failed"}


def test_there_is_a_case_for_each_test(cases):
    from test import test_copy
    count = unittest.defaultTestLoader.loadTestsFromModule(
        test_copy).countTestCases()
    assert len(cases) == count > 70
    assert len({name for name, _ in cases}) == count


@pytest.mark.parametrize("name", ["stdlib", "memo_opt", "fastpath", "merged",
                                  "inline"])
def test_right_ones_pass(cases, name):
    assert failures(cases, load(name)) == {}


@pytest.mark.parametrize("name", ["published_fastpath", "published_merged"])
def test_the_reports_fail_where_they_are_wrong(cases, name):
    expected = {"test_reduce_4tuple", "test_reduce_5tuple",
                "test_reduce_6tuple", "test_reduce_6tuple_none"}
    found = failures(cases, load(name))
    assert set(found) == expected & {name for name, _ in cases}
    assert len(found) == 4 or sys.version_info < (3, 10)
    assert found["test_reduce_4tuple"].got.startswith("TypeError: object.__new")


def test_a_failure_is_one_line_with_its_place(cases):
    found = failures(cases, copy.copy)
    assert len(found) > 10
    for finding in found.values():
        assert "\n" not in finding.got and len(finding.got) < 320
        assert finding.expected == "the test to pass"
    assert found["test_deepcopy_list"].got.startswith("unexpectedly identical")
    assert "(test_copy.py:" in found["test_deepcopy_list"].got


def test_only_deepcopy_is_replaced(cases):
    """Tests of copy.copy do not notice; afterwards nothing is left."""
    def deepcopy(x, memo=None):
        raise ZeroDivisionError("never")

    before = copy.deepcopy, sys.path[:], warnings.filters[:]
    found = failures(cases, deepcopy)
    assert not any(name.startswith("test_copy") for name in found)
    assert found["test_deepcopy_basic"].got.startswith(
        "ZeroDivisionError: never (test_verify_suite.py:")
    assert (copy.deepcopy, sys.path, warnings.filters) == before


def test_an_error_of_another_copy_module_is_an_error(cases):
    class Error(Exception):
        __module__ = "copy"
        __qualname__ = "Error"

    class OtherError(Exception):
        pass

    def raising(cls):
        def deepcopy(x, memo=None):
            try:
                return copy.deepcopy(x, memo)
            except copy.Error:
                raise cls("no copy") from None
        return deepcopy

    assert failures(cases, raising(Error)) == {}
    assert set(failures(cases, raising(OtherError))) == {"test_deepcopy_cant"}


def test_nothing_is_left_in_the_process(cases):
    code = textwrap.dedent("""
        import sys, types
        sys.modules["test"] = other = types.ModuleType("test")
        sys.modules["test.mine"] = mine = types.ModuleType("test.mine")
        import verify, copy
        path = sys.path[:]
        standard = copy.deepcopy
        out = list(verify.run(standard, ["suite"], 1, 1))
        assert out[0]["missing"] is None and len(out) > 140, out[0]
        assert sys.modules["test"] is other
        assert sys.modules["test.mine"] is mine
        assert "test.test_copy" not in sys.modules
        assert "test.support" not in sys.modules
        assert sys.path == path and copy.deepcopy is standard
        print(*sorted({a["outcome"] for a in out if "outcome" in a}))
    """)
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], check=True, stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT / "support")}, timeout=60)
    assert done.stdout in (b"passed\n", b"passed skipped\n")


def test_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(verify_suite.encodings, "__path__",
                        [str(tmp_path / "encodings")])
    with pytest.raises(verify.Missing) as caught:
        verify_suite.cases(0, 0)
    version = "%d.%d" % sys.version_info[:2]
    assert f"install libpython{version}-testsuite" in str(caught.value)
    assert "no test.test_copy" in str(caught.value)


def judged(body):
    """Return what is made of a test with this body."""
    class Case(unittest.TestCase):
        def test(self):
            body(self)

        @unittest.expectedFailure
        def test_expected(self):
            body(self)

    module = types.SimpleNamespace()
    return [verify_suite._case(Case, name, module)(None)
            for name in ("test", "test_expected")]


def test_what_a_test_can_say():
    passed, unexpected = judged(lambda self: None)
    assert passed is None
    assert unexpected.outcome == "failed" and unexpected.got == "it passes"

    wrong, expected = judged(lambda self: self.assertEqual(1, 2))
    assert wrong.got.startswith("1 != 2") and expected is None

    for finding in judged(lambda self: self.skipTest("not\nhere")):
        assert (finding.outcome, finding.got) == ("skipped", "not here")

    wrong, _ = judged(lambda self: self.fail("x" * 5000))
    assert len(wrong.got) <= 200 and wrong.got.endswith("...")

    def in_parts(self):
        for i in range(2):
            with self.subTest(i=i):
                self.assertEqual(i, 0)
    wrong, _ = judged(in_parts)
    assert wrong.got.startswith("1 != 0")
