"""How long `tt detect --screen` takes for a thousand saved screens, beside `tt --version`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEMBERS = {"aider": "aider", "claude-code": "claude", "codex": "codex", "openclaw": "openclaw"}
RUNS = 5
COUNT = 1000


def main() -> None:
    """Print the milliseconds of each."""
    row("tt --version", median(("--version",)))
    for runtime, member in MEMBERS.items():
        saved = sorted((ROOT / f"tutti_{member}" / "tests" / "corpus").glob("*/*.txt"))
        files = [str(saved[number % len(saved)]) for number in range(COUNT)]
        row(
            f"a thousand screens of {runtime}",
            median(("detect", "--runtime", runtime, "--json", "--screen", *files)),
        )


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


def row(name: str, millis: float) -> None:
    """Print one line of a table."""
    sys.stdout.write(f"{name:44}{millis:>10.0f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
