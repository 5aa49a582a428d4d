"""Numbers: Decimal, Fraction, dates, times, and ints of many digits.

Forty rows of a Decimal, a Fraction and a complex number; forty of a date, a
time, a datetime with a time zone and a timedelta; and a list of ints that do
not fit a machine word.

It stresses values that cannot change but that, complex and int aside, no table
knows: Decimal and Fraction have a `__deepcopy__` that returns them as they
are, those of datetime are taken apart and made anew by the reduce protocol,
with arguments. In the report's three workloads all numbers are small ints.
"""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

zones = [timezone(timedelta(hours=hours)) for hours in (-5, 0, 2)]

workload = [
    [[Decimal(number) / 8, Fraction(number, 7), complex(number, -1)]
     for number in range(40)],
    [{"day": date(2024, 1 + number % 12, 1 + number % 28),
      "time": time(number % 24, number),
      "at": datetime(2024, 2, 1 + number % 28, 12, number, 0, 250,
                     zones[number % 3]),
      "took": timedelta(minutes=number, microseconds=number)}
     for number in range(40)],
    [3 ** (50 + number) for number in range(40)]]
