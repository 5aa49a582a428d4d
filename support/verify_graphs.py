"""Random graphs of objects, copied as the standard library copies them?

Graph number i of a seed depends on these two alone: not on the hash seed, the
graphs before it or the version of Python. Copies are compared with those that
the interpreter's own deepcopy makes; where they differ, verify_shrink looks
for a small graph on which they do.

The ways to ask, of which each graph has one:

    plain      deepcopy(x)
    none       deepcopy(x, None)
    twice      deepcopy(x), deepcopy(x): what is shared with the first copy?
    again      deepcopy(x, memo), deepcopy(part of x, memo)
    filled     deepcopy(x, {id(part of x): 'other'})

What a memo holds is nobody's business, says the documentation of copy: that
one memo makes two copies meet, or has the last word, is all that is asked.
"""

import sys

from _random import Random
from time import monotonic

import check
import verify_zoo as zoo
from verify import describe, deviates, failed

_OTHER = "other"

# Chances of 200.
_WAYS = ("plain",) * 140 + ("none",) * 10 + ("twice",) * 20 + (
    "again",) * 20 + ("filled",) * 9 + ("atom",)


# Seconds for making graphs smaller: for the first, for all, for the others.
_FIRST, _ALL, _LAST = 2, 10, 0.05


def cases(seed, count):
    """Return the first graphs of a seed; any number of them can be had."""
    left = [_ALL]
    return [(f"graph {i}", _case(seed, i, left)) for i in range(count)]


def _case(seed, number, left):
    def ask(deepcopy):
        question = generate(seed, number)
        difference = question.ask(deepcopy)
        if difference is None:
            return None
        if difference.version:
            return deviates(difference.version, difference.expected,
                            difference.got)
        from verify_shrink import shrink
        started = monotonic()
        try:
            return shrink(question, difference, deepcopy,
                          max(min(_FIRST, left[0]), _LAST))
        finally:
            left[0] -= monotonic() - started
    return ask


# What is asked ---------------------------------------------------------------

class Difference:
    """How a copy differs from what it is to be; `sort` in one word."""

    def __init__(self, sort, expected, got, version=None):
        self.sort = sort
        self.expected = expected
        self.got = got
        self.version = version

    def finding(self, expression=None, note=""):
        """Return it as a finding, with what there is to say besides."""
        return failed(self.expected, self.got + note, expression)


class Question:
    """A graph, and a way to ask for its copy.

    The first root is the graph; ways that need a part of it have it as the
    second one.
    """

    def __init__(self, way, roots):
        self.way = way
        self.roots = roots

    def ask(self, deepcopy):
        """Return None, or the difference of a deepcopy from the standard."""
        return ask(self.way, zoo.build(self.roots), deepcopy,
                   zoo.build(self.roots))

    def expression(self):
        """Return what builds the object, or objects, for evaluated()."""
        form = {"again": "({}, {})", "filled": "({}, {{id({}): 'other'}})"}
        return zoo.render(self.roots, form.get(self.way, "{}"))


def evaluated(way, expression):
    """Return what ask() takes: the objects out of an expression."""
    names = {"__name__": __name__}
    found = eval(expression, names)
    if way == "again":
        return list(found)
    if way != "filled":
        return [found]
    # The part is what has the id that the memo knows; it may have a name.
    x, memo = found
    wanted, = memo
    return [x] + [part for part in (x, *names.values()) if id(part) == wanted]


