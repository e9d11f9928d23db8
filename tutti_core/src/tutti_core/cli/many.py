"""`--all`: one command in every registered workspace, and what came of it in each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..config.find import shown
from ..errors import UsageError
from ..team.everywhere import Done
from ..team.known import Known, known, labels, quoted_path
from .report import as_data, lines_of_error
from .style import paint

NONE = "No registered workspaces.\n→ tt init in a project, or tt workspaces add"


def refuse_names(agents: Collection[str], workspace: str | None) -> None:
    """Refuse what cannot be meant together with ``--all``.

    Args:
        agents: The agents that were named.
        workspace: The workspace that was named.

    Raises:
        UsageError: If there is any of either.
    """
    if agents:
        raise UsageError(
            f"--all is every agent of every workspace, and {', '.join(agents)} was named",
            hint="leave out --all, or the names",
        )
    if workspace is not None:
        raise UsageError(
            f"--all is every workspace, and -w {workspace} is one", hint="give one of them"
        )


class Places:
    """The registered workspaces, and what to call them beside each other."""

    def __init__(self) -> None:
        self.all: list[Known] = known()
        self._labels = dict(zip(map(_key, self.all), labels(self.all), strict=True))

    def label(self, place: Known) -> str:
        """Return what to call a workspace."""
        return self._labels[_key(place)]

    def where(self, place: Known) -> str:
        """Return the words by which any command reaches a workspace."""
        alone = self.label(place) == place.entry.name
        return f"-w {place.entry.name if alone else quoted_path(place.entry.path)}"


def _key(place: Known) -> int:
    return place.entry.number


def entries(
    done: Sequence[Done],
    fields: Callable[[Any], Mapping[str, Any]],
    empty: Mapping[str, Any],
    ok: Callable[[Any], bool] = lambda _: True,
) -> dict[str, Any]:
    """Return what came of it as JSON has it.

    Args:
        done: What came of it in each workspace.
        fields: Gives the fields of a workspace where it went on.
        empty: The same fields of one where it did not.
        ok: Whether a value is a success.
    """
    rows = [
        {
            "ok": one.error is None and ok(one.value),
            "workspace": one.place.name,
            "path": one.place.entry.path,
            **(empty if one.value is None else fields(one.value)),
            "error": as_data(one.error)["error"] if one.error else None,
        }
        for one in done
    ]
    return {"ok": all(row["ok"] for row in rows), "workspaces": rows}


def title(places: Places, place: Known) -> str:
    """Return a workspace's heading: what it is called, and where it is."""
    label = places.label(place)
    path = "" if label != place.name else f"  {paint(shown(place.root), 'dim')}"
    return f"{paint(label, 'bold')}{path}"


def tell_errors(places: Places, done: Sequence[Done], *, as_json: bool = False) -> None:
    """Print on standard error where it did not go on, and why.

    Args:
        places: The workspaces.
        done: What came of it in each.
        as_json: Whether to print each as one JSON object.
    """
    for one in done:
        if one.error is None:
            continue
        if as_json:
            about = {"workspace": one.place.name, "path": one.place.entry.path}
            print(json.dumps({**as_data(one.error), **about}, ensure_ascii=False), file=sys.stderr)
            continue
        for line, hint in lines_of_error(one.error):
            head = paint(f"error[{one.error.category}]:", "red", sys.stderr)
            print(f"{head} {places.label(one.place)}: {line}", file=sys.stderr)
            if hint:
                print(f"  hint: {hint}", file=sys.stderr)
