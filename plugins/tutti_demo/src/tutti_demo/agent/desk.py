"""What a turn works with, and what it says to the one who runs it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from tutti_demo.agent.options import Options
from tutti_demo.agent.permissions import Permissions
from tutti_demo.agent.state import Block, Dialog, State
from tutti_demo.agent.transcript import Transcript

CANCELLED = -1


class Wait(NamedTuple):
    """What a turn waits for before it goes on.

    Attributes:
        seconds: At most so long.
        file: A file descriptor; readable, it ends the wait. -1 for none.
        dialog: A dialog whose answer ends the wait, whatever the time. The answer, the index of
            a choice or `CANCELLED`, is the value of the ``yield``.
    """

    seconds: float = 0
    file: int = -1
    dialog: Dialog | None = None


#: A turn, or a part of one: it yields what it waits for.
Turn = Generator[Wait, int, None]


class Leave(Exception):
    """The program ends, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Declined(Exception):
    """The user said no: the turn is interrupted."""


class Failed(Exception):
    """The provider refused or failed: the turn is over."""


class Desk:
    """The things a turn uses.

    Args:
        options: How the program was started.
        state: What is shown.
        record: Where it is recorded.
        permissions: What may run.
        cwd: The working folder.
        told: What the user said so far, earlier runs of the session included.
    """

    def __init__(
        self,
        *,
        options: Options,
        state: State,
        record: Transcript,
        permissions: Permissions,
        cwd: Path,
        told: list[str],
    ) -> None:
        self.options, self.state, self.record = options, state, record
        self.permissions, self.cwd, self.told = permissions, cwd, told

    def add(self, block: Block) -> int:
        """Show one more block.

        Returns:
            Its place, for `change`.
        """
        self.state.blocks.append(block)
        return len(self.state.blocks) - 1

    def change(self, place: int, **fields: str) -> None:
        """Show a block with another text or result."""
        self.state.blocks[place] = self.state.blocks[place]._replace(**fields)

    def pause(self, seconds: float) -> Wait:
        """Return a wait of so many seconds at normal speed."""
        return Wait(seconds / self.options.speed)
