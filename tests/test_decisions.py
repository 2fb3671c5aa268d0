"""The decisions of people are read exactly, or refused with the file, the line and the remedy."""

from pathlib import Path

import pytest

from transforms.link import Judgement
from warehouse.decisions import (
    JUDGEMENTS,
    WITHDRAWALS,
    DecisionError,
    folder,
    read_judgements,
    read_kept,
    read_withdrawals,
)

HEAD = ",".join(JUDGEMENTS) + "\n"
LINE = "a,1,b,2,same,camille,2026-11-22,vu sur place\n"


@pytest.fixture
def judgements(tmp_path: Path) -> Path:
    return tmp_path / "judgements.csv"


def test_the_files_that_come_with_essaim_are_sound() -> None:
    assert isinstance(read_judgements(folder() / "judgements.csv"), list)
    assert isinstance(read_withdrawals(folder() / "withdrawals.csv"), set)


def test_judgements_know_their_lines(judgements: Path) -> None:
    quoted = 'a,"1, bis",b," 2 ", unsure ,camille,2026-11-22,"deux\nlignes"\n'
    judgements.write_text(f"\ufeff{HEAD}{LINE}\n{quoted}", encoding="utf-8")
    assert read_judgements(judgements) == [
        Judgement(("a", "1"), ("b", "2"), "same", "camille", 2),
        Judgement(("a", "1, bis"), ("b", " 2 "), "unsure", "camille", 5),
    ]


def test_no_file_is_no_decision(tmp_path: Path) -> None:
    assert read_judgements(tmp_path / "none.csv") == []
    assert read_withdrawals(tmp_path / "none.csv") == set()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "its first line must be left_source_id,left_record_key"),
        ("a;b;c\n", "its first line must be"),
        (HEAD.replace("who", "whom") + LINE, "its first line must be"),
        (HEAD + LINE.replace("same", "maybe"), 'line 2: judgement is "maybe"; write one of same, different, unsure'),
        (HEAD + LINE.replace("same", "Same"), "line 2: judgement is"),
        (HEAD + LINE + "a,1,b\n", "line 3: 8 cells expected"),
        (HEAD + LINE.strip() + ",de trop\n", "line 2: 8 cells expected"),
        (HEAD + LINE.replace("b,2", "a,1"), "line 2: both records are the same one"),
        (HEAD + LINE + LINE.replace("a,1,b,2,same", "b,2,a,1,different"), "line 3: this pair is judged in line 2"),
        (HEAD + LINE.replace("camille", " "), "line 2: who must be filled"),
        (HEAD + LINE.replace("a,1", ",1"), "line 2: left_source_id must be filled"),
        (HEAD + LINE.replace("a,1", "a,"), "line 2: left_record_key must be filled"),
        (HEAD + LINE.replace("2026-11-22", "hier"), 'line 2: decided_on is "hier"; write it as YYYY-MM-DD'),
        (HEAD + 'a,"1"x,b,2,same,camille,2026-11-22,\n', "is not a CSV file in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_refused(judgements: Path, text: str, told: str) -> None:
    judgements.write_text(text, encoding="utf-8")
    with pytest.raises(DecisionError) as caught:
        read_judgements(judgements)
    assert str(caught.value).startswith("judgements.csv")
    assert told in str(caught.value)


def test_another_encoding_is_told(judgements: Path) -> None:
    judgements.write_bytes((HEAD + LINE.replace("camille", "Zoé")).encode("latin-1"))
    with pytest.raises(DecisionError, match="not a CSV file in UTF-8"):
        read_judgements(judgements)


def test_records_that_are_kept_whatever_the_rules_say(tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    head = "source_id,record_key,who,decided_on,why"
    path.write_text(f"{head}\na,1,us,2026-11-22,it is one\nb,,us,2026-11-22,\n", encoding="utf-8")
    assert read_kept(path) == {("a", "1"), ("b", "")}
    assert read_kept(tmp_path / "none.csv") == set()
    assert read_kept(folder() / "kept.csv") == set()


def test_withdrawals_of_a_record_and_of_a_source(tmp_path: Path) -> None:
    path = tmp_path / "withdrawals.csv"
    lines = ["a,1,camille,2026-11-22,à sa demande", "b,  ,camille,2026-11-22,", 'c," k",camille,2026-11-22,']
    path.write_text("\n".join([",".join(WITHDRAWALS), *lines]), encoding="utf-8")
    assert read_withdrawals(path) == {("a", "1"), ("b", ""), ("c", " k")}


def test_a_withdrawal_of_no_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "withdrawals.csv"
    path.write_text(",".join(WITHDRAWALS) + "\n,,camille,2026-11-22,\n", encoding="utf-8")
    with pytest.raises(DecisionError, match=r"withdrawals\.csv, line 2: source_id must be filled"):
        read_withdrawals(path)
