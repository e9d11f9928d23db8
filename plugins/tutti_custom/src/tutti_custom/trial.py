"""A runtime tried out: started in a scratch session, read once it settles, ended completely."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from tutti_core import Agent, Arrangement, Context, Plugins, Runtime, hookimpl
from tutti_core.errors import RuntimeFailure

from .known import Known
from .runtime import Declared

AGENT = "trial"
SHOWN = frozenset(
    (
        "source", "state", "kind", "rule", "detail", "confidence", "age", "priority", "resets",
        "options", "answers",
    )
)  # fmt: skip
"""What is shown of a piece of evidence: what it may be more is between the rules and the judge."""
GRACE_SECS = 1.0
LAST_WORDS_SECS = 1.0
LOOK_SECS = 0.05


class Only:
    """A plugin that gives one runtime.

    Args:
        runtime: The runtime.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @hookimpl
    def tutti_runtimes(self) -> list[Runtime]:
        """Give it."""
        return [self.runtime]


def attempt(found: Known, runtime: Runtime, *, seconds: float, lines: int) -> dict[str, Any]:
    """Start a runtime in a folder of its own, wait until its state settles, and end it.

    Args:
        found: The runtimes there are.
        runtime: The one to try.
        seconds: How long to wait at most.
        lines: How many lines of its last screen to return.

    Returns:
        What was seen, JSON values only.

    Raises:
        TuttiError: If it cannot be started, or something of it is still there afterwards.
    """
    with _folder() as folder:
        context = _context(found, runtime, folder, seconds)
        began = time.monotonic()
        try:
            _up(context)
            seen = _seen(context, lines)
            seen["seconds"] = round(time.monotonic() - began, 1)
        finally:
            _down(context)
    return {"name": runtime.name, **seen}


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tutti-try-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _context(found: Known, runtime: Runtime, folder: Path, seconds: float) -> Context:
    team = found.arrangement
    scratch = Arrangement(
        folder,
        attrs.evolve(team.workspace, name="try"),
        defaults=attrs.evolve(team.defaults, worktree=False, runtime=runtime.name),
        launch=attrs.evolve(team.launch, mode="safe", policy="constrained", ready_secs=seconds),
        agent=(Agent(AGENT),),
        settings=team.settings,
    )
    return Context(scratch, _plugins(found, runtime))


def _plugins(found: Known, runtime: Runtime) -> Plugins:
    """Return the core and what gives the runtime; what else is installed has no say here."""
    owner = found.owners[runtime.name]
    declared = isinstance(runtime, Declared)
    entries = [
        one
        for one in found.plugins.entries
        if one.name == "core" or (one.distribution == owner and not declared)
    ]
    plugins = Plugins(entries)
    if declared:
        plugins.add(Only(runtime), "only", owner)
    return plugins


def _up(context: Context) -> None:
    verb = context.plugins.verbs()["up"]
    (result,) = verb.run(context, verb.request()).results
    if result.outcome not in ("launched", "failed") or not result.session:
        raise RuntimeFailure(result.detail or result.outcome, hint=result.hint)


def _seen(context: Context, lines: int) -> dict[str, Any]:
    voice = _settled(context)
    reading = voice.reading
    return {
        "state": reading.state,
        "kind": reading.kind,
        "detail": reading.detail,
        "evidence": [
            {key: value for key, value in one._asdict().items() if key in SHOWN}
            for one in reading.evidence
        ],
        "lines": [row.rstrip() for row in _rows(voice)[-lines:]],
    }


def _settled(context: Context) -> Any:
    """Return the voice; of a process that has ended only once its last words are on the screen."""
    deadline = time.monotonic() + LAST_WORDS_SECS
    while True:
        voice = context.voices([AGENT])[AGENT]
        if voice.reading.state != "exited" or _rows(voice) or time.monotonic() >= deadline:
            return voice
        time.sleep(LOOK_SECS)


def _rows(voice: Any) -> list[str]:
    screen = voice.seen.screen
    return screen.text.rstrip().splitlines() if screen else []


def _down(context: Context) -> None:
    verb = context.plugins.verbs()["down"]
    answer = verb.run(context, verb.request(grace=GRACE_SECS))
    left = [one for one in answer.results if not one.ok]
    if left:
        raise RuntimeFailure(f"it could not be ended: {left[0].detail}", hint=left[0].hint)
