"""Fuzz one target for as long as you like: `python -m tests.fuzz TARGET [--times N | --seed N | --atheris]`.

Without `--atheris` the inputs are those of the tests and the ones after them. With it (the extra `fuzz`), libFuzzer
chooses the mutations and follows what parts of our code they reach; it stops at the first crash.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


class Chosen(random.Random):
    """Chance that follows the bytes a fuzzer hands in, and goes on from them when they are used up."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = data

    def random(self) -> float:
        if len(self._left) < 4:
            return super().random()
        taken, self._left = self._left[:4], self._left[4:]
        return int.from_bytes(taken) / 2**32

    def getrandbits(self, count: int) -> int:
        size = (count + 7) // 8
        if len(self._left) < size:
            return super().getrandbits(count)
        taken, self._left = self._left[:size], self._left[size:]
        return int.from_bytes(taken) >> (8 * size - count)


def main() -> None:
    """Run the target that the command names."""
    from targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--times", type=int, default=10_000, help="how many runs (default: 10,000)")
    parser.add_argument("--seed", type=int, help="this one run alone")
    parser.add_argument("--atheris", action="store_true", help="let libFuzzer choose; needs the extra `fuzz`")
    asked, rest = parser.parse_known_args()
    target = TARGETS[asked.target]
    if asked.atheris:
        try:
            import atheris
        except ImportError:
            sys.exit("atheris is not installed: pip install 'essaim[fuzz]'")
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *rest], lambda data: target(Chosen(data)))
        atheris.Fuzz()
        return
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    seeds = [asked.seed] if asked.seed is not None else range(asked.times)
    begun, taken = time.monotonic(), 0
    for number in seeds:
        try:
            taken += target(random.Random(f"{asked.target} {number}"))
        except Exception:
            print(f"seed {number}:", file=sys.stderr)
            raise
    print(f"{asked.target}: {taken:,} inputs in {time.monotonic() - begun:.1f} s, no crash")


if __name__ == "__main__":
    main()
