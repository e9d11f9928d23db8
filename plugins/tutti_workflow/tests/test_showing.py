"""What people see of a run while it goes on, and once it has ended."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from tutti_workflow.commands.live import Live
from tutti_workflow.commands.words import show_plan, show_result
from tutti_workflow.engine.order import Order, Seat, Told
from tutti_workflow.engine.run import run_order
from tutti_workflow.record.shapes import run_result
from tutti_workflow.verbs import RunRequest, planned

COLOURED = "run = \"printf '\\\\033[31mred\\\\033[0m\\\\n' >&2; exit 1\""


class Closed(io.StringIO):
    """A standard error that nobody reads any more."""

    def write(self, _: str) -> int:
        """Fail as a pipe does."""
        raise BrokenPipeError


def test_a_run_goes_on_though_nobody_reads(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was piped into a program that has ended is no reason to end a run."""
    context = desk.flow('type = "jot"', 'type = "jot"')
    monkeypatch.setattr(sys, "stderr", Closed())
    with Live() as live:
        run = run_order(context, Order("a"), Seat(live.told))
    assert run.status == "succeeded"
    assert live.quiet


def test_lines_are_told_without_colours(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a program; and what is said of the run as a whole has a line of its own."""
    context = desk.flow(f'type = "command"\nid = "c"\n{COLOURED}')
    with Live() as live:
        run = run_order(context, Order("a"), Seat(live.told))
        live.told(Told("say", run, None, "hook 0 failed"))
    told = capsys.readouterr().err.splitlines()
    assert "1/1 c: red" in told
    assert told[-1].endswith("warn hook 0 failed")


def test_a_cancelled_step_is_said_to_be(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Not that it began a second time."""
    context = desk.flow('type = "jot"\nsecs = 20')
    begun: list[Told] = []

    def told(one: Told) -> None:
        live.told(one)
        begun.extend([one] if one.what == "step" else [])

    with Live() as live:
        run = run_order(context, Order("a"), Seat(told, lambda: bool(begun)))
    assert run.status == "interrupted"
    assert capsys.readouterr().err.splitlines()[-2:] == ["1/1 1: began", "1/1 1: cancelled"]


def test_the_end_says_what_was_printed_last(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a table took the lines along: those of the step that did not end well."""
    context = desk.flow(f'type = "command"\nid = "c"\n{COLOURED}', 'type = "jot"')
    result = run_result(run_order(context, Order("a")))
    show_result(result, tails=True)
    assert "c printed last:\n    red\n" in capsys.readouterr().out


def test_a_wide_wave_is_cut(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two hundred steps nobody reads every name on one line."""
    context = desk.flow(*['type = "jot"\ndepends_on = []'] * 200)
    show_plan(planned(context, RunRequest("a")))
    (wave,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("Wave")]
    assert wave == "Wave 1: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 188 more"
