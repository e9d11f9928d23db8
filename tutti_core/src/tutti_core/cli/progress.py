"""What goes on, on standard error: lines of what is done, and on a terminal one of what is not."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from threading import Lock

from .style import ago, legible, moves, paint


class Progress:
    """Lines that stay, above one that changes; safe to use from several threads.

    Args:
        quiet: Whether to print nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.live = not quiet and moves(sys.stderr)
        self._shown = ""
        self._lock = Lock()

    def __enter__(self) -> Progress:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line to whatever comes next."""
        self.show("")

    def show(self, text: str) -> None:
        """Say on a terminal what goes on; nothing elsewhere.

        Args:
            text: One line; empty for none.
        """
        with self._lock:
            if text != self._shown:
                self._clear()
                self._shown = text
                self._draw()

    def leaves(self) -> None:
        """Say on a terminal that what is begun is waited for after Ctrl+C."""
        self.show("what is begun is ended; Ctrl+c again does not wait for that")

    def waits(self, who: str, words: str) -> None:
        """Print that somebody has to be waited for.

        Args:
            who: Who.
            words: For whom, and why.
        """
        self._line("…", f"{legible(who)}: {legible(words)}")

    def told(self, who: str, words: str, *, ok: bool) -> None:
        """Print what became of somebody.

        Args:
            who: Of whom.
            words: What became of them.
            ok: Whether that is well.
        """
        mark = paint("✓", "green", sys.stderr) if ok else paint("✗", "red", sys.stderr)
        self._line(mark, f"{legible(who)}: {legible(words)}")

    def _line(self, mark: str, text: str) -> None:
        if self.quiet:
            return
        with self._lock:
            self._clear()
            print(f"  {mark} {text}", file=sys.stderr, flush=True)
            self._draw()

    def _draw(self) -> None:
        if self.live and self._shown:
            width = shutil.get_terminal_size().columns - 1
            print(f"  … {legible(self._shown)}"[:width], end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self.live and self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class Awaited:
    """Who is still to come, in which state and for how long, said on the changing line.

    Args:
        progress: Where to say it.
        names: Everybody.
    """

    def __init__(self, progress: Progress, names: list[str]) -> None:
        self.progress, self.left = progress, list(dict.fromkeys(names))
        self.states: Mapping[str, str] = {}
        self.begun = time.monotonic()
        self._show()

    def came(self, name: str) -> None:
        """Take somebody off the line."""
        self.left = [one for one in self.left if one != name]
        self._show()

    def seen(self, states: Mapping[str, str]) -> None:
        """Say how those are that are waited for.

        Args:
            states: State by name; whoever is not in it has not begun.
        """
        self.states = states
        self._show()

    def _show(self) -> None:
        waited = int(time.monotonic() - self.begun)
        after = f" after {ago(waited)}" if waited else ""
        names = f"{len(self.left)} to come{after}: {', '.join(map(self._named, self.left))}"
        self.progress.show(names if self.left else "")

    def _named(self, name: str) -> str:
        return f"{name} ({self.states[name]})" if name in self.states else name
