"""Pages that are not whole, or not the ones that were asked for; texts whose encoding is not what they say."""

import io

import pytest
from source_kit import codes, column, failure_of, make_source, read_bodies

from scrapers.kinds.encodings import certain, guess, is_misread, mostly_utf8

FIELDS = {"source_key": ".@id", "name": "h2"}
DETAILS = {"name": "h1", "commune": ".where", "url": "a@href", "postcode": ".code", "summary": ".text"}
BLOCKS = "<li id=a><h2>Été</h2><a href=own>x</a></li><li id=b><h2>Garçon</h2></li>"
WHOLE = f"<!doctype html><html><body><div><ul>{BLOCKS}</ul></div></body></html>"


def html(tmp_path, **fetch):
    details = {"detail_fields": fetch.pop("details")} if "details" in fetch else {}
    return make_source(tmp_path, "html", FIELDS, fetch={"item": "li", **fetch}, **details)


@pytest.mark.parametrize("end", ["<li id=b><h2>Gar", "<li id=b><h2>Garçon</h2", "<h2>Garçon</h2>", "</ul>"])
def test_a_page_that_breaks_off_is_refused(tmp_path, end):
    cut = WHOLE[: WHOLE.index(end) + len(end)]
    assert failure_of(html(tmp_path), cut.encode()).code == "truncated"


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        WHOLE.replace("</body></html>", ""),  # nothing is open but what may stay so
        WHOLE.replace("</div>", ""),  # sloppy, but it has an end
        f"<ul>{BLOCKS}",  # a fragment, not a document
    ],
)
def test_a_page_that_is_only_sloppy_is_read(tmp_path, body):
    assert column(read_bodies(html(tmp_path), body.encode()), "name") == ["Été", "Garçon"]


@pytest.mark.parametrize("claim", ["iso-8859-1", "windows-1252", "utf-8", "nonsense"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_bytes_of_a_page_count_for_more_than_what_it_says(tmp_path, claim, encoding):
    body = WHOLE.replace("<body>", f"<head><meta charset={claim}></head><body>").encode(encoding)
    assert column(read_bodies(html(tmp_path), body), "name") == ["Été", "Garçon"]


def test_a_record_with_a_broken_character_is_told_and_never_its_key(tmp_path):
    long = "".join(f"<li id=é{number}><h2>é</h2></li>" for number in range(30)).encode()
    body = long + b"<li id=x><h2>Caf" + b"\xc3</h2></li><li id=y\xc3><h2>y</h2></li>"
    harvest = read_bodies(html(tmp_path), body)
    assert column(harvest, "name")[-1] == "Caf\ufffd"
    assert codes(harvest) == ["encoding", "no-key"]


@pytest.mark.parametrize(
    ("own", "names", "told"),
    [
        ("<h1>Service indisponible</h1>", [], ["detail-bare", "detail-missing"]),
        ("<p>Erreur</p>", ["Été"], ["bare-page", "detail-missing"]),
        ("<p class=code>Vite</p>", ["Été"], ["bare-page", "detail-missing"]),
        ("<h1>Été</h1><p class=where>Tours</p>", ["Été"], ["detail-missing"]),
    ],
)
def test_an_own_page_that_holds_next_to_nothing_is_not_believed(tmp_path, own, names, told):
    source = html(tmp_path, detail="a@href", details=DETAILS)
    harvest = read_bodies(source, {"list": WHOLE.encode(), "own": own.encode()})
    assert column(harvest, "name") == names
    assert codes(harvest) == told
    assert column(harvest, "postcode") == [None] * len(names)


def test_a_given_encoding_does_not_outlive_the_move_to_utf_8(tmp_path):
    source = make_source(tmp_path, "table", {"source_key": "id", "name": "n"}, fetch={"encoding": "cp1252"})
    for encoding in ("cp1252", "utf-8"):
        assert column(read_bodies(source, "id;n\n1;Été\n".encode(encoding)), "name") == ["Été"]


FRENCH = "Où l’été naît, le garçon goûte à Noël : forêt, cœur, façade, maïs, dès près très âgé. "


@pytest.mark.parametrize(
    ("body", "sure", "mostly", "guessed"),
    [
        (FRENCH.encode(), "utf-8", True, "utf-8"),
        (FRENCH.encode("utf-8-sig"), "utf-8-sig", True, "utf-8-sig"),
        (FRENCH.encode("cp1252"), None, False, "cp1252"),
        (FRENCH.encode() * 3 + b"caf\xe9 ", None, True, "utf-8"),
        (b"plain", None, False, "utf-8"),
    ],
)
def test_what_the_bytes_tell(body, sure, mostly, guessed):
    assert (certain(io.BytesIO(body)), mostly_utf8(io.BytesIO(body)), guess(io.BytesIO(body))) == (
        sure,
        mostly,
        guessed,
    )


def test_a_text_is_misread_when_most_of_what_is_odd_failed():
    assert is_misread(FRENCH.encode("cp1252").decode("utf-8", "replace"))
    assert not is_misread(FRENCH + "caf\ufffd")
    assert not is_misread("plain")
