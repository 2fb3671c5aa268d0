"""SQL in the page: DuckDB-WASM from our own files, over the release's own database, without extensions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
from range_server import serving
from watched import Watched


def start(shown: Watched, site: str) -> Watched:
    """Open the page and load DuckDB, which nothing of ours does unasked."""
    shown.visit(site + "sql.html")
    assert not any("duckdb" in url or "arrow.js" in url for url in shown.asked)
    shown.page.click("#start")
    shown.until(lambda: shown.answers() > 0, 240)
    return shown


def ask(console: Watched, query: str) -> list[list[str]]:
    console.page.fill("#query", query)
    console.act(lambda: console.page.keyboard.press("Control+Enter"))
    return [row.locator("td").all_text_contents() for row in console.page.locator("#result tbody tr").all()]


def test_queries_over_the_release(
    watch: Callable[..., Watched], site: str, database: duckdb.DuckDBPyConnection
) -> None:
    shown = watch()
    shown.tolerated = ("full HTTP read",)  # this host has no ranges
    console = start(shown, site)
    query = (
        "SELECT departement_code, count(*) FROM initiatives WHERE departement_code IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"
    )
    assert ask(console, query) == [[code, str(count)] for code, count in database.execute(query).fetchall()]
    dates = "SELECT checked_on, source_id FROM sources ORDER BY source_id LIMIT 2"
    assert ask(console, dates) == [[str(day), id] for day, id in database.execute(dates).fetchall()]
    lists = "SELECT source_ids FROM initiatives WHERE source_count > 2 ORDER BY initiative_id LIMIT 1"
    assert '","' in ask(console, lists)[0][0]
    assert ask(console, "SELECT '<img src=x onerror=alert(1)>' AS x") == [["<img src=x onerror=alert(1)>"]]
    # A fault is told, and the next question is none the worse for it; nothing of the release can be changed.
    assert ask(console, "SELECT nothing FROM nowhere") == []
    assert "nowhere" in console.page.text_content("#said")
    assert ask(console, "DELETE FROM initiative") == []
    assert "read-only" in console.page.text_content("#said")
    assert ask(console, "SELECT 42 AS answer") == [["42"]]
    assert console.page.locator("#schema details").count() >= len(
        database.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    )


def test_every_example_runs_and_reads_by_ranges(watch: Callable[..., Watched], release: Path) -> None:
    with serving(release) as asked:
        console = start(watch(), f"{asked.address}/explorer/")
        for number in range(console.page.locator("#examples option").count()):
            console.act(lambda number=number: console.page.select_option("#examples", str(number)))
            assert console.page.get_attribute("#said", "class") == "quiet", console.page.text_content("#said")
            assert console.page.locator("#result tbody tr").count() > 0, console.page.input_value("#query")
        [(whole,)] = ask(console, "SELECT count(*) FROM initiatives")
        assert int(whole) > 400
        assert asked.ranges, "by ranges"
