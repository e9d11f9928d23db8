"""What of a repository a constrained agent may write."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_codex.commits import writable
from tutti_codex.runtime import Codex
from tutti_core import Agent, Arrangement, LaunchRequest, Workspace


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """Return a worktree beside the main one."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True, timeout=30)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True, timeout=30)
    place = tmp_path / "one"
    subprocess.run([*git, "worktree", "add", "-q", str(place)], check=True, timeout=30)
    return place


def test_a_worktree_may_be_committed_in(worktree: Path) -> None:
    """A commit's own folders are listed, and neither hooks nor settings lie in one of them."""
    git = worktree.parent.resolve() / ".git"
    listed = writable(worktree)
    assert listed == [git / "worktrees" / "one", git / "objects", git / "refs", git / "logs"]
    assert git not in listed


def test_the_main_worktree_is_left_as_it_is(worktree: Path, tmp_path: Path) -> None:
    """Its folder of git's would open the hooks too; no repository at all has nothing to open."""
    assert writable(worktree.parent) == []
    assert writable(tmp_path / "nowhere") == []


@pytest.mark.parametrize("text", ["", "gitdir:", "gitdir: /nowhere", "what: ever", "\udcff"])
def test_a_pointer_that_leads_nowhere_opens_nothing(tmp_path: Path, text: str) -> None:
    """Whatever stands in the file, only folders that are a worktree's are listed."""
    (tmp_path / ".git").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert writable(tmp_path) == []


def test_only_who_cannot_ask_and_may_commit_is_let(worktree: Path) -> None:
    """In safe mode a person is asked; a policy without git needs no commits; bypass is free."""
    here = LaunchRequest(
        agent=Agent("one"),
        arrangement=Arrangement(root=worktree.parent, workspace=Workspace("app")),
        cwd=worktree,
        command=("codex",),
    )
    changes: list[dict[str, Any]] = [
        {"mode": "auto", "rules": ("git commit",)},
        {"mode": "auto", "rules": ("ls", "digit")},
        {"mode": "safe", "rules": ("git commit",)},
        {"mode": "unattended", "policy": "bypass", "rules": ("git commit",)},
    ]
    started = [Codex().launch(attrs.evolve(here, **one)).argv for one in changes]
    assert [argv.count("--add-dir") for argv in started] == [4, 0, 0, 0]
