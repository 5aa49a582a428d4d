"""What the cases are written with.

A case is a function of an implementation that returns None where the answer
is right, or a line that says what came instead; what is expected, it is
declared with:

    cases = Cases()

    @cases("a new list")
    def list_is_copied(deepcopy):
        x = []
        return new(deepcopy(x), x)

An exception of the implementation counts as what came. Where the answer is a
longer story, the function returns a Finding.
"""

from types import FunctionType

from check import check_copy, check_unchanged
from verify import Finding, describe, failed


class Cases:
    """Cases in the order of their definition."""

    def __init__(self):
        self.all = []

    def __call__(self, expected):
        """Return a decorator that makes a case of a function."""
        def add(function):
            self.add(function.__name__, expected, function)
            return function
        return add

    def add(self, name, expected, function):
        """Add a case."""
        def case(deepcopy):
            try:
                got = function(deepcopy)
            except Exception as error:
                got = describe(error)
            if got is None or type(got) is Finding:
                return got
            return failed(expected, got)
        self.all.append((name, case))

    def alike(self, name, make, wanted=None, expected=None):
        """Add a case: a copy equals what `wanted` makes, and is independent.

        That is a second object of `make` where there is no `wanted`. The two
        are compared in all that they are made of (check.py), so that no copy
        is needed to say what is right.
        """
        def function(deepcopy):
            x = make()
            return unlike(x, (wanted or make)(), deepcopy(x))
        self.add(name, expected or "an equal object that shares nothing "
                 "mutable with the original", function)

    def same(self, name, make, expected=None):
        """Add a case: a copy is the object itself."""
        def function(deepcopy):
            x = make()
            return same(deepcopy(x), x)
        self.add(name, expected or "the same object", function)

    def refused(self, name, make, error=TypeError):
        """Add a case: there is no copy but an exception."""
        def function(deepcopy):
            return not_raised(error, deepcopy, make())
        self.add(name, named(error), function)


def named(error):
    """Return an exception type, or several, as text."""
    if isinstance(error, tuple):
        return " or ".join(cls.__name__ for cls in error)
    return error.__name__


# What came instead, or None ------------------------------------------------

def same(y, x):
    """Look for one object."""
    return None if y is x else f"another object: {show(y)}"


def new(y, x, what="object"):
    """Look for two objects of one type."""
    if y is x:
        return f"the original's own {what}"
    if type(y) is not type(x):
        return f"a {type(y).__name__} as {what}"
    return None


def equal(y, value):
    """Look for a value that consists of built-in types."""
    if type(y) is type(value) and y == value:
        return None
    return show(y)


def unlike(x, wanted, y):
    """Look for a copy that is as wanted, and independent of the original."""
    got = check_copy([x], [wanted], [y])
    if got == "shares objects[0] with the original":
        return "the original itself"
    return got and got.replace("objects[0]", "the copy")


def changed(x, before):
    """Look for an original that is as before."""
    got = check_unchanged([x], [before])
    return got and got.replace("objects[0]", "the original")


def not_raised(error, function, *args):
    """Look for an exception."""
    try:
        y = function(*args)
    except error:
        return None
    except Exception as other:
        return describe(other)
    return f"no exception but {show(y)}"


def show(x, depth=2):
    """Return a short text for an object, by built-in types' code alone."""
    cls = type(x)
    if cls in (list, tuple, dict, set) and len(x) <= 6 and depth:
        if cls is dict:
            texts = [f"{show(k, depth - 1)}: {show(v, depth - 1)}"
                     for k, v in x.items()]
        else:
            texts = [show(each, depth - 1) for each in x]
        opening, closing = {
            list: "[]", tuple: "()", dict: "{}", set: "{}"}[cls]
        comma = "," if cls is tuple and len(x) == 1 else ""
        return opening + ", ".join(texts) + comma + closing
    if x is None or cls in (bool, int, float, complex, str, bytes):
        if cls is int and x.bit_length() > 200:
            return f"an int of {x.bit_length()} bits"
        text = repr(x)
        return text if len(text) <= 60 else text[:50] + "..."
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if cls is FunctionType:
        return f"the function {x.__name__}"
    article = "an" if cls.__name__[:1].lower() in "aeiou" else "a"
    return f"{article} {cls.__name__}"


# Objects that tell what was done with them ----------------------------------

class Reduces:
    """Reduces to what it was given."""

    def __init__(self, rv):
        self.rv = rv

    def __reduce_ex__(self, protocol):
        return self.rv


class Target:
    """Is made by a reduction, and keeps the calls that it gets."""

    def __init__(self, *args):
        self.calls = [("init", args)]

    def append(self, item):
        self.calls.append(("append", item))

    def __setitem__(self, key, value):
        self.calls.append(("set", key, value))


class StateTarget(Target):
    """One that sets its state by itself."""

    def __setstate__(self, state):
        self.calls.append(("setstate", state))


def told(*calls, cls=Target, **attributes):
    """Return a target that has got these calls."""
    y = cls()
    y.calls += calls
    vars(y).update(attributes)
    return y


class Plain:
    """Holds the attributes that it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def plain(cls=Plain, **attributes):
    """Return an instance with attributes, of a class with a dictionary."""
    x = cls.__new__(cls)
    vars(x).update(attributes)
    return x


def having(x, **attributes):
    """Return an object with attributes, set one by one."""
    for name, value in attributes.items():
        setattr(x, name, value)
    return x


def once(make):
    """Return a function that makes something once, when it is wanted."""
    made = []

    def get():
        if not made:
            made.append(make())
        return made[0]
    return get


def make_list(*args):
    """Return the arguments in a list: a function to reduce to."""
    return list(args)
