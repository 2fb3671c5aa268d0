"""A whole night of 10,000, 100,000 or a million records: seconds, processor and memory of each stage, and their growth.

    python -m benchmarks.scale 10000 100000 1000000

For each size, four made-up table sources and their raw archive are written (`scale_sources.py`). A process of its own
then replays that archive as a first night, through `flows.nightly.run` as `essaim run --replay` does: harvest, build,
check, publish, report. Memory is the resident memory of all its processes together, looked at ten times a second, so
that the highest peaks may be missed. What every stage has of the processor counts the processes that it waited for.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.scale_sources import NIGHT, write_sources
from flows import progress
from flows.settings import Settings

STEPS = ("harvest", "build", "check", "publish")
EVERY = 0.1
WHOLE, REST = "whole night", "the rest"


@dataclass(slots=True)
class Used:
    """What a stage took: seconds on the clock, seconds of all processors, and the most bytes held meanwhile."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


@dataclass(slots=True)
class Run:
    """A night of `records` records: what came of it, and what its stages used, in their order."""

    records: int
    outcome: str = ""
    initiatives: int = 0
    release_bytes: int = 0
    stages: dict[str, Used] = field(default_factory=dict)


def cpu() -> float:
    """Seconds of processor this process and those it waited for have used."""
    return sum(os.times()[:4])


def spend(home: Path, steps: Sequence[str], told: Connection) -> None:
    """Spend the night of `home`, telling of each stage as it begins and ends, and at last what came of it."""

    def heard(name: str, begins: bool) -> None:
        told.send((name, begins, time.perf_counter(), cpu()))

    # A main module without a file looks like a person at a prompt, for whom DuckDB draws bars.
    sys.modules["__main__"].__file__ = __file__
    progress.be_quiet()
    progress.listen(heard)
    workers = os.cpu_count() or 2
    settings = Settings(home=home, as_of=NIGHT, catalogue=home / "catalogue", mode="replay", workers=workers)
    heard(WHOLE, True)
    outcome = whole(settings) if set(steps) == set(STEPS) else some(settings, steps)
    heard(WHOLE, False)
    told.send(outcome)


def whole(settings: Settings) -> tuple[str, int]:
    """The night as it is; returns its outcome and how many initiatives it made."""
    # Prefect comes with it, which takes a second to import. Every process that shares the work imports this module, and
    # those of `essaim run` are spared Prefect too.
    from flows import nightly

    night = nightly.run(settings, prefect=False)
    bad = [state.source_id for state in night.states if state.outcome != "good"]
    if bad or night.built is None:
        raise SystemExit(f"the night failed: {bad} {list(night.failures())[:3]} {night.faults}")
    return night.outcome, night.built.initiatives


def some(settings: Settings, steps: Sequence[str]) -> tuple[str, int]:
    """Only `steps` of the night, on what the home holds from an earlier run; for profiling."""
    from flows import nightly
    from flows.harvest import harvest, load_state

    catalogue = nightly.read_catalogue(settings.catalogue)
    found = 0
    if "harvest" in steps:
        with progress.stage("harvest"):
            for source in catalogue.sources:
                harvest(source, settings)
    if "build" in steps:
        known = [load_state(source.id, settings) for source in catalogue.sources]
        states = [state for state in known if state is not None]
        found = nightly.build_warehouse.fn(catalogue, states, settings).initiatives
    if "check" in steps:
        nightly.check_warehouse.fn(settings)
    if "publish" in steps:
        release = nightly.publish_release.fn(settings)
        found = release.initiatives if release else found
    return "in part", found


def measure(home: Path, records: int, steps: Sequence[str]) -> Run:
    """Run a night in a process of its own and watch it; raises SystemExit where it fails."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=spend, args=(home, steps, there))
    process.start()
    there.close()
    run, watched = Run(records), psutil.Process(process.pid)
    open_stages: dict[str, tuple[float, float]] = {}
    while True:
        held = resident(watched)
        for name in open_stages:
            used = run.stages[name]
            used.peak_bytes = max(used.peak_bytes, held)
        if not here.poll(EVERY):
            continue
        try:
            message = here.recv()
        except EOFError:
            break
        if len(message) == 2:
            run.outcome, run.initiatives = message
            continue
        name, begins, clock, worked = message
        if begins:
            run.stages.setdefault(name, Used())
            open_stages[name] = (clock, worked)
        else:
            began, had = open_stages.pop(name)
            run.stages[name].seconds += clock - began
            run.stages[name].cpu_seconds += worked - had
    process.join()
    if process.exitcode:
        raise SystemExit(f"the night of {records:,} records ended with status {process.exitcode}")
    latest = home / "releases" / "latest"
    run.release_bytes = sum(path.stat().st_size for path in latest.rglob("*") if path.is_file())
    return with_rest(run)


def resident(process: psutil.Process) -> int:
    """Bytes in memory of a process and all below it; 0 where it has ended."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        return total
    return total


