"""Which conversation an agent left, as OpenClaw's own database has it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tutti_core import Kept, Past
from tutti_openclaw.runtime import OpenClaw
from tutti_openclaw.sessions import database, spoken

ID = "7d1b6a3e-4d0f-4c8e-9a53-2f6f0f2c9b11"
MADE = """
    CREATE TABLE session_nodes (session_key TEXT, current_session_id TEXT, updated_at INTEGER);
    CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of OpenClaw's, as far as it is looked at."""
    found = database(tmp_path / "openclaw", "main")
    found.parent.mkdir(parents=True)
    with closing(sqlite3.connect(found)) as opened:
        opened.executescript(f"PRAGMA journal_mode = WAL; {MADE}")
    return found


def keep(path: Path, key: str, at: int, *, said: bool = True) -> None:
    """Keep a session, with or without something said in it."""
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("INSERT INTO session_nodes VALUES (?, ?, ?)", (key, f"id of {key}", at))
        if said:
            line = (f"id of {key}", 1, "{}")
            opened.execute("INSERT INTO transcript_events VALUES (?, ?, ?)", line)


def recalled(path: Path, *, alone: bool = True, **env: str) -> Kept:
    """Return what is taken up after a launch that had ours."""
    return OpenClaw().recall(Past(Path("/x"), env, ID, 0.0, alone, path.parents[4]))


def test_the_session_spoken_in_last_is_taken_up(path: Path) -> None:
    """A person may have begun another in the agent's terminal; one of another agent is none."""
    keep(path, f"agent:main:{ID}", 1)
    keep(path, "agent:main:tui-2", 2)
    keep(path, "agent:main:empty", 3, said=False)
    keep(path, "agent:research:x", 4)
    assert list(spoken(path, "main")) == ["tui-2", ID]
    assert recalled(path) == Kept("tui-2")


def test_on_a_folder_given_by_name_only_ours_is(path: Path) -> None:
    """What else is kept there was said to somebody else."""
    keep(path, f"agent:main:{ID}", 1)
    keep(path, "agent:main:main", 2)
    assert recalled(path, OPENCLAW_STATE_DIR=str(path.parents[3])) == Kept(ID)


def test_where_nothing_was_said_nothing_is_taken_up(path: Path) -> None:
    """Neither a session without a word, nor a database that is gone."""
    keep(path, f"agent:main:{ID}", 1, said=False)
    assert recalled(path).conversation is None
    assert "keeps none of it" in recalled(path).why
    path.unlink()
    assert recalled(path).conversation is None


def test_one_of_several_is_taken_up_by_its_id(path: Path) -> None:
    """Where it is that one that is asked for, a later one does not take its place."""
    keep(path, f"agent:main:{ID}", 1)
    keep(path, "agent:main:tui-2", 2)
    assert recalled(path, alone=False) == Kept(ID)


def test_what_is_not_kept_is_not_taken_up(path: Path) -> None:
    """OpenClaw would begin it anew, and nobody would hear of it."""
    keep(path, "agent:main:tui-2", 2)
    assert recalled(path, alone=False).conversation is None


def test_a_database_of_another_shape_is_said_to_be(path: Path) -> None:
    """Rather than take up nothing without a word."""
    path.write_bytes(b"no database at all, and long enough to be looked at as one" * 20)
    kept = recalled(path)
    assert kept.conversation is None
    assert "openclaw-agent.sqlite: file is not a database" in kept.why


def test_looking_changes_nothing(path: Path) -> None:
    """OpenClaw may be at work on it."""
    keep(path, f"agent:main:{ID}", 1)
    before = path.read_bytes()
    with closing(sqlite3.connect(path)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        assert recalled(path) == Kept(ID)
    assert path.read_bytes() == before
