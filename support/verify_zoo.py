"""What random object graphs are made of, alive and as Python expressions.

A graph is described by Nodes; build() makes the objects, render() the text of
an expression that makes the same ones wherever it is evaluated. The classes of
the graphs are defined by the text that stands in such an expression, so that
the one cannot differ from the other.

A node has children of three sorts: `hard` ones are needed to make its object,
`items` and `attrs` are put into it later, which is how cycles come about. No
cycle consists of hard children alone.
"""

_COPY_DICT = "vars(y).update(__import__('copy').deepcopy(vars(self), memo))"


def _class(name, body="", bases=""):
    return f"type('{name}', ({bases}), {{{body}}})"


# What each name in the expressions stands for.
DEFINITIONS = {
    "deque": "__import__('collections').deque",
    "OrderedDict": "__import__('collections').OrderedDict",
    "defaultdict": "__import__('collections').defaultdict",
    "MethodType": "__import__('types').MethodType",
    "Namespace": "__import__('types').SimpleNamespace",
    "Proxy": "__import__('types').MappingProxyType",
    "Lock": "__import__('_thread').allocate_lock",
    "partial": "__import__('functools').partial",
    "Pair": "__import__('collections').namedtuple('Pair', 'x y')",
    "Colour": "__import__('enum').Enum('Colour', 'RED')",
    "Data": "__import__('dataclasses').make_dataclass('Data', ['a'])",
    "Frozen": "__import__('dataclasses').make_dataclass("
              "'Frozen', ['a'], frozen=True)",
    "Plain": _class("Plain"),
    "Slots": _class("Slots", "'__slots__': ('a', 'b')"),
    "SlotsAndDict": _class("SlotsAndDict", "'__slots__': ('a', '__dict__')"),
    "MoreSlots": _class("MoreSlots", "'__slots__': ('b', 'c')",
                        _class("Slots", "'__slots__': 'a'") + ","),
    "List": _class("List", bases="list,"),
    "Dict": _class("Dict", bases="dict,"),
    "Set": _class("Set", bases="set,"),
    "FrozenSet": _class("FrozenSet", bases="frozenset,"),
    "Tuple": _class("Tuple", bases="tuple,"),
    "Int": _class("Int", bases="int,"),
    "Float": _class("Float", bases="float,"),
    "Str": _class("Str", bases="str,"),
    "Bytes": _class("Bytes", bases="bytes,"),
    "Class": "type('Meta', (type,), {})('Class', (), {})",
    "ToString": _class("ToString", "'__reduce__': lambda self: 'ToString'"),
    "Reduce2": _class(
        "Reduce2", "'__init__': lambda self, x: setattr(self, 'x', x), "
        "'__reduce__': lambda self: (type(self), (self.x,))"),
    "Reduce3": _class(
        "Reduce3", "'__reduce__': lambda self: (type(self), (), vars(self))"),
    "Reduce3Init": _class(
        "Reduce3Init", "'__init__': lambda self: setattr(self, 'made', [1]), "
        "'__reduce__': lambda self: (type(self), (), {**vars(self), "
        "'made': self.made})"),
    "InitOnly": _class(
        "InitOnly", "'__init__': lambda self: setattr(self, 'made', [1]), "
        "'__reduce__': lambda self: (type(self), (), "
        "{k: v for k, v in vars(self).items() if k != 'made'})"),
    "Reduce3Slots": _class(
        "Reduce3Slots", "'__slots__': ('a', 'b'), '__reduce__': lambda self: "
        "(type(self), (), (None, {k: getattr(self, k) for k in ('a', 'b') "
        "if hasattr(self, k)}))"),
    "Reduce4": _class(
        "Reduce4", "'__reduce__': lambda self: "
        "(type(self), (), vars(self), iter(list(self)))", "list,"),
    "Reduce5": _class(
        "Reduce5", "'__reduce__': lambda self: "
        "(type(self), (), vars(self), None, iter(list(self.items())))",
        "dict,"),
    "Reduce6": _class(
        "Reduce6", "'__reduce__': lambda self: (type(self), (), vars(self), "
        "None, None, lambda y, state: vars(y).update(state))"),
    "ReduceEx": _class(
        "ReduceEx", "'__reduce_ex__': lambda self, protocol: "
        "(type(self), (), {**vars(self), 'protocol': protocol})"),
    "Raises": _class(
        "Raises", "'__reduce_ex__': lambda self, protocol: 1 / 0"),
    "SetState": _class(
        "SetState", "'__setstate__': lambda self, state: "
        "vars(self).update(state, restored=True)"),
    "SetState3": _class(
        "SetState3", "'__reduce__': lambda self: (type(self), (), "
        "vars(self)), '__setstate__': lambda self, state: "
        "vars(self).update(state, restored=True)"),
    "GetState": _class(
        "GetState", "'__getstate__': lambda self: {**vars(self), 'b': [2]}"),
    "BothStates": _class(
        "BothStates", "'__getstate__': lambda self: [vars(self)], "
        "'__setstate__': lambda self, state: vars(self).update(state[0])"),
    "NewArgs": _class(
        "NewArgs", "'__new__': lambda cls, n: object.__new__(cls), "
        "'__getnewargs__': lambda self: (7,)"),
    "NewArgsEx": _class(
        "NewArgsEx", "'__new__': lambda cls, n, *, m: object.__new__(cls), "
        "'__getnewargs_ex__': lambda self: ((7,), {'m': 8})"),
    "CopiesToItself": _class(
        "CopiesToItself", "'__deepcopy__': lambda self, memo: self"),
    "CopiesToNew": _class(
        "CopiesToNew", "'__deepcopy__': lambda self, memo: type(self)()"),
    "CopiesBelow": _class(
        "CopiesBelow", "'__deepcopy__': lambda self, memo: "
        "[y := type(self)(), memo.__setitem__(id(self), y), "
        f"{_COPY_DICT}][0]"),
}

