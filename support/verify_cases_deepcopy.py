"""Objects that copy themselves: `__deepcopy__`."""

import copy

from verify_cases_tools import (
    Cases, Plain, equal, new, not_raised, plain, same)

cases = Cases()


class Copies:
    """Answers with what it was given, and keeps the memo."""

    def __init__(self, answer=None):
        self.answer = answer
        self.memos = []

    def __deepcopy__(self, memo):
        self.memos.append(memo)
        return self.answer


class Itself:
    """Is its own copy."""

    def __deepcopy__(self, memo):
        return self


class ByCopy:
    """Copies what it holds by copy.deepcopy, with the memo."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def __deepcopy__(self, memo):
        y = type(self)()
        memo[id(self)] = y
        for name, value in vars(self).items():
            setattr(y, name, copy.deepcopy(value, memo))
        return y


class ByCopyWithout(ByCopy):
    """Copies what it holds by copy.deepcopy, without the memo."""

    def __deepcopy__(self, memo):
        y = type(self)()
        for name, value in vars(self).items():
            setattr(y, name, copy.deepcopy(value))
        return y


@cases("what __deepcopy__ returns")
def deepcopy_method(deepcopy):
    answer = object()
    return same(deepcopy(Copies(answer)), answer)


@cases("what __deepcopy__ returns, as element and value")
def deepcopy_method_inside(deepcopy):
    answers = [object(), object(), object()]
    a, b, c = map(Copies, answers)
    y = deepcopy([a, (b,), {"c": c}])
    return (same(y[0], answers[0]) or same(y[1][0], answers[1])
            or same(y[2]["c"], answers[2]))


for name, answer in (("none", None), ("zero", 0), ("text", "text"),
                     ("list", []), ("class", Plain)):
    cases.add(
        f"deepcopy_method_returns_{name}", "what __deepcopy__ returns",
        lambda deepcopy, answer=answer: same(
            deepcopy([Copies(answer)])[0], answer))


@cases("the object itself, where __deepcopy__ returns it")
def deepcopy_method_returns_self(deepcopy):
    x = Itself()
    y = deepcopy([x, x, (x,)])
    return same(y[0], x) or same(y[1], x) or same(y[2][0], x)


@cases("the tuple itself, where all in it return themselves")
def deepcopy_method_self_in_tuple(deepcopy):
    x = Itself(), 1
    return same(deepcopy(x), x)


@cases("__deepcopy__ asked once for each object")
def deepcopy_method_asked_once(deepcopy):
    x = Copies(object())
    y = deepcopy([x, x, (x, {"a": x})])
    if len(x.memos) != 1:
        return f"{len(x.memos)} calls of __deepcopy__"
    return same(y[1], y[0]) or same(y[2][0], y[0]) or same(y[2][1]["a"], y[0])


@cases("the caller's memo given to __deepcopy__")
def deepcopy_method_gets_memo(deepcopy):
    x, memo = Copies(1), {}
    deepcopy([x], memo)
    return same(x.memos[0], memo)


@cases("one memo given to all __deepcopy__ methods of a copy")
def deepcopy_method_one_memo(deepcopy):
    x, z = Copies(1), Copies(2)
    deepcopy([x, {"a": (z,)}, plain(z=z)])
    return same(x.memos[0], z.memos[0])


@cases("a memo that is not None given to __deepcopy__")
def deepcopy_method_memo_not_none(deepcopy):
    x = Copies(1)
    deepcopy(x)
    return "None as memo" if x.memos[0] is None else None


@cases("another memo for each copy")
def deepcopy_method_memo_of_each(deepcopy):
    x = Copies(1)
    deepcopy(x)
    deepcopy(x)
    return None if x.memos[0] is not x.memos[1] else "one memo for two copies"


@cases("a memo with what has been copied before, to be looked up by id")
def deepcopy_method_looks_up(deepcopy):
    class Looks:
        def __deepcopy__(self, memo):
            return memo.get(id(first))

    first = [1]
    y = deepcopy([first, Looks()])
    return same(y[1], y[0])


@cases("what __deepcopy__ puts into the memo taken as the copy")
def deepcopy_method_fills_memo(deepcopy):
    class Fills:
        def __deepcopy__(self, memo):
            memo[id(later)] = replacement
            return 1

    later, replacement = [1], [2]
    return same(deepcopy([Fills(), later])[1], replacement)


@cases("__deepcopy__ of the instance rather than of its class")
def deepcopy_method_of_instance(deepcopy):
    x = Itself()
    x.__deepcopy__ = lambda memo: "by instance"
    return equal(deepcopy(x), "by instance")


@cases("__deepcopy__ of an instance whose class has none")
def deepcopy_method_of_instance_alone(deepcopy):
    x = Plain()
    x.__deepcopy__ = lambda memo: "by instance"
    return equal(deepcopy([x]), ["by instance"])


@cases("a __deepcopy__ that is None passed over")
def deepcopy_method_none(deepcopy):
    class Without(Itself):
        __deepcopy__ = None

    x = plain(Without, a=[1])
    y = deepcopy(x)
    return new(y, x) or equal(vars(y), {"a": [1]})


@cases("__deepcopy__ found by __getattr__")
def deepcopy_method_by_getattr(deepcopy):
    class Proxy:
        def __getattr__(self, name):
            if name == "__deepcopy__":
                return lambda memo: "by getattr"
            raise AttributeError(name)

    return equal(deepcopy(Proxy()), "by getattr")


@cases("the exception of a __getattr__ that has no __deepcopy__ to give")
def deepcopy_method_getattr_raises(deepcopy):
    class Proxy:
        def __getattr__(self, name):
            raise KeyError(name)

    return not_raised(KeyError, deepcopy, Proxy())


@cases("__deepcopy__ inherited")
def deepcopy_method_inherited(deepcopy):
    class Below(Itself):
        pass

    x = Below()
    return same(deepcopy(x), x)


@cases("__deepcopy__ rather than __reduce_ex__ and __reduce__")
def deepcopy_method_rather(deepcopy):
    class Both(Itself):
        def __reduce_ex__(self, protocol):
            raise RuntimeError("reduced")

        __reduce__ = __getstate__ = __reduce_ex__

    x = Both()
    return same(deepcopy(x), x)


@cases("__deepcopy__ rather than __copy__")
def deepcopy_method_not_copy(deepcopy):
    class Both:
        def __deepcopy__(self, memo):
            return "deep"

        def __copy__(self):
            return "shallow"

    return equal(deepcopy(Both()), "deep")


@cases("__copy__ not asked")
def copy_method_not_asked(deepcopy):
    class Shallow:
        def __copy__(self):
            return "shallow"

    y = deepcopy(plain(Shallow, a=[1]))
    return equal(y if type(y) is str else vars(y), {"a": [1]})


@cases("a class shared, though its metaclass has a __deepcopy__")
def deepcopy_method_of_metaclass(deepcopy):
    class Meta(type):
        def __deepcopy__(cls, memo):
            return "by metaclass"

    class WithMeta(metaclass=Meta):
        pass

    return same(deepcopy([WithMeta])[0], WithMeta)


@cases("a class shared, though its instances have a __deepcopy__")
def deepcopy_method_of_class_itself(deepcopy):
    return same(deepcopy([Copies])[0], Copies)


for base in (list, dict, tuple, set, int, str):
    def subclass_case(deepcopy, base=base):
        class Own(base):
            def __deepcopy__(self, memo):
                return "by __deepcopy__"

        return equal(deepcopy((Own(), 1)), ("by __deepcopy__", 1))

    cases.add(f"deepcopy_method_of_{base.__name__}_subclass",
              "__deepcopy__ asked, and a new tuple", subclass_case)


@cases("the exception of __deepcopy__")
def deepcopy_method_raises(deepcopy):
    class Raises:
        def __deepcopy__(self, memo):
            raise ZeroDivisionError

    return not_raised(ZeroDivisionError, deepcopy, [1, (Raises(),)])


@cases("TypeError where __deepcopy__ takes no memo")
def deepcopy_method_without_memo(deepcopy):
    class Raises:
        def __deepcopy__(self):
            return self

    return not_raised(TypeError, deepcopy, Raises())


# Those that call copy.deepcopy, as classes do --------------------------------

cases.alike("deepcopy_method_calls_copy", lambda: ByCopy(a=[1], b={"c": [2]}))
cases.alike("deepcopy_method_calls_copy_nested",
            lambda: [ByCopy(a=ByCopy(a=ByCopy(a=[1]))), (ByCopy(),)])


def calling_shared():
    part = [1]
    return [part, ByCopy(a=part, b=plain(a=part)), part]


def calling_shared_before():
    part = [1]
    return [ByCopy(a=part), plain(a=part), part, (part,)]


def calling_cycle():
    x = ByCopy()
    x.a = [x, {"x": x}]
    return [x, x.a]


def calling_without():
    part = [1]
    return [part, ByCopyWithout(a=part, b=(part, part))]


def calling_without_wanted():
    part = [1]
    return [[1], ByCopyWithout(a=[1], b=(part, part))]


cases.alike("deepcopy_method_shares_with_memo", calling_shared,
            expected="one copy of a part that __deepcopy__ copies with the "
            "memo")
cases.alike("deepcopy_method_shares_later", calling_shared_before,
            expected="one copy of a part that __deepcopy__ has copied before")
cases.alike("deepcopy_method_cycle", calling_cycle,
            expected="a cycle through __deepcopy__ closed")
cases.alike("deepcopy_method_without_passing_memo", calling_without,
            calling_without_wanted,
            "parts that __deepcopy__ copies without the memo for themselves")


@cases("a copy within __deepcopy__ that does not end the outer one")
def deepcopy_method_calls_again(deepcopy):
    class Again:
        def __deepcopy__(self, memo):
            return deepcopy(inner)

    inner = [1]
    y = deepcopy([inner, Again(), inner])
    return (same(y[2], y[0]) or new(y[1], y[0], "copy of the element before")
            or equal(y, [[1], [1], [1]]))


@cases("a copy within __deepcopy__, with the memo, that finds what is copied")
def deepcopy_method_calls_again_with_memo(deepcopy):
    class Again:
        def __deepcopy__(self, memo):
            return deepcopy(inner, memo)

    inner = [1]
    y = deepcopy([inner, Again(), inner])
    return same(y[2], y[0]) or same(y[1], y[0])
