"""A fresh worktree is the workspace's current commit, and what was there can be had again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tutti_core.errors import GitError
from tutti_core.git import stock
from tutti_core.git.freshening import Freshened, freshen
from tutti_core.git.reviving import revive
from tutti_core.git.worktrees import Worktrees
from tutti_core.undoing.entry import RefChange


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
    (root / ".git" / "info" / "exclude").write_text("*.tmp\n")
    made = Worktrees(root, root / ".tutti" / "worktrees")
    made.ensure("ada", "tutti/ada")
    return made


def advance(folder: Path) -> str:
    """Make another commit in a folder and return it."""
    git(folder, "commit", "--quiet", "--allow-empty", "--message", f"More in {folder.name}")
    return git(folder, "rev-parse", "HEAD")


def anew(trees: Worktrees) -> Freshened:
    """Start the tree of ``ada`` anew."""
    return freshen(trees, "ada", "tutti/ada")


def test_a_tree_behind_comes_up(trees: Worktrees) -> None:
    """A tree in which nothing was done is moved forward; nothing goes, so nothing is kept."""
    newest = advance(trees.root)
    done = anew(trees)
    assert (done.tree.head, done.tree.branch, done.undo) == (newest, "tutti/ada", "")


def test_a_tree_that_is_current_and_clean_is_left(trees: Worktrees) -> None:
    """There is nothing to do for it, ignored files or not."""
    (trees.home / "ada" / "cache.tmp").write_text("slow to make")
    assert anew(trees).undo == ""
    assert (trees.home / "ada" / "cache.tmp").read_text() == "slow to make"


def test_uncommitted_work_goes_and_is_kept(trees: Worktrees) -> None:
    """The tree is clean then; one act brings all of it back."""
    (trees.home / "ada" / "work.txt").write_text("unsaved")
    newest = advance(trees.root)
    done = anew(trees)
    assert done.tree.head == newest
    assert not trees.git.dirty(done.tree.path)
    assert not (trees.home / "ada" / "work.txt").exists()
    revive(trees, trees.undo.get(done.undo))
    assert (trees.home / "ada" / "work.txt").read_text() == "unsaved"


def test_commits_of_its_own_go_and_are_kept(trees: Worktrees) -> None:
    """The branch starts anew too; where it was is in the entry, and survives a collection."""
    own = advance(trees.home / "ada")
    newest = advance(trees.root)
    done = anew(trees)
    assert git(trees.root, "rev-parse", "tutti/ada") == newest
    entry = trees.undo.get(done.undo)
    assert entry.refs == (RefChange("refs/heads/tutti/ada", own, newest),)
    git(trees.root, "reflog", "expire", "--expire=now", "--all")
    git(trees.root, "gc", "--quiet", "--prune=now")
    revive(trees, entry)
    assert git(trees.home / "ada", "rev-parse", "tutti/ada") == own


def test_a_tree_that_is_ahead_goes_back(trees: Worktrees) -> None:
    """Also where the workspace has not moved; its commits are kept."""
    start = git(trees.root, "rev-parse", "HEAD")
    own = advance(trees.home / "ada")
    done = anew(trees)
    assert done.tree.head == start
    revive(trees, trees.undo.get(done.undo))
    assert git(trees.home / "ada", "rev-parse", "HEAD") == own


def test_what_is_ignored_stays(trees: Worktrees) -> None:
    """What was fetched or built, or is secret, is at hand in the new tree."""
    tree = trees.home / "ada"
    (tree / "cache.tmp").write_text("slow to make")
    (tree / "deep.tmp").mkdir()
    (tree / "deep.tmp" / "file").write_text("also")
    (tree / "work.txt").write_text("unsaved")
    anew(trees)
    assert sorted(item.name for item in tree.iterdir()) == [".git", "cache.tmp", "deep.tmp"]
    assert (tree / "deep.tmp" / "file").read_text() == "also"


@pytest.mark.parametrize("mine", ["secret.tmp", "folder.tmp/inside", "folder.tmp"])
def test_an_ignored_file_that_is_in_the_way_is_kept(
    trees: Worktrees, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the workspace has one too, the agent's own is in the entry, whatever its size."""
    monkeypatch.setattr(stock, "ITEM_BYTES", 3)
    tree, theirs = trees.home / "ada", "folder.tmp/inside" if "folder" in mine else mine
    (tree / mine).parent.mkdir(exist_ok=True)
    (tree / mine).write_text("the agent's own")
    (trees.root / theirs).parent.mkdir(exist_ok=True)
    (trees.root / theirs).write_text("the workspace's")
    git(trees.root, "add", "--force", theirs)
    advance(trees.root)
    done = anew(trees)
    assert (tree / theirs).read_text() == "the workspace's"
    revive(trees, trees.undo.get(done.undo))
    assert (tree / mine).read_text() == "the agent's own"


