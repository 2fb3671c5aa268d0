"""The search for what is alike beside a plain one, in loops over dictionaries; and the arrays that it works with."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.database import connect
from transforms.similar import IDEA, champions, nearest, run
from transforms.similar.arrays import Matrix, Packing, ordinals, ranges, stacked, starts
from transforms.similar.places import NEARBY_KM
from transforms.similar.reading import Recipe, Text, marks, read, repeated
from transforms.similar.terms import concepts, own_name, pairs_of_stems, sentences, tells, told_words, without
from transforms.similar.weighing import CONCEPT, THEME, WORD, Weighed, weigh

KINDS = {WORD: ("words", 4), CONCEPT: ("ideas", 3), THEME: ("themes", 3)}
TOWNS = [("Rennes", 48.11, -1.68, "35"), ("Bruz", 48.02, -1.75, "35"), ("Fougères", 48.35, -1.2, "35"),
         ("Laval", 48.07, -0.77, "53"), ("Suva", -18.1, 178.4, None), ("", None, None, None)]  # fmt: skip
WORDS = ["vélo", "réparer", "bricoler", "jardin", "compost", "légumes", "chorale", "chanter", "couture", "tissu",
         "lecture", "conte", "ludothèque"]  # fmt: skip
NAMES = ["Zibou", "Bus Zibou", "Grand Bus Zibou", "Parcelle", "Rada Rada", "Rada", ""]
SLOGAN = "Ensemble, osons demain !"


def made(seed: int, count: int) -> list[dict[str, Any]]:
    """Rows of `idea` of which many meet: few words, towns, bearers, sites and names."""
    chance = random.Random(seed)

    def one(id: int) -> dict[str, Any]:
        town, latitude, longitude, departement = chance.choice(TOWNS)
        own = [f"mot{'abcdefghijkl'[chance.randrange(12)]}" for _ in range(chance.randrange(4))]
        text = " ".join(own + chance.choices(WORDS, k=chance.randrange(9))) + chance.choice([".", f". {SLOGAN}"])
        return {
            "id": id, "initiative_id": f"es-{id:04}", "name": f"{chance.choice(NAMES)} {town}".strip(), "summary": text,
            "places": [town] if town else [], "codes": chance.sample(["culture", "health"], chance.randrange(3)),
            "guessed": chance.sample(["culture", "environment"], chance.randrange(2)),
            "bearer": chance.choice([None, None, f"b{chance.randrange(40)}"]),
            "site": chance.choice([None, None, f"s{chance.randrange(40)}"]),
            "latitude": latitude, "longitude": longitude, "departement_code": departement, "country": "FR",
        }  # fmt: skip

    return [one(id) for id in range(count)]


def searched(rows: list[dict[str, Any]], apart: set[tuple[int, int]], folder: Path) -> list[tuple[Any, ...]]:
    """What `nearest` finds."""
    types = {"id": "INTEGER", "latitude": "DOUBLE", "longitude": "DOUBLE"}
    types |= dict.fromkeys(("places", "codes", "guessed"), "VARCHAR[]")
    with connect() as connection:
        columns = ", ".join(f"{name} {types.get(name, 'VARCHAR')}" for name in IDEA)
        connection.execute(
            f"CREATE TEMP TABLE idea ({columns}); CREATE TEMP TABLE apart (left_id INTEGER, right_id INTEGER)"
        )
        connection.executemany(
            f"INSERT INTO idea VALUES ({', '.join('?' * len(IDEA))})", [[*row.values()] for row in rows]
        )
        connection.executemany("INSERT INTO apart VALUES (?, ?)", sorted(apart))
        heard: list[int] = []
        nearest(connection, folder, threads=2, heard=heard.append)
        assert sum(heard) == len(rows)
        return connection.execute("FROM nearest ORDER BY initiative_id, scope, rank").fetchall()


class Plain:
    """The search as `champions` and `comparing` tell it, one pair at a time."""

    def __init__(self, rows: list[dict[str, Any]], weighed: Weighed, apart: set[tuple[int, int]]) -> None:
        self.rows, self.weighed, self.apart = rows, weighed, apart
        matrix = weighed.weights
        self.weights: list[dict[int, int]] = [{} for _ in rows]
        self.forms: list[dict[int, str]] = [{} for _ in rows]
        cells = zip(matrix.row_of_cells(), matrix.columns, matrix.values, weighed.forms, strict=True)
        for row, term, weight, form in cells:
            self.weights[row][int(term)] = int(weight)
            self.forms[row][int(term)] = weighed.spelling[form]
        having: dict[int, list[int]] = {}
        for id, weights in enumerate(self.weights):
            for term in weights:
                having.setdefault(term, []).append(id)
        self.champions = {
            term: sorted(ids, key=lambda id: (-self.weights[id][term], id)) for term, ids in having.items()
        }

    def area(self, id: int) -> object:
        row = self.rows[id]
        return id if row["latitude"] is None else (row["country"], row["departement_code"])

    def square(self, id: int, band_of: int | None = None) -> tuple[int, int] | None:
        row, step = self.rows[id], NEARBY_KM / 111
        if row["latitude"] is None:
            return None
        band = math.floor(row["latitude"] / step) if band_of is None else band_of
        width = max(math.cos(math.radians(min((abs(band) + 1) * step, 89))), 0.02)
        return band, math.floor(row["longitude"] * width / step)

    def around(self, id: int) -> set[tuple[int, int]]:
        home = self.square(id)
        if home is None:
            return set()
        bands = [self.square(id, home[0] + up) for up in (-1, 0, 1)]
        return {(square[0], square[1] + aside) for square in bands if square for aside in (-1, 0, 1)}

    def met(self, a: int) -> set[int]:
        mine, far, near = self.weights[a], Counter[int](), Counter[int]()
        for term in sorted(mine, key=lambda term: (-mine[term], term))[: champions.ASKED]:
            for b in self.champions[term][: champions.EVERYWHERE]:
                if self.area(a) != self.area(b):
                    far[b] += mine[term] * self.weights[b][term]
            for square in self.around(a):
                for b in [id for id in self.champions[term] if self.square(id) == square][: champions.LOCAL]:
                    if a != b:
                        near[b] += mine[term] * self.weights[b][term]
        best = [
            sorted(found, key=lambda b: (-found[b], b))[:kept]
            for found, kept in ((far, champions.MET_EVERYWHERE), (near, champions.MET_NEARBY))
        ]
        return {b for some in best for b in some}

    def kilometres(self, a: int, b: int) -> float | None:
        one, other = ([self.rows[id][name] for name in ("latitude", "longitude")] for id in (a, b))
        if None in one or None in other:
            return None
        (lat1, lon1), (lat2, lon2) = ([math.radians(each) for each in place] for place in (one, other))
        half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
        return 2 * 6371.0088 * math.asin(math.sqrt(min(1, half)))

    def apart_by_name(self, a: int, b: int) -> bool:
        one, other = self.weighed.names[a], self.weighed.names[b]
        within = [x for x, y in ((one, other), (other, one)) if " " in x and f" {x} " in f" {y} "]
        return bool(within) or one == other != ""

    def scope(self, a: int, b: int) -> str | None:
        x, y, km = self.rows[a], self.rows[b], self.kilometres(a, b)
        if any(x[name] == y[name] is not None for name in ("bearer", "site")) or self.apart_by_name(a, b):
            return None
        if (a, b) in self.apart:
            return None
        if km is not None and km <= NEARBY_KM:
            return "nearby"
        return "elsewhere" if km is None or x["departement_code"] != y["departement_code"] else None

    def told(self) -> list[tuple[Any, ...]]:
        found = []
        for a in range(len(self.rows)):
            scored = []
            for b in self.met(a):
                shared = self.weights[a].keys() & self.weights[b].keys()
                score = sum(self.weights[a][term] * self.weights[b][term] for term in shared)
                kinds = Counter(int(self.weighed.kinds[term]) for term in shared)
                said = kinds[WORD] + kinds[CONCEPT]
                if 150_000 <= score < 930_000 and said >= 2 and (kinds[CONCEPT] or kinds[WORD] >= 3):
                    scored.append((self.scope(a, b), -score, b))
            for scope in ("elsewhere", "nearby"):
                found += self.ranked(a, scope, sorted(each[1:] for each in scored if each[0] == scope))
        return found

    def ranked(self, a: int, scope: str, scored: list[tuple[int, int]]) -> list[tuple[Any, ...]]:
        for whose in ("bearer", "site", "name", "score"):
            kept: dict[object, tuple[int, int]] = {}
            for score, b in scored:
                value = {**self.rows[b], "name": self.weighed.names[b] or None, "score": score}[whose]
                kept.setdefault((b,) if value is None else value, (score, b))
            scored = list(kept.values())
        ids = [row["initiative_id"] for row in self.rows]
        return [
            (ids[a], scope, rank, ids[b], (500 - score) // 1000 / 1000, self.rounded(a, b), self.reason(a, b))
            for rank, (score, b) in enumerate(scored[:5], 1)
        ]

    def rounded(self, a: int, b: int) -> float | None:
        km = self.kilometres(a, b)
        return None if km is None else round(km, 1)

    def reason(self, a: int, b: int) -> str:
        shared = self.weights[a].keys() & self.weights[b].keys()
        ordered = sorted(shared, key=lambda term: (-self.weights[a][term] * self.weights[b][term], self.forms[a][term]))
        named = []
        for kind in (CONCEPT, WORD, THEME):
            name, most = KINDS[kind]
            forms = [self.forms[a][term] for term in ordered if self.weighed.kinds[term] == kind][:most]
            named += [f"{name}: {', '.join(forms)}"] if forms else []
        return "; ".join(named)


def texts_of(rows: list[dict[str, Any]]) -> list[Text]:
    return [Text(*(row[name] for name in Text._fields)) for row in rows]


@pytest.mark.parametrize("few", [True, False])
def test_the_search_finds_what_a_plain_one_finds(few: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With few answers, so that what is bounded is bounded, and with as many as usual."""
    if few:
        limits = {
            "ASKED": 4,
            "EVERYWHERE": 12,
            "LOCAL": 4,
            "MET_EVERYWHERE": 8,
            "MET_NEARBY": 6,
            "SLICE": 50,
            "BATCH": 30,
        }
        for name, limit in limits.items():
            monkeypatch.setattr(champions, name, limit)
    monkeypatch.setattr(run, "BATCH", 64)
    monkeypatch.setattr(run, "SPAN", 50)
    rows = made(3, 160)
    chance = random.Random(4)
    apart = {(chance.randrange(160), chance.randrange(160)) for _ in range(3_000)}
    texts = texts_of(rows)
    boilerplate = repeated([marks(text.summary for text in texts)])
    assert boilerplate
    plain = Plain(rows, weigh([read(texts, boilerplate)]), apart).told()
    found = searched(rows, apart, tmp_path)
    assert len(found) > 200
    assert {scope for _, scope, *_ in found} == {"nearby", "elsewhere"}
    assert found == plain


