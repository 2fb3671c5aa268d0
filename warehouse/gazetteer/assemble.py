"""Turn the packages' documents into the rows of the gazetteer's tables (no geometry here)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from transforms.geocode.names import place_key, short_key

Row = dict[str, Any]

# How a name stands to its commune; the geocoder prefers the higher rank.
OFFICIAL, POSTAL, FORMER = 3, 2, 1

# Everyday country names that the ISO list does not carry.
COUNTRY_NICKNAMES: dict[str, tuple[str, ...]] = {
    "GB": (
        "Angleterre",
        "Ecosse",
        "Pays de Galles",
        "Irlande du Nord",
        "England",
        "Scotland",
        "Wales",
        "Northern Ireland",
        "UK",
        "U.K.",
        "Great Britain",
        "Grande-Bretagne",
    ),
    "NL": ("Hollande", "Holland", "The Netherlands", "Pays-Bas"),
    "MD": ("Moldova", "Moldavie"),
    "SY": ("Syria", "Syrie"),
    "VN": ("Viet Nam",),
    "TZ": ("Tanzanie",),
    "LA": ("Laos",),
    "BN": ("Brunei",),
    "AE": ("UAE", "EAU"),
    "MK": ("Macédoine", "Macedonia"),
    "PS": ("Palestine",),
    "TW": ("Taiwan", "Taïwan"),
    "XK": ("Kosovo",),
    "CD": ("RDC", "RD Congo", "DRC", "Congo Kinshasa"),
    "CG": ("Congo Brazzaville",),
    "US": ("USA", "U.S.A.", "U.S.", "Etats-Unis", "Etats Unis d'Amérique", "EUA"),
    "KR": ("Corée du Sud",),
    "KP": ("Corée du Nord", "North Korea"),
    "CZ": ("Tchéquie", "République tchèque"),
    "CI": ("Ivory Coast", "Côte d'Ivoire"),
    "RU": ("Russie",),
    "VA": ("Vatican",),
    "MM": ("Birmanie",),
    "TR": ("Turquie",),
    "FR": ("République française", "France métropolitaine", "French Republic"),
    "RE": ("La Réunion", "Île de la Réunion"),
    "GF": ("Guyane",),
}


@dataclass(slots=True)
class Tables:
    """The rows of each table, by table name."""

    communes: list[Row] = field(default_factory=list)
    names: list[Row] = field(default_factory=list)
    postcode_names: list[Row] = field(default_factory=list)
    former: list[Row] = field(default_factory=list)
    epci: list[Row] = field(default_factory=list)
    departements: list[Row] = field(default_factory=list)
    regions: list[Row] = field(default_factory=list)
    countries: list[Row] = field(default_factory=list)
    country_names: list[Row] = field(default_factory=list)


class NameBook:
    """Collects the names of communes and keeps, for each key and commune, the best rank."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], tuple[int, str]] = {}
        self._postcodes: dict[tuple[str, str, str], int] = {}

    def add(self, name: str, code: str, rank: int, postcodes: Iterable[str] = ()) -> None:
        """Record that commune *code* is called *name*, in mail sorted under *postcodes*."""
        if not (key := place_key(name)):
            return
        known = self._names.get((key, code))
        if known is None or (-rank, name) < (-known[0], known[1]):
            self._names[key, code] = (rank, name)
        for postcode in postcodes:
            pair = (postcode, key, code)
            self._postcodes[pair] = max(rank, self._postcodes.get(pair, 0))

    @property
    def postcodes(self) -> set[str]:
        """Every postcode recorded so far."""
        return {postcode for postcode, _, _ in self._postcodes}

    def rows(self) -> Iterator[Row]:
        """Yield the rows of table ``names``.

        A postal label that is another commune's official name ("PARIS" for La Défense, "LA POSSESSION"
        for a part of Saint-Paul) means nothing without its postcode, and stays out.
        """
        official = {key for (key, _), (rank, _) in self._names.items() if rank == OFFICIAL}
        for (key, code), (rank, name) in self._names.items():
            if rank == POSTAL and key in official:
                continue
            yield {"key": key, "short": short_key(key), "code": code, "rank": rank, "name": name}

    def postcode_rows(self) -> Iterator[Row]:
        """Yield the rows of table ``postcode_names``."""
        for (postcode, key, code), rank in self._postcodes.items():
            yield {"postcode": postcode, "key": key, "short": short_key(key), "code": code, "rank": rank}


def assemble(
    communes: list[Row],
    epci: list[Row],
    departements: list[Row],
    regions: list[Row],
    labels: list[Row],
    history: list[list[Row]],
    cedex: dict[str, set[str]],
) -> Tables:
    """Return the tables, built from the documents of the packages.

    *labels* are La Poste's rows (codePostal, codeCommune, libelleAcheminement), *history* older lists
    of communes, *cedex* the sorting-office postcodes seen in town-hall addresses, by commune.
    """
    tables = Tables()
    epci_of = {member["code"]: group["code"] for group in epci for member in group["membres"]}
    for entry in communes:
        if entry["type"] in {"commune-actuelle", "arrondissement-municipal"}:
            tables.communes.append(_commune_row(entry, epci_of))
    current = {row["code"]: row for row in tables.communes}
    tables.former = _former_rows(communes, current, history)
    _add_names(tables, current, labels, history, cedex)
    tables.epci = [{"code": group["code"], "name": group["nom"], "kind": group["type"]} for group in epci]
    tables.departements = [
        {"code": entry["code"], "name": entry["nom"], "region": entry["region"]} for entry in departements
    ]
    tables.regions = [{"code": entry["code"], "name": entry["nom"]} for entry in regions]
    return tables


