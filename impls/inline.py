"""Deepcopy written anew in pure Python, as fast as it may be.

It gives the standard library's copies: whoever holds the results, or looks on
from a method that is called in between, finds the same, made in the same
order. It differs in the way there:

- Who holds an object looks after it. A loop over elements passes atomic ones
  on, asks the memo about the others, and calls the copier of what it does not
  know: one call for an object that is copied and none for others. The standard
  library makes three (deepcopy, the copier, _keep_alive) and one.
- A long list of atoms is copied by a slice, and its types compared in C.
  A tuple of atoms is found to be one before anything is built.
- The list that keeps originals alive is found once, and its `append` handed
  down beside the memo.
- The reduce protocol is gone through in one function, that of the object: no
  call with unpacked arguments, no copies of arguments that are atomic. If it
  is copyreg.__newobj__ that makes the object, of its class alone, `__new__` is
  called directly. All questions are asked as they were: of the table of
  copyreg, of `__deepcopy__`, `__reduce_ex__` and `__setstate__`. The object
  is in the memo before its state is copied, and that copy is a dictionary of
  its own, since others may refer to the state.
- A set is copied as such, and not by reducing it to a list which is copied as
  an argument.
- An entry of the memo is written once, not again when the copy is complete.

Reductions of unusual shape, and objects without `__reduce_ex__`, are left to
the standard library's own functions, in a private instance of the module. Its
table of atomic types is read when this file is loaded; as with all
implementations here, what a program changes in copy._deepcopy_dispatch is not
seen.

What a program can see of all this is in the memo alone, which is opaque, says
the documentation: atoms are not looked up in it (nor are they by Python 3.14),
a memo of our own has the list of originals from the start, the lists that sets
are reduced to are not in it, and what a `__deepcopy__` writes into it for a
list or a dictionary that is just being copied is not overwritten.

Source of the ideas: the Deepcopy Report, "Memo Optimization", "Reduce
Fastpath" and "Tuple Fastpath", images 3 to 5; the others are dcbench's own.
"""

from copyreg import __newobj__, dispatch_table
from types import MethodType

from private_copy import CopySource

_standard = CopySource(__file__).load()

Error = _standard.Error     # what is raised where there is no way to copy

if hasattr(_standard, "_deepcopy_atomic"):      # 3.14 has a set
    _atomic_types = frozenset(
        cls for cls, copier in _standard._deepcopy_dispatch.items()
        if copier is _standard._deepcopy_atomic)
else:
    _atomic_types = frozenset(_standard._atomic_types)

_all_atomic = _atomic_types.issuperset      # to be given a map() of types
_nil = object()


def deepcopy(x, memo=None):
    """Return a deep copy, like copy.deepcopy."""
    cls = type(x)
    if cls in _atomic_types:
        return x
    if memo is None:
        memo = {}
        memo[id(memo)] = kept = []
        return _copier(cls, _deepcopy_object)(x, memo, kept.append)
    y = memo.get(id(x), _nil)
    if y is not _nil:
        return y
    return _copier(cls, _deepcopy_object)(x, memo, _keeper(memo))


def _keeper(memo):
    """Return what keeps objects alive for as long as a caller's memo.

    A list for them may be there, or else comes with the first of them.
    """
    try:
        kept = memo[id(memo)]
        if type(kept) is list:
            return kept.append
    except KeyError:
        pass
    return lambda x: _standard._keep_alive(x, memo)


# To a copier come only objects that are not atomic and not in the memo. It
# enters them there, unless they are their own copies, and calls keep(x): the
# address that stands for x must not become another object's.

def _copy(x, memo, keep):
    """Copy anything, as the loops below do for most of what they hold."""
    cls = type(x)
    if cls in _atomic_types:
        return x
    y = memo.get(id(x), _nil)
    if y is not _nil:
        return y
    return _copier(cls, _deepcopy_object)(x, memo, keep)


def _copy_all(objects, memo, keep):
    copies = []
    for x in objects:
        copies.append(_copy(x, memo, keep))
    return copies


def _deepcopy_list(x, memo, keep):
    # A short list is gone through sooner than this is begun, and the last
    # element tells most lists of other things at once. The slice is what is
    # looked at: in threads, the list may change in between.
    if len(x) > 8 and type(x[-1]) in _atomic_types:
        y = x[:]
        if _all_atomic(map(type, y)):
            memo[id(x)] = y
            keep(x)
            return y
    y = []
    memo[id(x)] = y
    append = y.append
    for a in x:     # not of a slice: it may grow while elements are copied
        cls = type(a)
        if cls not in _atomic_types:
            b = memo.get(id(a), _nil)
            if b is _nil:
                b = _copier(cls, _deepcopy_object)(a, memo, keep)
            append(b)
        else:
            append(a)
    keep(x)
    return y


