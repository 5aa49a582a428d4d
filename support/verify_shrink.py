"""A small graph on which a deepcopy is wrong, out of a large one.

Greedy: whatever makes the graph smaller and leaves it wrong in the same way is
kept, until nothing does, or the trials or the time are used up. What is found
is written as an expression; that is evaluated and asked again before anybody
gets to read it.
"""

from time import monotonic

import verify_zoo as zoo
from verify_graphs import Question, ask, evaluated

_TRIALS = 2000
_LONGEST = 2000     # an expression that nobody would read


def shrink(question, difference, deepcopy, seconds):
    """Return the finding for a question with a known difference."""
    if _sort(question, deepcopy) != difference.sort:
        return difference.finding(note=(
            " (not again when asked again: it hangs on what came before)"))
    search = _Search(question, difference.sort, deepcopy,
                     monotonic() + seconds)
    search.run()
    return _told(search.best, difference, deepcopy)


def _told(question, first, deepcopy):
    """Return the finding, with an expression that has been tried."""
    difference = _try(question, deepcopy)
    if difference is None or difference.sort != first.sort:
        return first.finding(note=" (not each time)")
    expression = question.expression()
    if len(expression) > _LONGEST:
        return difference.finding(note=(
            f" (in an expression of {len(expression)} characters)"))
    try:
        again = ask(question.way, evaluated(question.way, expression),
                    deepcopy)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return difference.finding(note=(
            f" (no expression: {type(error).__name__} in building it)"))
    if again is None or again.sort != first.sort:
        return difference.finding(note=" (no expression makes it come again)")
    return again.finding(expression)


def _try(question, deepcopy):
    try:
        return question.ask(deepcopy)
    except KeyboardInterrupt:
        raise
    except BaseException:       # there is no such graph
        return None


def _sort(question, deepcopy):
    difference = _try(question, deepcopy)
    return difference and difference.sort


def cost(question):
    """Return what a reader has to think of a question."""
    total = 0 if question.way == "plain" else 5
    seen = set()
    for node in zoo.nodes_of(question.roots):
        total += node.kind.cost
        for child in node.children():
            if child is zoo.ZERO:
                total += 0.3
            elif child.kind is zoo.ATOM:
                total += 0.5 + 0.01 * len(child.text)
            elif id(child) in seen or child is question.roots[0]:
                total += 2.1        # it needs a name
            else:
                seen.add(id(child))
                total += 0.6
    return total


class _Search:
    def __init__(self, question, sort, deepcopy, until):
        self.best = question
        self.cost = cost(question)
        self.sort = sort
        self.deepcopy = deepcopy
        self.trials = _TRIALS
        self.until = until

    def run(self):
        """Try one simplification after another until none helps."""
        better = True
        while better:
            better = False
            for propose in (_other_ways, _other_roots, _fewer_children,
                            _lifted, _simpler_children, _simpler_kinds):
                while self.improve(propose):
                    better = True
                    if self.trials <= 0 or monotonic() > self.until:
                        return
                if self.trials <= 0 or monotonic() > self.until:
                    return

    def improve(self, propose):
        """Take the first that is better of what is proposed."""
        for question in propose(self.best):
            found = cost(question)
            if found >= self.cost:
                continue
            if self.trials <= 0 or monotonic() > self.until:
                return False
            self.trials -= 1
            if _sort(question, self.deepcopy) == self.sort:
                self.best, self.cost = question, found
                return True
        return False


# What is tried ---------------------------------------------------------------
#
# Each yields questions that may be smaller; some cannot even be built.

def _other_ways(question):
    if question.way != "plain":
        yield Question("plain", question.roots[:1])


def _other_roots(question):
    for node in reversed(zoo.nodes_of(question.roots[:1])[1:]):
        yield Question(question.way, [node] + question.roots[1:])
    if len(question.roots) > 1:
        for node in zoo.nodes_of(question.roots[:1]):
            yield Question(question.way, [question.roots[0], node])


def _edits(question, edits_of):
    """Yield a question for each edit of each node.

    An edit is a sort of children and what is to be there; or a node that is
    to stand in the node's place.
    """
    for at, node in enumerate(zoo.nodes_of(question.roots)):
        for edit in edits_of(node):
            roots = zoo.cloned(question.roots)
            twin = zoo.nodes_of(roots)[at]
            sort, children = edit(twin)
            setattr(twin, sort, children)
            yield Question(question.way, roots)


def _fewer_children(question):
    def edits(node):
        for sort in "items", "hard", "attrs":
            count = len(getattr(node, sort))
            step = 2 if sort == "items" and node.kind.keyed == 2 else 1
            size = count
            while size >= step:
                for at in range(0, count, size):
                    yield _without(sort, at, size)
                size = size // 2 // step * step
    return _edits(question, edits)


def _without(sort, at, size):
    def edit(node):
        children = getattr(node, sort)
        return sort, children[:at] + children[at + size:]
    return edit


def _each_child(question, instead):
    """Propose others in a child's place: instead(child) yields them."""
    def edits(node):
        for sort in "hard", "items", "attrs":
            for at, child in enumerate(getattr(node, sort)):
                for which, _ in enumerate(instead(child)):
                    yield _replaced(sort, at, which, instead)
    return _edits(question, edits)


def _replaced(sort, at, which, instead):
    def edit(node):
        children = getattr(node, sort)[:]
        children[at] = [*instead(children[at])][which]
        return sort, children
    return edit


def _lifted(question):
    """What a child holds, in its place."""
    return _each_child(question, lambda child: child.children())


def _simpler_children(question):
    def instead(child):
        if child is not zoo.ZERO:
            yield zoo.ZERO
        if child.kind is not zoo.ATOM:
            yield zoo.Node(zoo.LIST)
            yield zoo.Node(zoo.PLAIN)
    return _each_child(question, instead)


_SIMPLE = (zoo.LIST, zoo.TUPLE, zoo.DICT, zoo.SET, zoo.PLAIN)


def _simpler_kinds(question):
    for at, node in enumerate(zoo.nodes_of(question.roots)):
        for kind in _SIMPLE:
            if kind.cost >= node.kind.cost:
                continue
            roots = zoo.cloned(question.roots)
            _change_kind(zoo.nodes_of(roots)[at], kind)
            yield Question(question.way, roots)


def _change_kind(node, kind):
    children = node.children()
    if node.kind.keyed == 2 and kind is not zoo.DICT:
        children = node.hard + node.items[1::2] + node.attrs
    node.hard, node.items, node.attrs = [], [], []
    node.kind = kind
    if kind is zoo.TUPLE:
        node.hard = children
    elif kind is zoo.PLAIN:
        node.attrs = children[:3]
    elif kind is zoo.DICT:
        node.items = [x for i, child in enumerate(children)
                      for x in (zoo.ATOMS[i % len(zoo.ATOMS)], child)]
    else:
        node.items = children
