"""A workspace in which workflows run, with steps whose effects are on record."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

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
        return {"summary": step.text}

    def run(self, context: Context, step: Keys, attempt: Attempt) -> Mapping[str, Any]:
        attempt.check()
        attempt.note({"begins": True})
        self._wait(step, attempt)
        with (context.root / "effects").open("a") as file:
            file.write(f"{attempt.token} {step.text}\n")
        if attempt.number <= step.fail:
            error = TuttiError(f"attempt {attempt.number} fails", hint="try again")
            error.data = {"exit_code": step.code}  # type: ignore[attr-defined]
            raise error
        return {"text": step.text, **({"output": step.leaves} if step.leaves else {})}

    def _wait(self, step: Keys, attempt: Attempt) -> None:
        end = time.monotonic() + step.secs
        while time.monotonic() < end:
            if not step.deaf:
                attempt.check()
            time.sleep(0.005)

    def recover(self, context: Context, step: Keys, record: Mapping[str, Any]) -> str:
        path = context.root / "effects"
        if step.unknown:
            return "unknown"
        there = path.read_text() if path.exists() else ""
        return "done" if f"{record.get('token')} " in there else "redo"


class Held(Recorded):
    """The same, of which an agent takes one at a time."""

    name = "talk"
    holds_agent = True


class Desk:
    """A workspace and what was done in it."""

    def __init__(self, root: Path, plugins: Plugins) -> None:
        self.root, self.plugins = root, plugins

    def team(self, toml: str) -> Context:
        (self.root / "tutti.toml").write_text(HEAD + textwrap.dedent(toml))
        return Context.open(self.root, self.plugins)

    def flow(self, *steps: str, head: str = "", name: str = "a") -> Context:
        body = "".join(f"[[workflow.step]]\n{one}\n" for one in steps)
        return self.team(f'[[workflow]]\nname = "{name}"\n{head}\n{body}')

    @property
    def effects(self) -> list[str]:
        path = self.root / "effects"
        return path.read_text().splitlines() if path.exists() else []

    def done(self) -> list[str]:
        """The keys of the steps whose effects there are, in order."""
        return [line.split(" ")[0].split(":")[1] for line in self.effects]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace without a team, in a home of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    plugins = Plugins.installed()
    given = {**plugins.steps(), "jot": Recorded(), "talk": Held()}
    monkeypatch.setattr(plugins, "steps", lambda: given)
    root = tmp_path / "project"
    root.mkdir()
    return Desk(root, plugins)


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits for a condition, with a deadline."""

    def wait(condition: Callable[[], Any], secs: float = 20.0) -> Any:
        end = time.monotonic() + secs
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError("it did not come about in time")

    return wait