def test_a_weight_is_what_the_formula_says() -> None:
    """Beside the formula of `weighing`, for texts that are read at once and for texts that are read in two parts."""
    texts = texts_of(made(5, 60))
    recipe = Recipe()
    counted: list[Counter[tuple[int, str]]] = []
    for text in texts:
        found = told_words(f"{text.name}. {without(text.summary or '', set())}", text.places)
        terms = Counter((WORD, recipe.stem(word)) for word in found if tells(word))
        terms += Counter((CONCEPT, name) for name in concepts(found))
        counted.append(terms + Counter((THEME, code) for code in {*text.codes, *text.guessed}))
    having = Counter(term for terms in counted for term in terms)
    for parts in ([texts], [texts[:25], texts[25:]]):
        weighed = weigh(read(part) for part in parts)
        assert list(weighed.names) == [own_name(text.name, text.places) for text in texts]
        for id, (text, terms) in enumerate(zip(texts, counted, strict=True)):
            factor = {WORD: 1.0, CONCEPT: 1.5, THEME: 0.5}
            raw = {}
            for (kind, name), count in terms.items():
                guessed = kind == THEME and name not in text.codes
                rarity = math.log(60 / having[kind, name]) if having[kind, name] > 1 else 0
                raw[kind, name] = round(1000 * (1 + math.log(count)) * (0.25 if guessed else factor[kind]) * rarity)
            length = math.sqrt(sum(part**2 for part in raw.values()) + (1200 * math.log(60)) ** 2)
            expected = sorted((kind, round(1000 * part / length)) for (kind, _), part in raw.items())
            row = weighed.weights.rows(id, id + 1)
            kinds = weighed.kinds[row.columns].tolist()
            assert sorted(zip(kinds, row.values.tolist(), strict=True)) == [each for each in expected if each[1]]


