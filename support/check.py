"""Is this a deep copy like the standard library's?

A copy is compared with a reference, a copy made by the interpreter's own
copy.deepcopy: the two object graphs must have the same shape, with equal
types, values and order, and references that meet in one object in one graph
must do so in the other. What the standard library copies must not be the
original's own object; what it shares must be. Only immutable values made of
nothing but immutable values (a date, a tuple of ints) may be either: no
program can tell the difference but by asking for their identity.

The graphs are walked with a stack, not by recursion, and with hardly any code
of the objects' own: `==` is asked of built-in types alone, `__reduce_ex__`
only of types that keep what they hold out of reach of Python.
"""

from _collections import OrderedDict, defaultdict, deque
from copyreg import dispatch_table
from types import (BuiltinFunctionType, CellType, CodeType, FunctionType,
                   MemberDescriptorType, MethodType, ModuleType)
from weakref import ref

from private_copy import load_unchanged

# Equal where their values are equal.
_ATOMS = frozenset((
    type(None), type(Ellipsis), type(NotImplemented), bool, int, float,
    complex, str, bytes, range))

# Nothing in them is looked at: they are the same object or they are not.
_LEAVES = type, ModuleType, CodeType, property

# The standard library shares them, with all that they hold.
_SHARED = _LEAVES + (FunctionType, BuiltinFunctionType, ref)

# Immutable, where what they hold is.
_IMMUTABLE = frozenset((tuple, frozenset, slice))
_IMMUTABLE_NAMES = frozenset((
    "datetime.date", "datetime.time", "datetime.datetime",
    "datetime.timedelta", "datetime.timezone", "decimal.Decimal",
    "fractions.Fraction", "re.Pattern", "uuid.UUID"))

# Reduce methods may make up new objects without end: so many may be asked.
_REDUCTIONS = 1_000_000
_left = [_REDUCTIONS]

# In how many ways elements of sets are paired, before they are said to differ.
_GUESSES = 12

_deepcopy = None


def snapshot(objects):
    """Return copies of the objects, each made by the standard deepcopy.

    They are the reference for check_copy() and the picture of the input for
    check_unchanged().
    """
    global _deepcopy
    if _deepcopy is None:
        _deepcopy = load_unchanged().deepcopy
    return [_deepcopy(x) for x in objects]


def check_copy(original, reference, candidate):
    """Return None, or one line that says how a candidate's copies are wrong.

    All three are lists: the objects, what snapshot() made of them, and what
    the candidate did.
    """
    if len(candidate) != len(reference):
        return f"{len(candidate)} copies of {len(reference)} objects"
    try:
        _left[0] = _REDUCTIONS
        known = _reachable(original)
        return _difference(reference, candidate, lambda: snapshot(original),
                           known, "objects")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"the copies cannot be compared: {_error(error)}"


def check_unchanged(originals, snapshot):
    """Return None, or one line that says how the objects have changed."""
    if len(originals) != len(snapshot):
        return f"{len(originals)} objects, there were {len(snapshot)}"
    try:
        _left[0] = _REDUCTIONS
        # One by one: each was copied for itself, and may be there repeatedly.
        for i, (x, before) in enumerate(zip(originals, snapshot)):
            change = _change(x, before, f"objects[{i}]")
            if change is not None:
                return change
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"the objects cannot be compared: {_error(error)}"
    return None


def _change(x, before, name):
    """Compare an object with an earlier copy of it.

    Some objects differ from their copies from the start, by their own will:
    then it is their copies that must not have changed.
    """
    def copy_again():
        return snapshot([x])[0]

    if compare(before, x, name) is None:
        return None
    return _difference(before, copy_again(), copy_again, {}, name)


def _difference(reference, candidate, copy_again, known, name):
    """Compare, leaving out values that are new in each copy.

    Serial numbers, for instance: which they are, two more copies tell.
    """
    difference = compare(reference, candidate, name, known)
    if difference is None:
        return None
    trials = []

    def collecting(*args):
        trials.append(_Comparison(*args, collect=True))
        return trials[-1]

    try:
        compare(copy_again(), copy_again(), name, known, comparison=collecting)
    except Exception:       # no more copies to be had
        return difference
    unequal = trials[-1].unequal
    if unequal:
        difference = compare(reference, candidate, name, known, unequal)
    return difference


