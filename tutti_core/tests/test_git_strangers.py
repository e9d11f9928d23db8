from __future__ import annotations

from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.worktrees import Worktrees


def every_file(folder: Path) -> str:
    """Every file of a folder with its content."""
    return sh("find . -name tutti.lock -o -type f -print0 | sort -z | xargs -0 sha256sum", folder)


def seen(place: Path) -> str:
    """What is at a place: a link or a file by itself, a folder with all that is in it."""
    line = sh(f"ls -ld {place}", place.parent)
    return line + (every_file(place) if place.is_dir() and not place.is_symlink() else "")


def refused(trees: Worktrees, reason: str) -> str:
    """Check that the place of ``api`` is refused by every change, and that nothing changes there.

    Returns:
        The hint.
    """
    before = seen(trees.home / "api")
    with pytest.raises(GitError, match=reason) as caught:
        trees.retire("api")
    assert caught.value.message.endswith("it was not touched")
    with pytest.raises(GitError, match=reason) as caught:
        trees.ensure("api", "tutti/api")
    assert caught.value.message.endswith("it was not touched")
    assert seen(trees.home / "api") == before
    assert trees.inspect("api") is None
    return caught.value.hint


class TestWhatIsNotOurs:
    """Whatever stands where a worktree should be is explained, and stays."""

    def test_a_plain_folder(self, trees: Worktrees, repo: Path) -> None:
        """It is said what is in it."""
        sh("mkdir -p .tutti/worktrees/api; cd .tutti/worktrees/api; touch a b c d e f g", repo)
        hint = refused(trees, "git knows nothing of, with a, b, c, d, e and 2 more in it")
        assert "Move it away" in hint

    def test_a_file(self, trees: Worktrees, repo: Path) -> None:
        """A worktree would need a folder."""
        sh("mkdir -p .tutti/worktrees; echo 1 > .tutti/worktrees/api", repo)
        refused(trees, "is not a folder")

    def test_a_link_to_the_users_own_tree(self, trees: Worktrees, repo: Path) -> None:
        """It is not followed: what it leads to is somebody's."""
        sh("mkdir -p .tutti/worktrees; ln -s ../.. .tutti/worktrees/api", repo)
        refused(trees, f"is a link to {repo}, not a worktree")

    def test_a_link_to_a_tree_of_the_same_repository(self, trees: Worktrees, repo: Path) -> None:
        """Not even if we once made one of that name."""
        trees.ensure("api", "tutti/api")
        sh("git worktree add -q ../mine; cd .tutti/worktrees; mv api ../../../kept", repo)
        sh("ln -s ../../../mine .tutti/worktrees/api", repo)
        refused(trees, "is a link to .*mine, not a worktree")

    def test_a_dangling_link(self, trees: Worktrees, repo: Path) -> None:
        """There is something, although it leads nowhere."""
        sh("mkdir -p .tutti/worktrees; ln -s nowhere .tutti/worktrees/api", repo)
        refused(trees, "is a link to .*nowhere, not a worktree")

    def test_a_repository_of_its_own(self, trees: Worktrees, repo: Path) -> None:
        """Somebody cloned something there."""
        sh("git clone -q . .tutti/worktrees/api", repo)
        refused(trees, "is a repository of its own")

    def test_a_worktree_of_another_repository(self, trees: Worktrees, repo: Path) -> None:
        """Its .git file names the other one."""
        sh("git clone -q . ../other", repo)
        sh("git worktree add -q ../repo/.tutti/worktrees/api", repo.parent / "other")
        refused(trees, "its .git names .*/other/.git/worktrees/api")

    def test_a_worktree_that_the_user_made(self, trees: Worktrees, repo: Path) -> None:
        """It is of this repository, but no record says we made it; the hint keeps it."""
        sh(
            "git worktree add -q -b mine .tutti/worktrees/api; echo 1 > .tutti/worktrees/api/new",
            repo,
        )
        hint = refused(trees, "on branch mine. that tutti has no record of making")
        sh(hint.removeprefix("Keep it elsewhere: ").replace("NEW-PLACE", "../mine"), repo)
        assert (repo.parent / "mine" / "new").exists()
        assert trees.ensure("api", "tutti/api").created

    def test_a_tree_of_ours_whose_record_was_lost(self, trees: Worktrees, repo: Path) -> None:
        """Without the record it is not ours, whatever it looks like."""
        path = trees.ensure("api", "tutti/api").path
        sh("rm .tutti/state/worktrees.json; git checkout -q --detach", path.parents[2])
        sh("git checkout -q --detach", path)
        refused(trees, "with a detached HEAD. that tutti has no record of making")

    def test_a_folder_put_where_our_tree_was(self, trees: Worktrees, repo: Path) -> None:
        """The record alone makes nothing ours: git must know it, and it must know git."""
        trees.ensure("api", "tutti/api")
        sh("cd .tutti/worktrees; rm -r api; mkdir api; echo 1 > api/precious", repo)
        refused(trees, "does not match git's list of worktrees: its .git names None")

    def test_a_clone_put_where_our_tree_was(self, trees: Worktrees, repo: Path) -> None:
        """The record and git's list both say ours, and yet it is not."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"rm -r {path}; git clone -q . {path}", repo)
        refused(trees, "is a repository of its own")

    def test_a_tree_whose_link_was_damaged_can_be_repaired(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """It is not taken for ours until it names its repository again; the hint does that."""
        path = trees.ensure("api", "tutti/api").path
        (path / "new").write_text("mine")
        (path / ".git").write_text("gitdir: /nowhere/worktrees/api\n")
        hint = refused(trees, "its .git names /nowhere/worktrees/api")
        sh(hint.partition("moved: ")[2].partition(". ")[0], repo)
        assert trees.git.dirty(trees.ensure("api", "tutti/api").path)

    @pytest.mark.parametrize("act", ["ensure", "retire"])
    def test_a_repository_that_was_moved(self, trees: Worktrees, repo: Path, act: str) -> None:
        """Git's list has the old places then; the trees that moved along are taken up again."""
        path = trees.ensure("api", "tutti/api").path
        (path / "new").write_text("mine")
        moved = repo.rename(repo.parent / "moved")
        trees = Worktrees(moved, moved / ".tutti" / "worktrees")
        if act == "ensure":
            tree = trees.ensure("api", "tutti/api")
            assert not tree.created
            assert (tree.path / "new").read_text() == "mine"
        else:
            assert "changes in new" in trees.undo.get(trees.retire("api").undo).what
        assert "prunable" not in sh("git worktree list --porcelain", moved)

    def test_a_tree_of_ours_without_a_record(self, trees: Worktrees, repo: Path) -> None:
        """In our place, on our branch, and git agrees: it is taken up as it is."""
        path = trees.ensure("api", "tutti/api").path
        (path / "new").write_text("mine")
        sh("rm -r .tutti/state", repo)
        tree = trees.ensure("api", "tutti/api")
        assert (tree.path, tree.created) == (path, False)

    def test_a_copy_of_a_repository_leaves_the_trees_of_the_first_alone(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Copied records and links lead to the first one's trees, which are not the copy's."""
        path = trees.ensure("api", "tutti/api").path
        sh("cp -R . ../copy", repo)
        before = every_file(repo)
        copy = Worktrees(repo.parent / "copy", repo.parent / "copy" / ".tutti" / "worktrees")
        refused(copy, "its .git names .*/repo/.git/worktrees/api")
        assert every_file(repo) == before
        assert trees.inspect("api") is not None
        assert path.exists()
