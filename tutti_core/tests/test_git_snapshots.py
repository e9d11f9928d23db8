"""What a worktree held comes back byte for byte, whatever it was."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git import stock
from tutti_core.git.reviving import branch_off, export_tree, revive
from tutti_core.git.worktrees import Worktrees

FSCK = "git fsck --no-progress 2>&1 | grep -v -e dangling -e unborn || :"


@pytest.fixture
def repo(place: Path) -> Path:
    """A repository with a few files on ``main``."""
    sh("git init -q -b main repo", place)
    sh(
        "mkdir sub dir; echo 1 > sub/a; echo b > b; echo d > dir/d; ln -s b link;"
        "printf 'x\\r\\n' > crlf; echo run > run; chmod +x run; printf '*.o\\nbuild/\\n.env\\n'"
        " > .gitignore; git add .; git commit -qm one",
        place / "repo",
    )
    return place / "repo"


def picture(path: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in a folder: mode and content by path, but for the ``.git`` at its top."""
    found = {}
    for current, folders, files in os.walk(os.fsencode(path)):
        for name in (*folders, *files):
            place = os.path.join(current, name)
            shown = os.fsdecode(os.path.relpath(place, os.fsencode(path)))
            mode = os.lstat(place).st_mode
            if shown == ".git":
                continue
            if stat.S_ISLNK(mode):
                found[shown] = (0, os.readlink(place))
            elif stat.S_ISREG(mode):
                found[shown] = (mode, Path(os.fsdecode(place)).read_bytes())
            elif stat.S_ISDIR(mode):
                found[shown] = (mode, b"")
        folders[:] = [name for name in folders if current != os.fsencode(path) or name != b".git"]
    return found


def state(path: Path) -> str:
    """What git says of a worktree: HEAD, index with its flags, what is under way, its log."""
    return sh(
        "cat $(git rev-parse --git-path HEAD); git rev-parse HEAD || :; git ls-files -s -v;"
        "git ls-files --debug | grep -v -e time -e dev -e uid -e size | grep flags || :;"
        "git --no-optional-locks status --porcelain=v2 --branch --ignored; git reflog HEAD || :;"
        "cd $(git rev-parse --git-dir); find . -type f ! -name index ! -name gitdir "
        "! -name AUTO_MERGE ! -name 'sharedindex.*' ! -path './modules/*/logs/*' | sort",
        path,
    )


def roundtrip(trees: Worktrees, path: Path) -> None:
    """Retire a worktree, bring it back, and hold it to what it was."""
    before, was = picture(path), state(path)
    retired = trees.retire("api")
    assert not path.exists()
    entry = trees.undo.get(retired.undo)
    assert entry.state == "done"
    assert sh(FSCK, trees.root) == ""
    sh("git reflog expire --expire=now --all; git gc -q --prune=now", trees.root)
    assert revive(trees, entry).path == path
    assert picture(path) == before
    assert state(path) == was
    assert sh(FSCK, trees.root) == ""
    assert trees.inspect("api") is not None
    assert list((trees.root / ".tutti" / "trash").iterdir()) == []


