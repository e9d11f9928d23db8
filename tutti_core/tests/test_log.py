"""The diagnostic log: readable lines, bounded, and never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tutti_core import log
from tutti_core.log import Log


def test_a_line_is_one_json_object(tmp_path: Path) -> None:
    """A note carries its time, its process and its facts; the file is its owner's alone."""
    path = tmp_path / "logs" / "tt.log"
    Log(path).note("started", agent="one", where=tmp_path)
    (line,) = path.read_text().splitlines()
    note = json.loads(line)
    assert (note["event"], note["agent"], note["where"]) == ("started", "one", str(tmp_path))
    assert note["time"].endswith("Z")
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_folder_it_makes_is_private(tmp_path: Path) -> None:
    """The log may be the first thing written below `.tutti/`, which is its owner's alone."""
    Log(tmp_path / ".tutti" / "logs" / "tt.log").note("begun")
    for folder in (tmp_path / ".tutti", tmp_path / ".tutti" / "logs"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_an_error_is_written_with_its_traceback(tmp_path: Path) -> None:
    """Whoever reads the log sees where it went wrong."""
    path = tmp_path / "tt.log"
    try:
        raise ValueError("broken")  # noqa: TRY301 -- a traceback is what is wanted
    except ValueError as error:
        Log(path).note("sink failed", exc_info=error)
    assert "ValueError: broken" in json.loads(path.read_text())["exception"]


def test_the_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that has grown too large is put aside once, and the one before it is dropped."""
    monkeypatch.setattr(log, "MOST_BYTES", 10)
    path = tmp_path / "tt.log"
    for number in range(3):
        Log(path).note("line", number=number)
    assert json.loads(path.read_text())["number"] == 2
    assert json.loads((tmp_path / "tt.log.1").read_text())["number"] == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["tt.log", "tt.log.1"]


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    """A file where the folder should be costs the note, not the work."""
    (tmp_path / "logs").write_text("in the way")
    Log(tmp_path / "logs" / "tt.log").note("started")
    assert (tmp_path / "logs").read_text() == "in the way"
