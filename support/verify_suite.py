"""The interpreter's own tests of `copy`, asked of another deepcopy.

One case for each test of test.test_copy. The module is executed anew, under no
name in sys.modules; what it imports as `copy` is a private instance of that
module, in which the implementation stands in the place of deepcopy: tests of
copy.copy and copy.replace go to the standard ones.
"""

import builtins
import encodings
import sys

from _frozen_importlib_external import PathFinder

from private_copy import load_unchanged
from verify import Missing, describe, failed, skipped

_NAME = "test.test_copy"
_LONGEST = 200      # of a reason


def cases(seed, count):
    """Return a case for each test; neither seed nor count matter."""
    module, copy = _load()
    import unittest
    found = []
    for cls in _test_classes(module, unittest):
        for method in unittest.defaultTestLoader.getTestCaseNames(cls):
            found.append((method, _case(cls, method, copy)))
    if not found:
        raise Missing(f"{_NAME} of this interpreter has no tests")
    return found


def _test_classes(module, unittest):
    return [cls for cls in vars(module).values()
            if isinstance(cls, type) and issubclass(cls, unittest.TestCase)
            and cls.__module__ == _NAME]


def _case(cls, method, copy):
    def ask(deepcopy):
        import unittest
        result = unittest.TestResult()
        copy.deepcopy = _function_of_copy(deepcopy)
        try:
            case = cls(method)
            # The traceback's text is not wanted: the exception is.
            result._exc_info_to_string = lambda info, test: info[1]
            case.run(result)
        finally:
            del copy.deepcopy
        return _judge(result)
    return ask


def _function_of_copy(deepcopy):
    """Return a function that calls another.

    Its home is `copy`: a test looks at what that module says is its own.
    """
    def function(*args, **named):
        return deepcopy(*args, **named)

    function.__module__ = "copy"
    return function


def _judge(result):
    for _, error in result.failures:
        return failed("the test to pass", _assertion(error))
    for _, error in result.errors:
        return failed("the test to pass", describe(error))
    if result.unexpectedSuccesses:
        return failed("the test to fail, as it does with the standard "
                      "library", "it passes")
    for _, reason in result.skipped:
        return skipped(_one_line(reason) or "the test says so")
    return None


def _assertion(error):
    """Return an assertion that failed, and where in the tests it stands."""
    text = _one_line(error) or "an assertion failed"
    trace = error.__traceback__
    line = None
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == _NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{text} (test_copy.py:{line})" if line else text


def _one_line(x):
    try:
        text = " ".join(str(x).split())
    except Exception:
        return ""
    return text if len(text) <= _LONGEST else text[:_LONGEST - 3] + "..."


# The module ------------------------------------------------------------------

def _load():
    """Return a new instance of the test module, and the `copy` it tests."""
    stdlib = encodings.__path__[0].rpartition("/")[0]
    spec = PathFinder.find_spec(_NAME, [f"{stdlib}/test"])
    if spec is None or not hasattr(spec.loader, "get_code"):
        raise Missing(f"no {_NAME} in {stdlib}: {_advice()}")
    copy = load_unchanged()
    del copy.deepcopy       # there only while a test is run
    copy.Error = copy.error = _Error
    standard = builtins.__import__

    def import_(name, *rest):
        return copy if name == "copy" else standard(name, *rest)

    module = type(sys)(_NAME)
    module.__builtins__ = {**vars(builtins), "__import__": import_}
    module.__file__ = spec.origin
    code = spec.loader.get_code(_NAME)
    with _ForTests(stdlib):
        try:
            exec(code, vars(module))
        except ImportError as error:
            raise Missing(f"{_NAME} cannot be imported ({describe(error)}): "
                          f"{_advice()}") from None
    return module, copy


class _ForTests:
    """Have `test` be the interpreter's, not another that sys.path has."""

    def __init__(self, stdlib):
        self.stdlib = stdlib

    def __enter__(self):
        self.path = sys.path[:]
        sys.path.insert(0, self.stdlib)
        self.others = {}
        other = sys.modules.get("test")
        if other is not None and f"{self.stdlib}/test" not in getattr(
                other, "__path__", ()):
            self.others = {name: sys.modules.pop(name) for name in
                           [*sys.modules] if f"{name}.".startswith("test.")}

    def __exit__(self, *error):
        sys.path[:] = self.path
        if self.others:
            for name in [*sys.modules]:
                if f"{name}.".startswith("test."):
                    del sys.modules[name]
            sys.modules.update(self.others)


class _ByName(type):
    """The type of an exception that others of its name count as."""

    def __subclasscheck__(cls, other):
        return any((base.__module__, base.__qualname__) == ("copy", "Error")
                   for base in other.__mro__)


# An implementation may raise the Error of a `copy` of its own.
_Error = _ByName("Error", (Exception,),
                 {"__module__": "copy", "__qualname__": "Error"})


def _advice():
    version = "%d.%d" % sys.version_info[:2]
    return (f"install libpython{version}-testsuite (Debian, Ubuntu), "
            "python3-test (Fedora), python3-testsuite (openSUSE) or else the "
            f"`test` package of Python {version}")
