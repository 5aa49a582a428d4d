"""Nested: trees of dictionaries and lists, as JSON parses to.

One tree of 91 nodes, 13 deep. A node is a dictionary of two ints, a string, a
float, None, a bool, a list of two strings and a list of the nodes below it, so
that the innermost containers lie under 25 others.

It stresses the recursion through dictionaries and lists: what each level costs
on the way down, with strings as keys, and the interpreter's stack while many
calls are open. In the report's three workloads no container lies under more
than two others.
"""


def node(depth, number):
    """Return a node with all that is below it: two nodes, or one, or none."""
    below = 0 if depth == 12 else 2 if depth % 3 == 0 else 1
    return {"id": number, "depth": depth, "name": f"node {number}",
            "weight": number / 8, "parent": None, "open": depth < 6,
            "tags": [f"level-{depth}", f"branch-{number % 7}"],
            "children": [node(depth + 1, 2 * number + i)
                         for i in range(below)]}


workload = [node(0, 1)]