def with_rest(run: Run) -> Run:
    """The run with its stages in order, what belongs to none of them, and the whole at the end."""
    whole = run.stages.pop(WHOLE)
    seconds = whole.seconds - sum(used.seconds for used in run.stages.values())
    worked = whole.cpu_seconds - sum(used.cpu_seconds for used in run.stages.values())
    run.stages |= {REST: Used(seconds, worked, 0), WHOLE: whole}
    return run


def exponent(runs: Sequence[Run], stage: str) -> float | None:
    """The power of the number of records with which the processor seconds of a stage grow, first size to last."""
    first, last = runs[0], runs[-1]
    if first.records >= last.records or stage not in first.stages or stage not in last.stages:
        return None
    before, after = first.stages[stage].cpu_seconds, last.stages[stage].cpu_seconds
    if before <= 0.05 or after <= 0:
        return None
    return math.log(after / before) / math.log(last.records / first.records)


def table(runs: Sequence[Run]) -> str:
    """The runs as a Markdown table: for each stage and size seconds, processor seconds and peak."""
    heads = [f"{run.records:,}: s | CPU s | peak GB" for run in runs]
    lines = ["| stage | " + " | ".join(heads) + " | growth |", "|---|" + "---:|" * (3 * len(runs) + 1)]
    for stage in runs[-1].stages:
        cells = []
        for run in runs:
            used = run.stages.get(stage, Used())
            peak = f"{used.peak_bytes / 1e9:.2f}" if used.peak_bytes else ""
            cells.append(f"{used.seconds:.1f} | {used.cpu_seconds:.1f} | {peak}")
        grown = exponent(runs, stage)
        lines.append(f"| {stage} | " + " | ".join(cells) + f" | {'' if grown is None else f'{grown:.2f}'} |")
    for run in runs:
        made = f"{run.records:,} records: {run.initiatives:,} initiatives, {run.outcome}"
        lines.append(f"{made}; the release has {run.release_bytes / 1e6:,.0f} MB")
    return "\n".join(lines)


def main() -> int:
    """Run the sizes given and print a table, or JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000], help="records in all (10000 100000)")
    parser.add_argument("--home", type=Path, help="keep sources and nights below this folder")
    parser.add_argument(
        "--only-stages", default=",".join(STEPS), metavar="A,B",
        help=f"only these of {', '.join(STEPS)}, on what an earlier run left below --home",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    steps = options.only_stages.split(",")
    if unknown := set(steps) - set(STEPS):
        parser.error(f"no stage {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    if set(steps) != set(STEPS) and options.home is None:
        parser.error("--only-stages needs the --home of an earlier run")
    folder = options.home or Path(tempfile.mkdtemp(prefix="essaim-scale-"))
    runs: list[Run] = []
    try:
        for size in sorted(options.sizes):
            runs.append(measure(home_of(folder, size, options.seed, steps), size, steps))
            sys.stderr.write(table(runs) + "\n\n")
    finally:
        if options.home is None:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write((json.dumps([asdict(run) for run in runs], indent=1) if options.json else table(runs)) + "\n")
    return 0


def home_of(folder: Path, size: int, seed: int, steps: Sequence[str]) -> Path:
    """The home of a size, with its sources; everything but these is made anew by a whole night."""
    home = folder / f"{size}-{seed}"
    if not (home / "archive").is_dir():
        sys.stderr.write(f"writing {size:,} records …\n")
        write_sources(home, size, seed)
    if set(steps) == set(STEPS):
        for path in home.iterdir():
            if path.name not in {"archive", "catalogue"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    return home


if __name__ == "__main__":
    raise SystemExit(main())