def ask(way, objects, deepcopy, twin=None):
    """Return None, or the difference of a deepcopy from the standard.

    `twin` are the same objects made once more, to tell whether they change;
    without it a standard copy serves, where there is one.
    """
    if way == "filled" and type(objects[1]) in _LATER_ATOMS and _IS_LATER:
        way = "plain"       # both are right
    reference, error = _copies(way, objects, _standard())
    before = None
    if twin is None and error is None:
        try:
            before = check.snapshot(objects[:1])
        except Exception:       # the memo has what cannot be copied
            pass
    candidate, other_error = _copies(way, objects, deepcopy)
    difference = _compare(objects, reference, error, candidate, other_error)
    if difference is not None and way == "filled" and (
            type(objects[1]) in _LATER_ATOMS):
        difference = _as_later(objects, reference, error, candidate,
                               other_error) or difference
    if difference is None:
        changed = _change(objects[0], twin and twin[0], before)
        if changed is not None:
            difference = Difference(
                "changes x", "x unchanged", f"changes x: {changed}")
    if difference is not None:
        difference.expected = _HOW.get(way, "") + difference.expected
    return difference


def _change(x, twin, before):
    """Return None, or how x has changed, in one line."""
    if twin is None and before is None:
        return None
    if twin is None:
        changed = check.check_unchanged([x], before)
        return changed and changed.replace("objects[0]", "x")
    try:
        check._left[0] = check._REDUCTIONS
        return check.compare(twin, x, "x")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"it cannot be compared any more: {describe(error)}"


# Said first of what is expected.
_HOW = {
    "none": "deepcopy(x, None): ",
    "twice": "[deepcopy(x), deepcopy(x)]: ",
    "again": "with x, part = expression, memo = {}, "
             "[deepcopy(x, memo), deepcopy(part, memo)]: ",
    "filled": "with x, memo = expression, deepcopy(x, memo): ",
}


def _copies(way, objects, deepcopy):
    """Return copies as a list, and the exception if there was one."""
    x = objects[0]
    try:
        if way == "plain":
            return [deepcopy(x)], None
        if way == "none":
            return [deepcopy(x, None)], None
        if way == "twice":
            return [deepcopy(x), deepcopy(x)], None
        if way == "again":
            memo = {}
            return [deepcopy(y, memo) for y in objects], None
        return [deepcopy(x, {id(objects[1]): _OTHER})], None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error


_loaded = []


def _standard():
    if not _loaded:
        from private_copy import load_unchanged
        _loaded.append(load_unchanged().deepcopy)
    return _loaded[0]


def _compare(objects, reference, error, candidate, other_error):
    if type(error) is RecursionError and (
            isinstance(other_error, Exception) or other_error is None
            and _is_truer(objects, None, candidate)):
        return None     # how far a copy gets that has no end is not told
    if error is not None or other_error is not None:
        return _compare_errors(error, other_error)
    originals = objects * 2 if len(reference) > len(objects) else objects
    text = check.check_copy(originals[:len(reference)], reference, candidate)
    if text is None or _is_truer(objects[:len(candidate)], reference,
                                 candidate):
        return None
    sort = next((sort for sort in _SORTS if sort in text), "value differs")
    if text.startswith("copies "):
        sort = "copies"
    if len(reference) == 1:
        text = text.replace("objects[0]", "x")
    return Difference(sort, _WANTED.get(sort, "a copy as the standard library "
                                              "makes it"),
                      text.replace("objects[", "copies["))


class _Unfolded(check._Comparison):
    """A comparison to which it is all one which references meet."""

    def pair(self, r, c, place, stack, sets):
        if r is c or (id(r), id(c)) in self.by_value:
            return None
        cls = type(r)
        if type(c) is not cls or issubclass(cls, check._LEAVES):
            return "another"
        if cls in check._ATOMS:
            return self.values_differ(r, c, place)
        self.by_value[id(r), id(c)] = r, c
        self.journal.append((self.by_value, (id(r), id(c))))
        return self.sections(r, c, place, stack, sets)


class _Loose(_Unfolded):
    """One that goes on where it can, whatever is different."""

    def pair(self, *rest):
        super().pair(*rest)

    def match(self, *rest):
        super().match(*rest)