def compare(r, c, name, known=(), unstable=(), comparison=None):
    """Return None, or the first difference of c from r, in one line.

    Elements of a set that look alike are paired by a guess, and a wrong one
    shows only later: then other guesses are tried, every second time among
    those alone around which all looks alike, far and wide.
    """
    difference = None
    marks = None
    for guess in range(_GUESSES):
        this = (comparison or _Comparison)(known, unstable)
        this.guess = guess
        if guess % 2:
            blind = bool(this.unstable or this.collect)
            this.marks = marks = marks or _marks([r, c], blind)
        found = this.run(r, c, name)
        if found is None:
            return None
        difference = difference or found
        if not this.guessed:
            break
    return difference


# The comparison --------------------------------------------------------------

class _Comparison:
    """The walk over two graphs, and which object of one is which of the other.

    `r` is an object of the reference, `c` the candidate's at the same place. A
    place is a chain of steps, (holder's place, kind of step, label); its text
    is only put together for a message.
    """

    def __init__(self, known=(), unstable=(), collect=False):
        self.known = known          # the original's objects by id
        self.unstable = unstable    # paths where values need not be equal
        self.collect = collect      # whether to go on where values differ
        self.unequal = set()        # paths where they did
        self.partners = {}          # id(r): (r, c, place)
        self.taken = {}             # id(c): place
        self.by_value = {}          # (id(r), id(c)): (r, c), identities aside
        self.immutable = {}         # what _is_value() has found, by id
        self.journal = []           # what has been entered, to take it back
        self.guess = 0              # which one of some that look alike
        self.guessed = False        # whether there were such
        self.marks = {}             # what _marks() has found

    def run(self, r, c, name):
        """Return the first difference of c from r, or None."""
        return self.walk([(r, c, (None, _PART, name))])

    def walk(self, stack):
        """Compare the pairs on the stack and all that they hold; sets last."""
        sets = []
        while stack or sets:
            if stack:
                difference = self.pair(*stack.pop(), stack, sets)
            else:
                difference = self.match(*sets.pop())
            if difference is not None:
                return difference
        return None

    def pair(self, r, c, place, stack, sets):
        """Compare two objects; put what they hold on the stack."""
        cls = type(r)
        if r is c:
            return None
        if type(c) is not cls:
            return (f"type differs at {_path(place)}: "
                    f"{_type_name(type(c), cls)} instead of "
                    f"{_type_name(cls, type(c))}")
        if cls in _ATOMS:
            return self.values_differ(r, c, place)
        partner = self.partners.get(id(r))
        if partner is not None and partner[1] is c:
            return None
        if (id(r), id(c)) in self.by_value:
            return None
        wrong = self.identity(r, c, partner, place)
        if wrong is None:
            self.partners[id(r)] = r, c, place
            self.taken[id(c)] = place
            self.journal.append((self.partners, id(r)))
            self.journal.append((self.taken, id(c)))
        elif (not issubclass(cls, _SHARED) and _is_value(r, self.immutable)
              and _is_value(c, self.immutable)):
            self.by_value[id(r), id(c)] = r, c
            self.journal.append((self.by_value, (id(r), id(c))))
        else:
            return wrong
        if issubclass(cls, _LEAVES):
            return f"{_path(place)} is another {_type_name(cls)} than expected"
        return self.sections(r, c, place, stack, sets)

    def identity(self, r, c, partner, place):
        """Return what is wrong with c being the object that it is, or None."""
        if id(r) in self.known and issubclass(type(r), _LEAVES):
            return (f"{_path(place)} is another {_type_name(type(r))} than "
                    "the original's")
        if id(r) in self.known:
            return f"copies {_path(place)}, which the standard library shares"
        if id(c) in self.known:
            return f"shares {_path(place)} with the original"
        if partner is not None:
            return (f"sharing differs: {_path(place)} should be the same "
                    f"object as {_path(partner[2])}")
        if id(c) in self.taken:
            return (f"sharing differs: {_path(place)} should not be the same "
                    f"object as {_path(self.taken[id(c)])}")
        return None

    def values_differ(self, r, c, place):
        if _same_atom(r, c):
            return None
        path = _path(place)
        if self.collect:
            self.unequal.add(path)
        if self.collect or path in self.unstable:
            return None
        return f"{path} is {_show(c)}, expected {_show(r)}"

    def sections(self, r, c, place, stack, sets):
        """Compare what two objects of one type hold, one level deep."""
        ours, theirs = _sections(r), _sections(c)
        if [step for step, _, _ in ours] != [step for step, _, _ in theirs]:
            return f"{_path(place)} is not built as expected"
        pairs = []
        for section, other_section in zip(ours, theirs):
            step, labels, mine = section
            _, other_labels, others = other_section
            if step is _ELEMENT:
                sets.append((mine, others, place))
                continue
            if labels is None:
                labels = range(len(mine))
                if len(others) != len(mine):
                    return (f"{_path(place)} has {len(others)} elements, "
                            f"expected {len(mine)}")
            else:
                difference = _labels_differ(
                    step, labels, other_labels, place, pairs)
                if difference is not None:
                    return difference
            for label, a, b in zip(labels, mine, others):
                if a is not b and not (
                        type(a) is type(b) and type(a) in _SIMPLE and a == b):
                    pairs.append((a, b, (place, step, label)))
        pairs.reverse()
        stack += pairs
        return None

    def match(self, mine, others, place):
        """Compare two sets, given as lists of elements."""
        if len(mine) != len(others):
            return (f"{_path(place)} has {len(others)} elements, "
                    f"expected {len(mine)}")
        groups = {}     # the others, by what they look like and by id
        for c in others:
            groups.setdefault(self.signature(c), {})[id(c)] = c
        # First those that can be only one: what they refer to then is known.
        signed = [(self.signature(r), r) for r in mine]
        signed.sort(key=lambda pair: len(groups.get(pair[0], ())))
        for signature, r in signed:
            group = groups.get(signature, {})
            if type(r) in _ATOMS and group:
                group.popitem()
            elif not self.take_partner(r, group, (place, _ELEMENT, None)):
                return f"{_path(place)} lacks the element {_show(r)}"
        return None

    def signature(self, x):
        """Return something hashable that is equal for objects that match."""
        _, mark = self.marks.get(id(x), (None, None))
        return _signature(x), mark

    def take_partner(self, r, group, place):
        """Take r's partner out of a group of objects, if it is there."""
        known = self.partners.get(id(r), (r, r))[1]
        if id(known) in group:
            return self.walk([(r, group.pop(id(known)), place)]) is None
        if not self.collect:
            return self.find_partner(r, group, place)
        # One with other values only where there is none with the same.
        self.collect = False
        found = self.find_partner(r, group, place)
        self.collect = True
        return found or self.find_partner(r, group, place)

    def find_partner(self, r, group, place):
        """Take the first object out of a group that can be r's partner."""
        rejected = {}
        found = False
        while group and not found:
            self.guessed = self.guessed or len(group) > 1
            keys = list(group) if self.guess else None
            key = keys[self.next_guess() % len(keys)] if keys else next(
                reversed(group))
            c = group.pop(key)
            found = self.try_partner(r, c, place)
            if not found:
                rejected[key] = c
        group.update(rejected)
        return found

    def next_guess(self):
        """Return a number that is another one each time."""
        self.guess = (self.guess * 75 + 74) % 65537
        return self.guess >> 4

    def try_partner(self, r, c, place):
        """Compare two objects; leave no trace of it if they differ."""
        before = len(self.journal)
        if self.walk([(r, c, place)]) is None:
            return True
        while len(self.journal) > before:
            entries, key = self.journal.pop()
            del entries[key]
        return False