# The same for all graphs of a process.
NAMES = {}
for _name, _text in DEFINITIONS.items():
    NAMES[_name] = eval(_text, {"__name__": __name__})

_ATTRIBUTES = "a", "b", "c"
_BUSY = object()


class Unbuildable(Exception):
    """There is no such graph: an object is needed to make itself."""


class Kind:
    """One sort of object.

    `make` takes the hard children and returns the object, `fill` puts a list
    of items into it. `text` is how it is written, a format with {head} for
    what `head` names in DEFINITIONS, {hard} and {items}; `more` is how items
    are added to a named one. `hard`, `items` and `attrs` are the least and the
    largest number of children of that sort; items of a mapping are key, value,
    key, value. `keyed` is 2 there, and 1 where all elements must be hashable.
    `hashable` tells whether it is that itself: "hard" where its hard children
    are. `cost` is what a reader has to think of it.
    """

    def __init__(self, name, make, text, cost, head=None, hard=(0, 0),
                 items=(0, 0), attrs=(0, 0), fill=None, keyed=0,
                 hashable=False, more=None):
        self.name = name
        self.make = make
        self.text = text
        self.cost = cost
        self.head = head
        self.hard = hard
        self.items = items
        self.attrs = attrs
        self.fill = fill
        self.keyed = keyed
        self.hashable = hashable
        self.more = more


class Node:
    """An object of a graph that is to be."""

    __slots__ = "kind", "hard", "items", "attrs", "hashable", "value", "text"

    def __init__(self, kind, hard=(), items=(), attrs=()):
        self.kind = kind
        self.hard = list(hard)
        self.items = list(items)
        self.attrs = list(attrs)
        self.hashable = kind.hashable is True or (
            kind.hashable == "hard" and all(x.hashable for x in self.hard))

    def children(self):
        """Return the nodes that this one refers to, in the text's order."""
        return self.hard + self.items + self.attrs


# Kinds -----------------------------------------------------------------------

def _extend(x, items):
    x.extend(items)


def _update_pairs(x, items):
    x.update(zip(items[::2], items[1::2]))


def _update(x, items):
    x.update(items)


def _sequence(name, text, cost, head=None, attrs=(0, 0)):
    return Kind(name, NAMES.get(name, list), text, cost, head, items=(0, 5),
                attrs=attrs, fill=_extend, more="{}.extend([{items}])")


def _mapping(name, text, cost, head=None, attrs=(0, 0), make=None):
    return Kind(name, make or NAMES.get(name, dict), text, cost, head,
                items=(0, 4), attrs=attrs, fill=_update_pairs, keyed=2,
                more="{}.update({{{items}}})")


