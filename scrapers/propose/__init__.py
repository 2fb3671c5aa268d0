"""Proposing a definition for an address: look at what answers there, guess, and say what was guessed.

`propose` asks through a door and returns every way of reading the address that was found, the best first. Nothing here
decides anything: a person reads the proposal, mends it and gives it a sample.
"""

from __future__ import annotations

from scrapers.propose.choose import propose
from scrapers.propose.proposal import Candidate, Proposal

__all__ = ["Candidate", "Proposal", "propose"]
