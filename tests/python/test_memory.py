"""Which parts of a copy are found: support/memory.py."""

import copy
import sys
from datetime import datetime, time, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "support"))

import memory  # noqa: E402


def types(objects):
    return sorted(type(x).__name__ for x in objects)


def test_what_is_shared_is_left_out():
    original = [[], {}, (1, []), "text", len]
    assert types(memory.not_shared(original, copy.deepcopy(original))) == [
        "dict", "list", "list", "list", "tuple"]


def test_no_object_is_asked_for_its_class():
    class Odd(list):
        @property
        def __class__(self):
            raise RuntimeError

        __dict__ = __class__

    original = [Odd(), Odd()]
    assert types(memory.reachable_from(original).values()) == ["Odd", "Odd"]


def test_the_collector_is_not_told_of_time_zones():
    zone = timezone(timedelta(hours=2), "name")
    original = [datetime(2024, 1, 1, tzinfo=zone), time(1, tzinfo=zone), time(1)]
    found = memory.not_shared(original, copy.deepcopy(original))
    assert {"datetime", "time", "timedelta", "timezone"} <= set(types(found))
    assert types(found).count("timezone") == 1
    assert types(memory.reachable_from(original).values()).count("timedelta") == 1
