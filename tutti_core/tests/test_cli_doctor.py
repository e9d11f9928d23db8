"""What `tt doctor` prints: a table, or on a terminal too narrow for it a block for each finding."""

from __future__ import annotations

import pytest

from tutti_core.cli import style
from tutti_core.cli.doctor import _show
from tutti_core.model.happening import Finding
from tutti_core.team.doctor import Report

FOUND = Report(
    (
        Finding("tmux", "pass", "tmux 3.7"),
        Finding("runtime/one", "fail", "claude is not on PATH", "install Claude Code, or " * 3),
    )
)


def test_advice_has_a_line_of_its_own_where_the_table_has_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cut away: a row that would wrap is told below each other."""
    monkeypatch.setattr(style, "_columns", lambda: 60)
    _show(FOUND)
    narrow = capsys.readouterr().out
    monkeypatch.setattr(style, "_columns", lambda: 200)
    _show(FOUND)
    wide = capsys.readouterr().out
    assert "fail  runtime/one  claude is not on PATH\n      → install Claude Code" in narrow
    assert "SUGGESTED FIX" not in narrow
    assert wide.startswith("CHECK")
    assert narrow.endswith("Summary: 1 pass, 0 warn, 1 fail, 0 skip\n")