def _labels_differ(step, ours, theirs, place, pairs):
    """Compare keys or attribute names; add keys that are objects to pairs."""
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a is b:
            continue
        if type(a) in _ATOMS or type(b) in _ATOMS:
            if type(a) is not type(b) or not _same_atom(a, b):
                break
        else:
            pairs.append((a, b, (place, _PART, f" key {i}")))
    else:
        if len(ours) == len(theirs):
            return None
    path = _path(place)
    kind = "attribute" if step is _ATTRIBUTE else "key"
    their_keys = set(map(_atom_key, theirs))
    for key in ours:
        if _atom_key(key) not in their_keys:
            return f"{path} lacks the {kind} {_show(key)}"
    our_keys = set(map(_atom_key, ours))
    for key in theirs:
        if _atom_key(key) not in our_keys:
            return f"{path} has the unexpected {kind} {_show(key)}"
    if len(ours) != len(theirs):
        return f"{path} has {len(theirs)} {kind}s, expected {len(ours)}"
    return (f"{kind} order differs at {path}: {_show(b)} where {_show(a)} is "
            "expected")


def _signature(x):
    """Return something hashable that is equal for objects that look alike."""
    if type(x) in _ATOMS:
        return _atom_key(x)
    found = [id(type(x))]
    for step, _, children in (
            () if issubclass(type(x), _SHARED) else _sections(x)):
        found.append(len(children))
        if step is _ELEMENT:        # in no order
            found.append(frozenset(map(_atom_key, children)))
        else:
            found += map(_atom_key, children[:20])
    return tuple(found)


