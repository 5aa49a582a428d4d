"""By whom an object is reduced: itself, or what is registered with copyreg.

The order of asking is `__deepcopy__`, the dispatch table, `__reduce_ex__`,
`__reduce__`; classes are not asked at all.
"""

import copyreg

from verify_cases_tools import (
    Cases, Plain, Target, equal, make_list, new, not_raised, same, show, told,
    unlike)

cases = Cases()


@cases("__reduce_ex__ called with protocol 4")
def reduce_ex_protocol(deepcopy):
    class Asks:
        def __reduce_ex__(self, protocol):
            log.append(protocol)
            return Plain, ()

    log = []
    deepcopy(Asks())
    return equal(log, [4])


@cases("__reduce__ where __reduce_ex__ is the inherited one")
def reduce_without_ex(deepcopy):
    class Old:
        def __reduce__(self):
            return make_list, ([1],)

    return equal(deepcopy(Old()), [[1]])


@cases("__reduce_ex__ rather than __reduce__")
def reduce_ex_rather(deepcopy):
    class Both:
        def __reduce_ex__(self, protocol):
            return make_list, (1,)

        def __reduce__(self):
            return make_list, (2,)

    return equal(deepcopy(Both()), [1])


@cases("__reduce__ where __reduce_ex__ is None")
def reduce_ex_none(deepcopy):
    class Old:
        __reduce_ex__ = None

        def __reduce__(self):
            return make_list, (3,)

    return equal(deepcopy(Old()), [3])


@cases("__reduce_ex__ of the instance rather than of the class")
def reduce_ex_of_instance(deepcopy):
    x = Plain()
    x.__reduce_ex__ = lambda protocol: (make_list, (protocol,))
    return equal(deepcopy(x), [4])


@cases("copy.Error where there is no way to reduce an object")
def reduce_none_at_all(deepcopy):
    class Never:
        __reduce_ex__ = __reduce__ = None

    try:
        y = deepcopy(Never())
    except Exception as error:
        # An implementation may have an Error of its own.
        name = type(error).__name__
        return None if name == "Error" else name
    return f"no exception but {show(y)}"


class Registered:
    """Has no entry in copyreg's table but while a case runs."""

    def __init__(self, value):
        self.value = value

    def __reduce_ex__(self, protocol):
        return make_list, ("by itself",)


class RegisteredBelow(Registered):
    pass


class RegisteredCopier(Registered):
    def __deepcopy__(self, memo):
        return "by __deepcopy__"


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


def registered(cls, reductor, deepcopy, x):
    """Return a copy of an object, made while a reductor is registered."""
    copyreg.pickle(cls, reductor)
    try:
        return deepcopy(x)
    finally:
        del copyreg.dispatch_table[cls]


@cases("the function registered with copyreg.pickle rather than the method")
def registered_reduction(deepcopy):
    y = registered(Registered, lambda x: (make_list, (x.value, "by table")),
                   deepcopy, Registered([1]))
    return equal(y, [[1], "by table"])


@cases("a copy of what the registered function returns")
def registered_parts_copied(deepcopy):
    x = Registered([1])
    y = registered(Registered, lambda x: (make_list, (x.value,)), deepcopy, x)
    return new(y[0], x.value, "argument")


@cases("the state that the registered function returns")
def registered_state(deepcopy):
    x = Registered([1])
    y = registered(Registered, lambda x: (Target, (), {"a": x.value}),
                   deepcopy, x)
    return unlike(x, told(a=[1]), y)


@cases("the object itself, where the registered function returns a text")
def registered_text(deepcopy):
    x = Registered([1])
    return same(registered(Registered, lambda x: "x", deepcopy, x), x)


@cases("no function that is registered for a base class")
def registered_for_base(deepcopy):
    y = registered(Registered, lambda x: (make_list, ("by table",)),
                   deepcopy, RegisteredBelow(1))
    return equal(y, ["by itself"])


@cases("__deepcopy__ rather than the registered function")
def registered_beside_deepcopy(deepcopy):
    y = registered(RegisteredCopier, lambda x: (make_list, ("by table",)),
                   deepcopy, RegisteredCopier(1))
    return equal(y, "by __deepcopy__")


@cases("the class itself: what is registered for its metaclass is not asked")
def registered_for_metaclass(deepcopy):
    y = registered(Meta, lambda x: (make_list, ("by table",)),
                   deepcopy, WithMeta)
    return same(y, WithMeta)


@cases("a list like any other: what is registered for list is not asked")
def registered_for_list(deepcopy):
    y = registered(list, lambda x: (make_list, ("by table",)), deepcopy, [[1]])
    return equal(y, [[1]])


@cases("what is registered when the copy is made, neither before nor behind")
def registered_later(deepcopy):
    class Late(Registered):
        pass

    y = [deepcopy(Late(1)),
         registered(Late, lambda x: (make_list, ("by table",)), deepcopy,
                    Late(1)),
         registered(Late, lambda x: (make_list, ("again",)), deepcopy,
                    Late(1)),
         deepcopy(Late(1))]
    return equal(y, [["by itself"], ["by table"], ["again"], ["by itself"]])


@cases("the methods that a class has when the copy is made")
def methods_added_later(deepcopy):
    class Late:
        def __init__(self):
            self.a = 1

    def state(self, state):
        self.a = "by __setstate__"

    y = [deepcopy(Late()).a]
    Late.__setstate__ = state
    y.append(deepcopy(Late()).a)
    Late.__reduce_ex__ = lambda self, protocol: (make_list, ("reduced",))
    y.append(deepcopy(Late()))
    Late.__deepcopy__ = lambda self, memo: "by __deepcopy__"
    y.append(deepcopy(Late()))
    del Late.__deepcopy__, Late.__reduce_ex__, Late.__setstate__
    y.append(deepcopy(Late()).a)
    return equal(y, [1, "by __setstate__", ["reduced"], "by __deepcopy__", 1])


@cases("objects of classes that have one name, each copied as its class is")
def classes_of_one_name(deepcopy):
    def make(namespace):
        return type("Same", (), {"__module__": __name__, **namespace})

    classes = [make({}), make({"__slots__": ("a",)}), make({
        "__deepcopy__": lambda self, memo: "by __deepcopy__"})]
    x = [cls() for cls in classes]
    x[0].a, x[1].a = [1], [2]
    y = deepcopy(x)
    return (equal([type(each) for each in y], classes[:2] + [str])
            or equal([y[0].a, y[1].a], [[1], [2]])
            or new(y[0].a, x[0].a, "attribute")
            or new(y[1].a, x[1].a, "slot's list"))


@cases("the exception of the registered function")
def registered_raises(deepcopy):
    return not_raised(
        ZeroDivisionError, registered, Registered, lambda x: 1 / 0, deepcopy,
        Registered(1))
