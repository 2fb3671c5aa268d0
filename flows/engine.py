"""Steps on Prefect or plainly: inside a flow run each step is a task run, outside it is an ordinary call.

A temporary Prefect server costs 10 to 25 seconds and 200 MB a night, so a night only goes through Prefect where a
server is configured (PREFECT_API_URL) or when asked to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from prefect import Task, get_run_logger
from prefect.context import FlowRunContext
from prefect.futures import as_completed as runs_completed

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_prefect() -> bool:
    """Whether a Prefect flow is running around us."""
    return FlowRunContext.get() is not None


def tell(message: str) -> None:
    """Leave a line in the log of the flow run, if there is one."""
    if in_prefect():
        get_run_logger().info(message)


def server_configured() -> bool:
    """Whether the environment names a Prefect server."""
    return bool(os.environ.get("PREFECT_API_URL"))


def step(task: Task[..., Result], *arguments: Any) -> Result:
    """Run one step."""
    return task(*arguments) if in_prefect() else task.fn(*arguments)


def each(
    task: Task[..., Result],
    items: Sequence[Item],
    *shared: Any,
    workers: int,
    done: Callable[[Result], None],
) -> list[Result]:
    """Run a step for each of `items`, in parallel, and return the results in their order; `done` hears of each."""
    if in_prefect():
        futures = [task.submit(item, *shared) for item in items]
        for future in runs_completed(futures):
            done(future.result())
        return [future.result() for future in futures]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        plain = [pool.submit(task.fn, item, *shared) for item in items]
        for finished in as_completed(plain):
            done(finished.result())
        return [future.result() for future in plain]