def _is_truer(objects, reference, candidate):
    """Tell whether references meet as in the original and not in the standard.

    The standard library copies what an object is made of before there is the
    object, the elements of a set for example. Where one of them leads back to
    it, two are made, or more and more. One is no mistake.
    """
    check._left[0] = check._REDUCTIONS
    try:
        kept = _kept(objects, candidate)
        if len(candidate) > len(objects):       # twice: what do both lead to?
            return (_kept(candidate[:1], candidate[1:]) <= kept
                    and all(_is_truer(objects, reference and [r], [c])
                            for r, c in zip(reference or candidate, candidate)))
        if reference is None:
            return (kept == _kept(objects, objects, check._SHARED)
                    and _pairs(_Unfolded, objects, candidate) is not None)
        copies = _pairs(_Unfolded, reference, candidate)
        if copies is None or kept != _kept(objects, reference):
            return False
        if len({id(r) for r, _ in copies}) < len(copies):
            return False        # two where the standard has one
        originals = {}
        for c, x in _pairs(_Loose, candidate, objects):
            originals.setdefault(id(c), []).append(x)
        seen = set()
        for _, c in copies:
            if id(c) in seen and len(originals.get(id(c), ())) != 1:
                return False    # one that stands for several originals
            seen.add(id(c))
        return True
    except KeyboardInterrupt:
        raise
    except BaseException:       # said of the copies already
        return False


def _kept(objects, copies, classes=object):
    """Return the ids of the originals to which copies lead, but for values."""
    found = check._reachable(copies)
    return {key for key in check._reachable(objects)
            if key in found and isinstance(found[key], classes)
            and not check._is_value(found[key], {})}


def _pairs(kind, objects, others):
    """Return all that stand in each other's places, None if some cannot."""
    tried = []

    def comparison(*args):
        tried.append(kind(*args))
        return tried[-1]

    if check.compare(objects, others, "x", comparison=comparison) is not None:
        return None
    return [pair for pair in tried[-1].by_value.values()
            if not check._is_value(pair[0], {})]


# What check.py says, to tell one way to be wrong from another.
_SORTS = ("shares", "sharing differs", "type differs", "elements",
          "lacks", "unexpected", "order differs", "not built", "another")

_WANTED = {
    "shares": "an object of its own there",
    "copies": "the original's own object there",
}


def _compare_errors(error, other):
    if error is None:
        return Difference(f"raises {type(other).__name__}", "a copy",
                          f"raises {describe(other)}")
    wanted = _first_words(error)
    if other is None:
        return Difference("does not raise", wanted, "no exception")
    if _full_name(type(error)) in map(_full_name, type(other).__mro__):
        return None
    return Difference(f"raises {type(other).__name__}", wanted,
                      f"raises {describe(other)}")


def _first_words(error):
    text = " ".join(str(error).split())[:120]
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _full_name(cls):
    return cls.__module__, cls.__qualname__


# Types that CPython 3.14 no longer looks up in the memo.
_LATER_ATOMS = check._ATOMS
_IS_LATER = sys.version_info >= (3, 14)


class _Lenient(check._Comparison):
    """A comparison in which an atom may stand where the memo has another."""

    part = None

    def pair(self, r, c, *rest):
        if r is _OTHER and c is self.part:
            return None
        return super().pair(r, c, *rest)


def _as_later(objects, reference, error, candidate, other_error):
    """Return the deviation, if there is nothing else about it."""
    if error is not None or other_error is not None:
        return None
    def lenient(*args):
        comparison = _Lenient(*args)
        comparison.part = objects[1]
        return comparison

    known = check._reachable(objects)
    if check.compare(reference[0], candidate[0], "x", known,
                     comparison=lenient) is not None:
        return None
    return Difference(
        "deviates", "what the memo has for an atom",
        "the atom: atoms do not reach the memo", "3.14")


# Graphs ----------------------------------------------------------------------

def _repeated(weights):
    return [kind for kind, weight in weights for _ in range(weight)]


def _weights(kinds):
    often = {zoo.LIST: 28, zoo.TUPLE: 34, zoo.DICT: 20, zoo.PLAIN: 9,
             zoo.SET: 6, zoo.BELOW: 1}
    return [(kind, often.get(kind, 3)) for kind in kinds]


