"""A release in a notebook: search, neighbours, themes, territories, provenance, licences.

    pip install marimo duckdb
    marimo edit notebooks/release.py -- --release essaim-demo/releases/latest
    python notebooks/release.py --release essaim-demo/releases/latest

As a script it prints each answer; `--release` may also be the address of a release on the web.
"""

import marimo

app = marimo.App(app_title="Essaim: a release")


@app.cell
def _():
    import duckdb
    import marimo as mo

    asked = mo.cli_args()
    folder = str(asked.get("release") or "essaim-demo/releases/latest").rstrip("/")
    release = duckdb.connect()
    release.execute("ATTACH '" + folder.replace("'", "''") + "/essaim.duckdb' AS essaim (READ_ONLY)")
    release.execute("USE essaim")

    def rows(sql, *values):
        """The rows of a query as dictionaries, shown as a table; printed where this runs as a script."""
        found = release.execute(sql, list(values))
        names = [column[0] for column in found.description]
        told = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        if mo.app_meta().mode == "script":
            print(f"{len(told)} rows; {told[:1]}")  # noqa: T201  # a script's answer
        return mo.ui.table(told, selection=None) if told else mo.md("*nothing / rien*")

    return mo, rows


@app.cell
def _(mo):
    mo.md("""
    # Essaim

    Initiatives d'innovation sociale, une livraison. / Social innovation initiatives, one release.
    """)


@app.cell
def _(rows):
    rows("SELECT count(*) AS initiatives, count(DISTINCT insee_code) AS communes FROM initiatives")


@app.cell
def _(mo):
    words = mo.ui.text(value="jardin partagé", label="Chercher / search")
    words  # noqa: B018  # shown
    return (words,)


@app.cell
def _(rows, words):
    rows("SELECT name, commune, score, url FROM search(?) LIMIT 50", words.value)


@app.cell
def _(mo):
    mo.md("## Autour de Rennes / around Rennes")


@app.cell
def _(rows):
    rows("SELECT round(distance_km, 1) AS km, name, commune, geo_precision FROM near(48.1173, -1.6778, 30) LIMIT 50")


@app.cell
def _(mo):
    mo.md("## Thèmes / themes")


@app.cell
def _(rows):
    rows("""
        SELECT v.label_fr, v.label_en, count(*) AS initiatives FROM initiative_theme t
        JOIN vocabulary v ON v.field = 'themes' AND v.code = t.theme
        GROUP BY ALL ORDER BY initiatives DESC, label_fr
    """)


@app.cell
def _(mo):
    mo.md("## Pour 10 000 habitants / for 10,000 inhabitants")


@app.cell
def _(rows):
    rows("""
        SELECT commune, departement_code, initiatives, round(10000.0 * initiatives / population, 2) AS per_10000
        FROM place WHERE population >= 1000 ORDER BY per_10000 DESC, insee_code LIMIT 20
    """)


@app.cell
def _(mo):
    mo.md("## Licences")


@app.cell
def _(rows):
    rows("SELECT licence, count(*) AS initiatives FROM initiatives GROUP BY licence ORDER BY initiatives DESC, licence")


if __name__ == "__main__":
    app.run()