def _set(name, text, cost, head=None, attrs=(0, 0)):
    return Kind(name, NAMES.get(name, set), text, cost, head, items=(0, 4),
                attrs=attrs, fill=_update, keyed=1,
                more="{}.update([{items}])")


def _instance(name, attrs=(0, 3), cost=3, text="{head}()", make=None,
              hashable=True):
    return Kind(name, make or NAMES[name], text, cost, name, attrs=attrs,
                hashable=hashable)


def _value(name, make, text, attrs=(0, 2)):
    return Kind(name, make, text, 3, name, attrs=attrs, hashable=True)


def _tuple(*hard):
    return hard


def _append(x):
    return x.append


ATOM = Kind("atom", None, None, 0.5, hashable=True)
FRESH = Kind("fresh", lambda: float("1.25"), "float('1.25')", 1)
LIST = _sequence("list", "[{items}]", 1)
TUPLE = Kind("tuple", _tuple, "({hard},)", 1.1, hard=(0, 6), hashable="hard")
DICT = _mapping("dict", "{{{items}}}", 1.2)
SET = _set("set", "set([{items}])", 1.3)
PLAIN = _instance("Plain", cost=2)
BELOW = _instance("CopiesBelow")
APPEND = Kind("append", _append, "{hard}.append", 2, hard=(1, 1))

KINDS = [
    LIST, TUPLE, DICT, SET, PLAIN, APPEND,
    Kind("frozenset", lambda *x: frozenset(x), "frozenset([{hard}])", 1.4,
         hard=(0, 4), keyed=1, hashable="hard"),
    Kind("bytearray", lambda: bytearray(b"ab"), "bytearray(b'ab')", 1.5),
    Kind("slice", lambda *x: slice(*x), "slice({hard})", 2, hard=(1, 3)),
    _sequence("deque", "{head}([{items}])", 2, "deque"),
    _sequence("List", "{head}([{items}])", 3, "List", (0, 1)),
    _sequence("Reduce4", "{head}([{items}])", 4, "Reduce4", (0, 2)),
    _mapping("OrderedDict", "{head}({{{items}}})", 2, "OrderedDict"),
    _mapping("defaultdict", "{head}(list, {{{items}}})", 2, "defaultdict",
             make=lambda: NAMES["defaultdict"](list)),
    _mapping("Dict", "{head}({{{items}}})", 3, "Dict", (0, 1)),
    _mapping("Reduce5", "{head}({{{items}}})", 4, "Reduce5", (0, 2)),
    _set("Set", "{head}([{items}])", 3, "Set", (0, 1)),
    Kind("FrozenSet", lambda *x: NAMES["FrozenSet"](x), "{head}([{hard}])", 3,
         "FrozenSet", hard=(0, 3), attrs=(0, 1), keyed=1, hashable="hard"),
    Kind("Tuple", lambda *x: NAMES["Tuple"](x), "{head}([{hard}])", 3,
         "Tuple", hard=(0, 4), attrs=(0, 1), hashable="hard"),
    Kind("Pair", NAMES["Pair"], "{head}({hard})", 2, "Pair", hard=(2, 2),
         hashable="hard"),
    Kind("Frozen", NAMES["Frozen"], "{head}({hard})", 3, "Frozen",
         hard=(1, 1), hashable="hard"),
    Kind("Reduce2", NAMES["Reduce2"], "{head}({hard})", 3, "Reduce2",
         hard=(1, 1), hashable=True),
    Kind("partial", lambda *x: NAMES["partial"](len, *x), "{head}(len{hard})",
         3, "partial", hard=(0, 2), hashable=True),
    Kind("method", lambda x: NAMES["MethodType"](len, [x]),
         "{head}(len, [{hard}])", 3, "MethodType", hard=(1, 1), hashable=True),
    Kind("exception", ValueError, "ValueError({hard})", 2, hard=(0, 2),
         attrs=(0, 1), hashable=True),
    Kind("Colour", lambda: NAMES["Colour"].RED, "{head}.RED", 2, "Colour",
         hashable=True),
    Kind("metaclass", lambda: NAMES["Class"], "{head}", 3, "Class",
         hashable=True),
    _value("Int", lambda: NAMES["Int"](7), "{head}(7)"),
    _value("Float", lambda: NAMES["Float"](0.5), "{head}(0.5)"),
    _value("Str", lambda: NAMES["Str"]("text"), "{head}('text')"),
    _value("Bytes", lambda: NAMES["Bytes"](b"ab"), "{head}(b'ab')"),
    _instance("Namespace", hashable=False),
    _instance("Slots", attrs=(0, 2)),
    _instance("SlotsAndDict"),
    _instance("MoreSlots"),
    _instance("Data", (0, 2), text="{head}(0)", hashable=False,
              make=lambda: NAMES["Data"](0)),
    _instance("Reduce3"), _instance("Reduce3Init"), _instance("InitOnly"),
    _instance("Reduce3Slots", attrs=(0, 2)),
    _instance("ReduceEx"), _instance("SetState"), _instance("SetState3"),
    _instance("GetState"), _instance("BothStates"),
    _instance("NewArgs", text="{head}(0)", make=lambda: NAMES["NewArgs"](0)),
    _instance("NewArgsEx", text="{head}(0, m=0)",
              make=lambda: NAMES["NewArgsEx"](0, m=0)),
    _instance("ToString"), _instance("CopiesToItself"),
    _instance("CopiesToNew"), BELOW,
]

