"""The conversation an earlier Claude Code left is found again, and no other is taken for it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_claude.runtime import ClaudeCode
from tutti_claude.transcripts import transcript_path
from tutti_core import Kept, Past

CWD = Path("/home/dev/app/.tutti/worktrees/one")
OLD, NEW, OTHER = (f"{n}f1d8c1e-3c8c-4c0f-9b59-0d5c4a1a7a10" for n in "123")
SAID = {"type": "user", "message": {"role": "user", "content": "hello"}}
BEGAN = 1_000_000.0


class Home:
    """Claude Code's own folder, with transcripts of chosen times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keeps(self, name: str, at: float, *lines: Any, cwd: Path = CWD) -> Path:
        """Keep a conversation that was spoken in last at a time."""
        path = transcript_path(self.folder, cwd, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        os.utime(path, (at, at))
        return path

    def recall(self, **changes: Any) -> Kept:
        """Ask for the conversation."""
        env = {"CLAUDE_CONFIG_DIR": str(self.folder)}
        past = Past(CWD, env, conversation=OLD, began=BEGAN, alone=True)
        return ClaudeCode().recall(attrs.evolve(past, **changes))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give an empty folder."""
    return Home(tmp_path)


def test_the_conversation_that_was_begun(home: Home) -> None:
    """The chosen id is taken up if something was said."""
    home.keeps(OLD, BEGAN + 9, SAID)
    assert home.recall() == Kept(OLD)


def test_where_nothing_was_said_there_is_none(home: Home) -> None:
    """A file without a prompt cannot be taken up; the reason names where it was looked for."""
    home.keeps(OLD, BEGAN + 9, {"type": "summary"})
    found = home.recall()
    assert found.conversation is None
    assert str(home.folder / "projects") in found.why


def test_one_that_was_cleared_gives_way_to_the_next(home: Home) -> None:
    """After `/clear` the agent talks elsewhere; an empty newer file does not count."""
    home.keeps(OLD, BEGAN + 9, SAID)
    home.keeps(NEW, BEGAN + 99, {"type": "summary"}, SAID)
    home.keeps(OTHER, BEGAN + 999, {"type": "file-history-snapshot"})
    assert home.recall() == Kept(NEW)


def test_in_a_shared_folder_only_its_own_counts(home: Home) -> None:
    """What was said beside it in the same folder is somebody else's."""
    home.keeps(OLD, BEGAN + 9, SAID)
    home.keeps(NEW, BEGAN + 99, SAID)
    assert home.recall(alone=False) == Kept(OLD)


def test_what_was_there_before_is_not_its_own(home: Home) -> None:
    """A conversation older than the launch is another's, though it lies in the same folder."""
    home.keeps(NEW, BEGAN - 99, SAID)
    assert home.recall().conversation is None


def test_its_own_is_found_where_the_folder_has_another_name(home: Home) -> None:
    """Long paths are shortened in ways that differ; the id is enough."""
    home.keeps(OLD, BEGAN - 99, SAID, cwd=Path("/somewhere/else"))
    assert home.recall() == Kept(OLD)


def test_its_own_is_found_in_a_folder_with_a_path_longer_than_a_name(home: Home) -> None:
    """The folder that such a path would be called by cannot even be looked for."""
    home.keeps(OLD, BEGAN + 9, SAID, cwd=Path("/somewhere/else"))
    assert home.recall(cwd=Path("/deep/" + "folder/" * 60)) == Kept(OLD)


@pytest.mark.parametrize("conversation", [None, "", "*", "../../x", "no id", OLD.upper()])
def test_no_id_leads_anywhere_else(home: Home, conversation: str | None) -> None:
    """What is no id is not looked for, whatever a damaged record says."""
    home.keeps(NEW, BEGAN - 99, SAID)
    assert home.recall(conversation=conversation).conversation is None
