"""support/verify_graphs.py: what it makes up, what it finds, what it prints."""

import ast
import collections
import copy
import hashlib
import pathlib
import subprocess
import sys
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import check  # noqa: E402
import loader  # noqa: E402
import private_copy  # noqa: E402
import verify  # noqa: E402
import verify_graphs as graphs  # noqa: E402
import verify_shrink  # noqa: E402
import verify_zoo as zoo  # noqa: E402

SEED = 1


def load(name):
    return loader.load_impl(
        {"kind": "file", "path": str(ROOT / "impls" / f"{name}.py")})[0]


def findings(deepcopy, count, seed=SEED):
    for name, function in graphs.cases(seed, count):
        finding = function(deepcopy)
        if finding is not None:
            yield name, finding


# What is right ---------------------------------------------------------------

@pytest.mark.parametrize("deepcopy, count", [
    (copy.deepcopy, 3000), (load("stdlib"), 500)])
def test_the_standard_one_passes(deepcopy, count):
    assert list(findings(deepcopy, count)) == []


@pytest.mark.parametrize("name", ["memo_opt", "fastpath", "merged", "inline"])
def test_right_ones_pass(name):
    """But for what CPython 3.14 does as well."""
    found = [finding for _, finding in findings(load(name), 1500)]
    assert {finding.outcome for finding in found} <= {"accepted deviation"}
    assert len(found) < 20
    if sys.version_info < (3, 14):
        assert found
        assert {finding.version for finding in found} == {"3.14"}


@pytest.mark.parametrize("name", ["published_fastpath", "published_merged"])
def test_the_reports_do_not(name):
    found = [finding for _, finding in findings(load(name), 60)]
    said = " ".join(finding.got for finding in found)
    assert len(found) > 5 and "object.__new__" in said


def with_sets_first(wrong=None):
    """Return a deepcopy to which a set is known before its elements are."""
    module = private_copy.load_unchanged()
    alike = {}

    def deepcopy_set(x, memo):
        y = memo[id(x)] = set()
        for a in list(x):
            b = module.deepcopy(a, memo)
            y.add(wrong(alike, b) if wrong else b)
        return y

    module._deepcopy_dispatch[set] = deepcopy_set
    return module.deepcopy


def asked(deepcopy, expression, way="plain"):
    return graphs.ask(way, graphs.evaluated(way, expression), deepcopy)


CYCLE = "((b := set([(a := type('Plain', (), {})())])), setattr(a, 'a', b))[0]"


@pytest.mark.parametrize("way", ["plain", "none", "twice"])
@pytest.mark.parametrize("expression", [
    CYCLE,
    CYCLE.replace("type('Plain', (), {})", zoo.DEFINITIONS["SetState"]),
    f"[{CYCLE}, a, (a, b)]",
    "((b := ValueError(set([(a := type('Plain', (), {})())]))), "
    "setattr(a, 'a', b))[0]",
    "((a := set()), a.update([ValueError(a)]))[0]",
    "((b := ValueError((a := set()))), a.update([b]))[0]",
])
def test_more_may_meet_than_in_the_standards_copy(expression, way):
    """A set that its elements lead to, which the standard library doubles."""
    assert asked(with_sets_first(), expression, way) is None
    # The standard's own are accepted, of course, and shallow ones are not.
    assert asked(copy.deepcopy, expression, way) is None
    assert asked(lambda x, memo=None: copy.copy(x), expression, way)


def test_but_only_what_meets_in_the_original():
    def merge(alike, b):
        return alike.setdefault(type(b), b)

    expression = f"[{CYCLE}, set([type(a)()]), type(a)()]"
    assert asked(with_sets_first(), expression) is None
    found = asked(with_sets_first(merge), expression)
    assert found is not None
    expression = f"[{CYCLE}, set([(c := type(a)())]), setattr(c, 'a', b)]"
    assert asked(with_sets_first(), expression) is None
    assert asked(with_sets_first(merge), expression) is not None


