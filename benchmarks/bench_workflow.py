"""What the engine costs: a thousand steps that do nothing, beside `make` doing the same commands.

The floor of a step is what the disk takes for its journal's lines: one wait for it where steps
follow each other. Commands are compared with `make -j`, which keeps no record of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from tutti_core import Attempt, Context, Journal, Plugins
from tutti_workflow.engine.order import Order
from tutti_workflow.engine.run import run_order

STEPS = 1000
COMMANDS = 100
HEAD = '[workspace]\nname = "bench"\n'


@attrs.frozen
class Nothing:
    """The keys of a step that does nothing."""


class Idle:
    """A step that does nothing."""

    name = "idle"
    schema = Nothing

    def plan(self, context: Context, step: Nothing) -> Mapping[str, Any]:
        """Plan nothing."""
        return {}

    def run(self, context: Context, step: Nothing, attempt: Attempt) -> Mapping[str, Any]:
        """Do nothing."""
        return {}

    def recover(self, context: Context, step: Nothing, record: Mapping[str, Any]) -> str:
        """Nothing can always be done again."""
        return "redo"


def workflow(step: str, count: int, *, wide: bool) -> str:
    """Return the text of a workflow: one step after the other, or all that can run at once."""
    needs = "depends_on = []\n" if wide else ""
    body = f"[[workflow.step]]\n{step}\n{needs}" * count
    return f'{HEAD}[[workflow]]\nname = "a"\nmax_parallel = 16\n{body}'


def ran(folder: Path, plugins: Plugins, toml: str) -> float:
    """Return the seconds a run takes."""
    folder.mkdir()
    (folder / "tutti.toml").write_text(toml)
    context = Context.open(folder, plugins)
    begun = time.perf_counter()
    assert run_order(context, Order("a")).status == "succeeded"
    return time.perf_counter() - begun


def made(folder: Path) -> float:
    """Return the seconds that `make -j` takes for the commands."""
    folder.mkdir()
    names = " ".join(f"t{n}" for n in range(COMMANDS))
    (folder / "Makefile").write_text(f".PHONY: all {names}\nall: {names}\n{names}:\n\t@true; :\n")
    return timed(lambda: subprocess.run(["make", "-j16"], cwd=folder, check=True, timeout=120))


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def floor(folder: Path) -> float:
    """Return the seconds that a thousand durable lines take."""
    folder.mkdir()
    journal = Journal(folder / "journal.jsonl")
    return timed(lambda: [journal.append({"n": n}, durable=True) for n in range(STEPS)])


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Measure, and say it."""
    plugins = Plugins.installed()
    steps: dict[str, Any] = {**plugins.steps(), "idle": Idle()}
    plugins.steps = lambda: steps  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        os.environ["XDG_CONFIG_HOME"] = name
        least = floor(top / "floor")
        each = least / STEPS * 1000
        say(f"{STEPS} durable lines of a journal: {least:.2f} s, {each:.2f} ms each")
        for wide in (False, True):
            took = ran(top / f"idle-{wide}", plugins, workflow('type = "idle"', STEPS, wide=wide))
            shape = "all at once" if wide else "one after the other"
            say(f"{STEPS} steps, {shape}: {took:.2f} s, {took / STEPS * 1000:.2f} ms a step")
        took = ran(
            top / "true",
            plugins,
            workflow('type = "command"\nrun = "true; :"', COMMANDS, wide=True),
        )
        say(f"{COMMANDS} commands: {took:.2f} s, {took / COMMANDS * 1000:.1f} ms each")
        other = made(top / "make")
        say(f"the same by make -j16: {other:.2f} s, {other / COMMANDS * 1000:.1f} ms each")


if __name__ == "__main__":
    main()
