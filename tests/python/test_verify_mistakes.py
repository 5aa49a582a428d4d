"""support/verify_cases*.py: mistakes that a deepcopy may have are found.

They are planted: the standard deepcopy with one statement changed, or with
something around it. Each is to be found by the case named for it.
"""

import gc
import pathlib
import pickle
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "support"))

import verify_cases  # noqa: E402
from private_copy import CopySource  # noqa: E402

CASES = dict(verify_cases.cases(1, 100))

# function of copy, statement, what stands there instead, the case that tells
EDITS = {
    "forgets lists": (
        "_deepcopy_list", "memo[id(x)] = y", "", "cycle_list"),
    "forgets dictionaries": (
        "_deepcopy_dict", "memo[id(x)] = y", "", "cycle_dict"),
    "forgets what it has made": (
        "deepcopy", "memo[d] = y", "pass", "deepcopy_method_asked_once"),
    "keeps copies for ever": (
        "deepcopy", "memo[d] = y",
        "memo[d] = y\ndispatch_table.kept.append(y)", "leaves_copy"),
    "keeps nothing alive": (
        "deepcopy",
        "_keep_alive(x, memo) # Make sure x lives at least as long as d",
        "", "temporaries_of_states"),
    "rebuilds tuples": (
        "_deepcopy_tuple", "y = x", "y = tuple(y)", "tuple_of_atoms_itself"),
    "looks at the first element alone": (
        "_deepcopy_tuple", "for k, j in zip(x, y):",
        "for k, j in zip(x[:1], y):", "tuple_list_at_1"),
    "looks at five elements": (
        "_deepcopy_tuple", "for k, j in zip(x, y):",
        "for k, j in zip(x[:5], y):", "tuple_list_at_9"),
    "does not look for a tuple again": (
        "_deepcopy_tuple", "return memo[id(x)]", "raise KeyError",
        "cycle_tuple_around_list"),
    "shares state": (
        "_reconstruct", "state = deepcopy(state, memo)", "pass",
        "instance"),
    "does not ask __setstate__": (
        "_reconstruct", "if hasattr(y, '__setstate__'):", "if False:",
        "setstate"),
    "asks the class for __setstate__": (
        "_reconstruct", "if hasattr(y, '__setstate__'):",
        "if hasattr(type(y), '__setstate__'):",
        "reduce_setstate_of_instance"),
    "ignores slots": (
        "_reconstruct", "if slotstate is not None:", "if False:",
        "slots"),
    "sets attributes one by one": (
        "_reconstruct", "y.__dict__.update(state)",
        "for k, v in dict(state).items():\n    setattr(y, k, v)",
        "reduce_dict_state_without_setattr"),
    "takes any tuple for two states": (
        "_reconstruct", "if hasattr(y, '__setstate__'):",
        "if hasattr(y, '__setstate__') and type(state) is not tuple:",
        "slots_setstate"),
    "shares items": (
        "_reconstruct", "item = deepcopy(item, memo)", "pass",
        "reduce_items"),
    "shares keys of pairs": (
        "_reconstruct", "key = deepcopy(key, memo)", "pass", "reduce_pairs"),
    "shares values of pairs": (
        "_reconstruct", "value = deepcopy(value, memo)", "pass",
        "reduce_pairs_into_dict"),
    "shares arguments": (
        "_reconstruct", "if deep and args:", "if False:",
        "reduce_arguments_copied"),
    "knows an object too late": (
        "_reconstruct", "memo[id(x)] = y", "pass", "cycle_instance"),
    "drops a sixth item": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)",
        "y = _reconstruct(x, memo, *rv[:5])", "reduce_state_setter"),
    "honours a state setter": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        if len(rv) == 6 and rv[5] is not None:
            y = _reconstruct(x, memo, *rv[:2], None, *rv[3:5])
            rv[5](y, deepcopy(rv[2], memo))
        else:
            y = _reconstruct(x, memo, *rv)
        """, "reduce_state_setter"),
    "sets the state last": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        y = _reconstruct(x, memo, *rv[:2], None, *rv[3:5])
        y = _reconstruct(x, memo, lambda: y, (), *rv[2:3])
        """, "reduce_items_after_setstate"),
    "extends": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        y = _reconstruct(x, memo, *rv[:3])
        if len(rv) > 3 and rv[3] is not None:
            y.extend([deepcopy(item, memo) for item in rv[3]])
        if len(rv) > 4 and rv[4] is not None:
            y.update([deepcopy(pair, memo) for pair in rv[4]])
        """, "subclass_list_append"),
    "takes the dictionary for all there is": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        if hasattr(x, "__dict__"):
            memo[d] = y = cls.__new__(cls)
            vars(y).update(deepcopy(vars(x), memo))
        else:
            y = _reconstruct(x, memo, *rv)
        """, "slots_and_dict"),
    "calls __init__": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        y = _reconstruct(x, memo, *rv)
        if rv[0].__name__ == "__newobj__":
            y.__init__()
        """, "init_not_called"),
    "does not call the class": (
        "deepcopy", "y = _reconstruct(x, memo, *rv)", """
        if rv[0] is cls:
            rv = (object.__new__, (cls,)) + tuple(rv[2:])
        y = _reconstruct(x, memo, *rv)
        """, "reduce_calls_init"),
    "makes another class": (
        "deepcopy", "if issubclass(cls, type):", "if False:",
        "deepcopy_method_of_metaclass"),
    "takes a subclass for its base": (
        "deepcopy", "copier = _deepcopy_dispatch.get(cls)",
        "copier = _deepcopy_dispatch.get(\n    cls, "
        "_deepcopy_dispatch.get(cls.__base__))", "subclass_list"),
    "believes __class__": (
        "deepcopy", "cls = type(x)", "cls = x.__class__", "class_pretended"),
    "shares keys": (
        "_deepcopy_dict", "y[deepcopy(key, memo)] = deepcopy(value, memo)",
        "y[key] = deepcopy(value, memo)", "dict_key_copied"),
    "shares values": (
        "_deepcopy_dict", "y[deepcopy(key, memo)] = deepcopy(value, memo)",
        "y[deepcopy(key, memo)] = value", "dict_copied"),
    "copies keys for themselves": (
        "_deepcopy_dict", "y[deepcopy(key, memo)] = deepcopy(value, memo)",
        "y[deepcopy(key)] = deepcopy(value, memo)", "dict_key_shared"),
    "turns dictionaries round": (
        "_deepcopy_dict", "for key, value in x.items():",
        "for key, value in reversed(x.items()):", "dict_order_copied"),
    "stops early": (
        "_deepcopy_list", "for a in x:", "for a in x[:99]:",
        "list_of_hundred_copied"),
    "looks at a list's ends": (
        "_deepcopy_list", "y = []", """
        if x and type(x[0]) is type(x[-1]) is int:
            memo[id(x)] = y = x[:]
            return y
        y = []
        """, "list_list_at_50"),
    "looks at some values": (
        "_deepcopy_dict", "y = {}", """
        if x and all(type(a) is int for a in list(x.values())[:8]):
            memo[id(x)] = y = dict(x)
            return y
        y = {}
        """, "dict_list_at_8"),
    "goes too deep": (
        "_deepcopy_list", "append(deepcopy(a, memo))",
        "append([*map(lambda a: [*map(lambda a: [*map(\n"
        "    lambda a: deepcopy(a, memo), [a])][0], [a])][0], [a])][0])",
        "nested_lists"),
    "merges equal lists": (
        "_deepcopy_list", "y = []", """
        for y in memo.values():
            if type(y) is list and y == x:
                return y
        y = []
        """, "not_shared_lists"),
    "shares methods": (
        "_deepcopy_method",
        "return type(x)(x.__func__, deepcopy(x.__self__, memo))", "return x",
        "method_bound"),
    "binds methods to other copies": (
        "_deepcopy_method",
        "return type(x)(x.__func__, deepcopy(x.__self__, memo))",
        "return type(x)(x.__func__, deepcopy(x.__self__))",
        "method_bound_beside"),
    "does not ask __deepcopy__": (
        "deepcopy", 'copier = getattr(x, "__deepcopy__", None)',
        "copier = None", "deepcopy_method"),
    "asks the class for __deepcopy__": (
        "deepcopy", 'copier = getattr(x, "__deepcopy__", None)', """
        copier = getattr(cls, "__deepcopy__", None)
        copier = copier and copier.__get__(x)
        """, "deepcopy_method_of_instance"),
    "gives __deepcopy__ another memo": (
        "deepcopy", "y = copier(memo)", "y = copier({})",
        "deepcopy_method_shares_with_memo"),
    "asks __copy__": (
        "deepcopy", 'copier = getattr(x, "__deepcopy__", None)', """
        copier = getattr(x, "__deepcopy__", None)
        if copier is None and hasattr(x, "__copy__"):
            copier = lambda memo: x.__copy__()
        """, "copy_method_not_asked"),
    "does not ask the table": (
        "deepcopy", "reductor = dispatch_table.get(cls)", "reductor = None",
        "registered_reduction"),
    "keeps what is in the table": (
        "deepcopy", "reductor = dispatch_table.get(cls)",
        "reductor = dispatch_table.memo.setdefault(\n"
        "    cls, dispatch_table.get(cls))", "registered_later"),
    "asks for an old protocol": (
        "deepcopy", "rv = reductor(4)", "rv = reductor(2)",
        "reduce_ex_protocol"),
    "asks twice": (
        "deepcopy", "rv = reductor(4)", "rv = reductor(4) and reductor(4)",
        "reduce_asked_once"),
    "asks __reduce__ alone": (
        "deepcopy", 'reductor = getattr(x, "__reduce_ex__", None)',
        "reductor = None", "reduce_ex_rather"),
    "takes a text for a reduction": (
        "deepcopy", "if isinstance(rv, str):", "if False:", "reduce_to_text"),
    "takes text alone for text": (
        "deepcopy", "if isinstance(rv, str):", "if type(rv) is str:",
        "reduce_to_text_subclass"),
    "keeps one memo": (
        "deepcopy", "memo = {}", "memo = dispatch_table.memo",
        "shared_not_between_calls"),
    "forgets falsy copies": (
        "deepcopy", "if y is not _nil:", "if y is not _nil and y:",
        "memo_has_zero_for_it"),
}

# What a function begins with
STARTS = {
    "drops state": ("_reconstruct", "state = None", "instance"),
    "drops falsy states": (
        "_reconstruct", "state = state or None",
        "reduce_state_zero_setstate"),
    "drops items": ("_reconstruct", "listiter = None", "reduce_items"),
    "drops pairs": ("_reconstruct", "dictiter = None", "reduce_pairs"),
    "drops all behind a state": (
        "_reconstruct",
        "if state is not None:\n    listiter = dictiter = None",
        "reduce_items_state"),
    "shares tuples": ("_deepcopy_tuple", "return x", "tuple_with_list_copied"),
    "shares short tuples of instances of int": (
        "_deepcopy_tuple",
        "if len(x) <= 5 and all(isinstance(a, int) for a in x):\n    return x",
        "subclass_int_in_tuple"),
    "shares empty containers": (
        "deepcopy", "if type(x) in (list, dict, set) and not x:\n    return x",
        "list_empty_new"),
    "takes subclasses of atoms for atoms": (
        "deepcopy",
        "if isinstance(x, (int, float, str, bytes)):\n    return x",
        "subclass_str_attribute"),
    "copies functions": (
        "deepcopy",
        "if type(x) is type(deepcopy):\n"
        "    return type(x)(x.__code__, x.__globals__, x.__name__)",
        "function_shared"),
    "points weak references at copies": (
        "deepcopy",
        "if type(x).__name__ in ('ReferenceType', 'weakref') and x():\n"
        "    return type(x)(deepcopy(x(), memo))", "weak_reference"),
    "shares modules": (
        "deepcopy", "if type(x).__name__ == 'module':\n    return x",
        "refused_module"),
    "shares generators": (
        "deepcopy", "if hasattr(x, 'gi_frame'):\n    return x",
        "refused_generator"),
    "remembers by value": (
        "deepcopy", """
        if memo is None:
            memo = {}
        for y in memo.values():
            if type(y) is type(x) is not list and y == x:
                return y
        """, "not_shared_equal"),
    "keeps originals for ever": (
        "deepcopy", "dispatch_table.kept.append(x)", "leaves_original"),
    "copies a tuple's elements one by one": (
        "_deepcopy_tuple", "return tuple([deepcopy(a) for a in x])",
        "cycle_tuple_around_list"),
    "remembers tuples by value": (
        "_deepcopy_tuple", """
        try:
            return memo.setdefault((tuple, x), x)
        except TypeError:
            pass
        """, "tuples_equal_copied"),
    "copies once what is equal": (
        "deepcopy", """
        memo = {} if memo is None else memo
        if hasattr(x, "note"):
            if x not in memo:
                memo[x] = _reconstruct(x, memo, *x.__reduce_ex__(4))
            return memo[x]
        """, "not_shared_values"),
    "keeps what methods a class has": (
        "deepcopy", """
        cls = type(x)
        if cls.__module__ != "builtins":
            known = dispatch_table.memo.setdefault(
                cls, hasattr(cls, "__deepcopy__"))
            if not known and hasattr(cls, "__deepcopy__"):
                return _reconstruct(x, {}, *x.__reduce_ex__(4))
        """, "methods_added_later"),
    "knows classes by name": (
        "deepcopy", """
        cls = dispatch_table.memo.setdefault(
            (type(x).__module__, type(x).__qualname__), type(x))
        if cls is not type(x):
            y = cls.__new__(cls)
            vars(y).update(deepcopy(vars(x) if hasattr(x, "__dict__") else {}))
            return y
        """, "classes_of_one_name"),
    "compares": (
        "deepcopy", "if x in (None, 0, ''):\n    return x", "no_comparison"),
}

# Another copier for a type
COPIERS = {
    "shares sets": (set, lambda x, memo: x, "change_copy_set_in_list"),
    "copies sets shallowly": (
        set, lambda x, memo: set(x), "set_element_copied"),
    "shares frozensets": (
        frozenset, lambda x, memo: x, "frozenset_element_copied"),
    "shares bytearrays": (
        bytearray, lambda x, memo: x, "bytearray_copied"),
    "shares slices": (slice, lambda x, memo: x, "slice_with_list_copied"),
    "copies properties": (
        property, lambda x, memo: property(x.fget), "property_shared"),
}


class Table(dict):
    """In place of copyreg's table, with room for a mistake's belongings."""

    def __init__(self, entries):
        super().__init__(entries)
        self.memo = {}
        self.kept = []


def around(wrong):
    """Return a deepcopy made of the standard one by a function."""
    standard = CopySource(__file__).load().deepcopy
    return lambda x, memo=None: wrong(standard, x, memo)


def gives_up(standard, x, memo):
    try:
        return standard(x, memo)
    except Exception:
        return x


def renames(standard, x, memo):
    try:
        return standard(x, memo)
    except Exception as error:
        raise RuntimeError(str(error))


def without_collector(standard, x, memo):
    gc.disable()
    y = standard(x, memo)
    gc.enable()
    return y


def without_collector_at_all(standard, x, memo):
    gc.disable()
    try:
        return standard(x, memo)
    finally:
        gc.enable()


AROUND = {
    "leaves the collector off": (without_collector, "leaves_interpreter"),
    "turns the collector on": (
        without_collector_at_all, "leaves_collector_off"),
    "ignores the memo": (
        lambda standard, x, memo: standard(x), "memo_dict_filled"),
    "ignores an empty memo": (
        lambda standard, x, memo: standard(x, memo or None),
        "memo_dict_used_again"),
    "copies the memo": (
        lambda standard, x, memo: standard(x, memo and dict(memo) or {}),
        "memo_for_two_calls"),
    "gives up": (gives_up, "refused_module"),
    "renames exceptions": (renames, "error_in_list"),
    "pickles": (
        lambda standard, x, memo: pickle.loads(pickle.dumps(x)),
        "lambda_shared"),
    "copies twice": (
        lambda standard, x, memo: standard(standard(x, {}), memo),
        "subclass_list_append"),
    "returns the original": (
        lambda standard, x, memo: x, "list_empty_new"),
}


def planted():
    """Return pairs of a function that makes a mistake, and a case."""
    for name, (function, statement, text, case) in EDITS.items():
        def edited(function=function, statement=statement, text=text):
            source = CopySource(__file__)
            source.replace(function, statement, text)
            return source
        yield name, edited, case
    for name, (function, text, case) in STARTS.items():
        def started(function=function, text=text):
            source = CopySource(__file__)
            source.insert_at_start(function, text)
            return source
        yield name, started, case
    for name, (cls, copier, case) in COPIERS.items():
        def dispatched(cls=cls, copier=copier):
            module = CopySource(__file__).load()
            module._deepcopy_dispatch[cls] = copier
            if hasattr(module, "_atomic_types"):
                module._atomic_types = module._atomic_types - {cls}
            return module.deepcopy
        yield name, dispatched, case
    for name, (wrong, case) in AROUND.items():
        yield name, lambda wrong=wrong: around(wrong), case


def make(mistake):
    """Return the deepcopy that a mistake makes."""
    made = mistake()
    if not isinstance(made, CopySource):
        return made
    module = made.load()
    if "dispatch_table." in made.get_source().replace(
            "dispatch_table.get", ""):
        module.dispatch_table = Table(module.dispatch_table)
    return module.deepcopy


PLANTED = list(planted())


@pytest.mark.parametrize(
    "mistake, case", [pytest.param(mistake, case, id=name)
                      for name, mistake, case in PLANTED])
def test_mistakes_are_found(mistake, case):
    if case == "reduce_state_setter" and sys.version_info < (3, 10):
        pytest.skip("3.9 itself does not refuse a sixth item")
    if case in ENDLESS and sys.version_info[:2] == (3, 13):
        pytest.skip("3.13 does not end this recursion before memory does")
    finding = CASES[case](make(mistake))
    assert finding is not None and finding.outcome == "failed"


# Cases that a copy without a memo never comes back from but by RecursionError.
ENDLESS = {"cycle_list", "cycle_dict"}


def test_there_are_many_mistakes():
    assert len(PLANTED) >= 60