# Atoms -----------------------------------------------------------------------

# Those for which == says it all.
_SIMPLE = frozenset((bool, int, str, bytes))


def _same_atom(a, b):
    """Compare two atoms of one type."""
    if type(a) in _SIMPLE:
        return a == b
    return a is b or _atom_key(a) == _atom_key(b)


def _atom_key(x):
    """Return something hashable that is equal for equal atoms.

    Of other objects it says nothing but their type.
    """
    cls = type(x)
    if cls in _SIMPLE:
        return cls, x
    if cls in _ATOMS:           # nan, -0.0; range(0) and range(1, 1)
        return cls, repr(x)
    return cls, None


# What is in an object --------------------------------------------------------
#
# A section is (kind of step, labels, objects). An index needs no labels: None.

_INDEX, _KEY, _ATTRIBUTE = "index", "key", "attribute"
_PART, _ELEMENT = "part", "element"


def _part(label, x):
    return _PART, (label,), (x,)


def _sections(x):
    """Return all that an object holds."""
    take, has_dict, slots = _plan(type(x))
    if has_dict:        # asked first: it may be made now, and reduce says so
        attributes = object.__getattribute__(x, "__dict__")
    sections = take(x) if take is not None else []
    if has_dict:
        sections.append((_ATTRIBUTE, list(dict.keys(attributes)),
                         list(dict.values(attributes))))
    if slots:
        names, values = [], []
        for slot in slots:
            try:
                values.append(slot.__get__(x))
                names.append(slot.__name__)
            except AttributeError:      # not set
                pass
        sections.append((_ATTRIBUTE, names, values))
    return sections


_plans = {}


def _plan(cls):
    """Return how to take objects of a type apart: function, dict?, slots."""
    plan = _plans.get(id(cls))
    if plan is not None:
        return plan[1]
    slots = [
        member for base in _mro(cls) if "__slots__" in _namespace(base)
        for member in _namespace(base).values()
        if type(member) is MemberDescriptorType]
    for base, take in _TAKE:
        if issubclass(cls, base):
            break
    else:
        # A class written in Python holds its attributes and nothing else: then
        # that is all there is room for.
        room = object.__basicsize__ + _POINTER * (
            len(slots) + (_dict_offset(cls) > 0) + (_weakref_offset(cls) > 0))
        take = _reduced if _size(cls) > room or _item_size(cls) else None
    plan = take, _dict_offset(cls) != 0, slots
    _plans[id(cls)] = cls, plan
    return plan


_POINTER = tuple.__itemsize__
_mro = type.__dict__["__mro__"].__get__
_namespace = type.__dict__["__dict__"].__get__
_size = type.__dict__["__basicsize__"].__get__
_item_size = type.__dict__["__itemsize__"].__get__
_dict_offset = type.__dict__["__dictoffset__"].__get__
_weakref_offset = type.__dict__["__weakrefoffset__"].__get__


