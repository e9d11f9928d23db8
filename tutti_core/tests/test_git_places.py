from __future__ import annotations

import os
from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.tree import Tree
from tutti_core.git.worktrees import Worktrees


def journey(trees: Worktrees) -> Tree:
    """Make a tree, use it, look at it and retire it; return it as it was made."""
    made = trees.ensure("api", "tutti/api")
    assert made.created
    assert trees.ensure("api", "tutti/api") == made._replace(created=False)
    assert trees.inspect("api") == made._replace(created=False, dirty=False)
    assert list(trees.list()) == ["api"]
    status = sh("git status --porcelain", trees.root)
    assert status == ""
    assert trees.retire("api").path == made.path
    assert sh("git status --porcelain; git fsck --no-progress 2>&1", trees.root) == ""
    return made


class TestOddPlaces:
    """Where the repository lies and how it was made does not matter."""

    @pytest.mark.parametrize("name", ["ein Ördner 図", "it's", 'a"b', "$HOME", "-x", "a;b", "[a]*"])
    def test_folders_of_any_name(self, repo: Path, name: str) -> None:
        """Blanks, quotes, any script, and what a shell or a pattern would make something of."""
        root = repo.rename(repo.parent / name)
        made = journey(Worktrees(root, root / ".tutti" / "worktrees"))
        assert made.path == root / ".tutti" / "worktrees" / "api"

    def test_a_name_that_is_no_text(self, repo: Path) -> None:
        """Bytes that are not UTF-8 are a name like any other."""
        root = repo.rename(Path(os.fsdecode(os.fsencode(repo.parent) + b"/\xff\xfe")))
        journey(Worktrees(root, root / ".tutti" / "worktrees"))

    def test_a_root_reached_through_a_link(self, repo: Path) -> None:
        """The tree has its real path, and is the same from either side."""
        link = repo.parent / "link"
        link.symlink_to(repo)
        made = journey(Worktrees(link, link / ".tutti" / "worktrees"))
        assert made.path == repo / ".tutti" / "worktrees" / "api"
        Worktrees(link, link / ".tutti" / "worktrees").ensure("api", "tutti/api")
        assert not Worktrees(repo, repo / ".tutti" / "worktrees").ensure("api", "tutti/api").created

    @pytest.mark.parametrize("linked", [".tutti", ".tutti/worktrees"])
    def test_a_home_on_another_disk(self, repo: Path, linked: str) -> None:
        """The user put tutti's folder, or that of the trees, elsewhere by a link."""
        store = repo.parent / "store"
        sh(f"mkdir -p $(dirname {linked}) ../store; ln -s {store} {linked}", repo)
        made = journey(Worktrees(repo, repo / ".tutti" / "worktrees"))
        assert made.path.is_relative_to(store)

    def test_a_disk_that_is_not_mounted(self, repo: Path) -> None:
        """The trees are not made on another disk instead."""
        sh("mkdir .tutti; ln -s /nowhere/trees .tutti/worktrees", repo)
        with pytest.raises(GitError, match=r"worktrees is not a folder") as caught:
            Worktrees(repo, repo / ".tutti" / "worktrees").ensure("api", "tutti/api")
        assert "mounted" in caught.value.hint

    @pytest.mark.parametrize("name", ["sub", "s*b [x]", "deep/er"])
    def test_a_workspace_below_the_top(self, repo: Path, name: str) -> None:
        """The tree is of the whole repository; git sees nothing of tutti's folder."""
        root = repo / name
        sh(f"mkdir -p '{name}'; touch '{name}/file'; git add .; git commit -qm two", repo)
        made = journey(Worktrees(root, root / ".tutti" / "worktrees"))
        assert made.path == root / ".tutti" / "worktrees" / "api"

    def test_a_shallow_clone(self, repo: Path) -> None:
        """What is there is enough."""
        sh("git commit -qm two --allow-empty; git clone -q --depth 1 file://$PWD ../shallow", repo)
        root = repo.parent / "shallow"
        journey(Worktrees(root, root / ".tutti" / "worktrees"))

    def test_a_sparse_checkout(self, repo: Path) -> None:
        """The tree is as sparse as the user's, and files left out are no loss."""
        sh("mkdir big; echo 1 > big/x; git add .; git commit -qm two", repo)
        sh("git sparse-checkout set sub", repo)
        trees = Worktrees(repo, repo / ".tutti" / "worktrees")
        assert not (trees.ensure("api", "tutti/api").path / "big").exists()
        trees.retire("api")

    def test_submodules_are_no_obstacle(self, repo: Path) -> None:
        """They are there as empty folders until somebody fetches them."""
        sh("git clone -q . ../inner", repo)
        sh("git -c protocol.file.allow=always submodule --quiet add ../inner inner", repo)
        sh("git commit -qm two", repo)
        made = journey(Worktrees(repo, repo / ".tutti" / "worktrees"))
        assert made.branch == "tutti/api"

    def test_a_bare_repository_with_worktrees(self, repo: Path) -> None:
        """The user's own linked tree is the root there."""
        sh("git clone -q --bare . ../bare; cd ../bare; git worktree add -q ../work main", repo)
        root = repo.parent / "work"
        sh("git commit -qm two --allow-empty", root)
        made = journey(Worktrees(root, root / ".tutti" / "worktrees"))
        assert made.head == sh("git rev-parse main", root).strip()

    def test_a_linked_tree_as_root_is_compared_with(self, repo: Path) -> None:
        """What a tree is behind is where the root stands, not the main worktree."""
        sh("git worktree add -q ../work", repo)
        root = repo.parent / "work"
        trees = Worktrees(root, root / ".tutti" / "worktrees")
        sh("git commit -qm two --allow-empty", root)
        assert not trees.ensure("api", "tutti/api").behind_head
        assert not trees.list()["api"].behind_head
        sh("git commit -qm three --allow-empty", root)
        assert trees.list()["api"].behind_head

    def test_a_git_folder_kept_elsewhere(self, repo: Path) -> None:
        """The entries are there, too."""
        sh("git init -q --separate-git-dir ../store", repo)
        journey(Worktrees(repo, repo / ".tutti" / "worktrees"))

    def test_started_from_a_hook_of_another_repository(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What that git put into the environment is not for ours."""
        sh("git init -q ../other", repo)
        with monkeypatch.context() as hook:
            hook.setenv("GIT_DIR", str(repo.parent / "other" / ".git"))
            hook.setenv("GIT_INDEX_FILE", str(repo.parent / "other" / ".git" / "index"))
            Worktrees(repo, repo / ".tutti" / "worktrees").ensure("api", "tutti/api")
        assert sh("git worktree list", repo).count("\n") == 2

    def test_relative_links(self, repo: Path) -> None:
        """A tree that names its repository by a relative path is understood."""
        trees = Worktrees(repo, repo / ".tutti" / "worktrees")
        path = trees.ensure("api", "tutti/api").path
        (path / ".git").write_text("gitdir: ../../../.git/worktrees/api\n")
        assert trees.inspect("api") is not None
        assert trees.retire("api").path == path

    def test_a_repository_that_git_finds_unsafe(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Git's own words and remedy are passed on."""
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        with pytest.raises(GitError, match="detected dubious ownership") as caught:
            Worktrees(repo, repo / ".tutti" / "worktrees").ensure("api", "tutti/api")
        assert caught.value.hint.endswith(f"safe.directory {repo}")


class TestHooksOfTheUser:
    """Git runs the repository's post-checkout hook in a new tree."""

    @pytest.fixture
    def trees(self, repo: Path) -> Worktrees:
        """A workspace whose repository has the hook ``../hook``."""
        hook = repo / ".git" / "hooks" / "post-checkout"
        hook.write_text(f"#!/bin/sh\n. {repo.parent}/hook\n")
        hook.chmod(0o755)
        return Worktrees(repo, repo / ".tutti" / "worktrees")

    def test_one_that_works_has_run(self, trees: Worktrees, repo: Path) -> None:
        """In the new tree, where its files are the agent's."""
        (repo.parent / "hook").write_text("pwd > made-by-hook\n")
        tree = trees.ensure("api", "tutti/api")
        assert (tree.path / "made-by-hook").read_text() == f"{tree.path}\n"
        assert trees.git.dirty(tree.path)

    def test_one_that_fails_is_reported_and_leaves_no_trace(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """An agent never starts in a tree that is not ready; mended, the next call works."""
        before = sh("git for-each-ref; git worktree list", repo)
        (repo.parent / "hook").write_text("echo no network >&2; exit 3\n")
        for _ in range(2):
            with pytest.raises(GitError) as caught:
                trees.ensure("api", "tutti/api")
            place = repo / ".tutti" / "worktrees" / "api"
            assert caught.value.message == (
                f"the repository's post-checkout hook failed in {place} (status 3): no network"
            )
            assert sh("git for-each-ref; git worktree list", repo) == before
            assert not place.exists()
        (repo.parent / "hook").write_text("")
        assert trees.ensure("api", "tutti/api").created

    def test_a_branch_that_was_there_stays_when_it_fails(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Only a branch of our own making is taken back."""
        sh("git branch tutti/api", repo)
        (repo.parent / "hook").write_text("exit 1\n")
        with pytest.raises(GitError, match="hook failed"):
            trees.ensure("api", "tutti/api")
        assert sh("git branch --list tutti/api", repo) != ""

    def test_a_branch_that_the_hook_committed_to_stays(self, trees: Worktrees, repo: Path) -> None:
        """A commit is never taken back."""
        (repo.parent / "hook").write_text("git commit -qm hook --allow-empty; exit 1\n")
        with pytest.raises(GitError, match="hook failed"):
            trees.ensure("api", "tutti/api")
        assert sh("git log -1 --format=%s tutti/api", repo) == "hook\n"

    def test_files_of_one_that_failed_are_kept(self, trees: Worktrees, repo: Path) -> None:
        """They did not come from git: both complaints are told, and nothing starts there."""
        (repo.parent / "hook").write_text("echo 1 > precious; exit 3\n")
        with pytest.raises(GitError, match=r"hook failed .* did not put there: precious"):
            trees.ensure("api", "tutti/api")
        with pytest.raises(
            GitError, match=r"never finished, .* did not put there: precious"
        ) as caught:
            trees.ensure("api", "tutti/api")
        assert (trees.home / "api" / "precious").exists()
        assert trees.inspect("api") is None
        (repo.parent / "hook").write_text("")
        sh(caught.value.hint.partition("then: ")[2], repo)
        assert trees.ensure("api", "tutti/api").created

    def test_one_that_hangs_is_ended(
        self, trees: Worktrees, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The deadline holds for hooks as well, and the next call starts afresh."""
        monkeypatch.setattr("tutti_core.git.making.SECONDS", 1.0)
        (repo.parent / "hook").write_text("exec sleep 60\n")
        with pytest.raises(GitError, match="git worktree add did not finish within 1 s"):
            trees.ensure("api", "tutti/api")
        assert not (trees.home / "api").exists()
        (repo.parent / "hook").write_text("")
        monkeypatch.undo()
        assert trees.ensure("api", "tutti/api").created

    def test_a_failing_filter_is_gits_own_complaint(self, trees: Worktrees, repo: Path) -> None:
        """A checkout that cannot be done leaves neither tree nor branch."""
        (repo.parent / "hook").write_text("")
        (repo / ".gitattributes").write_text("*.bin filter=big")
        sh("echo 1 > a.bin; git add .; git commit -qm 2", repo)
        sh("git config filter.big.smudge false; git config filter.big.required true", repo)
        with pytest.raises(GitError, match=r"git worktree add: .*filter.* failed"):
            trees.ensure("api", "tutti/api")
        assert sh("git branch --list tutti/api; git worktree list", repo).count("\n") == 1