def _commune_row(entry: Row, epci_of: dict[str, str]) -> Row:
    parent = entry.get("commune")
    return {
        "code": entry["code"],
        "name": entry["nom"],
        "parent": parent,
        "departement": entry["departement"],
        "region": entry["region"],
        "epci": epci_of.get(parent or entry["code"]),
        "population": entry.get("population"),
        "postcodes": sorted(entry.get("codesPostaux") or []),
    }


def _former_rows(communes: list[Row], current: dict[str, Row], history: list[list[Row]]) -> list[Row]:
    """Codes that are no longer (or never were) those of a commune, with the commune they now lie in."""
    rows: dict[str, Row] = {}
    kinds = {"commune-deleguee": "déléguée", "commune-associee": "associée"}
    for entry in communes:
        if entry["type"] in kinds and entry["chefLieu"] in current:
            rows[entry["code"]] = {
                "code": entry["code"],
                "current": entry["chefLieu"],
                "name": entry["nom"],
                "kind": kinds[entry["type"]],
            }
    names = {entry["code"]: entry["nom"] for entries in history for entry in entries}
    for entry in communes:
        for code in entry.get("anciensCodes") or []:
            if code not in current:
                row = {"code": code, "current": entry["code"], "name": names.get(code), "kind": "former"}
                rows.setdefault(code, row)
    return list(rows.values())


class _Today:
    """Finds the commune of today for a code of any time; an arrondissement gives its city."""

    def __init__(self, current: dict[str, Row], former: list[Row]) -> None:
        self._current = current
        self._successor = {row["code"]: row["current"] for row in former}

    def commune(self, code: str) -> Row | None:
        """Return the row of the commune that *code* belongs to now, ``None`` for an unknown code."""
        row = self._current.get(code) or self._current.get(self._successor.get(code, ""))
        return self._current[row["parent"]] if row and row["parent"] else row


def _add_names(
    tables: Tables,
    current: dict[str, Row],
    labels: list[Row],
    history: list[list[Row]],
    cedex: dict[str, set[str]],
) -> None:
    book = NameBook()
    today = _Today(current, tables.former)
    for row in tables.communes:
        if not row["parent"]:
            book.add(row["name"], row["code"], OFFICIAL, row["postcodes"])
    _add_former_names(book, today, tables.former, history)
    for label in labels:
        if commune := today.commune(label["codeCommune"]):
            book.add(label["libelleAcheminement"], commune["code"], POSTAL, [label["codePostal"]])
    _add_cedex(book, today, cedex)
    tables.names = list(book.rows())
    tables.postcode_names = list(book.postcode_rows())


def _add_former_names(book: NameBook, today: _Today, former: list[Row], history: list[list[Row]]) -> None:
    named = [(row["code"], row["name"]) for row in former if row["name"]]
    for entries in history:
        named += [(entry["code"], entry["nom"]) for entry in entries if entry.get("type") != "arrondissement-municipal"]
    for code, name in named:
        if row := today.commune(code):
            book.add(name, row["code"], FORMER, row["postcodes"])


def _add_cedex(book: NameBook, today: _Today, cedex: dict[str, set[str]]) -> None:
    """A sorting office's postcode, learnt from town halls, stands for the communes that use it."""
    known = book.postcodes
    for postcode, codes in cedex.items():
        for code in codes:
            if postcode not in known and (row := today.commune(code)):
                book.add(row["name"], row["code"], OFFICIAL, [postcode])


def country_tables(codes: list[list[str]], languages: dict[str, Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows of ``countries`` and ``country_names`` from the ISO 3166-1 lists of names.

    *languages* holds the names by language, English ("en") and French ("fr") among them; a name that
    two countries share goes to the one met first, in the order of codes and of languages.
    """
    countries: list[Row] = []
    keys: dict[str, str] = {}
    for alpha2, alpha3, *_ in sorted(codes):
        names = {language: _as_list(known["countries"].get(alpha2)) for language, known in languages.items()}
        if not names["en"] or not names["fr"]:
            continue
        countries.append({"code": alpha2, "code3": alpha3, "name_en": names["en"][0], "name_fr": names["fr"][0]})
        everyday = COUNTRY_NICKNAMES.get(alpha2, ())
        for name in (alpha2, alpha3, *everyday, *(name for known in names.values() for name in known)):
            if key := place_key(name):
                keys.setdefault(key, alpha2)
    names_rows = [{"key": key, "code": code} for key, code in keys.items()]
    return countries, names_rows


def _as_list(names: str | list[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else names
