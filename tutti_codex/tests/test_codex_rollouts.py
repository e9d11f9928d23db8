"""The conversation an earlier Codex left is found by its folder, because Codex chooses the id."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_codex.runtime import Codex
from tutti_core import Kept, Past

CWD = Path("/home/dev/app/.tutti/worktrees/one")
FIRST, SECOND, THIRD = (f"01a2030{n}-d2f7-7722-ab29-867cc5222c2d" for n in "123")
BEGAN = 1_000_000.0


class Home:
    """Codex's own folder, with rollouts of chosen times."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keeps(self, name: str, at: float, text: str = "", **said: Any) -> None:
        """Keep a conversation that was spoken in last at a time."""
        day = self.folder / "sessions" / "2026" / "11" / "22"
        day.mkdir(parents=True, exist_ok=True)
        path = day / f"rollout-2026-11-22T08-02-00-{name}.jsonl"
        opening = {"type": "session_meta", "payload": {"id": name, "cwd": str(CWD), **said}}
        path.write_text(text or json.dumps(opening) + "\n")
        os.utime(path, (at, at))

    def recall(self, **changes: Any) -> Kept:
        """Ask for the conversation."""
        past = Past(CWD, {"CODEX_HOME": str(self.folder)}, began=BEGAN, alone=True)
        return Codex().recall(attrs.evolve(past, **changes))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give an empty folder."""
    return Home(tmp_path)


def test_the_last_one_of_the_folder(home: Home) -> None:
    """Of several begun in the agent's folder the one spoken in last is taken up."""
    home.keeps(FIRST, BEGAN + 9)
    home.keeps(SECOND, BEGAN + 99, source="cli")
    home.keeps(THIRD, BEGAN + 999, cwd="/home/dev/other")
    assert home.recall() == Kept(SECOND)


def test_what_a_conversation_began_by_itself_does_not_count(home: Home) -> None:
    """A conversation within a conversation is not what the agent was told."""
    home.keeps(FIRST, BEGAN + 9)
    home.keeps(SECOND, BEGAN + 99, source={"subagent": "review"})
    assert home.recall() == Kept(FIRST)


def test_older_ones_are_not_its_own_unless_known(home: Home) -> None:
    """What was said before the launch was said to somebody else, except in the one it took up."""
    home.keeps(FIRST, BEGAN - 99)
    home.keeps(SECOND, BEGAN - 9)
    assert home.recall().conversation is None
    assert home.recall(conversation=FIRST) == Kept(FIRST)


def test_in_a_shared_folder_nobody_is_guessed_at(home: Home) -> None:
    """Where others work in the same folder, whose conversation it is cannot be told."""
    home.keeps(FIRST, BEGAN + 9)
    found = home.recall(alone=False)
    assert found.conversation is None
    assert "whose it is cannot be told" in found.why


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"payload": []}', "\x00", "[" * 100_000])
def test_damaged_rollouts_are_passed_over(home: Home, text: str) -> None:
    """A file that cannot be read is no conversation, and no error."""
    home.keeps(FIRST, BEGAN + 9)
    home.keeps(SECOND, BEGAN + 99, text=text)
    assert home.recall() == Kept(FIRST)


def test_the_rollout_is_learned_once_it_is_there(home: Home) -> None:
    """Before the first prompt there is none; then it is the file of the agent's conversation."""
    past = Past(CWD, {"CODEX_HOME": str(home.folder)}, began=BEGAN, alone=True)
    assert Codex().learn(past) == {}
    home.keeps(FIRST, BEGAN + 9)
    learned = Codex().learn(past)
    assert Path(learned["rollout"]).name.endswith(f"{FIRST}.jsonl")
    assert Codex().learn(attrs.evolve(past, alone=False)) == {}
