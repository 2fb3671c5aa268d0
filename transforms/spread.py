"""How much work is shared: what is handed down to those who know nothing of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Spread = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""Does a function for all jobs and yields its results in their order: `map`, or what shares them among processes.

Function, jobs and results must then be picklable, and a job must bear being done again.
"""
