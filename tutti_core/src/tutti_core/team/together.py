"""Every registered workspace at a glance; on the path of ``tt status --all``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..model.session import Session
from ..watching.look import Panes
from .everywhere import Done, everywhere, reached
from .known import Known
from .snapshot import snapshot

LOOK_SECS = 15.0


class Gathered:
    """The sessions and screens of several workspaces, from two calls for all of them.

    Args:
        host: Where the sessions live.
        roots: The workspaces.
    """

    def __init__(self, host: Panes, roots: Collection[str]) -> None:
        self._sessions = [one for one in host.list() if one.root in roots]
        panes = [one.pane for one in self._sessions]
        self._screens = host.capture(panes) if panes else {}

    @property
    def roots(self) -> set[str]:
        """The workspaces in which something runs."""
        return {one.root for one in self._sessions}

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of one workspace, as they were."""
        return tuple(one for one in self._sessions if root in (None, one.root))

    def capture(self, panes: Sequence[str], *, history: int = 0) -> Mapping[str, str]:
        """Return the screens of several panes, as they were."""
        return {pane: self._screens[pane] for pane in panes if pane in self._screens}


def look_everywhere(places: Sequence[Known], host: Panes) -> list[Done]:
    """Look at every workspace once.

    Args:
        places: The workspaces.
        host: Where the sessions live.

    Returns:
        For each workspace what `snapshot` returns, or why there is nothing; both where what runs is
        known, and the configuration cannot be used.
    """
    seen = Gathered(host, {one.entry.path for one in places})

    def work(place: Known, _: Any) -> Any:
        return snapshot(place.root, seen)

    asked = [reached(one, seen.roots) for one in places]
    return [_known(one) for one in everywhere(asked, work, LOOK_SECS, grace=0.0)]


def _known(done: Done) -> Done:
    return done._replace(error=done.value[0].get("trouble")) if done.value else done