# There is no copy of these; or there is none from some version on.
UNCOPYABLE = [
    Kind("generator", lambda: (x for x in ()), "(x for x in ())", 2,
         hashable=True),
    Kind("Lock", NAMES["Lock"], "{head}()", 2, "Lock", hashable=True),
    Kind("memoryview", lambda: memoryview(b"ab"), "memoryview(b'ab')", 2),
    Kind("Proxy", lambda: NAMES["Proxy"]({}), "{head}({{}})", 2, "Proxy"),
    _instance("Reduce6"), _instance("Raises", (0, 0)),
]


def _atom(text):
    node = Node(ATOM)
    node.text = text
    node.value = eval(text, {"__name__": __name__})
    return node


ATOMS = [_atom(text) for text in (
    "0", "1", "-1", "256", "257", "10**30", "-10**30", "True", "False", "None",
    "1.5", "-0.0", "float('nan')", "float('inf')", "2j", "''", "'a'", "'b'",
    "'name'", "'some text, not interned'", "'\\u20ac'", "b''", "b'bytes'",
    "...", "NotImplemented", "range(3)", "int", "type", "len", "(lambda: 0)",
    "property()", "(lambda x: x).__code__", "()", "type('C', (), {})")]
ZERO = ATOMS[0]


# Graphs ----------------------------------------------------------------------

def nodes_of(roots):
    """Return all nodes below some, each once and atoms left out."""
    found = []
    seen = set()
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node.kind is ATOM or id(node) in seen:
            continue
        seen.add(id(node))
        found.append(node)
        stack += reversed(node.children())
    return found


def cloned(roots):
    """Return other nodes for the same graph."""
    twins = {}
    for node in nodes_of(roots):
        twin = twins[id(node)] = Node.__new__(Node)
        twin.kind = node.kind
        twin.hashable = node.hashable
        twin.hard, twin.items, twin.attrs = node.hard, node.items, node.attrs
    for twin in twins.values():
        twin.hard = [twins.get(id(x), x) for x in twin.hard]
        twin.items = [twins.get(id(x), x) for x in twin.items]
        twin.attrs = [twins.get(id(x), x) for x in twin.attrs]
    return [twins.get(id(x), x) for x in roots]


def build(roots):
    """Return new objects for the nodes."""
    made = {}
    todo = []
    objects = [_make(node, made, todo) for node in roots]
    for node in todo:           # which grows
        x = made[id(node)]
        if node.items:
            node.kind.fill(x, [
                child.value if child.kind is ATOM else _make(child, made, todo)
                for child in node.items])
        for name, child in zip(_ATTRIBUTES, node.attrs):
            setattr(x, name, _make(child, made, todo))
    return objects


