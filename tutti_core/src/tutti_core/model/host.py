"""What a plugin can give of sessions: a place where they live."""

from __future__ import annotations

# ruff: noqa: D102 -- a protocol's attributes are documented in its class docstring
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from .session import Ended, Session, SessionSpec


@runtime_checkable
class SessionHost(Protocol):
    """Where sessions live.

    Attributes:
        name: Its name, such as ``tmux``.
    """

    @property
    def name(self) -> str: ...

    def create(self, spec: SessionSpec) -> Session:
        """Start the process as the session's own and return the session.

        The process gets the arguments byte for byte, and the caller's environment as the spec
        amends it. A name that is taken is refused with a `TuttiError`.
        """

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of ours, all of them or those of one workspace, in one call."""

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Return the text of several panes in one call; a vanished pane is absent."""

    def paste(self, pane: str, text: str) -> None:
        """Put text into the program's input as one paste, without submitting it.

        Control characters that could end the paste are left out. Where nothing alive can take it a
        `TuttiError` says so.
        """

    def keys(self, pane: str, *names: str) -> None:
        """Press keys by their names; a word that is no key is refused, never typed."""

    def leave_copy_mode(self, pane: str) -> None:
        """Return a pane that somebody scrolled to the program."""

    def end(
        self, session: Session, *, grace: float = 3.0, closing: Callable[[], None] | None = None
    ) -> Ended:
        """End every process of a session, those included that left it, then the session.

        In between, while the last screen can be read, `closing` is called, once and in any case. A
        session that is gone already is no error, and no other is ended in its place.
        """

    def attach_argv(self, session: Session) -> Sequence[str]:
        """Return the command that shows a session to a person, from where they are."""


@runtime_checkable
class PressesWhile(Protocol):
    """A session host that can look at a screen and press a key with nothing in between.

    Where a host cannot, an answer is pressed right after a look.
    """

    def keys_while(self, pane: str, shows: Sequence[str], *names: str) -> bool:
        """Press keys, but nothing if the pane does not show all of the rows at that moment.

        Blanks around the words of a row do not matter. A word that is no key is refused, never
        typed.
        """


@runtime_checkable
class PastesWhile(Protocol):
    """A session host that can look at a screen and paste with nothing in between.

    Where a host cannot, no dialog is answered in one's own words.
    """

    def paste_while(self, pane: str, shows: Sequence[str], text: str) -> bool:
        """Paste as `SessionHost.paste` does, but nothing if the pane does not show all the rows."""


@runtime_checkable
class CountsUnread(Protocol):
    """A session host that knows whether a program has read what was typed into its terminal.

    Where a host does not, no key is pressed a second time.
    """

    def unread(self, pane: str) -> int | None:
        """Return how many bytes its program has not read yet; None if nobody can say."""
