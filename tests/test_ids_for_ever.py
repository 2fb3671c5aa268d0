"""Ids for ever: whatever happens to records in many nights, an id stays with its initiative or leads to it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.identity import Known, RecordName, all_moves, assign, mint

START = dt.date(2026, 1, 1)
SOURCES = "abcd"
Night = tuple[dt.date, list[list[RecordName]], dict[RecordName, RecordName]]


@dataclass
class Memory:
    """What the warehouse remembers between nights."""

    known: dict[RecordName, Known] = field(default_factory=dict)
    moves: dict[str, tuple[str, dt.date]] = field(default_factory=dict)

    def live(self, night: Night) -> list[str]:
        on, clusters, keys = night
        found = assign(clusters, self.known, on, keys)
        self.moves = all_moves(self.moves, found, on)
        self.known = found.known
        return found.ids


class World:
    """Initiatives, each with records at some sources, to which something happens every night.

    `clusters` holds what is truly one initiative; a source that is lost shows none of its records for a while.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.memory, self.on, self.serial = Memory(), START, 0
        self.clusters: list[list[RecordName]] = []
        self.keys: dict[RecordName, RecordName] = {}
        self.lost: set[str] = set()
        self.log: list[Night] = []
        self.ids: dict[RecordName, str] = {}
        for _ in range(8):
            self.appear()

    def record(self, source: str | None = None) -> RecordName:
        self.serial += 1
        return (source or self.chance.choice(SOURCES), str(self.serial * 7919 % 1000))

    def present(self) -> list[list[RecordName]]:
        seen = [[record for record in cluster if record[0] not in self.lost] for cluster in self.clusters]
        return [cluster for cluster in seen if cluster]

    def pass_night(self) -> None:
        """Show what is there, in any order, and check what holds on every night."""
        clusters = self.present()
        for cluster in clusters:
            self.chance.shuffle(cluster)
        self.chance.shuffle(clusters)
        night = (self.on, clusters, dict(self.keys))
        ids = self.memory.live(night)
        self.log.append(night)
        self.on += dt.timedelta(1)
        assert len(set(ids)) == len(ids), "one id for two initiatives"
        moves = {old: new for old, (new, _) in self.memory.moves.items()}
        assert not moves.keys() & set(ids), "an id in use has a redirect"
        assert not moves.keys() & set(moves.values()), "a redirect leads to a redirect"
        now = {record: id for id, cluster in zip(ids, clusters, strict=True) for record in cluster}
        for record in now.keys() & self.ids.keys():
            gone = self.ids[record]
            assert gone in ids or gone in moves, f"{gone} of {record} leads nowhere"
        self.ids |= now

    def whole(self) -> list[list[RecordName]]:
        return [cluster for cluster in self.clusters if all(record[0] not in self.lost for record in cluster)]

    def id_of(self, cluster: list[RecordName]) -> str:
        [id] = {self.ids[record] for record in cluster}
        return id

    # What may happen, each with what must hold the night after.

    def appear(self) -> None:
        self.clusters.append([self.record()])
        self.pass_night()

    def known_elsewhere(self) -> None:
        cluster = self.chance.choice(self.whole() or [[]])
        before = self.id_of(cluster) if cluster else ""
        free = [source for source in SOURCES if source not in {*self.lost, *(each[0] for each in cluster)}]
        if cluster and free:
            cluster.append(self.record(self.chance.choice(free)))
            self.pass_night()
            assert self.id_of(cluster) == before, "a newcomer changed an id"

    def nothing(self) -> None:
        before = dict(self.ids)
        self.pass_night()
        assert self.ids == before, "another order changed an id"

    def merge(self) -> None:
        if len(self.whole()) > 1:
            one, other = self.chance.sample(self.whole(), 2)
            ids = {self.id_of(one), self.id_of(other)}
            self.clusters.remove(other)
            one += other
            self.pass_night()
            [given_up] = ids - {self.id_of(one)}
            assert self.memory.moves[given_up][0] == self.id_of(one), "a merge left no redirect"

    def split(self) -> None:
        wide = [cluster for cluster in self.whole() if len(cluster) > 1]
        if wide:
            cluster = self.chance.choice(wide)
            before = self.id_of(cluster)
            others = {self.ids.get(each) for group in self.clusters if group is not cluster for each in group}
            half = self.chance.sample(cluster, self.chance.randint(1, len(cluster) - 1))
            cluster[:] = [record for record in cluster if record not in half]
            self.clusters.append(half)
            self.pass_night()
            assert [self.id_of(cluster), self.id_of(half)].count(before) == 1, "a split did not keep the id once"
            [fresh] = {self.id_of(cluster), self.id_of(half)} - {before}
            assert fresh not in others, "a split took the id of another initiative"

    def lose_a_source(self) -> None:
        self.lost = {self.chance.choice(SOURCES)}
        self.pass_night()

    def find_it_again(self) -> None:
        before, lost = dict(self.ids), self.lost
        self.lost = set()
        self.pass_night()
        for cluster in self.clusters:
            if {record[0] for record in cluster} <= lost and cluster[0] in before:
                assert self.id_of(cluster) == before[cluster[0]], "found again under another id"

    def rekeyed(self) -> tuple[list[RecordName], RecordName, RecordName] | None:
        if not self.whole():
            return None
        cluster = self.chance.choice(self.whole())
        old = self.chance.choice(cluster)
        new = self.record(old[0])
        cluster[cluster.index(old)] = new
        return cluster, old, new

    def key_changes(self) -> None:
        change = self.rekeyed()
        if change:
            cluster, old, new = change
            before, first_seen = self.ids[old], self.memory.known[old].first_seen
            self.keys[old] = new
            self.pass_night()
            assert self.id_of(cluster) == before, "a recorded move of a key changed an id"
            assert self.memory.known[new].first_seen == first_seen

    def key_changes_and_is_recorded_late(self) -> None:
        change = self.rekeyed()
        if change:
            cluster, old, new = change
            before = self.ids[old]
            self.pass_night()
            between = self.id_of(cluster)
            self.keys[old] = new
            self.pass_night()
            assert self.id_of(cluster) == before, "a move recorded late did not bring the id back"
            assert between == before or self.memory.moves[between][0] == before, "the id in between leads nowhere"


