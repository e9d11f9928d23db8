"""Steps of workflows whose effects are on record, and a workspace to run them in."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from tutti_core import Attempt, Context, Plugins, TuttiError

HEAD = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n[[agent]]\nname = "api"\n'


@attrs.frozen
class Keys:
    """What the recorded step takes."""

    text: str = ""
    secs: float = 0.0
    fail: int = 0
    code: int | None = None
    deaf: bool = False
    leaves: str | None = None
    agent: str | None = None
    unknown: bool = False


class Recorded:
    """A step of a stranger's: its effect is a line in a file, which has the attempt's token."""

    name = "jot"
    schema = Keys

    def plan(self, context: Context, step: Keys) -> Mapping[str, Any]:
        """Say what would be written."""
        return {"summary": step.text}

    def run(self, context: Context, step: Keys, attempt: Attempt) -> Mapping[str, Any]:
        """Wait, write the line, and fail as often as that is wanted."""
        attempt.check()
        attempt.note({"begins": True})
        self.wait(step, attempt)
        if not self.is_there(context, attempt.earlier.get("token")):
            self.effect(context, step, attempt)
        if attempt.number <= step.fail:
            error = TuttiError(f"attempt {attempt.number} fails", hint="try again")
            error.data = {"exit_code": step.code}  # type: ignore[attr-defined]
            raise error
        return {"text": step.text, **({"output": step.leaves} if step.leaves else {})}

    def effect(self, context: Context, step: Keys, attempt: Attempt) -> None:
        """Write the line."""
        with (context.root / "effects").open("a") as file:
            file.write(f"{attempt.token} {step.text}\n")

    def wait(self, step: Keys, attempt: Attempt) -> None:
        """Let time go by."""
        end = time.monotonic() + step.secs
        while time.monotonic() < end:
            if not step.deaf:
                attempt.check()
            time.sleep(0.005)

    def recover(self, context: Context, step: Keys, record: Mapping[str, Any]) -> str:
        """Look for the line; what it leaves for others has to be collected."""
        if step.unknown:
            return "unknown"
        if not self.is_there(context, record.get("token")):
            return "redo"
        return "continue" if step.leaves else "done"

    def is_there(self, context: Context, token: object) -> bool:
        """Return whether the line of an attempt is there."""
        path = context.root / "effects"
        return path.exists() and f"{token} " in path.read_text()


class Held(Recorded):
    """The same, of which an agent takes one at a time."""

    name = "talk"
    holds_agent = True


class Desk:
    """A workspace and what was done in it.

    Args:
        root: Its folder.
        plugins: The plugins, to which the steps are added.
    """

    def __init__(self, root: Path, plugins: Plugins) -> None:
        self.root, self.plugins = root, plugins
        root.mkdir(parents=True, exist_ok=True)
        given: dict[str, Any] = {**plugins.steps(), "jot": Recorded(), "talk": Held()}
        plugins.steps = lambda: given  # type: ignore[method-assign]

    def open(self) -> Context:
        """Open it, as every command does."""
        return Context.open(self.root, self.plugins)

    def team(self, toml: str) -> Context:
        """Write its file below a head."""
        (self.root / "tutti.toml").write_text(HEAD + textwrap.dedent(toml))
        return self.open()

    def flow(self, *steps: str, head: str = "", name: str = "a") -> Context:
        """Write one workflow, each step as the text of its keys."""
        body = "".join(f"[[workflow.step]]\n{one}\n" for one in steps)
        return self.team(f'[[workflow]]\nname = "{name}"\n{head}\n{body}')

    @property
    def effects(self) -> list[str]:
        """The lines that were written."""
        path = self.root / "effects"
        return path.read_text().splitlines() if path.exists() else []

    def done(self) -> list[str]:
        """The keys of the steps whose effects there are, in order."""
        return [line.split(" ")[0].split(":")[1] for line in self.effects]
