"""Repositories of every layout: a tree is made, taken away, brought back, or refused with why."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.freshening import freshen
from tutti_core.git.reviving import revive
from tutti_core.git.worktrees import Worktrees

BEGUN = "echo 1 > a; echo '*.ign' > .gitignore; git add .; git commit -qm one"


def whole_life(root: Path) -> None:
    """Make a tree, work in it, start it anew, bring it back, take it away and bring it back."""
    trees = Worktrees(root, root / ".tutti" / "worktrees")
    path = trees.ensure("api", "tutti/api").path
    assert path == root.resolve() / ".tutti" / "worktrees" / "api"
    sh("echo 2 > a; git add a; echo 3 > a; echo n > 'new é'; echo i > x.ign", path)
    sh("git commit -qm mine; echo 4 > a", path)
    was = sh("git rev-parse HEAD; git status --porcelain --ignored; cat a *.ign", path)
    anew = freshen(trees, "api", "tutti/api")
    assert sh("cat a", path) == "1\n"
    revive(trees, trees.undo.get(anew.undo))
    assert sh("git rev-parse HEAD; git status --porcelain --ignored; cat a *.ign", path) == was
    gone = trees.retire("api")
    assert not path.exists()
    revive(trees, trees.undo.get(gone.undo))
    assert sh("git rev-parse HEAD; git status --porcelain --ignored; cat a *.ign", path) == was
    fsck = sh("git fsck --no-progress --no-dangling 2>&1 | grep -v unborn || :", path)
    assert fsck == ""


@pytest.mark.parametrize("name", ["with spaces", "ünï 図", "-dash", "q'uo\"te", "tab\tname", "$x;"])
def test_in_a_folder_of_any_name(place: Path, name: str) -> None:
    """Nothing is ever seen by a shell."""
    (place / name).mkdir()
    sh(f"git init -q -b main; {BEGUN}", place / name)
    whole_life(place / name)


def test_behind_a_link(place: Path) -> None:
    """The real place is used."""
    sh(f"git init -q -b main real; cd real; {BEGUN}; ln -s real ../link", place)
    whole_life(place / "link")


def test_a_bare_repository_with_worktrees(place: Path) -> None:
    """The layout with `.bare` and a `.git` file that names it; the team is in one of its trees."""
    sh(f"git init -q -b main first; cd first; {BEGUN}", place)
    sh("mkdir all; git clone -q --bare first all/.bare; echo 'gitdir: ./.bare' > all/.git", place)
    sh("git worktree add -q main main", place / "all")
    whole_life(place / "all" / "main")


def test_in_a_worktree_of_the_users_own(place: Path) -> None:
    """Its `.git` is a file."""
    sh(f"git init -q -b main repo; cd repo; {BEGUN}; git worktree add -q ../other", place)
    whole_life(place / "other")


def test_with_its_git_folder_elsewhere(place: Path) -> None:
    """As `git init --separate-git-dir` makes it."""
    sh(f"git init -q -b main --separate-git-dir far repo; cd repo; {BEGUN}", place)
    whole_life(place / "repo")


def test_a_shallow_clone(place: Path) -> None:
    """Where it ends, it ends; what is kept needs no more of it."""
    sh(f"git init -q -b main first; cd first; {BEGUN}; git commit -qm two --allow-empty", place)
    sh(f"git clone -q --depth 1 file://{place}/first shallow", place)
    whole_life(place / "shallow")


def test_a_clone_without_blobs(place: Path) -> None:
    """What git has not fetched is not missed."""
    sh(f"git init -q -b main first; cd first; {BEGUN}; echo 5 > a; git commit -qam two", place)
    sh("git config uploadpack.allowFilter true", place / "first")
    sh(f"git clone -q --filter=blob:none --sparse file://{place}/first partial", place)
    sh("echo 1 > a; git commit -qam three", place / "partial")
    whole_life(place / "partial")


def test_with_hashes_of_another_length(place: Path) -> None:
    """SHA-256 has 64 digits."""
    sh(f"git init -q -b main --object-format=sha256 repo; cd repo; {BEGUN}", place)
    whole_life(place / "repo")


@pytest.mark.parametrize(
    "config",
    [
        "core.autocrlf input",
        "core.fsmonitor false",
        "core.bare false",
        "extensions.worktreeConfig true",
        "status.showUntrackedFiles no",
        "core.sharedRepository group",
        "core.splitIndex true",
        "index.sparse true",
        "gc.worktreePruneExpire now",
        "advice.detachedHead false",
        "core.logAllRefUpdates false",
        "core.logAllRefUpdates always",
        "commit.gpgSign true",
        "diff.noprefix true",
        "core.untrackedCache true",
        "core.fileMode false",
    ],
)
def test_whatever_the_user_has_set(place: Path, config: str) -> None:
    """None of it changes what is kept."""
    sh(f"git init -q -b main repo; cd repo; {BEGUN}", place)
    gpg = config.startswith("commit.gpgSign")
    sh(f"git config {config}", place / "repo")
    if gpg:
        # The agent's own commits are not what is tried here.
        sh("git config gpg.program true; git config alias.c commit", place / "repo")
        sh("git config commit.gpgSign false; git config tag.gpgSign true", place / "repo")
    whole_life(place / "repo")


def test_a_renamed_branch(place: Path) -> None:
    """A tree is on the branch it is really on, and comes back on it."""
    sh(f"git init -q -b main repo; cd repo; {BEGUN}", place)
    root = place / "repo"
    trees = Worktrees(root, root / ".tutti" / "worktrees")
    path = trees.ensure("api", "tutti/api").path
    sh("git branch -m better; echo 2 > a", path)
    assert trees.ensure("api", "tutti/api").branch == "better"
    entry = trees.undo.get(trees.retire("api").undo)
    sh("git branch -m better best", root)
    revive(trees, entry)
    assert sh("git branch --show-current; cat a", path) == "better\n2\n"
    assert "best" in sh("git branch", root)


def test_a_deleted_branch_comes_back(place: Path) -> None:
    """Its commits are kept by the entry, also after a collection."""
    sh(f"git init -q -b main repo; cd repo; {BEGUN}", place)
    root = place / "repo"
    trees = Worktrees(root, root / ".tutti" / "worktrees")
    sh("echo 2 > a; git commit -qam mine", trees.ensure("api", "tutti/api").path)
    entry = trees.undo.get(trees.retire("api").undo)
    sh(
        "git branch -qD tutti/api; git reflog expire --expire=now --all; git gc -q --prune=now",
        root,
    )
    assert sh("git log -1 --format=%s", revive(trees, entry).path or root) == "mine\n"
    assert sh("git log -1 --format=%s tutti/api", root) == "mine\n"


def test_no_commit_yet(place: Path) -> None:
    """A tree is made from a commit: the hint is how to make one."""
    sh("git init -q -b main repo", place)
    trees = Worktrees(place / "repo", place / "repo" / ".tutti" / "worktrees")
    with pytest.raises(GitError, match="has no commit yet") as caught:
        trees.ensure("api", "tutti/api")
    assert "git commit" in caught.value.hint


def test_no_repository(place: Path) -> None:
    """There is nothing to make a tree of."""
    (place / "plain").mkdir()
    trees = Worktrees(place / "plain", place / "plain" / ".tutti" / "worktrees")
    with pytest.raises(GitError, match="not a git repository"):
        trees.ensure("api", "tutti/api")


def test_an_index_that_is_broken(place: Path) -> None:
    """It cannot be kept as what it was, so the tree stays, and git's own words say why."""
    sh(f"git init -q -b main repo; cd repo; {BEGUN}", place)
    root = place / "repo"
    trees = Worktrees(root, root / ".tutti" / "worktrees")
    path = trees.ensure("api", "tutti/api").path
    (path / "new").write_text("mine")
    (root / ".git" / "worktrees" / "api" / "index").write_bytes(b"DIRC broken")
    with pytest.raises(GitError, match="index"):
        trees.retire("api")
    assert (path / "new").read_text() == "mine"
    assert not trees.undo.entries()