HAPPENINGS = [
    World.nothing, World.appear, World.known_elsewhere, World.known_elsewhere, World.merge, World.split,
    World.lose_a_source, World.find_it_again, World.key_changes, World.key_changes_and_is_recorded_late,
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(HAPPENINGS), max_size=40))
def test_ids_hold_through_whatever_happens(chance: random.Random, happenings: list[Callable[[World], None]]) -> None:
    world = World(chance)
    for happens in happenings:
        happens(world)
    world.find_it_again()
    rebuilt = Memory()
    for on, clusters, keys in world.log:
        rebuilt.live((on, [sorted(cluster) for cluster in sorted(clusters)], keys))
    assert (rebuilt.known, rebuilt.moves) == (world.memory.known, world.memory.moves)


def test_a_recorded_move_gives_the_old_id_even_without_any_memory() -> None:
    old, new = ("s", "zz"), ("s", "aa")
    assert Memory().live((START, [[new, ("s", "mm")]], {old: new})) == [mint(old)]


def test_a_key_that_goes_to_and_fro_keeps_its_id() -> None:
    one, other = ("s", "1"), ("s", "lieu-1")
    memory, keys = Memory(), {one: other}
    ids = memory.live((START, [[one]], {}))
    assert memory.live((START + dt.timedelta(1), [[other]], keys)) == ids
    assert memory.live((START + dt.timedelta(2), [[one]], keys | {other: one})) == ids
    assert memory.live((START + dt.timedelta(3), [[other]], keys | {other: one})) == ids
    assert memory.moves == {}


def test_two_records_that_become_one_leave_a_redirect() -> None:
    memory = Memory()
    ids = memory.live((START, [[("s", "1")], [("s", "2")]], {}))
    both = {("s", "1"): ("s", "12"), ("s", "2"): ("s", "12")}
    assert memory.live((START + dt.timedelta(1), [[("s", "12")]], both)) == [ids[0]]
    assert memory.moves[ids[1]][0] == ids[0]


def test_a_source_that_still_stands_on_its_old_rows_has_not_moved() -> None:
    memory = Memory()
    ids = memory.live((START, [[("s", "1")]], {}))
    keys = {("s", "1"): ("s", "lieu-1")}
    assert memory.live((START + dt.timedelta(1), [[("s", "1")]], keys)) == ids
    assert memory.known == {("s", "1"): Known(ids[0], START)}