def test_terms_are_numbered_as_they_are_met() -> None:
    """Of each text its words first, then concepts of words, of pairs, themes, and those guessed: ties hang on it."""
    texts = texts_of(made(7, 80))
    met: dict[str, None] = {}
    for text in texts:
        found = told_words(f"{text.name}. {text.summary or ''}", text.places)
        met |= dict.fromkeys(f"w:{word[:6]}" for word in found if tells(word))
        met |= dict.fromkeys(f"c:{name}" for name in concepts(found))
        met |= dict.fromkeys(f"t:{code}" for code in (*text.codes, *text.guessed))
    assert list(read(texts).vocabulary) == list(met)
    assert {term[0] for term in met} == {"w", "c", "t"}


def test_pairs_of_words_tell_concepts_as_one_text_after_the_other() -> None:
    first, second = next(iter(pairs_of_stems()))
    texts = [f"{first} {second}", first, second, f"{second} {first} {second}", "", f"{first}. {second}"]
    found = read(Text("", text) for text in texts)
    bounds = np.cumsum([0, *found.sizes]).tolist()
    terms = [
        Counter({found.vocabulary[found.terms[cell]]: int(found.counts[cell]) for cell in range(*span)})
        for span in pairwise(bounds)
    ]
    for text, told in zip(texts, terms, strict=True):
        expected = Counter(f"c:{name}" for name in concepts(told_words(text)))
        assert Counter({term: count for term, count in told.items() if term.startswith("c:")}) == expected
    assert sum(any(term.startswith("c:") for term in told) for told in terms) >= 3