def _deepcopy_dict(x, memo, keep):
    y = {}
    memo[id(x)] = y
    for key, value in x.items():
        cls = type(value)       # the value is copied before its key
        if cls not in _atomic_types:
            b = memo.get(id(value), _nil)
            if b is _nil:
                b = _copier(cls, _deepcopy_object)(value, memo, keep)
            value = b
        cls = type(key)
        if cls not in _atomic_types:
            key = _copy(key, memo, keep)
        y[key] = value
    keep(x)
    return y


def _deepcopy_tuple(x, memo, keep):
    for a in x:
        if type(a) not in _atomic_types:
            break
    else:
        return x
    y = []
    append = y.append
    same = True
    for a in x:
        cls = type(a)
        if cls not in _atomic_types:
            b = memo.get(id(a), _nil)
            if b is _nil:
                b = _copier(cls, _deepcopy_object)(a, memo, keep)
            if b is not a:
                same = False
            append(b)
        else:
            append(a)
    known = memo.get(id(x), _nil)
    if known is not _nil:       # it has been reached again from within
        return known
    if same:
        return x
    memo[id(x)] = y = tuple(y)
    keep(x)
    return y


def _deepcopy_set(x, memo, keep):
    cls = type(x)
    if cls in dispatch_table:
        return _deepcopy_object(x, memo, keep)
    elements = [*x]     # as a reduction has them: x may change, order counts
    if not _all_atomic(map(type, elements)):
        elements = _copy_all(elements, memo, keep)
    memo[id(x)] = y = cls(elements)
    keep(x)
    return y


def _deepcopy_method(x, memo, keep):
    y = type(x)(x.__func__, _copy(x.__self__, memo, keep))
    memo[id(x)] = y
    keep(x)
    return y


def _deepcopy_object(x, memo, keep):
    """Copy what has no copier: classes, and all that can tell how."""
    cls = type(x)
    if issubclass(cls, type):
        return x
    copier = getattr(x, "__deepcopy__", None)
    if copier is not None:
        y = copier(memo)
        if y is not x:
            memo[id(x)] = y
            keep(x)
        return y
    reductor = dispatch_table.get(cls)
    if reductor:
        rv = reductor(x)
    else:
        reductor = getattr(x, "__reduce_ex__", None)
        if reductor is None:
            return _standard.deepcopy(x, memo)
        rv = reductor(4)
    if isinstance(rv, str):
        return x

    size = len(rv) if type(rv) is tuple else 0
    if size == 5:       # what object.__reduce_ex__ returns
        func, args, state, listiter, dictiter = rv
    elif size == 3:
        func, args, state = rv
        listiter = dictiter = None
    elif size == 2:
        func, args = rv
        state = listiter = dictiter = None
    elif size == 4:
        func, args, state, listiter = rv
        dictiter = None
    else:       # a list, for instance, or too much
        y = _standard._reconstruct(x, memo, *rv)
        if y is not x:
            memo[id(x)] = y
            keep(x)
        return y

    if type(args) is not tuple:
        if args:
            args = _copy_all(args, memo, keep)
        y = func(*args)
    elif func is __newobj__ and len(args) == 1 and type(args[0]) is type:
        cls = args[0]
        y = cls.__new__(cls)
    else:
        for a in args:
            if type(a) not in _atomic_types:
                args = _copy_all(args, memo, keep)
                break
        y = func(*args)
    memo[id(x)] = y
    if state is not None:
        if type(state) is dict:
            b = memo.get(id(state), _nil)
            if b is _nil:
                b = _deepcopy_dict(state, memo, keep)
            state = b
        else:
            state = _copy(state, memo, keep)
        if hasattr(y, "__setstate__"):
            y.__setstate__(state)
        elif type(state) is dict:
            y.__dict__.update(state)
        else:
            _set_state(y, state)
    if listiter is not None:
        for item in listiter:
            if type(item) not in _atomic_types:
                item = _copy(item, memo, keep)
            y.append(item)
    if dictiter is not None:
        for key, value in dictiter:
            if type(key) not in _atomic_types:
                key = _copy(key, memo, keep)
            if type(value) not in _atomic_types:
                value = _copy(value, memo, keep)
            y[key] = value
    if y is not x:
        keep(x)
    return y


def _set_state(y, state):
    """Set a state that may be in two parts, a dictionary's and the slots'."""
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state is not None:
        y.__dict__.update(state)
    if slots is not None:
        for name, value in slots.items():
            setattr(y, name, value)


_copier = {
    list: _deepcopy_list,
    dict: _deepcopy_dict,
    tuple: _deepcopy_tuple,
    set: _deepcopy_set,
    frozenset: _deepcopy_set,
    MethodType: _deepcopy_method,
}.get