def _list(x):
    return [(_INDEX, None, list(list.__iter__(x)))]


def _tuple(x):
    return [(_INDEX, None, list(tuple.__iter__(x)))]


def _dict(x):
    return [(_KEY, list(dict.keys(x)), list(dict.values(x)))]


def _ordered_dict(x):
    keys = list(OrderedDict.keys(x))
    return [(_KEY, keys, [dict.__getitem__(x, key) for key in keys])]


def _default_dict(x):
    factory = defaultdict.default_factory.__get__(x)
    return _dict(x) + [_part(".default_factory", factory)]


def _set(x):
    return [(_ELEMENT, None, list(set.__iter__(x)))]


def _frozenset(x):
    return [(_ELEMENT, None, list(frozenset.__iter__(x)))]


def _deque(x):
    return [(_INDEX, None, list(deque.__iter__(x))),
            _part(".maxlen", deque.maxlen.__get__(x))]


def _slice(x):
    return [(_ATTRIBUTE, ("start", "stop", "step"), (x.start, x.stop, x.step))]


def _method(x):
    return [(_ATTRIBUTE, ("__func__", "__self__"), (x.__func__, x.__self__))]


def _builtin(x):
    return [(_ATTRIBUTE, ("__name__", "__self__"), (x.__name__, x.__self__))]


def _function(x):
    names = "__code__", "__defaults__", "__kwdefaults__", "__closure__"
    return [(_ATTRIBUTE, names, [getattr(x, name) for name in names])]


def _cell(x):
    try:
        return [_part(" content", x.cell_contents)]
    except ValueError:
        return []


def _reference(x):
    return [_part("()", ref.__call__(x))]


_TAKE = (
    (OrderedDict, _ordered_dict), (defaultdict, _default_dict), (dict, _dict),
    (list, _list), (tuple, _tuple), (set, _set), (frozenset, _frozenset),
    (deque, _deque), (slice, _slice), (MethodType, _method),
    (BuiltinFunctionType, _builtin), (FunctionType, _function),
    (CellType, _cell), (ref, _reference),
    (bytearray, lambda x: [_part(" as bytes", bytes(memoryview(x)))]),
    (int, lambda x: [_part(" as int", int.__index__(x))]),
    (float, lambda x: [_part(" as float", float.__float__(x))]),
    (str, lambda x: [_part(" as str", str.__str__(x))]),
    (bytes, lambda x: [_part(" as bytes", bytes.__getitem__(x, slice(None)))]),
    (complex, lambda x: [_part(" as complex", complex(
        complex.real.__get__(x), complex.imag.__get__(x)))]),
)


def _reduced(x):
    """Return what the reduce protocol says of an object, [] if nothing."""
    cls = type(x)
    if _full_name(cls) not in _IMMUTABLE_NAMES:
        _left[0] -= 1
        if _left[0] < 0:
            raise RuntimeError(
                f"more than {_REDUCTIONS} objects to be reduced")
    try:
        reductor = dispatch_table.get(cls)
        rv = reductor(x) if reductor is not None else cls.__reduce_ex__(x, 4)
        if type(rv) is not tuple or not 2 <= len(rv) <= 5:
            return []
        function, args, state, items, pairs = rv + (None,) * (5 - len(rv))
        sections = [_part(" made by", function), (_INDEX, None, list(args)),
                    _part(" state", state)]
        if items is not None:
            sections.append((_INDEX, None, list(items)))
        if pairs is not None:
            pairs = list(pairs)
            sections.append((_KEY, [key for key, _ in pairs],
                             [value for _, value in pairs]))
        return sections
    except Exception:
        return []


def _reachable(objects):
    """Return all objects below a list, by id, atoms left out."""
    found = {}
    stack = [x for x in objects if type(x) not in _ATOMS]
    while stack:
        x = stack.pop()
        if id(x) in found:
            continue
        found[id(x)] = x
        if issubclass(type(x), _SHARED):
            continue
        for step, labels, children in _sections(x):
            if step is _KEY:
                stack += [key for key in labels if type(key) not in _ATOMS]
            stack += [child for child in children if type(child) not in _ATOMS]
    return found


