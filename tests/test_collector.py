"""The garbage collector is off for a while, and as it was afterwards."""

import gc

import pytest

from transforms.collector import collector_paused


def test_the_collector_runs_again_whatever_happens() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="in the middle"), collector_paused():
        assert not gc.isenabled()
        raise ValueError("in the middle")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