def test_who_knows_sets_first_is_right_in_general():
    assert [name for name, finding in findings(with_sets_first(), 3000)
            if finding.outcome == "failed"] == []


# What is wrong ---------------------------------------------------------------
#
# Each takes a fresh `copy` module and returns a deepcopy that is wrong.

MUTANTS = {}


def mutant(function):
    MUTANTS[function.__name__] = function
    return function


def copier(cls):
    """Plant a function in the place of that for a built-in type."""
    def plant(function):
        def make(module):
            module._deepcopy_dispatch[cls] = (
                lambda x, memo, deepcopy=module.deepcopy:
                function(x, memo, deepcopy))
            return module.deepcopy
        MUTANTS[function.__name__] = make
        return function
    return plant


def edited_reconstruct(edit):
    """Return a maker of a deepcopy that loses a part of what is reduced."""
    def make(module):
        standard = module._reconstruct

        def reconstruct(x, memo, function, args, *rest, **named):
            rest = list(rest) + [None] * (3 - len(rest))
            return standard(x, memo, *edit(function, args, *rest), **named)

        module._reconstruct = reconstruct
        return module.deepcopy
    return make


@copier(list)
def shares_nested_lists(x, memo, deepcopy):
    y = memo[id(x)] = []
    y += [a if type(a) is list else deepcopy(a, memo) for a in x]
    return y


@copier(list)
def shares_lists_of_four_or_more(x, memo, deepcopy):
    if len(x) >= 4:
        return x
    y = memo[id(x)] = []
    y += [deepcopy(a, memo) for a in x]
    return y


@copier(list)
def forgets_the_memo(x, memo, deepcopy):
    return [deepcopy(a) for a in x]


@copier(list)
def notes_a_list_too_late(x, memo, deepcopy):
    return [deepcopy(a, memo) for a in x]


@copier(tuple)
def always_copies_tuples(x, memo, deepcopy):
    return tuple([deepcopy(a, memo) for a in x])


@copier(tuple)
def shares_tuples(x, memo, deepcopy):
    return x


@copier(dict)
def does_not_copy_keys(x, memo, deepcopy):
    y = memo[id(x)] = {}
    for key, value in x.items():
        y[key] = deepcopy(value, memo)
    return y


@copier(dict)
def loses_the_order(x, memo, deepcopy):
    y = memo[id(x)] = {}
    for key, value in reversed(list(x.items())):
        y[deepcopy(key, memo)] = deepcopy(value, memo)
    return y


@copier(dict)
def shares_values_that_are_dicts(x, memo, deepcopy):
    y = memo[id(x)] = {}
    for key, value in x.items():
        y[deepcopy(key, memo)] = (
            value if type(value) is dict else deepcopy(value, memo))
    return y


@copier(set)
def shares_sets(x, memo, deepcopy):
    return x


@copier(set)
def shares_elements(x, memo, deepcopy):
    return set(x)


@copier(frozenset)
def shares_frozensets(x, memo, deepcopy):
    return x


@copier(bytearray)
def shares_bytearrays(x, memo, deepcopy):
    return x


@copier(collections.defaultdict)
def loses_the_factory(x, memo, deepcopy):
    y = memo[id(x)] = collections.defaultdict(None)
    for key, value in x.items():
        y[deepcopy(key, memo)] = deepcopy(value, memo)
    return y


@copier(types.MethodType)
def shares_methods(x, memo, deepcopy):
    return x


@copier(collections.deque)
def shares_what_is_in_a_deque(x, memo, deepcopy):
    return x.copy()


@mutant
def is_copy_copy(module):
    return lambda x, memo=None: module.copy(x)


@mutant
def trusts_isinstance(module):
    scalars = int, float, complex, str, bytes, type(None)
    standard = module._deepcopy_dispatch[tuple]

    def deepcopy_tuple(x, memo, deepcopy=module.deepcopy):
        if all(isinstance(a, scalars) for a in x):
            return x
        return standard(x, memo, deepcopy)

    module._deepcopy_dispatch[tuple] = deepcopy_tuple
    return module.deepcopy


