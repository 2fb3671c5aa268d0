"""Permanent ids: they survive everything but a true change, and what moves can be followed."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.identity import Identities, Known, RecordName, all_moves, assign, mint

A, B, C, D = (("s", "a"), ("s", "b"), ("t", "c"), ("t", "d"))
Clusters = list[list[RecordName]]
Moves = dict[str, tuple[str, dt.date]]


def night(number: int) -> dt.date:
    return dt.date(2026, 1, 1) + dt.timedelta(days=number)


class Memory:
    """Nights one after the other, as the warehouse remembers them."""

    def __init__(self) -> None:
        self.known: dict[RecordName, Known] = {}
        self.moves: Moves = {}
        self.night = 0

    def live(self, *clusters: list[RecordName]) -> list[str]:
        """Let one night pass and return the ids, in the order of `clusters`."""
        found = assign(clusters, self.known, night(self.night))
        self.moves = all_moves(self.moves, found, night(self.night))
        self.known = found.known
        self.night += 1
        return found.ids


def test_an_id_is_made_of_source_and_key() -> None:
    assert mint(A) == mint(("s", "a"))
    assert len({mint(A), mint(B), mint(("t", "a")), mint(("sa", ""))}) == 4
    assert mint(A) == "es-idbeenylbqrwb" or mint(A).startswith("es-")
    assert len(mint(A)) == 16


def test_a_new_cluster_goes_by_its_first_record() -> None:
    assert Memory().live([B, A], [C]) == [mint(A), mint(C)]


def test_a_crawl_again_keeps_ids_and_first_sight() -> None:
    memory = Memory()
    assert memory.live([A, C], [B]) == memory.live([B], [C, A])[::-1]
    assert memory.known[A] == Known(mint(A), night(0))
    assert memory.moves == {}


def test_a_newcomer_does_not_change_an_id() -> None:
    memory = Memory()
    memory.live([D])
    assert memory.live([A, D]) == [mint(D)]
    assert memory.known[A] == Known(mint(D), night(1))


def test_clusters_that_merge_keep_the_older_id() -> None:
    memory = Memory()
    memory.live([C])
    memory.live([C], [A])
    assert memory.live([A, C]) == [mint(C)]
    assert memory.moves == {mint(A): (mint(C), night(2))}


def test_the_older_id_wins_though_its_first_record_has_gone() -> None:
    memory = Memory()
    memory.live([A])
    memory.live([A], [C])
    memory.live([A, B], [C])
    assert memory.live([B, C]) == [mint(A)]
    assert memory.moves == {mint(C): (mint(A), night(3))}


def test_a_split_leaves_the_id_with_the_record_it_was_made_for() -> None:
    memory = Memory()
    memory.live([A, C])
    assert memory.live([C], [A]) == [mint(C), mint(A)]
    assert memory.moves == {}


def test_a_split_without_that_record_leaves_it_with_the_older_member() -> None:
    memory = Memory()
    memory.live([A, D])
    memory.live([A, C, D])
    assert memory.live([C], [D]) == [mint(C), mint(A)]


def test_a_source_lost_and_found_has_its_ids_again() -> None:
    memory = Memory()
    before = memory.live([A, C], [B], [D])
    assert memory.live([C], [D]) == [before[0], before[2]]
    assert memory.live([A, C], [B], [D]) == before


def test_what_was_merged_while_lost_follows() -> None:
    memory = Memory()
    memory.live([D])
    memory.live([A, C], [D])
    memory.live([C, D])
    assert memory.known[A].initiative_id == mint(D)
    assert memory.live([A, C, D]) == [mint(D)]


def test_an_id_that_was_given_up_is_never_carried_by_two() -> None:
    memory = Memory()
    memory.live([D])
    memory.live([A, C], [D])
    memory.live([A, D])  # C is away while their id moves
    ids = memory.live([A], [C], [D])
    assert len(set(ids)) == 3
    assert ids[2] == mint(D)


def test_a_split_brings_a_moved_id_back_and_its_redirect_goes() -> None:
    memory = Memory()
    memory.live([A], [C])
    memory.live([A, C])
    assert memory.moves == {mint(C): (mint(A), night(1))}
    assert memory.live([A], [C]) == [mint(A), mint(C)]
    assert memory.moves == {}


def test_moves_follow_moves() -> None:
    memory = Memory()
    memory.live([A])
    memory.live([A], [B])
    memory.live([A], [B], [C])
    memory.live([A], [B, C])
    memory.live([A, B, C])
    assert memory.moves == {mint(C): (mint(A), night(3)), mint(B): (mint(A), night(4))}


def test_moves_of_a_night_without_change_stay() -> None:
    before = {"es-old": ("es-new", night(0))}
    assert all_moves(before, Identities(["es-new"], {}, {}), night(5)) == before


# --------------------------------------------------------------------------------------------- whatever happens

RECORDS = [(source, str(key)) for source in "abc" for key in range(3)]


@st.composite
def lives(draw: st.DrawFn) -> list[Clusters]:
    """Several nights: each shows some of the records, in any grouping."""
    nights = []
    for _ in range(draw(st.integers(1, 6))):
        seen = draw(st.lists(st.sampled_from(RECORDS), unique=True, min_size=1))
        homes = draw(st.lists(st.integers(0, 4), min_size=len(seen), max_size=len(seen)))
        groups = [[record for record, home in zip(seen, homes, strict=True) if home == each] for each in range(5)]
        nights.append([group for group in groups if group])
    return nights


@given(lives())
@settings(max_examples=200, deadline=None)
def test_ids_are_never_shared_and_moves_always_lead_somewhere(nights: list[Clusters]) -> None:
    memory = Memory()
    given_out: set[str] = set()
    for clusters in nights:
        ids = memory.live(*clusters)
        given_out |= set(ids)
        assert len(set(ids)) == len(ids)
        for id, cluster in zip(ids, clusters, strict=True):
            assert all(memory.known[record].initiative_id == id for record in cluster)
        assert not memory.moves.keys() & set(ids)
        assert not memory.moves.keys() & {new for new, _ in memory.moves.values()}
        assert {new for new, _ in memory.moves.values()} <= {known.initiative_id for known in memory.known.values()}
        gone = given_out - set(ids) - memory.moves.keys()
        held = {record for cluster in clusters for record in cluster}
        for id in gone:  # an id without a redirect is one whose records are away, or were taken over in a split
            assert not any(known.initiative_id == id for record, known in memory.known.items() if record in held)


@given(lives(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_ids_do_not_depend_on_order(nights: list[Clusters], chance: random.Random) -> None:
    one, other = Memory(), Memory()
    for clusters in nights:
        shuffled = [list(cluster) for cluster in clusters]
        for cluster in shuffled:
            chance.shuffle(cluster)
        chance.shuffle(shuffled)
        first = dict(zip(map(frozenset, clusters), one.live(*clusters), strict=True))
        second = dict(zip(map(frozenset, shuffled), other.live(*shuffled), strict=True))
        assert first == second
        assert (one.known, one.moves) == (other.known, other.moves)


@given(lives())
@settings(deadline=None)
def test_the_same_night_again_changes_nothing(nights: list[Clusters]) -> None:
    memory = Memory()
    for clusters in nights:
        ids = memory.live(*clusters)
    known, moves = memory.known, memory.moves
    assert memory.live(*nights[-1]) == ids
    assert (memory.known, memory.moves) == (known, moves)


@given(lives())
@settings(deadline=None)
def test_first_sight_never_changes(nights: list[Clusters]) -> None:
    memory, seen = Memory(), {}
    for number, clusters in enumerate(nights):
        memory.live(*clusters)
        for cluster in clusters:
            for record in cluster:
                seen.setdefault(record, night(number))
    assert {record: known.first_seen for record, known in memory.known.items()} == seen


@pytest.mark.parametrize("clusters", [[], [[A]]])
def test_the_first_night(clusters: Clusters) -> None:
    found = assign(clusters, {}, night(0))
    assert found.moved == {}
    assert found.ids == [mint(cluster[0]) for cluster in clusters]
