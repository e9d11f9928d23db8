"""`tt status --all`: every registered workspace; on the short way, so nothing heavy is imported."""

from __future__ import annotations

import json
import sys

from ..team.everywhere import Done
from ..team.together import look_everywhere
from ..terminal.host import TmuxHost
from .many import NONE, Places, entries, tell_errors
from .status_view import render
from .style import warn


def show_everywhere(*, as_json: bool) -> int:
    """Print the voices of every registered workspace.

    Args:
        as_json: Whether to print JSON.

    Returns:
        The exit code: 0, or 1 if there is a workspace that cannot be looked at.
    """
    places = Places()
    done = look_everywhere(places.all, TmuxHost()) if places.all else []
    if as_json:
        answer = entries(done, lambda seen: {"voices": seen[1]}, {"voices": []})
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0 if answer["ok"] else 1
    seen = [one for one in done if one.value is not None]
    if seen or not done:
        print("\n\n".join(_block(places, one) for one in seen) or NONE)
    sys.stdout.flush()
    tell_errors(places, done)
    return 1 if any(one.error for one in done) else 0


def _block(places: Places, one: Done) -> str:
    team, rows = one.value
    label = places.label(one.place)
    if one.error is not None:
        said = "only what runs is known, by the rules known last"
        warn(f"{label}: {said}")
    for name, remedy in team["unowned"].items():
        warn(f"{label}: [{name}] has no working owner: {remedy}")
    return render(label, rows, places.where(one.place))