_COMMON = _repeated(_weights(zoo.KINDS))
_HASHABLE = _repeated([
    (kind, weight) for kind, weight in _weights(zoo.KINDS) if kind.hashable])
_ROOTS = [zoo.LIST, zoo.TUPLE, zoo.DICT, zoo.PLAIN] * (len(_COMMON) // 4)
_ROOTS += _COMMON
# How often a node is one of which there is no copy.
_UNCOPYABLE = 0.015

# How many nodes a graph may have, besides its atoms.
_SIZES = (3, 4, 4, 5, 6, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 40, 50,
          60)


def generate(seed, number):
    """Return graph `number` of a seed, and the way to ask for its copy."""
    return _Generator(seed, number).question()


class _Generator:
    """Makes nodes as zoo.build() makes objects, what is hard first.

    So whatever is referred to a second time has been made already, and a
    cycle always goes through something that is put in later.
    """

    def __init__(self, seed, number):
        # Not random.choice() and the like: they have changed, this has not.
        generator = Random()
        generator.seed((seed << 64) | number)
        self.random = generator.random
        self.left = self.choose(_SIZES)
        self.sharing = self.choose((0, 0.05, 0.15, 0.3))
        self.atoms = self.choose((0.1, 0.25, 0.5))
        self.nodes = []         # that can be referred to
        self.todo = []          # that get items and attributes

    def choose(self, among):
        return among[int(self.random() * len(among))]

    def question(self):
        way = self.choose(_WAYS)
        root = self.new(self.choose(_ROOTS))
        for node in self.todo:      # which grows
            self.complete(node)
        roots = [root]
        if way == "atom":
            way = "filled"
            part = zoo.Node(zoo.FRESH)
            inner = zoo.Node(zoo.TUPLE, [part, zoo.ZERO])
            roots = [zoo.Node(zoo.LIST, items=[inner, part, root]), part]
        elif way in ("again", "filled"):
            roots.append(self.choose(self.nodes))
            if roots[1].kind is zoo.APPEND:     # an atom from 3.14 on
                return Question("plain", [root])
        return Question(way, roots)

    def child(self, hashable=False):
        """Return a node: one that is there already, an atom or a new one."""
        if self.nodes and self.random() < self.sharing:
            node = self.choose(self.nodes)
            if node.hashable or not hashable:
                return node
        if self.left <= 0 or self.random() < self.atoms:
            return self.choose(zoo.ATOMS)
        if not hashable and self.random() < _UNCOPYABLE:
            return self.new(self.choose(zoo.UNCOPYABLE))
        if hashable:
            return self.new(self.choose(_HASHABLE), True)
        return self.new(self.choose(_COMMON))

    def new(self, kind, hashable=False):
        self.left -= 1
        node = zoo.Node(kind)
        if kind is zoo.APPEND:
            node.hard = [self.new(zoo.LIST)]
        elif kind.hard[1]:
            need = kind.keyed == 1 or hashable and kind.hashable == "hard"
            node.hard = [self.child(need) for _ in range(self.some(kind.hard))]
            if kind.hashable == "hard":
                node.hashable = all(x.hashable for x in node.hard)
        if kind.items[1] or kind.attrs[1]:
            self.todo.append(node)
        self.nodes.append(node)
        return node

    def some(self, bounds):
        least, most = bounds
        return least + int(self.random() * (most - least + 1))

    def complete(self, node):
        kind = node.kind
        if kind.items[1]:
            count = self.some(kind.items)
            if kind.keyed == 2:
                node.items = [self.child(i % 2 == 0) for i in range(count * 2)]
            else:
                node.items = [self.child(kind.keyed == 1)
                              for _ in range(count)]
        if kind.attrs[1]:
            node.attrs = [self.child() for _ in range(self.some(kind.attrs))]
