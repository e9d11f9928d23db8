from __future__ import annotations

import json
from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError, StateError
from tutti_core.git.reviving import revive
from tutti_core.git.tree import Tree
from tutti_core.git.worktrees import Worktrees


def users_view(repo: Path) -> tuple[str, ...]:
    """Everything of a repository that is the user's: tree, index, branches, status, list."""
    return (
        sh("find . -path ./.git -prune -o -path ./.tutti -prune -o -type f -print0 | sort -z"
           " | xargs -0 sha256sum", repo),
        sh("sha256sum .git/index .git/HEAD .git/config", repo),
        sh("git for-each-ref | grep -Ev 'refs/(heads/)?tutti/' || true", repo),
        sh("git --no-optional-locks status --porcelain=v2 --branch", repo),
        sh("git stash list; git fsck --no-progress 2>&1", repo),
    )  # fmt: skip


def is_kept(repo: Path, content: str) -> bool:
    """Whether a ref of a repository reaches a file of that content."""
    blob = sh(f"printf %s '{content}' | git hash-object --stdin", repo).strip()
    return blob in sh("git rev-list --objects --all", repo)


class TestANewTree:
    def test_it_is_made_on_a_new_branch_from_head(self, trees: Worktrees, repo: Path) -> None:
        """The agent gets a folder of its own, at the commit the user stands on."""
        head = sh("git rev-parse HEAD", repo).strip()
        path = repo / ".tutti" / "worktrees" / "api"
        assert trees.ensure("api", "tutti/api") == Tree(
            path, "tutti/api", head, dirty=None, behind_head=False, created=True
        )
        assert (path / "sub" / "a").read_text() == "1\n"
        assert sh("git rev-parse tutti/api", repo).strip() == head

    def test_a_detached_root_is_as_good(self, trees: Worktrees, repo: Path) -> None:
        """The commit counts, not whether the user is on a branch."""
        sh("git commit -qm two --allow-empty; git checkout -q --detach HEAD~1", repo)
        tree = trees.ensure("api", "tutti/api")
        assert tree.head == sh("git rev-parse main~1", repo).strip()

    def test_an_existing_branch_is_checked_out_as_it_is(self, trees: Worktrees, repo: Path) -> None:
        """Its commits are there; it is not moved to HEAD."""
        sh("git branch work; git commit -qm two --allow-empty", repo)
        before = sh("git rev-parse work", repo).strip()
        tree = trees.ensure("api", "work")
        assert (tree.branch, tree.head, tree.behind_head) == ("work", before, True)

    def test_a_tag_of_the_same_name_is_not_taken_for_the_branch(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Neither for one that exists, nor for one that is to be made."""
        sh(
            "git branch work; git commit -qm two --allow-empty; git tag work; git tag new HEAD~1",
            repo,
        )
        old, new = trees.ensure("api", "work"), trees.ensure("web", "new")
        assert (old.branch, old.head) == ("work", sh("git rev-parse refs/heads/work", repo).strip())
        assert (new.branch, new.head) == ("new", sh("git rev-parse HEAD", repo).strip())

    def test_it_follows_no_upstream(self, trees: Worktrees, repo: Path) -> None:
        """Whatever the user has git do for new branches, a push from here goes nowhere."""
        sh("git config branch.autoSetupMerge always", repo)
        trees.ensure("api", "tutti/api")
        assert (
            sh("git config --get-regexp '^branch[.]' || true", repo)
            == "branch.autosetupmerge always\n"
        )

    def test_it_is_written_down(self, trees: Worktrees, repo: Path) -> None:
        """The record has the path, the branch and the time, and is for its owner only."""
        tree = trees.ensure("api", "tutti/api")
        file = repo / ".tutti" / "state" / "worktrees.json"
        record = json.loads(file.read_text())["api"]
        assert record.keys() == {"path", "branch", "created_at"}
        assert (record["path"], record["branch"]) == (str(tree.path), "tutti/api")
        assert record["created_at"].endswith("Z")
        assert file.stat().st_mode & 0o777 == 0o600

    def test_the_user_sees_nothing_of_it(self, trees: Worktrees, repo: Path) -> None:
        """A tree made, worked in and retired leaves the user's own as it was, to the byte."""
        sh("echo 2 > sub/a; echo n > new; echo s > staged; git add staged; git tag v1", repo)
        before = users_view(repo)
        tree = trees.ensure("api", "tutti/api")
        assert users_view(repo) == before
        sh("echo 3 > sub/a; git commit -qam three", tree.path)
        trees.ensure("api", "tutti/api")
        trees.retire("api")
        assert users_view(repo) == before
        assert sh("git log -1 --format=%s tutti/api", repo) == "three\n"

    def test_it_is_not_added_by_add_all(self, trees: Worktrees, repo: Path) -> None:
        """Tutti's folder is excluded before the tree is there."""
        trees.ensure("api", "tutti/api")
        sh("git add -A", repo)
        assert sh("git status --porcelain", repo) == ""


class TestATreeThatIsThere:
    def test_it_is_given_again(self, trees: Worktrees) -> None:
        """The second call makes nothing."""
        first = trees.ensure("api", "tutti/api")
        assert trees.ensure("api", "tutti/api") == first._replace(created=False)

    def test_its_work_is_left_alone(self, trees: Worktrees) -> None:
        """Changes and new files are reported, not touched."""
        path = trees.ensure("api", "tutti/api").path
        (path / "sub" / "a").write_text("mine\n")
        (path / "new").write_text("mine too\n")
        again = trees.ensure("api", "tutti/api")
        assert again == trees.list()["api"]
        assert trees.inspect("api") == again._replace(dirty=True)
        assert [(path / name).read_text() for name in ("sub/a", "new")] == ["mine\n", "mine too\n"]

    def test_the_branch_told_is_the_one_it_is_really_on(self, trees: Worktrees) -> None:
        """An agent that changed its branch stays there; a detached one has none."""
        path = trees.ensure("api", "tutti/api").path
        sh("git switch -qc auto/issue-7", path)
        assert trees.ensure("api", "tutti/api").branch == "auto/issue-7"
        sh("git checkout -q --detach", path)
        assert trees.ensure("api", "tutti/api").branch is None

    def test_a_user_who_moved_on_is_told(self, trees: Worktrees, repo: Path) -> None:
        """The tree stays at its commit, and says that the root has another."""
        tree = trees.ensure("api", "tutti/api")
        sh("git commit -qm two --allow-empty", repo)
        assert trees.ensure("api", "tutti/api") == tree._replace(behind_head=True, created=False)

    def test_a_lock_of_the_user_does_not_matter(self, trees: Worktrees, repo: Path) -> None:
        """`git worktree lock` is against removal only."""
        tree = trees.ensure("api", "tutti/api")
        sh(f"git worktree lock {tree.path}", repo)
        assert trees.ensure("api", "tutti/api").path == tree.path


class TestAFolderThatIsGone:
    def test_the_tree_is_made_again_on_the_branch_it_was_on(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Its commits are there, even if the configuration names another branch."""
        path = trees.ensure("api", "tutti/api").path
        sh("git switch -qc auto/issue-7; git commit -qm seven --allow-empty", path)
        sh(f"rm -r {path}", repo)
        tree = trees.ensure("api", "tutti/api")
        assert (tree.branch, tree.created) == ("auto/issue-7", True)
        assert sh("git log -1 --format=%s", path) == "seven\n"

    def test_an_emptied_folder_counts_as_gone(self, trees: Worktrees, repo: Path) -> None:
        """There is nothing in it to lose."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"rm -r {path}; mkdir {path}", repo)
        assert trees.ensure("api", "tutti/api").created

    def test_trees_of_the_user_that_are_gone_stay_in_gits_list(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """They may be on a disk that is not mounted: nothing is pruned but our own entry."""
        sh("git worktree add -q ../mine; mv ../mine ../unmounted", repo)
        path = trees.ensure("api", "tutti/api").path
        sh(f"rm -r {path}", repo)
        trees.ensure("api", "tutti/api")
        sh("mv ../unmounted ../mine", repo)
        assert sh("git status --porcelain", repo.parent / "mine") == ""

    @pytest.mark.parametrize(
        ("work", "then", "shows"),
        [
            ("echo precious > new; git add new", "cat new", "precious\n"),
            (
                "git checkout -q --detach; git commit -qm lone --allow-empty",
                "git log -1 --format=%s",
                "lone\n",
            ),
            ("git update-ref -d refs/heads/tutti/api", "git show :sub/a", "1\n"),
        ],
    )
    def test_what_git_still_holds_of_it_is_kept(
        self, trees: Worktrees, repo: Path, work: str, then: str, shows: str
    ) -> None:
        """Staged work, lone commits: a new tree is made, and the entry brings the old one back."""
        path = trees.ensure("api", "tutti/api").path
        sh(work, path)
        sh(f"rm -r {path}", repo)
        tree = trees.ensure("api", "tutti/api")
        assert (tree.created, tree.branch) == (True, "tutti/api")
        revive(trees, trees.undo.get(tree.undo))
        assert sh(then, path) == shows

    def test_the_index_of_a_deleted_branch_may_be_the_last_copy(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """What only the index still knows is kept before git forgets it."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 3 > sub/a; git commit -qam three", path)
        sh(f"rm -r {path}; git update-ref -d refs/heads/tutti/api", repo)
        assert trees.ensure("api", "tutti/api").branch == "tutti/api"
        assert is_kept(repo, "3\n")

    def test_staged_work_is_not_forgotten(self, trees: Worktrees, repo: Path) -> None:
        """What only git's entry still holds is kept, to the byte."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo precious > new; git add new", path)
        sh(f"rm -r {path}", repo)
        assert trees.ensure("api", "tutti/api").created
        assert is_kept(repo, "precious\n")

    def test_commits_that_only_a_detached_head_reached_are_not_forgotten(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """They stay within reach of a ref of tutti's."""
        path = trees.ensure("api", "tutti/api").path
        sh("git checkout -q --detach; git commit -qm lone --allow-empty", path)
        lone = sh("git rev-parse HEAD", path).strip()
        sh(f"rm -r {path}", repo)
        assert trees.ensure("api", "tutti/api").branch == "tutti/api"
        assert "refs/tutti/trash/api/" in sh(f"git for-each-ref --contains {lone}", repo)

    def test_a_locked_one_is_left(self, trees: Worktrees, repo: Path) -> None:
        """Whoever locked it expects it back."""
        path = trees.ensure("api", "tutti/api").path
        sh(f"git worktree lock --reason 'on a stick' {path}; mv {path} elsewhere", repo)
        with pytest.raises(GitError, match=r"is locked .on a stick.") as caught:
            trees.ensure("api", "tutti/api")
        assert "git worktree unlock" in caught.value.hint


class TestABranchThatCannotBeHad:
    def test_one_that_is_checked_out_elsewhere(self, trees: Worktrees, repo: Path) -> None:
        """It says where: in the user's own tree, or in another agent's."""
        with pytest.raises(GitError, match=f"main is already checked out in {repo}$"):
            trees.ensure("api", "main")
        other = trees.ensure("web", "shared").path
        with pytest.raises(GitError, match=f"shared is already checked out in {other}$"):
            trees.ensure("api", "shared")
        assert not (trees.home / "api").exists()

    def test_one_that_a_vanished_tree_holds(self, trees: Worktrees, repo: Path) -> None:
        """It says that the folder is gone, and how to give the branch free."""
        sh("git worktree add -q -b work ../mine; rm -r ../mine", repo)
        with pytest.raises(GitError, match="whose folder is gone") as caught:
            trees.ensure("api", "work")
        sh(caught.value.hint.partition(": ")[2], repo)
        assert trees.ensure("api", "work").branch == "work"

    def test_one_below_an_existing_branch(self, trees: Worktrees, repo: Path) -> None:
        """A branch ``tutti`` leaves no room for ``tutti/api``, and that is explained."""
        sh("git branch tutti", repo)
        with pytest.raises(
            GitError, match="tutti/api cannot be made while branch tutti exists"
        ) as caught:
            trees.ensure("api", "tutti/api")
        assert "git branch -m tutti" in caught.value.hint

    def test_one_above_existing_branches(self, trees: Worktrees, repo: Path) -> None:
        """It works the other way around as well."""
        sh("git branch work/api/old", repo)
        with pytest.raises(GitError, match="work cannot be made while branch work/api/old exists"):
            trees.ensure("api", "work")

    @pytest.mark.parametrize(
        "branch", ["a b", "-x", "a..b", "x.lock", "", "@{-1}", "refs/heads/", "a\nb", "HEAD"]
    )
    def test_one_that_git_would_not_take(self, trees: Worktrees, repo: Path, branch: str) -> None:
        """Nor one that git would read as another's name."""
        sh("git checkout -qb before; git checkout -q main", repo)
        with pytest.raises(GitError, match="cannot name a branch"):
            trees.ensure("api", branch)

    @pytest.mark.parametrize("agent", ["../x", "a/b", "", ".", "a b", "ä", "x" * 65, "a\n"])
    def test_an_agent_whose_name_is_no_folder(self, trees: Worktrees, agent: str) -> None:
        """A name never leads out of the folder of the worktrees."""
        with pytest.raises(GitError, match="cannot name a worktree"):
            trees.ensure(agent, "tutti/api")
        with pytest.raises(GitError, match="cannot name a worktree"):
            trees.retire(agent)

    def test_a_repository_without_a_commit(self, tmp_path: Path, repo: Path) -> None:
        """It says so, and the remedy works."""
        sh("git init -q new", tmp_path)
        new = tmp_path.resolve() / "new"
        trees = Worktrees(new, new / ".tutti" / "worktrees")
        with pytest.raises(GitError, match="has no commit yet") as caught:
            trees.ensure("api", "tutti/api")
        sh("git commit -q --allow-empty -m first", new)
        assert "git commit --allow-empty" in caught.value.hint
        assert trees.ensure("api", "tutti/api").created

    def test_no_repository_at_all(self, tmp_path: Path, repo: Path) -> None:
        """Nothing is made, and nothing falls back to the folder itself."""
        (tmp_path / "plain").mkdir()
        trees = Worktrees(tmp_path / "plain", tmp_path / "plain" / ".tutti" / "worktrees")
        with pytest.raises(GitError, match="not a git repository"):
            trees.ensure("api", "tutti/api")
        assert list((tmp_path / "plain").iterdir()) == []


class TestLooking:
    def test_an_agent_without_a_tree(self, trees: Worktrees, repo: Path) -> None:
        """There is nothing to see, and looking makes nothing."""
        assert trees.inspect("api") is None
        assert trees.list() == {}
        assert not (repo / ".tutti").exists()

    def test_a_tree_is_seen_as_it_is(self, trees: Worktrees, repo: Path) -> None:
        """The look gives what ``ensure`` would give, made by somebody else."""
        tree = trees.ensure("api", "tutti/api")
        sh("echo 2 > sub/a", tree.path)
        sh("git commit -qm two --allow-empty", repo)
        expected = tree._replace(dirty=True, behind_head=True, created=False)
        assert trees.inspect("api") == expected
        assert trees.list() == {"api": expected._replace(dirty=None)}

    def test_a_list_costs_one_git(self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many agents there are."""
        for number in range(3):
            trees.ensure(f"a{number}", f"tutti/a{number}")
        calls: list[tuple[str, ...]] = []
        real = trees.git.attempt

        def counted(*args: str, **options: object) -> object:
            calls.append(args)
            return real(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(trees.git, "attempt", counted)
        assert list(trees.list()) == ["a0", "a1", "a2"]
        assert len(calls) == 1

    def test_only_what_is_ours_and_there_is_shown(self, trees: Worktrees, repo: Path) -> None:
        """Not the user's trees, not one that is gone, replaced, or was never finished."""
        sh("git worktree add -q .tutti/worktrees/mine", repo)
        replaced = trees.ensure("new", "tutti/new").path
        sh(f"rm -r {replaced}; git clone -q . {replaced}", repo)
        gone, unfinished = (trees.ensure(name, f"tutti/{name}") for name in ("gone", "half"))
        sh(f"rm -r {gone.path}", repo)
        file = repo / ".tutti" / "state" / "worktrees.json"
        records = json.loads(file.read_text())
        records["half"]["created_at"] = None
        file.write_text(json.dumps(records))
        assert trees.list() == {}
        assert [trees.inspect(name) for name in ("mine", "gone", "half", "new")] == [None] * 4
        assert unfinished.path.exists()

    def test_a_look_writes_nothing(self, trees: Worktrees, repo: Path) -> None:
        """Every file of the repository and of tutti stays as it was."""
        path = trees.ensure("api", "tutti/api").path
        (path / "sub" / "a").write_text("2\n")
        every = "find . -type f -print0 | sort -z | xargs -0 sha256sum"
        before = sh(every, repo)
        trees.inspect("api")
        trees.list()
        assert sh(every, repo) == before

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"api": 3}', '{"api": {"path": "x"}}', '{"../x": {}}']
    )
    def test_records_that_cannot_be_read_are_never_guessed(
        self, trees: Worktrees, repo: Path, text: str
    ) -> None:
        """Nothing is made, retired or overwritten until somebody mends the file."""
        trees.ensure("api", "tutti/api")
        file = repo / ".tutti" / "state" / "worktrees.json"
        file.write_text(text)
        for call in (trees.list, lambda: trees.ensure("web", "b"), lambda: trees.retire("api")):
            with pytest.raises((GitError, StateError)):
                call()
        assert file.read_text() == text
