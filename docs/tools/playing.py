"""Plays a page: does what it tells its reader to do, and compares what it shows."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from pages import Block, blocks, commands

from tutti_testing import Stage, wait_for

_STEP = re.compile(r"^<!-- until (\w+) (\w+) -->$|^```(?:console|toml tutti\.toml)$", re.MULTILINE)
ANY = "…"
PATIENCE_SECS = 30.0
ELSEWHERE = ("pip ", ".venv/bin/pip ")
"""What is not typed: the reader's environment is there already."""

# What differs from one run to the next, each with what it is shown as. An agent that is seen a
# moment earlier or later works or is idle.
_VARIES = (
    (r"\d{8}-\d{6}-\d{6}[0-9a-f]{2}", "UNDO"),
    (r"\b[0-9a-f]{7,40}\b", "HEX"),
    (r"\d+", "0"),
    # Who says so first depends on how busy the machine is.
    (r"(?:live|screen) says (?:working|waiting|idle)(?:, below the prompt)?", "says BUSY"),
    (r"\b(?:idle|working|starting)\b", "BUSY"),
    (r"(?:0 BUSY, )+0 BUSY", "0 BUSY"),
    (r"(?<=found on this machine: ).*", "ANY"),
    (r"[ \t]+", " "),
)


class Player:
    """Somebody who follows a page.

    Args:
        stage: Where they do it; their home is the stage's.
        python: The interpreter whose `tt` they have.

    Attributes:
        stage: The same.
        cwd: The folder they are in.
        code: The exit code of what they typed last.
        surprises: What went differently from what a page shows.
    """

    def __init__(self, stage: Stage, python: str = sys.executable) -> None:
        self.stage = stage
        self.cwd = stage.home
        self.code = 0
        self.surprises: list[str] = []
        self._put_on_path("tt", f'#!/bin/sh\nexec "{python}" -m tutti_core "$@"\n')

    def play(self, page: Path) -> list[str]:
        """Follow a page to its end, or to the first thing that goes differently.

        Args:
            page: The page.

        Returns:
            What went differently from what it shows.
        """
        text = page.read_text(encoding="utf-8")
        found = {block.line: block for block in blocks(page)}
        for step in _STEP.finditer(text):
            if self.surprises:
                break  # what follows would only follow from that
            if step[1]:
                self.wait(step[1], step[2])
            else:
                self.take(found[text.count("\n", 0, step.start()) + 1])
        return self.surprises

    def wait(self, agent: str, state: str) -> None:
        """Wait until an agent is in a state, as a reader does who looks again.

        Raises:
            AssertionError: It did not get there.
        """

        def there() -> bool:
            rows = json.loads(self.type("tt status --json"))
            return any((row["agent"], row["state"]) == (agent, state) for row in rows)

        assert wait_for(there, PATIENCE_SECS), self.type("tt status")

    def take(self, block: Block) -> None:
        """Do what one block says: write a file, or type commands."""
        if block.language == "toml":
            (self.cwd / block.label).write_text(block.text, encoding="utf-8")
            return
        for typed, shown in commands(block):
            if typed.startswith(ELSEWHERE):
                continue
            answered = self.type(typed)
            if not alike(shown, answered):
                self.surprises.append(f"{block}: $ {typed}\n{answered}")

    def type(self, typed: str) -> str:
        """Type one command and return what it answers, as somebody called *you* would see it."""
        if typed.startswith("cd "):
            self.cwd /= typed[3:]
            self.stage.root = self.cwd
            return ""
        shell = ("sh", "-c", f"( {typed.replace('$?', str(self.code))} ) 2>&1")
        done = self.stage.run(*shell, cwd=self.cwd)
        self.code = done.exit_code
        return done.stdout.replace(str(self.stage.home), "/home/you")

    def _put_on_path(self, name: str, script: str) -> None:
        folder = self.stage.home / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(script, encoding="utf-8")
        (folder / name).chmod(0o755)
        self.stage.env["PATH"] = f"{folder}:{self.stage.env['PATH']}"


def alike(shown: list[str], answered: str) -> bool:
    """Return whether an answer is what a page shows, but for what differs from run to run.

    Args:
        shown: The lines of the page; one that is `…` stands for any lines.
        answered: The real answer.
    """
    parts = [r"(?:.*\n)*?" if line == ANY else re.escape(plain(line)) + r"\n" for line in shown]
    real = "".join(f"{plain(line)}\n" for line in answered.splitlines())
    return re.fullmatch("".join(parts), real) is not None


def plain(line: str) -> str:
    """Return a line without what differs from run to run."""
    for pattern, instead in _VARIES:
        line = re.sub(pattern, instead, line)
    return line.strip()
