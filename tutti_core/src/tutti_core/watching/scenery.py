"""What a watch needs to know of a workspace, and does there: whoever watches brings one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..model.session import Session
from .look import Reads, Voice


class Entry(NamedTuple):
    """Whose log is to be written.

    Attributes:
        agent: The agent's name.
        session: Its session.
        status: The contract's word for how it is.
        quiet: Whether it has printed nothing for a while.
        at: Seconds on a clock that only goes forward.
    """

    agent: str
    session: Session
    status: str
    quiet: bool
    at: float


class Team(Protocol):
    """What a watch needs to know of a workspace, and does there."""

    @property
    def root(self) -> Path:
        """Absolute path of the workspace."""

    @property
    def deaths(self) -> Path:
        """The file to which the server appends a line when a process of ours ends."""

    @property
    def likeness(self) -> str:
        """What tells a watch by these plugins and rule files from a watch by others."""

    def rules(self, runtime: str) -> Mapping[str, Any] | None:
        """Return a runtime's compiled rules, or None if it has none."""

    def detectors(self) -> Sequence[Reads]:
        """Return the detectors beside the rules."""

    def record(self, agent: str) -> Mapping[str, Any]:
        """Return what was recorded at an agent's launch."""

    def stalls(self) -> float:
        """Return after how many seconds without progress an agent is stalled; 0 for never."""

    def files(self, agent: str, session: Session) -> Mapping[str, Path]:
        """Return the files that change when the agent does something, each by what it is."""

    def configured(self) -> Iterable[Path]:
        """Return the files from which the team is made."""

    def reload(self) -> None:
        """Read those again."""

    def begun(self, agent: str, session: Session) -> bool:
        """Return whether an agent's start was told; tell it if whoever started it cannot."""

    def is_free(self, agent: str) -> bool:
        """Return whether nobody starts or ends an agent at this moment."""

    def gone(self, agent: str) -> None:
        """Keep that an agent has no session, for others to read."""

    def vanished(self, agent: str) -> bool:
        """Tell that an agent's session has gone, unless that was done; False if it must wait."""

    def expected(self) -> Iterable[str]:
        """Return the agents of which it is recorded that they run."""

    def seen(self, voice: Voice) -> None:
        """Keep what was seen of an agent, for others to read."""

    def tend(self, agent: str, session: Session) -> None:
        """Do what an agent needs now and then for others to know of it."""

    def keep(self, data: bytes) -> None:
        """Write the file with the readings."""

    def beat(self) -> None:
        """Give a sign of life: touch that file."""

    def log(self, entries: Sequence[Entry]) -> set[str]:
        """Write what agents show into their logs; return those that must wait."""

    def note(self, event: str, **facts: Any) -> None:
        """Write a line into the watch's own log."""
