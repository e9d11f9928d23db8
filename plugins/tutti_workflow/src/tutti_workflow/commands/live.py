"""What goes on in a run, while it does: a table that changes, or one line for each event."""

from __future__ import annotations

import shutil
import sys
import threading
import time

from tutti_core import legible, paint

from ..engine.order import Told
from ..record.shapes import message_of, spent, status_of
from ..record.state import RunState, StepState
from ..record.times import seconds_of
from .words import COLOURS, lasting

MARKS = {
    "success": "✓",
    "warning": "!",
    "failed": "✗",
    "timed_out": "✗",
    "running": "▸",
    "skipped": "-",
    "cancelled": "!",
    "pending": "·",
}
TICK_SECS = 0.5


class Live:
    """Shows a run on standard error; safe to use from several threads.

    Args:
        quiet: Whether to show nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.live = not quiet and sys.stderr.isatty() and _knows_escapes()
        self._run: RunState | None = None
        self._lines: dict[str, str] = {}
        self._drawn = 0
        self._lock = threading.RLock()
        self._over = threading.Event()

    def __enter__(self) -> Live:
        """Begin; on a terminal the table is drawn anew by itself."""
        if self.live:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the table away: what is printed at the end says more."""
        self._over.set()
        with self._lock:
            self._clear()

    def told(self, one: Told) -> None:
        """Take in what happened.

        Args:
            one: What.
        """
        with self._lock:
            if self.quiet:
                return
            try:
                self._show(one)
            except OSError:  # nobody reads any more, as with `| head`: no reason to end the run
                self.quiet, self.live = True, False

    def _show(self, one: Told) -> None:
        if one.what == "say" and one.step is None:
            self.warn(one.text)
            return
        self._run = one.run
        if one.what == "say" and one.step is not None:
            self._lines[one.step.key] = one.text
        if self.live:
            self._draw()
        else:
            self._line(one)

    def warn(self, text: str) -> None:
        """Print a line that stays.

        Args:
            text: The line.
        """
        with self._lock:
            self._clear()
            print(f"  {paint('warn', 'yellow', sys.stderr)} {legible(text)}", file=sys.stderr)  # noqa: T201 -- this is what people are shown

    def _line(self, one: Told) -> None:
        said = _said(one)
        if said:
            print(legible(said), file=sys.stderr, flush=True)  # noqa: T201 -- as above

    def _tick(self) -> None:
        while not self._over.wait(TICK_SECS):
            with self._lock:
                if self._run is not None and self.live and not self._over.is_set():
                    self._draw()

    def _draw(self) -> None:
        assert self._run is not None
        size = shutil.get_terminal_size()
        rows = rows_of(self._run, self._lines, size.columns - 1, max(3, size.lines - 3))
        self._clear()
        sys.stderr.write("".join(f"{row}\n" for row in rows))
        sys.stderr.flush()
        self._drawn = len(rows)

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}A\x1b[J")
            sys.stderr.flush()
            self._drawn = 0


def _knows_escapes() -> bool:
    import os

    return os.environ.get("TERM", "dumb") not in ("", "dumb")


def rows_of(run: RunState, lines: dict[str, str], width: int, most: int) -> list[str]:
    """Return the rows of the table, each cut to a width.

    Args:
        run: How the run is.
        lines: The last line of progress of each step.
        width: Columns of the terminal.
        most: How many rows there may be; steps that are done or wait are left out first.
    """
    steps = list(run.steps.values())
    head = f"{run.workflow}  {run.run_id}  {_counted(steps)}"
    shown = _chosen(steps, most - 1)
    longest = max((len(one.key) for one in shown), default=0)
    return [
        head[:width],
        *(_row(one, run, lines.get(one.key, ""), longest, width) for one in shown),
    ]


def _counted(steps: list[StepState]) -> str:
    done = sum(1 for one in steps if one.status in ("success", "warning"))
    return f"{done}/{len(steps)}"


def _chosen(steps: list[StepState], most: int) -> list[StepState]:
    """Return the steps that are worth a row: what runs and what failed, then what is near."""
    if len(steps) <= most:
        return steps
    loud = ("running", "failed", "timed_out", "warning")
    ranked = sorted(steps, key=lambda one: (one.status not in loud, one.status == "success"))
    return sorted(ranked[:most], key=lambda one: one.index)


def _row(step: StepState, run: RunState, line: str, longest: int, width: int) -> str:
    status = status_of(step, run)
    said = message_of(step) if status in ("failed", "timed_out", "warning") else line
    text = f"{step.index:>3} {step.key:<{longest}}  {_lasts(step):>6}  {legible(said or '')}"
    mark = paint(MARKS.get(status, "·"), COLOURS.get(status, ""), sys.stderr)
    return f"{mark} {text[: max(0, width - 2)].rstrip()}"


def _lasts(step: StepState) -> str:
    if step.status == "running":
        begun = step.attempts[-1].started_at if step.attempts else ""
        return lasting(max(0, round((time.time() - seconds_of(begun)) * 1000))) if begun else ""
    return lasting(spent(step)) if step.ended_at else ""


def _said(one: Told) -> str:
    """Return an event as one line; empty for none."""
    run, step = one.run, one.step
    if one.what in ("begun", "resumed"):
        return f"{run.workflow}: run {run.run_id} {one.what}"
    if step is None:
        return ""
    name = f"{step.index}/{len(run.steps)} {step.key}"
    if one.what == "say":
        return f"{name}: {one.text}"
    if step.status == "pending":
        return ""  # it is to run again, and says so when it begins
    if one.what == "retry":
        return f"{name}: {message_of(step)}; {one.text}"
    return f"{name}: {_word(step)}"


def _word(step: StepState) -> str:
    if step.status == "running":
        last = step.attempts[-1] if step.attempts else None
        if last is not None and last.outcome == "cancelled":
            return "cancelled"
        return "began" if last is None or last.number == 1 else f"began, attempt {last.number}"
    said = message_of(step)
    lasted = f" in {_lasts(step)}" if step.ended_at else ""
    return f"{step.status}{lasted}{f': {said}' if said else ''}"
