"""The clients of address services: batches to the national one, single questions to a Nominatim elsewhere.

Both go through the door to the network (`scrapers.fetch`), with its pace, its retries that honour Retry-After, its
limits, and its respect for robots.txt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scrapers.fetch import Door, network_door
from scrapers.problems import SourceError
from scrapers.response import Manners, Post
from transforms.geocode import Gazetteer
from transforms.geocode.street import ASKED_BY, COLUMNS, Answer, Question, read_table, table
from transforms.geocode.street_abroad import read_place, search_address

BATCH = 2_000  # rows of one request; the national service takes 200,000, but answers no sooner
LEAST_BATCH = 50  # who refuses so few refuses us for another reason
MAX_BYTES = 60_000_000
TOO_MUCH = {400, 413}  # the national service says 400 of too many rows, what stands before it 413 of too many bytes
MOST_SINGLES = 1_000  # questions to a Nominatim in one night: at one a second, a quarter of an hour

# No text of ours holds an underscore, so that no part can end where it should not.
BOUNDARY = "essaim_part_of_a_batch_of_streets"


def service_door(manners: Manners) -> Door:
    """A door to an address service."""
    return network_door(replace(manners, max_bytes=min(manners.max_bytes, MAX_BYTES)), None)


def ask_in_batches(
    door: Door, service: str, questions: Sequence[Question], gazetteer: Gazetteer
) -> Iterator[list[Answer]]:
    """Yield the answers of the national service, or one like it, at the address `service`, batch by batch.

    A batch that is too big for it is halved. Raises `SourceError` when it does not answer, and
    `UnreadableAnswerError` when what it answers is no table.
    """
    address = f"{service.rstrip('/')}/search/csv"
    done, size = 0, BATCH
    while done < len(questions):
        batch = questions[done : done + size]
        try:
            response = door.get(address, Post(_form(table(batch, gazetteer)), _form_type()))
        except SourceError as error:
            if error.status not in TOO_MUCH or size <= LEAST_BATCH:
                raise
            size = max(LEAST_BATCH, min(size, len(batch)) // 2)
            continue
        yield read_table(response.content, (one.key for one in batch))
        done += len(batch)


def ask_one_by_one(door: Door, service: str, questions: Sequence[Question]) -> Iterator[list[Answer]]:
    """Yield the answers of the Nominatim at the address `service`, each alone; the first `MOST_SINGLES` only.

    Raises `SourceError` when it does not answer, and `UnreadableAnswerError` when it answers something else.
    """
    for asked in questions[:MOST_SINGLES]:
        yield [read_place(door.get(search_address(service, asked)).content, asked.key)]


def _form_type() -> str:
    return f"multipart/form-data; boundary={BOUNDARY}"


def _form(rows: str) -> str:
    """The body of a request, as RFC 7578 has it: which columns make up the text, which one bounds the commune, rows."""
    fields = [*(("columns", column) for column in ASKED_BY), ("citycode", COLUMNS[-1]), ("indexes", "address")]
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields]
    parts.append(
        f'Content-Disposition: form-data; name="data"; filename="streets.csv"\r\nContent-Type: text/csv\r\n\r\n{rows}'
    )
    return "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