@given(st.text("ab.!…;?\n\r•| \u00a0é", max_size=30))
def test_sentences_are_cut_where_a_pattern_of_all_ends_cuts(text: str) -> None:
    cut = re.split(r"(?<=[.!?…;])\s+|\s*[\n\r•|]+\s*", text)
    letters = [["".join(filter(str.isalpha, part)) for part in parts] for parts in (sentences(text), cut)]
    assert [told for told in letters[0] if told] == [told for told in letters[1] if told]


def test_a_word_reads_in_a_reason_as_it_first_comes() -> None:
    chance = random.Random(6)
    spelled = [f"zi{stem}zou{end}" for stem in "bcdfghjk" for end in ("la", "lo", "li", "lu")]
    texts = [chance.choices(spelled, k=60) for _ in range(50)]
    found = read(Text("", " ".join(words)) for words in texts)
    first = [list({word[:6]: word for word in reversed(words)}.items()) for words in texts]
    told = [(found.vocabulary[term], found.spelling[form]) for term, form in zip(found.terms, found.forms, strict=True)]
    assert sorted(told) == sorted((f"w:{stem}", word) for words in first for stem, word in words)
    assert found.sizes.tolist() == [len(words) for words in first]
    assert found.counts.sum() == 50 * 60


ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1000), st.integers(0, 2**20)), max_size=40)


@given(ROWS)
def test_keys_sort_as_rows_and_give_their_columns_back(rows: list[tuple[int, int, int]]) -> None:
    packing = Packing(7, 1001, 2**20 + 1)
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    keys = packing.pack(*columns)
    assert [packing.unpack(keys, place).tolist() for place in range(3)] == columns.tolist()
    assert [rows[place] for place in np.argsort(keys, kind="stable")] == sorted(rows)
    firsts = np.sort(packing.without(keys, 2))
    assert firsts.tolist() == sorted(first for first, _, _ in rows)
    places = ordinals(firsts).tolist()
    assert places == [firsts[:place].tolist().count(first) for place, first in enumerate(firsts)]
    assert starts(firsts).tolist() == [place == 0 for place in places]


def test_what_does_not_fit_into_a_key_is_refused() -> None:
    Packing(2**31, 2**32)
    with pytest.raises(OverflowError, match="64 bits"):
        Packing(2**31, 2**33)


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=4), max_size=8), st.integers(0, 8))
def test_a_matrix_gives_its_rows(rows: list[list[tuple[int, int]]], cut: int) -> None:
    def matrix(some: list[list[tuple[int, int]]]) -> Matrix:
        cells = [cell for row in some for cell in row]
        columns, values = np.array(cells, np.int32).reshape(-1, 2).T
        return Matrix(np.cumsum([0, *map(len, some)]), columns, values)

    def cells(some: Matrix) -> list[tuple[int, int, int]]:
        columns = some.row_of_cells(), some.columns, some.values
        return list(zip(*(column.tolist() for column in columns), strict=True))

    whole = matrix(rows)
    assert cells(whole) == [(number, *cell) for number, row in enumerate(rows) for cell in row]
    assert cells(whole.rows(min(cut, len(rows)), len(rows))) == cells(matrix(rows[cut:]))
    assert cells(stacked([matrix(rows[:cut]), matrix(rows[cut:])])) == cells(whole)
    begin = np.arange(len(rows))[::-1]
    places, sizes = whole.cells(begin, begin + 1)
    assert whole.columns[places].tolist() == [column for row in rows[::-1] for column, _ in row]
    assert sizes.tolist() == [len(row) for row in rows[::-1]]
    assert ranges(begin, sizes).tolist() == [first + step for first, size in zip(begin, sizes, strict=True)
                                             for step in range(size)]  # fmt: skip
