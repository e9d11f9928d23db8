from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.trash import Trash
from tutti_core.git.tree import Retired
from tutti_core.git.worktrees import Worktrees


def every_file(folder: Path) -> str:
    """Every file of a folder with its content, but for who held tutti's lock last."""
    return sh("find . -name tutti.lock -o -type f -print0 | sort -z | xargs -0 sha256sum", folder)


def added(repo: Path, name: str) -> str:
    """Make a repository beside this one and return the command that adds it as a submodule."""
    sh(f"git clone -q . ../{name}", repo)
    return f"git -c protocol.file.allow=always submodule --quiet add ../{name} {name}"


def as_nobody_special(rmtree: Callable[..., None]) -> Callable[..., None]:
    """Let folders without write permission stop a removal, also where root runs the tests."""

    def remove(folder: Path, *, ignore_errors: bool) -> None:
        walked = [Path(current) for current, _, _ in os.walk(folder)]
        if all(each.stat().st_mode & 0o200 for each in walked):
            rmtree(folder, ignore_errors=ignore_errors)

    return remove


class TestRetiring:
    def test_a_clean_tree_goes_and_its_branch_stays(self, trees: Worktrees, repo: Path) -> None:
        """Nothing of it is left but what was committed."""
        before = every_file(repo / ".git" / "refs")
        tree = trees.ensure("api", "tutti/api")
        sh("echo 2 > sub/a; git commit -qam two", tree.path)
        head = sh("git rev-parse HEAD", tree.path).strip()
        retired = trees.retire("api")
        assert retired == Retired(tree.path, "tutti/api", head, retired.undo)
        assert not tree.path.exists()
        assert sh("git rev-parse tutti/api", repo).strip() == head
        assert sh("git worktree list", repo).count("\n") == 1
        assert list((repo / ".tutti" / "trash").iterdir()) == []
        assert trees.list() == {}
        trash = trees.undo.get(retired.undo).trash
        sh(f"git branch -qD tutti/api; git update-ref -d {trash}", repo)
        assert every_file(repo / ".git" / "refs") == before

    def test_a_new_one_can_be_made_in_its_place(self, trees: Worktrees) -> None:
        """The branch is taken up where it was left."""
        sh("git commit -qm two --allow-empty", trees.ensure("api", "tutti/api").path)
        head = trees.retire("api").head
        assert trees.ensure("api", "tutti/api")[2:] == (head, None, True, True, "")

    def test_the_branch_it_was_really_on_is_told(self, trees: Worktrees, repo: Path) -> None:
        """Not the one it was made on."""
        sh("git switch -qc other", trees.ensure("api", "tutti/api").path)
        assert trees.retire("api").branch == "other"
        assert "other" in sh("git branch", repo)

    def test_what_went_is_told(self, trees: Worktrees, repo: Path) -> None:
        """In one sentence, and with who asked for it, before it goes."""
        sh("echo 'build/' > .gitignore; git add .; git commit -qm two", repo)
        path = trees.ensure("api", "tutti/api").path
        sh("mkdir -p build/deep; echo 1 > build/deep/x; echo 1 > new; rm sub/a", path)
        sh("git checkout -q --detach; git commit -qm lone --allow-empty", path)
        entry = trees.undo.get(trees.retire("api", command="tt down --clean api").undo)
        assert entry.what == (
            "the worktree of api with a detached HEAD: changes in new, sub/a;"
            " 1 commits of its own; ignored build/"
        )
        assert (entry.command, entry.agent, entry.state) == ("tt down --clean api", "api", "done")
        assert entry.tree is not None
        assert (entry.tree.path, entry.tree.branch) == (str(path), None)

    def test_folders_nobody_may_write_to_go_too(
        self, trees: Worktrees, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Package caches are made of such folders, with links out of them, which stay as is."""
        sh("echo cache/ > .gitignore; git add .; git commit -qm two", repo)
        sh("mkdir kept; touch kept/x; chmod 555 kept", repo.parent)
        path = trees.ensure("api", "tutti/api").path
        sh(
            "mkdir -p cache/mod; touch cache/mod/x; ln -s ../../../../../../kept cache/mod/out",
            path,
        )
        sh("chmod 555 cache/mod cache", path)
        monkeypatch.setattr(shutil, "rmtree", as_nobody_special(shutil.rmtree))
        trees.retire("api")
        assert list((repo / ".tutti" / "trash").iterdir()) == []
        assert (repo.parent / "kept" / "x").exists()
        assert (repo.parent / "kept").stat().st_mode & 0o777 == 0o555

    def test_a_large_one_is_deleted_in_the_background(
        self, trees: Worktrees, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever asked does not wait for it; in the end nothing of it is left."""
        monkeypatch.setattr("tutti_core.git.trash._AT_ONCE", 2)
        path = trees.ensure("api", "tutti/api").path
        sh("mkdir locked; touch locked/x; chmod 555 locked", path)
        trees.retire("api")
        deadline = time.monotonic() + 20
        while any((repo / ".tutti" / "trash").iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_a_detached_tree_whose_commit_a_branch_reaches_goes(self, trees: Worktrees) -> None:
        """Nothing is lost with it."""
        sh("git checkout -q --detach", trees.ensure("api", "tutti/api").path)
        assert trees.retire("api").branch is None

    def test_a_tree_whose_folder_is_gone_is_forgotten(self, trees: Worktrees, repo: Path) -> None:
        """Git's entry and the record go."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"rm -r {path}", repo)
        assert trees.retire("api").branch == "tutti/api"
        assert sh("git worktree list --porcelain", repo).count("worktree ") == 1

    def test_a_record_that_is_all_there_is_goes(self, trees: Worktrees, repo: Path) -> None:
        """The user removed the tree with git."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"git worktree remove {path}", repo)
        assert trees.retire("api") == Retired(path, "tutti/api", None)
        with pytest.raises(GitError, match="agent api has no worktree"):
            trees.retire("api")


class TestRefusing:
    """What cannot be kept is named, and everything stays as it is."""

    def test_a_locked_tree(self, trees: Worktrees, repo: Path) -> None:
        """Whoever locked it meant it."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"git worktree lock --reason 'demo at 5' {path}", repo)
        with pytest.raises(GitError, match=r"is locked \(demo at 5\)"):
            trees.retire("api")
        assert path.exists()

    def test_a_submodule_as_it_was_fetched_is_no_obstacle(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """It can be fetched again."""
        sh(f"{added(repo, 'inner')}; git commit -qam two", repo)
        path = trees.ensure("api", "tutti/api").path
        sh("git -c protocol.file.allow=always submodule --quiet update --init", path)
        trees.retire("api")
        assert not path.exists()
        assert sh("git submodule status; git fsck --no-progress 2>&1", repo).count("inner") == 1

    def test_a_tree_somebody_writes_to_while_it_goes_is_put_back(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is looked at again once nobody can reach it by its name."""
        path = trees.ensure("api", "tutti/api").path
        take = Trash.take

        def taken(trash: Trash, place: Path) -> Path:
            (place / "late").write_text("mine")
            return take(trash, place)

        monkeypatch.setattr(Trash, "take", taken)
        with pytest.raises(GitError, match="was changed while it was being taken away: late"):
            trees.retire("api")
        assert (path / "late").read_text() == "mine"
        assert trees.inspect("api") is not None

    def test_a_tree_that_cannot_be_moved_stays(
        self, trees: Worktrees, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The reason is the system's."""
        path = trees.ensure("api", "tutti/api").path
        (repo / ".tutti" / "trash").write_text("in the way")
        with pytest.raises(GitError, match=r"api cannot be moved to .*trash"):
            trees.retire("api")
        assert trees.inspect("api") is not None
        assert path.exists()

    def test_a_place_taken_meanwhile_leaves_the_tree_where_it_can_be_found(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Putting back never overwrites: the hint says where the folder is."""
        trash = Trash(repo / ".tutti" / "trash")
        sh("mkdir -p place/x", repo)
        moved = trash.take(repo / "place")
        sh("mkdir -p place/y", repo)
        with pytest.raises(GitError, match="place cannot be put back") as caught:
            trash.give_back(moved, repo / "place")
        assert str(moved) in caught.value.hint
        assert (moved / "x").exists()

    def test_only_what_was_sealed_is_ever_deleted(self, trees: Worktrees, repo: Path) -> None:
        """What a crash left unsealed in the trash stays for a person to look at."""
        trash = repo / ".tutti" / "trash"
        sh(f"mkdir -p {trash}/web-1234 {trash}/web-5678.done", repo)
        trees.ensure("api", "tutti/api")
        trees.retire("api")
        assert [item.name for item in trash.iterdir()] == ["web-1234"]
