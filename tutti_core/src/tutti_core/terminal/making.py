"""Makes a session on tmux, and says whose it is if its name is taken."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import killing, launching
from .listing import sessions
from .tmux import TmuxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..model.session import Session, SessionSpec
    from .tmux import Output, Tmux


class SessionExists(TmuxError):
    """The name of a session is taken."""


def make(tmux: Tmux, spec: SessionSpec, there: Callable[[], Iterable[Session]]) -> Session:
    """Start an agent as a pane's own process.

    Args:
        tmux: The server.
        spec: The session to make.
        there: Lists our sessions.

    Returns:
        The session as tmux lists it.

    Raises:
        SessionExists: The name is taken, by anybody.
        TmuxError: The spec is too long or senseless, or tmux refused it.
    """
    launching.check(spec)
    wanted = launching.wanted_environment(spec, os.environ)
    environment = launching.plan(wanted, spec.unset, _server_variables(tmux))
    can_give = tmux.version() >= (3, 2)
    script = launching.script(spec, environment, can_give=can_give)
    made = tmux.feed(script, start=True)
    if _is_taken(tmux, spec.name, made):
        raise _taken(spec.name, made, there())
    return sessions(tmux.checked(made, "new-session").stdout)[0]


def _server_variables(tmux: Tmux) -> set[str] | None:
    shown = tmux.call("show-environment", "-g")
    if shown.absent:
        return None
    text = os.fsdecode(tmux.checked(shown, "show-environment").stdout)
    # Before 3.3 a value with newlines looks like several variables: to take away one that does
    # not exist does no harm.
    return {entry.partition("=")[0] for entry in text.splitlines() if "=" in entry}


def _is_taken(tmux: Tmux, name: str, made: Output) -> bool:
    if made.code == 0:
        return False
    # tmux 3.0 keeps silent about what failed in a script.
    said = made.stderr
    return "duplicate session" in said or (not said and killing.has(tmux, f"={name}"))


def _taken(name: str, made: Output, there: Iterable[Session]) -> SessionExists:
    owner = next((one for one in there if one.name == name), None)
    whose = f"agent '{owner.agent}' of {owner.root}" if owner else "a stranger to tutti"
    return SessionExists(f"session '{name}' exists already: {whose}", stderr=made.stderr)
