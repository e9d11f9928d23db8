"""Where an agent works is its worktree, and only a person has one started anew."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tutti_core.model.launch import TreePlan
from tutti_core.team.places import Places
from tutti_core.team.trees import place


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A workspace whose one agent is to have a fresh worktree."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Tester")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tester@tutti.invalid")
    for words in ("init -q -b main", "commit -q --allow-empty -m one"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True, timeout=60)
    arrangement = SimpleNamespace(worktree_of=lambda _: True, branch_of=lambda _: "tutti/ada")
    root = tmp_path.resolve()
    return SimpleNamespace(root=root, places=Places(root), arrangement=arrangement)


@pytest.fixture
def ada() -> Any:
    """The launch of an agent that is to have a fresh worktree."""
    agent = SimpleNamespace(name="ada", fresh_worktree=True)
    return SimpleNamespace(agent=agent, tree=TreePlan())


def worked(context: Any, ada: Any) -> Path:
    """Give the agent a tree in which it has worked."""
    tree = place(context, ada, fresh=False).cwd
    (tree / "work.txt").write_text("unsaved")
    return tree


def test_whoever_starts_it_again_by_itself_resets_nothing(context: Any, ada: Any) -> None:
    """Recovery and whatever starts agents for a prompt keep the tree, though it is to be fresh."""
    tree = worked(context, ada)
    again = place(context, ada, fresh=False, keep=True)
    assert (tree / "work.txt").read_text() == "unsaved"
    assert again.warnings == ("goes on in its worktree, which has uncommitted work",)
    assert not (context.root / ".tutti" / "undo").exists()


def test_what_the_file_wishes_is_done_and_told(context: Any, ada: Any) -> None:
    """With the id of the entry that brings back what was there."""
    tree = worked(context, ada)
    (said,) = place(context, ada, fresh=False).warnings
    (entry,) = (context.root / ".tutti" / "undo").glob("*.json")
    assert entry.stem in said
    assert not (tree / "work.txt").exists()


def test_where_it_cannot_be_done_the_tree_is_kept(context: Any, ada: Any) -> None:
    """What only the file wishes is no reason not to start; that it was not done is said."""
    tree = worked(context, ada)
    lock = ["git", "worktree", "lock", str(tree)]
    subprocess.run(lock, cwd=context.root, check=True, timeout=60)
    (said,) = place(context, ada, fresh=False).warnings
    assert "is locked" in said
    assert (tree / "work.txt").read_text() == "unsaved"


def test_a_tree_just_made_is_fresh(context: Any, ada: Any) -> None:
    """Nothing was there to be kept."""
    assert place(context, ada, fresh=True).warnings == ()
