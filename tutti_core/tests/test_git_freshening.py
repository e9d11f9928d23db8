"""A fresh worktree is the workspace's current commit, and never costs anybody's work."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tutti_core.errors import GitError
from tutti_core.git.freshening import freshen
from tutti_core.git.worktrees import Worktrees


def git(folder: Path, *words: str) -> str:
    """Run git in a folder."""
    done = subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worktrees:
    """Give the worktrees of a repository with one commit and one agent."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Tester")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tester@tutti.invalid")
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "one")
    made = Worktrees(root, root / ".tutti" / "worktrees")
    made.ensure("ada", "tutti/ada")
    return made


def advance(folder: Path) -> str:
    """Make another commit in a folder and return it."""
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"More in {folder.name}")
    return git(folder, "rev-parse", "HEAD")


def test_a_tree_behind_comes_up(trees: Worktrees) -> None:
    """A tree in which nothing was done is brought to the current commit, on its branch."""
    newest = advance(trees.root)
    tree = freshen(trees, "ada")
    assert (tree.head, tree.branch) == (newest, "tutti/ada")


def test_a_tree_that_is_current_is_left(trees: Worktrees) -> None:
    """There is nothing to do for a tree at the current commit, uncommitted work or not."""
    (trees.home / "ada" / "work.txt").write_text("unsaved")
    assert freshen(trees, "ada").head == git(trees.root, "rev-parse", "HEAD")
    assert (trees.home / "ada" / "work.txt").read_text() == "unsaved"


def test_uncommitted_work_stays(trees: Worktrees) -> None:
    """A dirty tree is refused, with its path, and keeps every byte."""
    advance(trees.root)
    (trees.home / "ada" / "work.txt").write_text("unsaved")
    with pytest.raises(GitError, match="uncommitted work") as caught:
        freshen(trees, "ada")
    assert str(trees.home / "ada") in caught.value.hint
    assert (trees.home / "ada" / "work.txt").read_text() == "unsaved"


def test_commits_of_its_own_stay(trees: Worktrees) -> None:
    """A branch that the workspace has not got is refused, with the number of its commits."""
    own = advance(trees.home / "ada")
    advance(trees.root)
    with pytest.raises(GitError, match="has 1 commits that the workspace does not have"):
        freshen(trees, "ada")
    assert git(trees.root, "rev-parse", "tutti/ada") == own


def test_merged_work_does_not_stand_in_the_way(trees: Worktrees) -> None:
    """Once the workspace has its commits, a tree can start anew."""
    advance(trees.home / "ada")
    git(trees.root, "merge", "--quiet", "--no-ff", "--no-edit", "tutti/ada")
    assert freshen(trees, "ada").head == git(trees.root, "rev-parse", "HEAD")


def test_an_ignored_file_is_not_overwritten(trees: Worktrees) -> None:
    """A file the agent has and git ignores stays, even if the workspace has one too."""
    tree = trees.home / "ada"
    exclude = trees.root / ".git" / "info" / "exclude"
    exclude.write_text(exclude.read_text() + "secret.env\n")
    (tree / "secret.env").write_text("the agent's own")
    (trees.root / "secret.env").write_text("the workspace's")
    git(trees.root, "add", "--force", "secret.env")
    advance(trees.root)
    with pytest.raises(GitError):
        freshen(trees, "ada")
    assert (tree / "secret.env").read_text() == "the agent's own"


def test_a_detached_tree_is_left(trees: Worktrees) -> None:
    """A tree on no branch has something under way."""
    git(trees.home / "ada", "checkout", "--quiet", "--detach")
    advance(trees.root)
    with pytest.raises(GitError, match="is on no branch"):
        freshen(trees, "ada")