@mutant
def keeps_a_memo_for_ever(module):
    def deepcopy(x, memo={}):
        return module.deepcopy(x, memo)
    return deepcopy


@mutant
def drops_an_empty_memo(module):
    return lambda x, memo=None: module.deepcopy(x, memo or {})


@mutant
def does_not_look_at_the_memo(module):
    return lambda x, memo=None: module.deepcopy(x)


@mutant
def does_not_take_none(module):
    def deepcopy(x, memo=()):
        return module.deepcopy(x, {} if memo == () else memo | {})
    return deepcopy


@mutant
def raises_something_else(module):
    def deepcopy(x, memo=None):
        try:
            return module.deepcopy(x, memo)
        except TypeError as error:
            raise ValueError(str(error)) from None
    return deepcopy


@mutant
def shares_what_it_cannot_copy(module):
    def deepcopy(x, memo=None):
        try:
            return module.deepcopy(x, memo)
        except TypeError:
            return x
    return deepcopy


@mutant
def sorts_the_input(module):
    def deepcopy(x, memo=None):
        y = module.deepcopy(x, memo)
        if type(x) is list:
            x.reverse()
        return y
    return deepcopy


@mutant
def marks_the_input(module):
    def deepcopy(x, memo=None):
        y = module.deepcopy(x, memo)
        if hasattr(x, "__dict__") and not isinstance(x, type):
            vars(x)["copied"] = True
        return y
    return deepcopy


@mutant
def returns_the_base_class(module):
    def deepcopy(x, memo=None):
        y = module.deepcopy(x, memo)
        for base in list, dict, set:
            if isinstance(y, base) and type(y) is not base:
                return base(y)
        return y
    return deepcopy


@mutant
def shares_subclasses_of_atoms(module):
    class Dispatch(dict):
        def get(self, cls, default=None):
            if issubclass(cls, (int, float, str, bytes)):
                return lambda x, memo: x
            return super().get(cls, default)

    module._deepcopy_dispatch = Dispatch(module._deepcopy_dispatch)
    return module.deepcopy


@mutant
def ignores_own_deepcopy(module):
    module.getattr = lambda x, name, *default: (
        None if name == "__deepcopy__" else getattr(x, name, *default))
    return module.deepcopy


@mutant
def ignores_setstate(module):
    module.hasattr = lambda x, name: (
        name != "__setstate__" and hasattr(x, name))
    return module.deepcopy


@mutant
def keeps_nothing_alive(module):
    """New states at the addresses of old ones are taken for copied."""
    module._keep_alive = lambda x, memo: None
    return module.deepcopy


@mutant
def deepcopy_without_memo_for_tuples(module):
    """A tuple that has come to its own copy is copied once more."""
    def deepcopy_tuple(x, memo, deepcopy=module.deepcopy):
        y = [deepcopy(a, memo) for a in x]
        return x if all(map(lambda a, b: a is b, x, y)) else tuple(y)

    module._deepcopy_dispatch[tuple] = deepcopy_tuple
    return module.deepcopy


def _without_slots(function, args, state, items, pairs):
    if type(state) is tuple and len(state) == 2:
        state = state[0]
    return function, args, state, items, pairs


MUTANTS["drops_slots"] = edited_reconstruct(_without_slots)
MUTANTS["drops_list_items"] = edited_reconstruct(
    lambda f, args, state, items, pairs: (f, args, state, None, pairs))
MUTANTS["drops_dict_items"] = edited_reconstruct(
    lambda f, args, state, items, pairs: (f, args, state, items, None))
MUTANTS["drops_the_state"] = edited_reconstruct(
    lambda f, args, state, items, pairs: (f, args, None, items, pairs))


@mutant
def shares_arguments(module):
    standard = module._reconstruct

    def reconstruct(x, memo, function, args, *rest, **named):
        if rest:
            return standard(x, memo, function, args, *rest, **named)
        return function(*args)

    module._reconstruct = reconstruct
    return module.deepcopy


