"""`tt up --all`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from threading import Event
from typing import Any

from ..plugins import Plugins
from ..team.context import Context
from ..team.everywhere import Done, everywhere
from ..team.known import Known
from ..team.outcome import Outcome
from ..team.up import UpRequest, UpResponse, up
from .common import show_json
from .many import NONE, Places, entries, tell_errors, title
from .progress import Awaited, Progress
from .style import warn
from .up_view import fields, outcome_words, remarks, rows_of

SECS = 900.0
"""How long one workspace may take: a chain of agents that wait for each other takes its time."""
EMPTY: Mapping[str, Any] = {"results": [], "warnings": []}


def up_everywhere(request: UpRequest, *, as_json: bool) -> int:
    """Start the team of every registered workspace, and print what came of it.

    Args:
        request: How to start them.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 1 if anybody does not run.
    """
    places, plugins = Places(), Plugins.installed()
    with Progress(quiet=as_json) as progress:
        awaited = Awaited(progress, [places.label(one) for one in places.all])

        def work(place: Known, stop: Event) -> UpResponse:
            def told(one: Outcome) -> None:
                who = f"{places.label(place)}/{one.agent}"
                progress.told(who, outcome_words(one), ok=one.ok)

            context = Context.open(place.root, plugins)
            context.stop = stop
            return up(context, request, told)

        def came(one: Done) -> None:
            awaited.came(places.label(one.place))

        done = everywhere(places.all, work, SECS, came, leaving=progress.leaves)
    if as_json:
        answer = entries(done, fields, EMPTY, lambda found: found.ok)
        show_json(answer)
        return 0 if answer["ok"] else 1
    return _show(places, done)


def _show(places: Places, done: list[Done]) -> int:
    if not done:
        print(NONE)
    for one in done:
        if one.error is None:
            _block(places, one)
    sys.stdout.flush()
    tell_errors(places, done)
    return 0 if all(one.error is None and one.value.ok for one in done) else 1


def _block(places: Places, one: Done) -> None:
    for text in [*one.value.warnings, *remarks(one.value)]:
        warn(f"{places.label(one.place)}: {text}")
    where = places.where(one.place)
    print(f"\n{title(places, one.place)}\n")
    print(rows_of(one.value) if one.value.results else "No agents to launch.")
    for hint in dict.fromkeys(found.hint for found in one.value.results if found.hint):
        print(f"→ {hint}" + (f" {where}" if hint.startswith("tt ") else ""))
