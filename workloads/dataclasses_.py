"""Dataclasses: orders that hold other dataclasses, some of them frozen.

Twelve orders in a list. Each has a frozen address, a list of four lines, a
dictionary of notes, and a customer that three orders share; a line holds a
frozen price. One class inherits fields from another.

It stresses the reduce protocol as classes have it without a word of their own:
`object.__reduce_ex__`, copyreg.__newobj__ and a dictionary as the state, with
instances in instances. In `general` they stand alone and hold one list each,
and the one instance of `reduce` has a `__reduce__` of its own.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Address:
    """A frozen one, of atomic fields."""

    street: str
    number: int
    town: str


@dataclass(frozen=True)
class Price:
    """A frozen one of two fields, many times over."""

    cents: int
    currency: str = "EUR"


@dataclass
class Party:
    """What a customer is besides."""

    name: str
    address: Address


@dataclass
class Customer(Party):
    """Fields of its own behind those that it inherits."""

    number: int
    groups: list = field(default_factory=list)


@dataclass
class Line:
    """One line of an order."""

    article: str
    count: int
    price: Price


@dataclass
class Order:
    """What holds all the others."""

    number: int
    customer: Customer
    lines: list
    deliver_to: Address
    notes: dict = field(default_factory=dict)
    paid: bool = False


customers = [Customer(f"customer {number}",
                      Address("Long Street", number, f"Town {number % 2}"),
                      number, ["retail", f"region {number}"])
             for number in range(4)]

workload = [[
    Order(number, customers[number // 3],
          [Line(f"article {number}-{line}", line + 1, Price(199 * line + 50))
           for line in range(4)],
          Address("Short Lane", number, "Harbour"), {"gift": number % 2 == 0})
    for number in range(12)]]
