"""How long `tt detect --screen` takes for a thousand saved screens, beside `tt --version`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 5
COUNT = 1000


def main() -> None:
    """Print both figures."""
    saved = sorted((ROOT / "tutti_claude" / "tests" / "corpus").glob("*/*.txt"))
    [str(saved[number % len(saved)]) for number in range(COUNT)]


def median(words: tuple[str, ...]) -> float:
    """Return the milliseconds that a command takes.

    Args:
        words: The arguments of `tt`.
    """
    return statistics.median(once(words) for _ in range(RUNS))


def once(words: tuple[str, ...]) -> float:
    """Run a command and return its milliseconds."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "tutti_core", *words], check=True, capture_output=True, timeout=60
    )
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
