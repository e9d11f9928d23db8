"""`tt down --all`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from threading import Event

from ..plugins import Plugins
from ..team.down import Downed, DownRequest, DownResponse, down, end_orphans
from ..team.everywhere import Done, everywhere, reached
from ..team.known import Known
from .common import open_running, show_json
from .down_view import hints, summary, told_words
from .many import NONE, Places, entries, tell_errors
from .progress import Awaited, Progress

SECS = 300.0
"""How long one workspace may take before nobody else in it is begun with."""


def down_everywhere(request: DownRequest, *, as_json: bool) -> int:
    """End the team of every registered workspace, and print what came of it.

    What runs in a workspace whose `tutti.toml` is wrong, or whose folder is gone, is ended too.

    Args:
        request: How to end them.
        as_json: Whether to print JSON.

    Returns:
        The exit code: 1 if anything asked for was not done.
    """
    places = Places()
    with Progress(quiet=as_json) as progress:
        done = _ended(places, request, progress)
    if as_json:
        answer = entries(done, _fields, {"results": []}, _well)
        show_json(answer)
        return 0 if answer["ok"] else 1
    return _show(places, done)


def _ended(places: Places, request: DownRequest, progress: Progress) -> list[Done]:
    plugins = Plugins.installed()
    host = plugins.hosts()["tmux"]
    running = {one.root for one in host.list()} if places.all else set()
    awaited = Awaited(progress, [places.label(one) for one in places.all])

    def work(place: Known, stop: Event) -> DownResponse:
        label = places.label(place)

        def told(one: Downed) -> None:
            words = told_words(one)
            if words:
                progress.told(f"{label}/{one.agent}", words, ok=one.ok)

        if place.gone:
            return end_orphans(host, place.entry.path, request, told)
        context = open_running(place.root, plugins=plugins, about=label)
        context.stop = stop
        return down(context, request, told)

    def came(one: Done) -> None:
        awaited.came(places.label(one.place))

    asked = [reached(one, running) for one in places.all]
    return everywhere(asked, work, SECS, came, leaving=progress.leaves)


def _fields(response: DownResponse) -> dict[str, Sequence[Downed]]:
    return {"results": response.results}


def _well(response: DownResponse) -> bool:
    return response.ok


def _show(places: Places, done: Sequence[Done]) -> int:
    if not done:
        print(NONE)
    well = [one for one in done if one.error is None]
    for one in well:
        print(f"{places.label(one.place)}: {summary(one.value.results)}")
        for hint in hints(one.value):
            print(f"→ {hint} {places.where(one.place)}")
    sys.stdout.flush()
    tell_errors(places, done)
    return 0 if len(well) == len(done) and all(_well(one.value) for one in well) else 1
