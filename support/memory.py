"""What a worker that counts memory asks of Python: types, and parts of a copy.

Nothing here runs while a call is counted.
"""

from gc import collect, get_referents
from sys import getsizeof, modules, version_info
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType


def make_tools():
    """Return what is used between calls, for good: nothing is looked up."""
    from collections import UserDict
    return collect, getsizeof, UserDict, all_types, not_shared


def all_types():
    """Return a list of all types that there are."""
    found = {id(object): object}
    stack = [object]
    while stack:
        for cls in type.__subclasses__(stack.pop()):
            if id(cls) not in found:
                found[id(cls)] = cls
                stack.append(cls)
    return list(found.values())


# What a copy never owns, and what leads to the rest of the interpreter.
_LEFT_OUT = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)


def _attributes(x):
    """Return the dictionary of an instance in a list, or nothing.

    From 3.13 on, one that shares its values with the instance is no referent.
    """
    if version_info < (3, 13) or not type(x).__flags__ & _INLINE_VALUES:
        return []
    try:
        return [object.__getattribute__(x, "__dict__")]
    except Exception:       # a class may have its own way to be asked
        return []


_INLINE_VALUES = 1 << 2     # Py_TPFLAGS_INLINE_VALUES


def _untold(x):
    """Return what dates and times hold: the collector does not know them."""
    datetime = modules.get("datetime")
    if not datetime:
        return []
    cls = type(x)       # not x.__class__, which may be code of its own
    if issubclass(cls, datetime.datetime):
        return [datetime.datetime.tzinfo.__get__(x)]
    if issubclass(cls, datetime.time):
        return [datetime.time.tzinfo.__get__(x)]
    if issubclass(cls, datetime.timezone):
        return datetime.timezone.__getinitargs__(x)
    return []


def _reachable(x, known):
    """Return the objects below x and itself, by id, without those known."""
    found = {}
    stack = [x]
    while stack:
        x = stack.pop()
        if id(x) in found or id(x) in known or issubclass(
                type(x), _LEFT_OUT):
            continue
        found[id(x)] = x
        stack += get_referents(x)
        stack += _attributes(x)
        stack += _untold(x)
    return found


def reachable_from(objects):
    """Return what is below the objects of a list and they themselves, by id."""
    found = _reachable(objects, {})
    del found[id(objects)]
    return found


def not_shared(original, copy):
    """Return a list of the objects of a copy that the original has not."""
    return list(_reachable(copy, _reachable(original, {})).values())
