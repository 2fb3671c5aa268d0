"""Work shared among processes of this machine, its results in the order of the jobs: the same ones, however many work.

Replaying, cleaning and merging are Python, of which one process uses one core. To start another takes a second or two,
and it holds 200 MB of its own: callers say when that is worth it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(function: Callable[[Job], Result], jobs: Sequence[Job], processes: int) -> Iterator[Result]:
    """Yield the results of `function` for all `jobs`, in their order; `function` and jobs must be picklable.

    Where processes cannot be started, or one is killed (by the system that has no memory left), the remaining jobs are
    done here, so `function` must be able to do a job again that was left half done. Raises whatever `function` does.
    """
    done = 0
    if processes > 1 and len(jobs) > 1:
        pool = ProcessPoolExecutor(
            min(processes, len(jobs)), multiprocessing.get_context("spawn"), initializer=_end_with_parent
        )
        try:
            waiting = deque(pool.submit(function, job) for job in jobs)
            while waiting:
                yield waiting.popleft().result()  # a result is let go of once it is taken
                done += 1
        except BrokenProcessPool as fault:
            from flows.engine import tell  # Prefect takes a second to import, which no process should pay for this

            tell(f"{fault} The remaining {len(jobs) - done} of {len(jobs)} jobs are done by this process alone.")
        finally:
            pool.shutdown(cancel_futures=True)
    yield from map(function, jobs[done:])


def _end_with_parent() -> None:
    """Have this process end when the one that started it is killed, rather than wait for work for ever."""
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