def made(name):
    return MUTANTS[name](private_copy.load_unchanged())


# Where a class has to be defined, or the memo has to be used.
LONGER = {
    "drops_an_empty_memo", "does_not_look_at_the_memo", "does_not_take_none",
    "keeps_a_memo_for_ever", "keeps_nothing_alive"}
# What a copy is depends on what the memory was used for before.
UNSTEADY = {"keeps_nothing_alive"}


def size(expression):
    """Return how many objects an expression makes, classes left out."""
    made = 0
    stack = [ast.parse(expression, mode="eval").body]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.List, ast.Tuple, ast.Dict, ast.Set)):
            made += 1
        if isinstance(node, ast.Call):
            called = node.func
            while isinstance(called, ast.NamedExpr):
                called = called.value
            if getattr(called, "id", None) == "type":
                continue
            made += 1
        stack += ast.iter_child_nodes(node)
    return made


def test_there_are_enough_of_them():
    assert len(MUTANTS) >= 35


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_mutants_are_found(name):
    """Each within 2000 graphs, with an expression that shows it."""
    deepcopy = made(name)
    _, finding = next(findings(deepcopy, 2000))
    assert finding.outcome == "failed"
    assert "\n" not in finding.expected + finding.got
    if name in UNSTEADY:
        return
    assert finding.expression, finding.got
    assert len(finding.expression) < 450
    assert size(finding.expression) <= 7, finding.expression
    way = next((way for way, text in graphs._HOW.items()
                if finding.expected.startswith(text)), "plain")
    assert way == "plain" or name in LONGER

    # In a fresh one, out of what is printed alone.
    again = graphs.ask(way, graphs.evaluated(way, finding.expression),
                       made(name))
    assert again is not None
    assert again.expected == finding.expected
    if way == "plain" and not again.sort.startswith("changes"):
        x = eval(finding.expression, {"__name__": __name__})
        try:
            reference = check.snapshot([x])
        except TypeError:
            with pytest.raises(Exception) as caught:
                made(name)(x)
                raise LookupError
            assert caught.type is not TypeError
        else:
            try:
                candidate = [made(name)(x)]
            except Exception:
                return
            assert check.check_copy([x], reference, candidate) is not None


@pytest.mark.parametrize("name, expression", [
    ("shares_nested_lists", "[[]]"),
    ("shares_tuples", "([],)"),
    ("shares_sets", "set()"),
    ("shares_bytearrays", "bytearray(b'ab')"),
    ("shares_values_that_are_dicts", "{0: {}}"),
    ("loses_the_order", "{0: 0, None: 0}"),
    ("shares_lists_of_four_or_more", "[0, 0, 0, 0]"),
    ("drops_an_empty_memo", "((a := []), a)"),
])
def test_what_is_printed(name, expression):
    """The least that there is, or as little."""
    printed = [finding.expression
               for _, finding in findings(made(name), 300)]
    if name == "loses_the_order":
        printed = [text and len(text) <= len(expression) and expression
                   for text in printed]
    assert expression in printed


def test_a_failure_that_does_not_come_again_is_not_dressed_up():
    calls = []

    def deepcopy(x, memo=None):
        calls.append(x)
        return x if len(calls) == 1 else copy.deepcopy(x, memo)

    way = next(i for i in range(100) if graphs.generate(SEED, i).way == "plain"
               and graphs.generate(SEED, i).roots[0].kind is zoo.LIST)
    finding = graphs._case(SEED, way, [10])(deepcopy)
    assert finding.expression is None
    assert "not again when asked again" in finding.got


def test_an_expression_that_shows_nothing_is_not_printed(monkeypatch):
    monkeypatch.setattr(graphs.Question, "expression", lambda self: "[]")
    found = [finding for _, finding in findings(made("shares_nested_lists"),
                                                50)]
    assert found
    for finding in found:
        assert finding.expression is None
        assert "no expression makes it come again" in finding.got


