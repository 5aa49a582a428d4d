"""Methods, and what else belongs to an object, in its copy."""

from verify_cases_tools import (
    Cases, Plain, equal, new, plain, same, show, unlike)

cases = Cases()


class Bound:
    def method(self):
        return self


def a_function(a):
    return a


@cases("methods bound to a copy of the object")
def method_bound(deepcopy):
    x = Bound()
    y = deepcopy(x.method)
    if type(y) is not type(x.method):
        return show(y)
    return (new(y.__self__, x, "__self__")
            or same(y.__func__, Bound.method) or same(y(), y.__self__))


@cases("a method bound to the copy of the object beside it")
def method_bound_beside(deepcopy):
    x = Bound()
    y = deepcopy([x, x.method, {"m": x.method}])
    return (new(y[0], x) or same(y[1].__self__, y[0])
            or same(y[2]["m"].__self__, y[0]))


@cases("a method in its object's dictionary bound to the copy")
def method_in_instance(deepcopy):
    x = Bound()
    x.callback = x.method
    y = deepcopy(x)
    return new(y, x) or same(y.callback.__self__, y)


@cases("a method bound to a class shared with that class")
def method_of_class(deepcopy):
    class HasMethod:
        @classmethod
        def method(cls):
            return cls

    return same(deepcopy(HasMethod.method)(), HasMethod)


@cases("a method bound to a copy of the list to which it belongs, by value")
def method_of_value(deepcopy):
    x = [plain(a=[1])]
    method = type(x[0].__init__)(a_function, x)
    y = deepcopy(method)
    return unlike(method, type(method)(a_function, [plain(a=[1])]), y)


@cases("a built-in method shared, with the object that it is bound to")
def method_builtin(deepcopy):
    x = [1]
    method = x.append
    y = deepcopy([x, method])
    return same(y[1], method) or same(y[1].__self__, x) or new(y[0], x)


@cases("a dictionary of the instance copied beside the instance")
def instance_beside_its_dict(deepcopy):
    x = Plain(a=[1])
    y = deepcopy([x, vars(x)])
    return (new(y[0], x) or new(y[1], vars(x), "dictionary")
            or equal(y[1], {"a": [1]}) or same(y[0].a, y[1]["a"]))


@cases("a dictionary of the instance copied before the instance")
def instance_behind_its_dict(deepcopy):
    x = Plain(a=[1])
    y = deepcopy([vars(x), x])
    return (new(y[1], x) or new(y[0], vars(x), "dictionary")
            or equal(y[0], {"a": [1]}) or same(y[1].a, y[0]["a"]))
