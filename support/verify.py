"""Is this a deepcopy? Batteries of cases, one after the other.

A battery is a module with

    cases(seed, count)  -> a list of (name, function), the same for one seed
                           and interpreter; Missing where there can be none

and each function(deepcopy) asks one thing of an implementation. It returns
None where the answer is right, or a Finding; an exception out of it is the
implementation's. It leaves nothing behind: no entry in a registry, no class
attribute, no warning filter, no recursion limit.

run() tells of each case before it begins, so that a case that kills or hangs
the process is known to whoever listens.
"""

import copy
import encodings
import sys

# In this order; `first` counts through all of them.
BATTERIES = "suite", "cases", "graphs"

_modules = {}       # of the batteries that have been imported
_standard = copy.deepcopy       # before an implementation can replace it


class Missing(Exception):
    """A battery cannot be run here; the message says what to install."""


class Finding:
    """What there is to say of a case, one line for each part."""

    def __init__(self, outcome, expected=None, got=None, expression=None,
                 version=None):
        self.outcome = outcome
        self.expected = expected
        self.got = got
        self.expression = expression
        self.version = version


def failed(expected, got, expression=None):
    """Return the finding: not what a deepcopy does."""
    return Finding("failed", expected, got, expression)


def deviates(version, expected, got):
    """Return the finding: what a deepcopy of this CPython does."""
    return Finding("accepted deviation", expected, got, version=version)


def skipped(why):
    """Return the finding: this interpreter cannot be asked."""
    return Finding("skipped", got=why)


def import_batteries(batteries):
    """Import the modules of batteries, whatever else has their names."""
    folder = __file__.rpartition("/")[0]
    sys.path.insert(0, folder)
    try:
        for battery in BATTERIES:
            if battery in batteries:
                _module(battery)
    finally:
        sys.path.remove(folder)


def load_apart(load, *arguments):
    """Return load(...), out of whose sight these modules are meanwhile.

    An implementation may have modules of the same names beside it.
    """
    ours = {name: sys.modules.pop(name) for name in list(sys.modules)
            if name == "verify" or name.startswith("verify_")}
    try:
        return load(*arguments)
    finally:
        for name, module in ours.items():
            sys.modules.setdefault(name, module)


def run(deepcopy, batteries, seed, count, first=0):
    """Run cases, as an iterator of dictionaries; each step is short.

        {"battery": name, "cases": n, "missing": None or why}
        {"case": name, "number": n}         it begins
        {"outcome": ..., "expected": ..., "got": ..., "expression": ...,
         "version": ..., "standard": bool}  it has ended

    `count` is how many random graphs there are to be. The first `first` cases,
    counted through all batteries asked for, are passed over in silence.
    """
    at = 0
    for battery in BATTERIES:
        if battery not in batteries:
            continue
        missing = None
        try:
            cases = _module(battery).cases(seed, count)
        except Missing as error:
            cases, missing = [], str(error)
        yield {"battery": battery, "cases": len(cases), "missing": missing}
        for number, (name, function) in enumerate(cases):
            at += 1
            if at > first:
                yield {"case": name, "number": number}
                yield _ask(function, deepcopy)


def _module(battery):
    if battery not in _modules:
        _modules[battery] = __import__(f"verify_{battery}")
    return _modules[battery]


def _ask(function, deepcopy):
    """Run one case; note whether its objects call the standard deepcopy."""
    installed = copy.deepcopy
    reached = []

    def spy(x, memo=None, *rest):
        if not reached and _is_for_objects(sys._getframe(1)):
            reached.append(True)
        return installed(x, memo, *rest)

    copy.deepcopy = spy
    try:
        finding = function(_entering(deepcopy))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        finding = failed("no exception", describe(error))
    finally:
        copy.deepcopy = installed
    told = vars(finding or Finding("passed"))
    return {**told, "standard": bool(reached) and installed is _standard}


def _entering(deepcopy):
    """Return a function that calls another, and is seen among its callers."""
    def implementation(*args, **named):
        return deepcopy(*args, **named)

    return implementation


_entry = _entering(None).__code__
_ours = __file__.rpartition("/")[0] + "/verify_"
_library = encodings.__path__[0].rpartition("/")[0] + "/"


def _is_for_objects(frame):
    """Tell whether it is a method of the objects that calls copy.deepcopy.

    Otherwise it is the implementation: in its own code, in what of the
    standard library that calls, or right behind the entry, if it is compiled.
    """
    while frame is not None and frame.f_code is not _entry:
        file = frame.f_code.co_filename
        name = frame.f_globals.get("__name__")
        if file.startswith(_ours) or frame.f_code.co_name == "__deepcopy__" or (
                file == "<string>" and str(name).startswith("verify_")):
            break
        if name == "copy" or not file.startswith(_library) or (
                "-packages/" in file):
            return False
        frame = frame.f_back
    else:
        return False
    while frame is not None and frame.f_code is not _entry:
        frame = frame.f_back
    return frame is not None    # else it is for what a copy is compared with


def describe(error):
    """Return an exception on one line: type, message and innermost place."""
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:
        text = ""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None and trace.tb_frame.f_code is not _entry:
        file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        place = f" ({file}:{trace.tb_lineno})"
    name = type(error).__name__
    return f"{name}: {text}{place}" if text else f"{name}{place}"
