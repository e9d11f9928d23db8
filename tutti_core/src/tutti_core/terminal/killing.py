"""Ends sessions on tmux, and nothing that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import processes
from .tmux import TmuxError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.session import Session
    from .tmux import Tmux


def kill(tmux: Tmux, name: str) -> None:
    """End a session of ours, not caring for processes that outlive their terminal.

    Args:
        tmux: The server.
        name: Its exact name; one that is gone already is no error.

    Raises:
        TmuxError: It is not ours, or it is still there.
    """
    target = f"={name}"
    if not has(tmux, target):
        return
    if not tmux.run("show-options", "-qv", "-t", f"{target}:", "@tutti_root").strip():
        raise TmuxError(f"session '{name}' is not tutti's, so it is left alone")
    ended = tmux.call("kill-session", "-t", target)
    if has(tmux, target):
        raise TmuxError(f"session '{name}' is still there", stderr=ended.stderr)


def has(tmux: Tmux, target: str) -> bool:
    """Return whether there is a session.

    Args:
        tmux: The server.
        target: The session, exactly.

    Raises:
        TmuxError: tmux cannot say.
    """
    asked = tmux.call("has-session", "-t", target)
    if asked.absent or "can't find session" in asked.stderr:
        return False
    tmux.checked(asked, "has-session")
    return True


def leaders(tmux: Tmux, session: Session, there: Iterable[Session]) -> tuple[int, ...]:
    """Find an agent's process; the number of one that has ended may be another's by now.

    Args:
        tmux: The server.
        session: The agent's session, as it was.
        there: The sessions there are now.

    Raises:
        TmuxError: tmux cannot say.
    """
    current = next((one for one in there if one.pane == session.pane), None)
    if current is None or current.dead or not current.pid:
        return ()
    server = tmux.run("display-message", "-p", "-t", session.pane, "#{pid}").strip()
    return (current.pid,) if str(processes.parent(current.pid)) == server else ()
