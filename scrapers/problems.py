"""What can go wrong with a source, as values: problems that a report can print and exceptions that carry one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know about a source.

    `code` is a stable kebab-case word, `message` says in plain English what was found, `remedy` what to do about it,
    `key` the record it is about ("" for the whole source), `field` the raw field ("" for the whole record).
    """

    source_id: str
    code: str
    message: str
    level: Level = "error"
    remedy: str = ""
    key: str = ""
    field: str = ""


REJECTING = {
    "no-key", "no-name", "person-name",
    "duplicate-key", "duplicate-record", "shifted-row", "broken-line", "not-an-object", "no-data",
    "template-missing", "row-misfit", "not-an-initiative",
}  # fmt: skip
"""The codes of problems that each stand for one refused record; those that begin with "detail-" do too."""


def rejects(problem: Problem) -> bool:
    """Whether `problem` stands for a record that was refused."""
    return problem.code in REJECTING or problem.code.startswith("detail-")


class SourceError(Exception):
    """A source cannot be read: `code` names the kind of failure, `remedy` says what to do.

    `status` is that of an HTTP answer for which there is no kind of its own ("http-error"), else None.
    """

    status: int | None = None

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        """Keep the parts; the exception's text is the message."""
        super().__init__(message)
        self.code = code
        self.remedy = remedy

    def problem(self, source_id: str) -> Problem:
        """Return the same as a `Problem` of `source_id`."""
        return Problem(source_id, self.code, str(self), "error", self.remedy)


class DefinitionError(Exception):
    """A source definition is wrong; `faults` holds a line for each fault: file, key, what was found, how to mend."""

    def __init__(self, faults: list[str]) -> None:
        """Keep the faults; the exception's text is all of them, a line each."""
        super().__init__("\n".join(faults))
        self.faults = faults