# So far away something may be that tells two objects apart.
_FARTHEST = 64


def _marks(objects, blind):
    """Return (object, mark) by id, for all objects below some.

    Marks of different objects are equal where what is below them is alike and
    so is what holds them, near and far. What holds a value does not count:
    there may be one for all that hold it or several. Temporary objects that
    reductions make up have no marks that a comparison could find. To blind
    ones, all atoms of a type are alike.
    """
    holds = {}      # id: (object, [(label, its part), ...])
    is_value = {}
    stack = [x for x in objects if type(x) not in _ATOMS]
    while stack:
        x = stack.pop()
        if id(x) in holds:
            continue
        parts = []
        if not issubclass(type(x), _SHARED):
            for step, labels, children in _sections(x):
                if step is _KEY:
                    parts += [(" key", key) for key in labels]
                if step in (_INDEX, _KEY):
                    labels = range(len(children))
                elif step is _ELEMENT:
                    labels = [None] * len(children)
                parts += [(label if type(label) in _SIMPLE else None, part)
                          for label, part in zip(labels, children)]
        holds[id(x)] = x, parts
        stack += [part for _, part in parts if type(part) not in _ATOMS]

    marks = {key: hash((id(type(x)), issubclass(type(x), _SHARED) and key))
             for key, (x, _) in holds.items()}
    values = {key for key, (x, _) in holds.items() if _is_value(x, is_value)}
    count = 0
    for _ in range(_FARTHEST):
        if len(set(marks.values())) == count:
            break
        count = len(set(marks.values()))
        marks = _next_marks(holds, values, marks, blind)
    return {key: (x, marks[key]) for key, (x, _) in holds.items()}


def _next_marks(holds, values, marks, blind):
    """Return marks that know of what is one step farther away."""
    around = {key: [] for key in holds}
    for key, (x, parts) in holds.items():
        for label, part in parts:
            if type(part) in _ATOMS:
                mark = hash(type(part) if blind else _atom_key(part))
            else:
                mark = marks[id(part)]
                if id(part) not in values:
                    around[id(part)].append(hash(("in", label, marks[key])))
            around[key].append(hash((label, mark)))
    return {key: hash((marks[key], tuple(sorted(found))))
            for key, found in around.items()}


def _is_value(x, found):
    """Tell whether an object can only be told from its copy by identity.

    `found` holds the objects of which this is already known, and gets more.
    """
    seen = {}
    stack = [x]
    while stack:
        x = stack.pop()
        cls = type(x)
        if cls in _ATOMS or id(x) in seen or id(x) in found:
            continue
        if issubclass(cls, _SHARED):
            continue
        if cls not in _IMMUTABLE and (
                _full_name(cls) not in _IMMUTABLE_NAMES):
            return False
        seen[id(x)] = x
        for _, _, children in _sections(x):
            stack += children
    found.update(seen)
    return True


# Messages --------------------------------------------------------------------

def _path(place):
    steps = []
    while place is not None:
        place, step, label = place
        if step is _ATTRIBUTE:
            steps.append(f".{label}")
        elif step is _PART:
            steps.append(label)
        elif step is _ELEMENT:
            steps.append("{element}")
        else:
            steps.append(f"[{_show(label)}]")
    if len(steps) > 30:
        steps[12:-12] = ["..."]
    return "".join(reversed(steps))


def _show(x):
    """Return a short text for an object, without running code of its own."""
    if type(x) not in _ATOMS:
        return f"<{_type_name(type(x))}>"
    try:
        text = repr(x)
    except ValueError:          # an int of too many digits
        text = hex(x)
    return text if len(text) <= 60 else text[:50] + "..."


def _type_name(cls, other=None):
    """Return a type's name, in full where another's is the same."""
    if other is not None and cls.__qualname__ == other.__qualname__:
        return f"{_full_name(cls)} at {id(cls):#x}"
    return cls.__qualname__


def _full_name(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def _error(error):
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text[:200] or 'no message'}"