class TestComingBack:
    @pytest.mark.parametrize(
        "work",
        [
            ":",
            "echo 2 > sub/a",
            "echo 2 > sub/a; git add .; echo 3 > sub/a",
            "rm sub/a b",
            "rm -rf * .gitignore",
            "git rm -q sub/a",
            "git rm -q --cached sub/a",
            "git mv sub/a sub/moved; echo more >> sub/moved",
            "echo new > new; mkdir -p deep/er; echo 1 > deep/er/x",
            "echo secret > .env; chmod 600 .env; mkdir -p build/x; echo 1 > build/x/y; echo > z.o",
            "chmod +x b; chmod -x run; chmod 400 crlf; chmod 700 sub",
            "rm b; ln -s /nowhere b; rm link; echo file > link; ln -s .. up",
            "rm b; mkdir b; echo 1 > b/inside",
            "rm -r sub; echo file > sub",
            "mkdir -p empty/er .hidden; chmod 555 empty/er",
            "git add -N .; echo n > n; git add -N n",
            "echo é > 'é ü 図'; echo q > '\"quoted\" \\\\ back'; echo nl > 'a\nb'; echo t > '\tt '",
            "touch \"$(printf 'latin\\351')\"; echo 1 > \"$(printf 'dir/\\377x')\"",
            "echo - > -dash; echo % > %percent; mkdir %.git; echo 1 > %.git/x; echo 1 > '%25'",
            "git update-index --assume-unchanged sub/a; echo hidden > sub/a",
            "git update-index --skip-worktree b; echo hidden > b",
            "git sparse-checkout set sub; echo 1 > sub/x",
            "git checkout -q --detach; git commit -qm lone --allow-empty; echo 1 > x",
            "git commit -qm x --allow-empty; git commit -q --amend --allow-empty -m y; echo 2 > b",
            "git checkout -q --orphan fresh; echo 2 > sub/a; git add .",
            "git revert --no-commit HEAD; echo 1 > more",
            "git commit -qm 2 --allow-empty; git rebase -q -x false HEAD~1 || :; echo 1 > x",
            "git bisect start -q",
            "git update-ref refs/worktree/x $(git commit-tree -m x HEAD:)",
            "git init -q new; echo 1 > new/n; git -C new add .; git -C new commit -qm n",
            "git init -q build; echo 1 > build/n; git -C build commit -qm n --allow-empty",
            "printf '[submodule \"../x\"]\\n\\tpath = -x\\n\\turl = -u\\n' > sub/.gitmodules",
            "mkdir .GIT; echo 1 > .GIT/x; mkdir git~1; echo 1 > git~1/x",
            "git update-index --split-index; echo 2 > sub/a; git add .; echo 3 > sub/b; git add .",
            "git update-index --untracked-cache; git config core.untrackedCache true; echo 1 > x",
        ],
    )
    def test_in_every_state_it_can_be_in(self, trees: Worktrees, work: str) -> None:
        """Files, modes, links, index, flags, log, and what was not finished."""
        path = trees.ensure("api", "tutti/api").path
        sh(work, path)
        roundtrip(trees, path)

    def test_a_conflict(self, trees: Worktrees, repo: Path) -> None:
        """All three sides, the files with their marks, and the merge itself."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo mine > b; git rm -q sub/a; git commit -qam mine", path)
        sh("echo theirs > b; echo theirs > sub/a; git commit -qam theirs", repo)
        sh("git merge main || :; echo half > b", path)
        roundtrip(trees, path)
        assert "UU b" in sh("git status --porcelain", path)
        sh("git merge --abort", path)

    def test_a_rebase_that_stashed(self, trees: Worktrees, repo: Path) -> None:
        """What git put aside for its own use is kept too: no branch has it."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo mine > b; git commit -qam mine", path)
        sh("echo theirs > b; git commit -qam theirs", repo)
        sh("echo dirty > sub/a; git rebase --autostash main || :", path)
        roundtrip(trees, path)
        sh("git rebase --abort", path)
        assert (path / "sub" / "a").read_text() == "dirty\n"

    @pytest.mark.parametrize(
        "attributes",
        [
            "* text=auto eol=crlf",
            "* filter=gone",
            "* ident",
            "*.txt working-tree-encoding=latin1",
        ],
    )
    def test_past_every_filter(self, trees: Worktrees, repo: Path, attributes: str) -> None:
        """A byte is a byte, also where git would turn it into another, or the filter is broken."""
        (repo / ".gitattributes").write_text(attributes + "\n")
        sh("printf 'one\\ntwo $Id$\\n' > t.txt; git add .; git commit -qm attributes", repo)
        path = trees.ensure("api", "tutti/api").path
        sh("git config filter.gone.clean false; git config filter.gone.required true", repo)
        (path / "t.txt").write_bytes(b"mixed\r\nends\n$Id: x$ \xff\n")
        (path / "new.txt").write_bytes(b"mixed\r\nends\n\0")
        before = picture(path)
        entry = trees.undo.get(trees.retire("api").undo)
        sh("git config filter.gone.smudge cat; git config filter.gone.clean cat", repo)
        revive(trees, entry)
        assert picture(path) == before

    def test_pointers_and_what_they_point_to(self, trees: Worktrees, repo: Path) -> None:
        """A file that a filter made large is not written into git, and is large again."""
        sh("mkdir store; git config filter.big.smudge 'sed s/^ptr/content-of/'", repo)
        sh("git config filter.big.clean 'sed s/^content-of/ptr/'; echo store >> .gitignore", repo)
        (repo / ".gitattributes").write_text("*.bin filter=big\n")
        sh("echo ptr 1 > one.bin; echo ptr 2 > two.bin; git add .; git commit -qm big", repo)
        path = trees.ensure("api", "tutti/api").path
        # Old enough for git to trust its memory of what it wrote.
        sh("touch -d '1 hour' $(git rev-parse --git-dir)/index", path)
        assert (path / "one.bin").read_text() == "content-of 1\n"
        (path / "two.bin").write_text("content-of changed\n")
        before = picture(path)
        entry = trees.undo.get(trees.retire("api").undo)
        assert sh(f"git show {entry.trash}:tree/one.bin", repo) == "ptr 1\n"
        assert sh(f"git show {entry.trash}:tree/two.bin", repo) == "content-of changed\n"
        revive(trees, entry)
        assert picture(path) == before

    def test_a_dirty_submodule_and_its_commits(self, trees: Worktrees, repo: Path) -> None:
        """Its files, and the repository that git keeps of it within the tree's own folder."""
        sh(
            "git clone -q . ../inner; git -c protocol.file.allow=always submodule --quiet add"
            " ../inner inner; git commit -qam two",
            repo,
        )
        path = trees.ensure("api", "tutti/api").path
        sh("git -c protocol.file.allow=always submodule --quiet update --init", path)
        sh(
            "git checkout -qb mine; echo 1 > x; git add x; git commit -qm mine; echo 2 > y",
            path / "inner",
        )
        roundtrip(trees, path)
        assert sh("git log --format=%s mine -1; git status --porcelain", path / "inner") == (
            "mine\n?? y\n"
        )

    def test_a_submodule_as_it_was_fetched(self, trees: Worktrees, repo: Path) -> None:
        """It can be fetched again: its place comes back, empty."""
        sh(
            "git clone -q . ../inner; git -c protocol.file.allow=always submodule --quiet add"
            " ../inner inner; git commit -qam two",
            repo,
        )
        path = trees.ensure("api", "tutti/api").path
        sh("git -c protocol.file.allow=always submodule --quiet update --init", path)
        entry = trees.undo.get(trees.retire("api").undo)
        revive(trees, entry)
        assert list((path / "inner").iterdir()) == []
        sh("git -c protocol.file.allow=always submodule --quiet update --init", path)
        assert (path / "inner" / "b").exists()

    def test_a_tree_whose_folder_is_gone(self, trees: Worktrees, repo: Path) -> None:
        """What was staged, and what was under way, is all that is left of it; that comes back."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo staged > sub/a; git add .; git revert --no-commit HEAD || :", path)
        was = sh("git ls-files -s", path)
        sh(f"rm -r {path}", repo)
        tree = trees.ensure("api", "tutti/api")
        assert tree.created
        assert not trees.git.dirty(tree.path)
        (entry,) = trees.undo.entries()
        revive(trees, entry)
        assert sh("git ls-files -s", path) == was


class TestWhatIsNotKept:
    def test_an_ignored_folder_over_the_size_is_named(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As one item; small ignored files beside it are kept."""
        monkeypatch.setattr(stock, "ITEM_BYTES", 1000)
        path = trees.ensure("api", "tutti/api").path
        sh("mkdir build; head -c 600 /dev/zero > build/x; head -c 600 /dev/zero > build/y", path)
        sh("echo secret > .env; echo 1 > new; head -c 9000 /dev/zero > large", path)
        retired = trees.retire("api")
        assert [(one.path, one.size) for one in retired.unkept] == [("build/", 1200)]
        revive(trees, trees.undo.get(retired.undo))
        assert not (path / "build").exists()
        assert (path / ".env").read_text() == "secret\n"
        assert (path / "large").stat().st_size == 9000

    def test_the_smallest_are_kept_first(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All that is ignored has a limit too."""
        monkeypatch.setattr(stock, "TOTAL_BYTES", 1000)
        path = trees.ensure("api", "tutti/api").path
        sh("for n in 1 2 3 4; do head -c ${n}00 /dev/zero > $n.o; done; echo k > .env", path)
        assert [one.path for one in trees.retire("api").unkept] == ["4.o"]

    def test_what_is_too_large_goes_from_tree_to_tree(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Bringing another tree back costs nobody what was fetched since."""
        monkeypatch.setattr(stock, "ITEM_BYTES", 1000)
        path = trees.ensure("api", "tutti/api").path
        sh("echo 1 > new", path)
        first = trees.undo.get(trees.retire("api").undo)
        trees.ensure("api", "tutti/api")
        sh("mkdir build; head -c 2000 /dev/zero > build/x", path)
        revive(trees, first)
        assert (path / "new").exists()
        assert (path / "build" / "x").stat().st_size == 2000

    def test_sockets_and_pipes_are_named(self, trees: Worktrees) -> None:
        """There is nothing in them to keep."""
        path = trees.ensure("api", "tutti/api").path
        os.mkfifo(path / "pipe")
        (one,) = trees.retire("api").unkept
        assert (one.path, "named pipe" in one.why) == ("pipe", True)

    def test_a_link_is_kept_and_not_what_it_leads_to(self, trees: Worktrees, repo: Path) -> None:
        """What is linked is elsewhere, and stays there."""
        sh("mkdir ../shared; echo 1 > ../shared/x", repo)
        path = trees.ensure("api", "tutti/api").path
        sh("ln -s ../../../../shared build; ln -s ../../../../shared/x .env", path)
        retired = trees.retire("api")
        assert retired.unkept == ()
        assert (repo.parent / "shared" / "x").exists()
        revive(trees, trees.undo.get(retired.undo))
        assert (path / "build").is_symlink()


class TestLeavingAloneWhatIsNotTouched:
    def test_the_tree_and_its_index(self, trees: Worktrees, repo: Path) -> None:
        """A snapshot reads; hooks, signing and identity of the user have no part in it."""
        from tutti_core.git.snapshot import take

        path = trees.ensure("api", "tutti/api").path
        sh("echo 2 > sub/a; echo 1 > new", path)
        hooks = repo / ".git" / "hooks"
        for name in ("reference-transaction", "post-index-change", "pre-commit", "post-commit"):
            (hooks / name).write_text("#!/bin/sh\necho $0 >> ../../../../ran; exit 1\n")
            (hooks / name).chmod(0o755)
        sh("git config commit.gpgSign true; git config user.useConfigOnly true", repo)
        see = "find . -type f ! -path './.git/objects/*' ! -path './.git/refs/tutti/*' -print0"
        before = sh(f"{see} | sort -z | xargs -0 stat -c '%n %Y %Z %s'", repo)
        site = trees.survey("api")
        assert site.admin is not None
        shot = take(trees.git, "api", path, site.admin)
        assert sh(f"{see} | sort -z | xargs -0 stat -c '%n %Y %Z %s'", repo) == before
        assert not (repo.parent / "ran").exists()
        assert sh(f"git show {shot.ref}:tree/new", repo) == "1\n"

    def test_it_is_not_pushed(self, trees: Worktrees, repo: Path) -> None:
        """A push of everything a person has sends no snapshot."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo secret > .env", path)
        trees.retire("api")
        sh(
            "git init -q --bare ../there; git push -q --all ../there; git push -q --tags ../there",
            repo,
        )
        assert "tutti/trash" not in sh("git -C ../there for-each-ref", repo)

    def test_what_is_written_to_meanwhile_is_not_taken_away(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No instant of such a file could be kept."""
        from tutti_core.git.objects import Store

        path = trees.ensure("api", "tutti/api").path
        (path / "busy").write_text("1")
        write = Store.write_files

        def written(store: Store, paths: list[str]) -> list[str]:
            (path / "busy").write_text("longer")
            return write(store, paths)

        monkeypatch.setattr(Store, "write_files", written)
        with pytest.raises(GitError, match="busy is being written to"):
            trees.retire("api")
        assert (path / "busy").read_text() == "longer"

    def test_what_cannot_be_read_is_not_taken_away(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The reason is git's, and nothing was touched."""
        from tutti_core.git import snapshot

        path = trees.ensure("api", "tutti/api").path
        (path / "new").write_text("1")
        lost = snapshot.take_stock

        def vanished(*args: object, **named: object) -> object:
            found = lost(*args, **named)
            (path / "new").unlink()
            return found

        monkeypatch.setattr(snapshot, "take_stock", vanished)
        with pytest.raises(GitError, match="hash-object"):
            trees.retire("api")
        assert trees.inspect("api") is not None


class TestOtherWaysBack:
    def test_onto_what_is_there_by_now(self, trees: Worktrees, repo: Path) -> None:
        """The present tree, with its own commits, is kept first, and can be had again."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo first > x", path)
        first = trees.undo.get(trees.retire("api").undo)
        trees.ensure("api", "tutti/api")
        sh("git commit -qm second --allow-empty; echo second > x; echo more > y", path)
        second = (picture(path), state(path))
        done = revive(trees, first)
        assert (path / "x").read_text() == "first\n"
        assert not (path / "y").exists()
        assert sh("git log --format=%s", path) == "one\n"
        back = trees.undo.get(done.undo)
        assert back.undoes == first.id
        sh("git reflog expire --expire=now --all; git gc -q --prune=now", repo)
        revive(trees, back)
        assert (picture(path), state(path)) == second

    def test_a_branch_that_is_in_use_elsewhere_is_not_moved(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Whoever works on it there would see it go; the hint has two ways around."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 1 > x", path)
        entry = trees.undo.get(trees.retire("api").undo)
        sh("git switch -q tutti/api; git commit -qm mine --allow-empty", repo)
        with pytest.raises(GitError, match="is checked out in") as caught:
            revive(trees, entry)
        assert "--branch" in caught.value.hint
        assert not path.exists()
        commit = branch_off(trees, entry, "rescued")
        assert sh("git show rescued:x; git rev-parse rescued", repo) == f"1\n{commit}\n"

    def test_a_new_branch_of_it(self, trees: Worktrees, repo: Path) -> None:
        """It has what was not committed, and nothing that git ignores; no tree is touched."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 2 > sub/a; echo 1 > new; echo secret > .env; rm b", path)
        sh("git init -q nested; echo 1 > nested/n", path)
        entry = trees.undo.get(trees.retire("api").undo)
        branch_off(trees, entry, "rescued")
        assert sh("git diff --name-status main rescued", repo) == (
            "D\tb\nA\tnested/n\nA\tnew\nM\tsub/a\n"
        )
        with pytest.raises(GitError):
            branch_off(trees, entry, "rescued")
        assert not path.exists()

    def test_into_a_folder(self, trees: Worktrees, repo: Path) -> None:
        """All the files, without anything of git's."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 2 > sub/a; echo secret > .env; rm b", path)
        before = picture(path)
        entry = trees.undo.get(trees.retire("api").undo)
        out = export_tree(trees, entry, repo.parent / "out")
        assert picture(out) == before
        assert not (out / ".git").exists()
        assert sorted(place.name for place in repo.parent.iterdir()) == ["out", "repo"]
        with pytest.raises(GitError, match="is not an empty folder"):
            export_tree(trees, entry, out)

    def test_without_tutti(self, trees: Worktrees, repo: Path) -> None:
        """Git alone shows what was there."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 2 > sub/a; git add .; echo 3 > sub/a", path)
        entry = trees.undo.get(trees.retire("api").undo)
        shown = f"git show {entry.trash}"
        assert sh(f"{shown}:tree/sub/a; {shown}:staged/0/sub/a", repo) == "3\n2\n"
        about = json.loads(sh(f"{shown}:about.json", repo))
        assert (about["agent"], about["raw"]) == ("api", ["sub/a"])