def test_a_tree_with_something_under_way_starts_anew(trees: Worktrees) -> None:
    """A detached HEAD, a bisection: all of it is kept, and none of it is left."""
    tree = trees.home / "ada"
    git(tree, "checkout", "--quiet", "--detach")
    own = advance(tree)
    git(tree, "bisect", "start")
    done = anew(trees)
    assert (done.tree.branch, done.tree.head) == ("tutti/ada", git(trees.root, "rev-parse", "HEAD"))
    revive(trees, trees.undo.get(done.undo))
    assert git(tree, "rev-parse", "HEAD") == own
    assert "bisecting" in git(tree, "status")


def test_a_change_that_git_was_told_not_to_see_is_kept(trees: Worktrees) -> None:
    """Moving forward would write over it."""
    tree = trees.home / "ada"
    (trees.root / "notes").write_text("one")
    git(trees.root, "add", "notes")
    advance(trees.root)
    anew(trees)
    git(tree, "update-index", "--assume-unchanged", "notes")
    (tree / "notes").write_text("mine")
    (trees.root / "notes").write_text("two")
    git(trees.root, "add", "notes")
    advance(trees.root)
    done = anew(trees)
    assert (tree / "notes").read_text() == "two"
    revive(trees, trees.undo.get(done.undo))
    assert (tree / "notes").read_text() == "mine"


def test_a_branch_of_an_automatic_kind_is_kept(trees: Worktrees) -> None:
    """Work on `auto/...` survives a fresh start, and that is said."""
    tree = trees.home / "ada"
    git(tree, "switch", "--quiet", "--create", "auto/issue-7")
    (tree / "work.txt").write_text("unsaved")
    done = anew(trees)
    assert (done.tree.branch, done.undo) == ("auto/issue-7", "")
    assert "auto/issue-7" in done.kept
    assert (tree / "work.txt").read_text() == "unsaved"


def test_another_branch_is_left_where_it_is(trees: Worktrees) -> None:
    """The tree goes to its own branch; the one it was on keeps its commits."""
    tree = trees.home / "ada"
    git(tree, "switch", "--quiet", "--create", "idea")
    own = advance(tree)
    assert anew(trees).tree.branch == "tutti/ada"
    assert git(trees.root, "rev-parse", "idea") == own


def test_a_locked_tree_is_left(trees: Worktrees) -> None:
    """Whoever locked it meant it."""
    tree = trees.home / "ada"
    (tree / "work.txt").write_text("unsaved")
    git(trees.root, "worktree", "lock", str(tree))
    with pytest.raises(GitError, match="is locked"):
        anew(trees)
    assert (tree / "work.txt").read_text() == "unsaved"


def test_a_tree_that_cannot_be_made_again_comes_back(trees: Worktrees) -> None:
    """A hook that fails costs nobody the tree that was there."""
    hook = trees.root / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\nexit 3\n")
    hook.chmod(0o755)
    tree = trees.home / "ada"
    (tree / "work.txt").write_text("unsaved")
    (tree / "cache.tmp").write_text("slow to make")
    own = advance(tree)
    with pytest.raises(GitError, match=r"hook failed.*as it was"):
        anew(trees)
    assert (tree / "work.txt").read_text() == "unsaved"
    assert (tree / "cache.tmp").read_text() == "slow to make"
    assert git(tree, "rev-parse", "tutti/ada") == own
