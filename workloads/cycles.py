"""Cycles: containers and instances that reach themselves.

A ring of forty instances linked both ways; a tree of 31 whose nodes know their
parents and a list of all of them; a list, a dictionary and a tuple that each
lead back to themselves; and twenty pairs of an object and its owner.

It stresses the memo where it is needed for the copy to end at all: entries
made before what they stand for is complete, and found again from below. The
memo of the report's three workloads finds what is complete already.

No reference count frees such a copy when it is dropped: the garbage collector
must. It works when enough has been made, whichever implementation's turn it
is, so a part of its time is spread over all of them. With --gc off the copies
stay until the worker ends, some megabytes.
"""


class Link:
    """One of a ring."""

    def __init__(self, number):
        self.number = number
        self.before = self.behind = self


class Node:
    """One of a tree; it knows its parent and all others."""

    def __init__(self, parent, everyone):
        self.parent = parent
        self.everyone = everyone
        self.children = []
        everyone.append(self)


class Owner:
    """Holds what holds it."""

    def __init__(self, number):
        self.number = number
        self.owned = {"owner": self, "number": number}


def ring(count):
    """Return the first of some links, each with its neighbours."""
    first = Link(0)
    for number in range(1, count):
        link = Link(number)
        link.before, link.behind = first.before, first
        first.before.behind = first.before = link
    return first


def tree(depth, parent=None, everyone=None):
    """Return the root of a binary tree."""
    node = Node(parent, [] if everyone is None else everyone)
    if depth:
        node.children += [tree(depth - 1, node, node.everyone)
                          for _ in range(2)]
    return node


def containers():
    """Return a list, a dictionary and a tuple, each of which is in itself."""
    own_list = [1, 2]
    own_list.append(own_list)
    own_dict = {"a": 1}
    own_dict["self"] = own_dict
    way_back = []
    own_tuple = 1, way_back
    way_back.append(own_tuple)
    return [own_list, own_dict, own_tuple]


workload = [ring(40), tree(4), containers(),
            [Owner(number) for number in range(20)]]
