"""More than ten thousand wild inputs on every change, the same ones each time; a run of the tests says how many."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import TARGETS

# How often each target is run: those that take a batch at once less often.
TIMES = {"definition": 600, "description": 600, "normaliser": 1500, "places": 10, "coordinates": 20, "release": 1}
TIMES |= {"street-answers": 600}
OF_A_READER = 400


@pytest.mark.parametrize("name", TARGETS)
def test_wild_inputs(name: str, record_property: Callable[[str, object], None]) -> None:
    taken = 0
    for number in range(TIMES.get(name, OF_A_READER)):
        try:
            taken += TARGETS[name](random.Random(f"{name} {number}"))
        except Exception as fault:
            fault.add_note(f"see it again: python -m tests.fuzz {name} --seed {number}")
            raise
    record_property("inputs", taken)
    assert taken >= TIMES.get(name, OF_A_READER)


def test_enough_is_tried() -> None:
    batches = {"places": 50, "coordinates": 50, "release": 200, "street-answers": 2}
    assert sum(TIMES.get(name, OF_A_READER) * batches.get(name, 1) for name in TARGETS) >= 10_000


QUICK = [name for name in TARGETS if name not in {"release", "places", "coordinates"}]


@given(st.sampled_from(QUICK), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_what_hypothesis_looks_for(name: str, chance: random.Random) -> None:
    """The same, where hypothesis chooses each step, and shortens what it finds."""
    assert TARGETS[name](chance) >= 1