def _make(node, made, todo):
    kind = node.kind
    if kind is ATOM:
        return node.value
    x = made.get(id(node))
    if x is None:
        if node.hard:
            made[id(node)] = _BUSY
            x = kind.make(*[
                child.value if child.kind is ATOM else _make(child, made, todo)
                for child in node.hard])
        else:
            x = kind.make()
        made[id(node)] = x
        if node.items or node.attrs:
            todo.append(node)
    elif x is _BUSY:
        raise Unbuildable
    return x


# Expressions -----------------------------------------------------------------

def render(roots, form="{}", classes=True):
    """Return an expression for a graph.

    `form` has a {} for each root. `classes` tells whether the expression says
    what its classes are; else their names are left to be looked up.
    """
    return _Text(roots, classes).render(form)


def _leads_to_itself(node):
    """Tell whether a node would have to be written within itself."""
    seen = set()
    stack = [node]
    while stack:
        for child in (x := stack.pop()).hard + x.items:
            if child is node:
                return True
            if id(child) not in seen:
                seen.add(id(child))
                stack.append(child)
    return False


# Where nothing is not written as something with nothing in it.
_EMPTY = {
    "({hard},)": "()", "{{{items}}}": "{{}}", "{head}([{items}])": "{head}()",
    "{head}({{{items}}})": "{head}()", "set([{items}])": "set()",
    "{head}(list, {{{items}}})": "{head}(list)"}


class _Text:
    def __init__(self, roots, classes):
        self.roots = roots
        self.classes = classes
        self.uses = {}          # id(node): how often it is referred to
        self.heads = {}         # name of a class: how often it stands there
        self.names = {}         # id(node): its name, once it has been made
        self.said = set()       # classes that have been given their names
        self.fills = []         # nodes that get something later
        nodes = nodes_of(roots)
        for node in nodes:
            if node.kind.head:
                self.heads[node.kind.head] = self.heads.get(
                    node.kind.head, 0) + 1
            for child in node.children():
                self.count(child)
        for node in roots:
            self.count(node)
        self.looped = {id(node) for node in nodes
                       if node.items and _leads_to_itself(node)}

    def count(self, node):
        self.uses[id(node)] = self.uses.get(id(node), 0) + 1

    def render(self, form):
        text = form.format(*[self.node(node) for node in self.roots])
        parts = [text]
        for node in self.fills:     # which grows
            parts += self.later(node)
        return text if len(parts) == 1 else f"({', '.join(parts)})[0]"

    def node(self, node):
        kind = node.kind
        if kind is ATOM:
            return node.text
        if id(node) in self.names:
            return self.names[id(node)]
        waits = id(node) in self.looped
        named = waits or node.attrs or self.uses[id(node)] > 1
        head = self.head(kind.head) if kind.head else ""
        text = kind.text
        if not node.hard and (waits or not node.items):
            text = _EMPTY.get(text, text)
        text = text.format(head=head, hard=self.hard(node),
                           items="" if waits else self.items(node))
        if waits or node.attrs:
            self.fills.append(node)
        if not named:
            return text
        # A name is bound when all that stands within is done: nothing within
        # can refer to it.
        name = self.names[id(node)] = self.new_name()
        return f"({name} := {text})"

    def new_name(self):
        n = len(self.names)
        return "abcdefghijklmnopqrstuvw"[n % 23] + str(n // 23 or "")

    def head(self, name):
        if not self.classes or name in self.said:
            return name
        if self.heads[name] == 1:
            return DEFINITIONS[name]
        self.said.add(name)
        return f"({name} := {DEFINITIONS[name]})"

    def hard(self, node):
        parts = [self.node(child) for child in node.hard]
        if node.kind.name == "partial":
            parts.insert(0, "")
        return ", ".join(parts)

    def items(self, node):
        parts = [self.node(child) for child in node.items]
        if node.kind.keyed == 2:
            parts = [f"{key}: {value}"
                     for key, value in zip(parts[::2], parts[1::2])]
        return ", ".join(parts)

    def later(self, node):
        name = self.names[id(node)]
        if id(node) in self.looped:
            items = self.items(node)
            more = node.kind.more
            if node.kind.fill is _extend and len(node.items) == 1:
                more = "{}.append({items})"
            yield more.format(name, items=items)
        for attribute, child in zip(_ATTRIBUTES, node.attrs):
            yield f"setattr({name}, '{attribute}', {self.node(child)})"
