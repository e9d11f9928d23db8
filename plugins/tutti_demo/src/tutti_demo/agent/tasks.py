"""Turns under way: each knows what it waits for, and is taken a step further when that came."""

from __future__ import annotations

from tutti_demo.agent.desk import Turn, Wait


class Task:
    """A turn, a command of the user's own, or the start of the program.

    Args:
        kind: ``turn``, ``bang`` or ``boot``.
        turn: The generator that does it.
        now: The time, in seconds of the monotonic clock.
    """

    def __init__(self, kind: str, turn: Turn, now: float) -> None:
        self.kind = kind
        self.began = now
        self.wait = Wait()
        self._turn = turn
        self._due = now
        self._fresh = True

    @property
    def due(self) -> float | None:
        """When it goes on by itself; None while it waits for an answer."""
        return None if self.wait.dialog else self._due

    def ready(self, now: float, files: list[int]) -> bool:
        """Tell whether what it waits for came."""
        if self.wait.dialog is not None:
            return False
        return now >= self._due or self.wait.file in files

    def go(self, now: float, answer: int = 0) -> bool:
        """Take it one step further.

        Args:
            now: The time.
            answer: The answer to its dialog.

        Returns:
            Whether it is over.
        """
        try:
            self.wait = next(self._turn) if self._fresh else self._turn.send(answer)
        except StopIteration:
            return True
        self._fresh = False
        self._due = now + self.wait.seconds
        return False

    def stop(self) -> None:
        """End it where it is; what it holds is let go."""
        self._turn.close()
