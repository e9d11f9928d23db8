"""Where sessions live: tmux, behind the contract of a session host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from . import keyboard, killing, making, processes, screens
from .dressing import dress
from .keyboard import PaneGone, exact
from .launching import ARGV_LIMIT
from .listing import FORMAT, listed, sessions
from .making import SessionExists
from .quoting import line
from .ring import arm
from .tmux import Tmux, default_socket
from .unread import unread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model.session import Ended, Session, SessionSpec

__all__ = ["ARGV_LIMIT", "PaneGone", "SessionExists", "TmuxHost"]

_Argv = list[str]  # inside the class `list` is the method


class TmuxHost:
    """Sessions on a tmux server of tutti's own.

    Args:
        socket: The server's socket name; by default ``TUTTI_TMUX_SOCKET`` or ``tutti``.
    """

    name = "tmux"

    def __init__(self, socket: str | None = None) -> None:
        self.tmux = Tmux(socket or default_socket())

    def create(self, spec: SessionSpec) -> Session:
        """Start an agent as a pane's own process.

        The agent gets ``spec.argv`` byte for byte and the caller's environment as ``spec`` amends
        it, whatever environment the server was started from.

        Args:
            spec: The session to make.

        Returns:
            The session as tmux lists it.

        Raises:
            SessionExists: The name is taken, by anybody.
            TmuxError: The spec is too long or senseless, or tmux refused it.
        """
        return making.make(self.tmux, spec, self.list)

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """List our sessions in one call; no server is no sessions.

        A second call is made only if an agent has ended and tmux has not noticed.

        Args:
            root: The workspace whose sessions are wanted; by default all.

        Raises:
            TmuxError: tmux cannot say.
        """
        return listed(self._listing, root)

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False, join: bool = False
    ) -> dict[str, str]:
        """Read the screens of several panes in one invocation.

        Args:
            panes: Pane ids such as ``%7``.
            history: Lines to read above the screen.
            styles: Whether to keep colours and attributes as escape sequences.
            join: Whether a wrapped line is given as one; blanks at the end of lines are then kept.

        Returns:
            The text of each pane that exists, blank rows at its end included.

        Raises:
            TmuxError: tmux cannot say.
        """
        return screens.capture(self.tmux, panes, history=history, styles=styles, join=join)

    def scan(self, panes: Sequence[str]) -> tuple[tuple[Session, ...], dict[str, str]]:
        """List and read panes in one invocation, for who looks often.

        An end that tmux has not noticed is noticed by :meth:`list` only.

        Args:
            panes: Pane ids.

        Returns:
            Sessions, those of these panes at least, and the text of each pane that exists.

        Raises:
            TmuxError: tmux cannot say.
        """
        listing, screens_of = screens.scan(self.tmux, panes)
        return sessions(listing), screens_of

    def paste(self, pane: str, text: str) -> None:
        """Give a program text as one paste, without submitting it.

        Control characters other than newline and tab are left out, so that the text can neither
        end the paste nor press keys.

        Args:
            pane: A pane id.
            text: The text.

        Raises:
            PaneGone: Nothing alive is there to take it.
            TmuxError: tmux refused.
        """
        keyboard.paste(self.tmux, exact(pane), text)

    def keys(self, pane: str, *names: str) -> None:
        """Press keys by name, such as ``Enter``, ``Escape``, ``C-c`` or ``2``.

        Args:
            pane: A pane id.
            names: The keys; text is for :meth:`paste`.

        Raises:
            ValueError: Not a key: tmux would type the word.
            PaneGone: Nothing alive is there to take them.
            TmuxError: tmux refused.
        """
        keyboard.press(self.tmux, pane, *names)

    def keys_while(self, pane: str, shows: Sequence[str], *names: str) -> bool:
        """Press keys only while the pane shows some rows, as `PressesWhile` has it.

        Args:
            pane: A pane id.
            shows: The rows.
            names: The keys.

        Raises:
            ValueError: Not a key: tmux would type the word.
            PaneGone: Nothing alive is there to take them.
            TmuxError: tmux refused.
        """
        return keyboard.press(self.tmux, pane, *names, shows=shows)

    def paste_while(self, pane: str, shows: Sequence[str], text: str) -> bool:
        """Paste only while the pane shows some rows, as `PastesWhile` has it.

        Args:
            pane: A pane id.
            shows: The rows.
            text: The text.

        Raises:
            PaneGone: Nothing alive is there to take it.
            TmuxError: tmux refused.
        """
        return keyboard.paste(self.tmux, exact(pane), text, shows=shows)

    def unread(self, pane: str) -> int | None:
        """Return how many bytes its program has not read yet, as `CountsUnread` has it.

        Args:
            pane: A pane id.
        """
        return unread(self.tmux, pane)

    def leave_copy_mode(self, pane: str) -> None:
        """Return a pane that somebody scrolled to its program; without effect on any other.

        Args:
            pane: A pane id.
        """
        keyboard.leave_copy_mode(self.tmux, pane)

    def set_option(self, session: str, key: str, value: str) -> None:
        """Label a session.

        Args:
            session: Its exact name.
            key: The label, without ``@tutti_``.
            value: Any text.

        Raises:
            TmuxError: There is no such session.
        """
        script = line(["set-option", "-t", f"={session}:", f"@tutti_{key}", value])
        self.tmux.checked(self.tmux.feed(script), "set-option")

    def rearm(self, session: Session, ring: str) -> None:
        """Have what an agent prints kept again, after whatever kept it has ended or hangs.

        Args:
            session: The agent's session.
            ring: Absolute path of the file, as in the session's spec.

        Raises:
            TmuxError: There is no such pane.
        """
        self.tmux.checked(self.tmux.feed(line(arm(exact(session.pane), ring))), "pipe-pane")

    def kill(self, session_name: str) -> None:
        """End a session of ours, not caring for processes that outlive their terminal.

        Args:
            session_name: Its exact name; one that is gone already is no error.

        Raises:
            TmuxError: It is not ours, or it is still there.
        """
        killing.kill(self.tmux, session_name)

    def end(
        self, session: Session, *, grace: float = 3.0, closing: Callable[[], None] | None = None
    ) -> Ended:
        """End all processes of a session, then the session.

        Args:
            session: A session of ours, as listed.
            grace: Seconds the processes have after SIGTERM.
            closing: Called in between, when the last screen still can be read.

        Returns:
            What became of the processes, those included that had left the terminal.

        Raises:
            TmuxError: The session is still there.
        """
        marks = {"TUTTI_ROOT": session.root, "TUTTI_AGENT": session.agent}
        leaders = killing.leaders(self.tmux, session, self.list(session.root))
        ended = processes.end(leaders, grace=grace, also=lambda: processes.marked(marks))
        if closing:
            closing()
        if any(one.name == session.name for one in self.list(session.root)):
            self.kill(session.name)
        return ended

    def attach_argv(self, session: Session) -> _Argv:
        """Give the command that shows a session to a person, from where they are.

        Inside this very server their client is switched; inside another one the session is nested,
        which tmux allows once TMUX is out of the environment.

        Args:
            session: The session.
        """
        dress(self.tmux.socket, session)
        target = f"={session.name}"
        if self.inside() == "same":
            return self.tmux.argv("switch-client", "-t", target)
        return ["env", "-u", "TMUX", *self.tmux.argv("attach-session", "-t", target)]

    def inside(self) -> Literal["same", "other", "no"]:
        """Say whether the caller runs inside this tmux server, another one, or none."""
        socket = os.environ.get("TMUX", "").partition(",")[0]
        if not socket:
            return "no"
        return "same" if str(Path(socket).resolve()) == self.tmux.socket_path() else "other"

    def _listing(self) -> bytes:
        said = self.tmux.call("list-panes", "-a", "-F", FORMAT)
        return b"" if said.absent else self.tmux.checked(said, "list-panes").stdout