def test_shrinking_has_an_end(monkeypatch):
    monkeypatch.setattr(verify_shrink, "_TRIALS", 3)
    tried = []
    ask = graphs.Question.ask

    def counted(self, deepcopy):
        tried.append(self)
        return ask(self, deepcopy)

    monkeypatch.setattr(graphs.Question, "ask", counted)
    _, finding = next(findings(copy.copy, 20))
    assert finding.outcome == "failed"
    assert len(tried) < 20


def test_many_failures_take_no_longer(monkeypatch):
    """When the time for all of them is used up, each gets hardly any."""
    times = []

    def shrink(question, difference, deepcopy, seconds):
        times.append(seconds)
        return difference.finding()

    monkeypatch.setattr(verify_shrink, "shrink", shrink)
    clock = iter(range(10**6))
    monkeypatch.setattr(graphs, "monotonic", lambda: next(clock) * 1.5)
    list(findings(copy.copy, 40))
    assert times[:8] == [2, 2, 2, 2, 2, 2, 1, 0.05]
    assert set(times[8:]) == {0.05}


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it is the standard")
def test_only_atoms_may_pass_the_memo_by():
    """What else is in its place is wrong, atoms or not."""
    x = [part := float("1.25"), [1]]

    def later(x, memo=None):
        return copy.deepcopy(x)

    def wrong(x, memo=None):
        return [1.5, [1]]

    assert graphs.ask("filled", [x, part], later).version == "3.14"
    assert graphs.ask("filled", [x, part], wrong).version is None
    assert graphs.ask("filled", [x, x[1]], later).version is None
    assert graphs.ask("filled", [x, part], copy.deepcopy) is None


# What is made up -------------------------------------------------------------

@pytest.fixture(scope="module")
def many():
    return [graphs.generate(SEED, i) for i in range(2000)]


def test_every_kind_occurs(many):
    kinds = collections.Counter(
        kind for question in many
        for kind in {node.kind for node in zoo.nodes_of(question.roots)})
    for kind in zoo.KINDS:
        assert kinds[kind] >= 25, kind.name
    for kind in zoo.UNCOPYABLE:
        assert kinds[kind] >= 5, kind.name
    for kind in zoo.LIST, zoo.TUPLE, zoo.DICT:
        assert kinds[kind] >= 600, kind.name
    raising = sum(any(node.kind in zoo.UNCOPYABLE
                      for node in zoo.nodes_of(question.roots))
                  for question in many)
    assert 60 < raising < 400


def test_every_atom_occurs(many):
    atoms = collections.Counter(
        child.text for question in many
        for node in zoo.nodes_of(question.roots)
        for child in node.children() if child.kind is zoo.ATOM)
    for atom in zoo.ATOMS:
        assert atoms[atom.text] >= 40, atom.text


def test_graphs_are_large_and_small(many):
    sizes = [len(zoo.nodes_of(question.roots)) for question in many]
    assert sum(size <= 2 for size in sizes) > 200
    assert sum(size >= 10 for size in sizes) > 300
    assert sum(size >= 30 for size in sizes) > 50
    assert max(sizes) < 70


def test_every_way_to_ask_occurs(many):
    ways = collections.Counter(question.way for question in many)
    assert set(ways) == {"plain", "none", "twice", "again", "filled"}
    assert min(ways.values()) > 50 and ways["plain"] > 1000


def cyclic(node):
    return any(other is node for other in zoo.nodes_of(node.children()))


def test_sharing_and_cycles_occur(many):
    shared = looped = 0
    kinds = collections.Counter()
    for question in many:
        nodes = zoo.nodes_of(question.roots[:1])
        uses = collections.Counter(
            id(child) for node in nodes for child in node.children()
            if child.kind is not zoo.ATOM)
        shared += any(count > 1 for count in uses.values())
        cycle = {node.kind for node in nodes if cyclic(node)}
        looped += bool(cycle)
        kinds.update(cycle)
    assert shared > 500
    assert looped > 200
    for kind in zoo.LIST, zoo.DICT, zoo.TUPLE, zoo.PLAIN:
        assert kinds[kind] > 50, kind.name
    assert len(kinds) > 35


def test_an_expression_builds_the_graph(many, monkeypatch):
    """The same classes and atoms, where they are called by a name."""
    names = dict(zoo.NAMES)
    for i, atom in enumerate(zoo.ATOMS):
        names[f"atom_{i}"] = atom.value
        monkeypatch.setattr(atom, "text", f"atom_{i}")
    for question in many:
        form = "({},)" if len(question.roots) == 1 else "({}, {})"
        text = zoo.render(question.roots, form, classes=False)
        found = eval(text, dict(names))
        built = zoo.build(question.roots)
        assert check._Comparison().run(built, list(found), "x") is None, text


def test_expressions_stand_alone(many):
    for question in many[:400]:
        objects = graphs.evaluated(question.way, question.expression())
        built = zoo.build(question.roots)
        assert len(objects) >= len(built)
        assert type(objects[0]).__name__ == type(built[0]).__name__
        assert graphs.ask(question.way, objects, copy.deepcopy) is None


def test_copies_of_nodes_are_the_same_graph(many):
    for question in many[:300]:
        twin = zoo.cloned(question.roots)
        assert zoo.render(twin) == zoo.render(question.roots)
        assert not ({id(node) for node in zoo.nodes_of(twin)}
                    & {id(node) for node in zoo.nodes_of(question.roots)})


def test_no_graph_needs_itself_to_be_made():
    node = zoo.Node(zoo.TUPLE)
    node.hard = [node]
    with pytest.raises(zoo.Unbuildable):
        zoo.build([node])


DIGEST = """
import hashlib, verify_graphs as graphs
text = [graphs.generate(seed, i).expression() for seed in (1, 2**63 + 1)
        for i in range(300)]
print(hashlib.md5("\\n".join(text).encode()).hexdigest())
"""
# Changes with the generator and the zoo only.
KNOWN = "d56da813344aad6a74eea3df8c288367"


def test_graphs_are_the_same_everywhere():
    """Whatever the hash seed is, in whichever version of Python."""
    found = {subprocess.run(
        [sys.executable, "-B", "-c", DIGEST], check=True, timeout=60,
        stdout=subprocess.PIPE, env={
            "PYTHONPATH": str(ROOT / "support"), "PYTHONHASHSEED": seed},
    ).stdout.decode().strip() for seed in ("0", "1", "4711")}
    assert found == {KNOWN}


def test_graphs_do_not_depend_on_each_other(many):
    assert graphs.generate(SEED, 77).expression() == many[77].expression()
    texts = {question.expression() for question in many}
    assert len(texts) > 1500
    other = [graphs.generate(SEED + 1, i) for i in range(300)]
    large = {question.expression() for question in other
             if len(zoo.nodes_of(question.roots)) >= 8}
    assert len(large) > 50
    assert not large & texts


def test_what_run_tells():
    told = list(verify.run(made("shares_nested_lists"), ["graphs"], SEED, 40))
    assert told[0] == {"battery": "graphs", "cases": 40, "missing": None}
    assert [a["case"] for a in told[1::2]] == [f"graph {i}" for i in range(40)]
    failed = [a for a in told[2::2] if a["outcome"] == "failed"]
    assert failed and "[[]]" in [a["expression"] for a in failed]


def state_of_the_process():
    import copyreg
    import gc
    import warnings
    # What copyreg remembers of a class is all that may be new.
    classes = {(name, key) for name, cls in zoo.NAMES.items()
               if isinstance(cls, type) for key in vars(cls)
               if key != "__slotnames__"}
    return (dict(copyreg.dispatch_table), warnings.filters[:], classes,
            sys.getrecursionlimit(), gc.isenabled(), sys.path[:])


def test_nothing_is_left_behind():
    before = state_of_the_process()
    list(findings(copy.copy, 100))
    assert state_of_the_process() == before
