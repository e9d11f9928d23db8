from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.locking import repository_lock
from tutti_core.git.reviving import revive
from tutti_core.git.trash import Trash
from tutti_core.git.worktrees import Worktrees

PLAY = """
import sys
from pathlib import Path
from tutti_core.git.locking import repository_lock
from tutti_core.git.trash import Trash
from tutti_core.git.worktrees import Worktrees
root = Path(sys.argv[1])
trees = Worktrees(root, root / ".tutti" / "worktrees")
"""
KILL = """
import os, signal
from tutti_core.git import clearing, entries, records, snapshot, trash
from tutti_core.undoing import store

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def after(work):
    return lambda *args, **options: die(work(*args, **options))
"""


def play(root: Path, script: str) -> subprocess.Popen[str]:
    """Start a process of tt's own that does something with ``trees``."""
    return subprocess.Popen(
        [sys.executable, "-S", "-c", PLAY + script, str(root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )


def killed(root: Path, script: str) -> None:
    """Let a process do something, and check that it was killed over it."""
    process = play(root, script)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == -signal.SIGKILL, errors


def users_view(repo: Path) -> str:
    """What the user sees of the repository: tree, branches, status, list of worktrees."""
    return sh(
        "cat sub/* .git/HEAD; sha256sum .git/index; git --no-optional-locks status --porcelain;"
        "git for-each-ref | grep -v /tutti/;"
        "git worktree list --porcelain | grep ^worktree | grep -v /.tutti/",
        repo,
    )


def check_made(trees: Worktrees) -> None:
    """Check that the next call gives a good tree, and that nothing of the last is left."""
    repo = trees.root
    tree = trees.ensure("api", "tutti/api")
    assert tree.branch == "tutti/api"
    assert trees.inspect("api") == tree._replace(created=False, dirty=False)
    assert (tree.path / "sub" / "a").read_text() == "1\n"
    assert sh("git worktree list --porcelain", repo).count("worktree ") == 2
    assert sh("git fsck --no-progress 2>&1", repo) == ""
    assert sh("ls .git/worktrees", repo) == "api\n"
    assert sh("ls .git; find .git -name '*.lock'", repo).count("tutti") == 3  # lock, busy, lock
    assert sh("ls .tutti/trash 2>/dev/null || :", repo) == ""


@pytest.fixture
def fake(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called git in front of the real one; each test writes what it does."""
    program = repo.parent / "bin" / "git"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return program


def write(program: Path, script: str) -> None:
    """Write a shell script in which ``real`` is the real git."""
    real = sh("PATH=${PATH#*:}; command -v git", program.parent).strip()
    program.write_text(f'#!/bin/sh\nreal() {{ {real} "$@"; }}\n{script}\n')
    program.chmod(0o755)


class TestKilledWhileMaking:
    """Whenever tt is killed, the next call gives a good tree, and nothing is lost."""

    @pytest.mark.parametrize("when", [pytest.param("before", marks=pytest.mark.soak), "while"])
    def test_at_any_of_its_calls_of_git(
        self, trees: Worktrees, repo: Path, fake: Path, when: str
    ) -> None:
        """Before each git that ``ensure`` starts, and while it is left to run on alone."""
        view, calls = users_view(repo), repo.parent / "calls"
        die = {
            "before": "kill -9 $PPID; exit 1",
            "while": 'kill -9 $PPID; real "$@"; exit',
        }[when]
        seen = 0
        for number in range(1, 50):
            write(
                fake,
                f'echo x >> {calls}; [ $(wc -l < {calls}) = {number} ] && {{ {die}; }}; real "$@"',
            )
            calls.unlink(missing_ok=True)
            process = play(repo, 'trees.ensure("api", "tutti/api")')
            process.communicate(timeout=60)
            write(fake, 'real "$@"')
            check_made(trees)
            assert users_view(repo) == view
            trees.retire("api")
            sh("git branch -qD tutti/api", repo)
            if process.returncode == 0:
                break
            seen += 1
        assert seen >= 10

    @pytest.mark.parametrize("everything", [True, False])
    def test_in_the_middle_of_the_checkout(
        self, trees: Worktrees, repo: Path, everything: bool
    ) -> None:
        """With git, as when the power fails, or without, when git goes on alone."""
        (repo / ".gitattributes").write_text("z filter=last\n")
        sh("git config filter.last.clean cat; echo z > z; git add .; git commit -qm two", repo)
        kill = f"kill -9 $(cat {repo.parent}/pid)" + ("; kill -9 0" if everything else "; cat")
        sh(f"git config filter.last.smudge '{kill}'; git config filter.last.required true", repo)
        view = users_view(repo)
        killed(
            repo,
            "import os; (root.parent / 'pid').write_text(str(os.getpid()));"
            "trees.ensure('api', 'tutti/api')",
        )
        assert (trees.home / "api").exists()
        sh("git config filter.last.smudge cat", repo)
        check_made(trees)
        assert users_view(repo) == view

    def test_in_a_hook_of_the_user(self, trees: Worktrees, repo: Path) -> None:
        """The tree looks whole then, but was not set up: it is made again, with the hook."""
        hook = repo / ".git" / "hooks" / "post-checkout"
        hook.write_text(f"#!/bin/sh\nkill -9 $(cat {repo.parent}/pid); kill -9 0\n")
        hook.chmod(0o755)
        killed(
            repo,
            "import os; (root.parent / 'pid').write_text(str(os.getpid()));"
            "trees.ensure('api', 'tutti/api')",
        )
        hook.write_text("#!/bin/sh\necho ran >> ../../../../ran\n")
        assert trees.list() == {}
        check_made(trees)
        assert (repo.parent / "ran").read_text() == "ran\n"

    @pytest.mark.parametrize("point", ["begin", "finish"])
    def test_around_its_own_record(self, trees: Worktrees, repo: Path, point: str) -> None:
        """After it was written down and before anything was made, and the other way around."""
        killed(
            repo,
            f"{KILL}\nrecords.Records.{point} = after(records.Records.{point})\n"
            "trees.ensure('api', 'tutti/api')",
        )
        check_made(trees)

    def test_a_git_left_running_is_waited_for(
        self, trees: Worktrees, repo: Path, fake: Path
    ) -> None:
        """While it is at work nobody else begins, although the tt that started it is dead."""
        go = repo.parent / "go"
        os.mkfifo(go)
        write(
            fake, f'case "$*" in *"worktree add"*) kill -9 $PPID; read x < {go};; esac; real "$@"'
        )
        killed(repo, "trees.ensure('api', 'tutti/api')")
        with (
            pytest.raises(GitError, match="a git started by an earlier, killed tt"),
            repository_lock(repo / ".git", "looking", timeout=0.1),
        ):
            pass
        go.write_text("go\n")
        write(fake, 'real "$@"')
        check_made(trees)

    def test_git_alone(self, trees: Worktrees, repo: Path, fake: Path) -> None:
        """When the system kills git for its memory, tt says so and leaves no trace."""
        view = users_view(repo)
        write(fake, 'case "$*" in *"worktree add"*) kill -9 $$;; esac; real "$@"')
        with pytest.raises(GitError, match="git worktree add: ended with status -9"):
            trees.ensure("api", "tutti/api")
        assert sh("git for-each-ref --format='%(refname)'", repo) == "refs/heads/main\n"
        write(fake, 'real "$@"')
        check_made(trees)
        assert users_view(repo) == view

    def test_one_agents_wreck_is_not_in_anothers_way(self, trees: Worktrees, repo: Path) -> None:
        """An entry cut off at the wrong instant makes git refuse its list: it is cleared first."""
        wreck(trees, "echo initializing > E/locked; : > E/commondir; rm -rf E/logs E/index")
        with pytest.raises(subprocess.CalledProcessError):
            sh("git worktree list", repo)
        web = trees.ensure("web", "tutti/web")
        assert web.created
        trees.retire("web")
        check_made(trees)

    def test_one_agents_kept_wreck_is_not_in_anothers_way(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """What somebody put into it is kept, and the others work."""
        wreck(trees, "echo 1 > T/precious")
        assert trees.ensure("web", "tutti/web").created
        assert (trees.home / "api" / "precious").exists()


def wreck(trees: Worktrees, script: str) -> None:
    """Make the tree of ``api`` one that was never finished.

    Args:
        trees: The worktrees.
        script: What to change in it; ``T`` is its folder, ``E`` git's entry for it.
    """
    trees.ensure("api", "tutti/api")
    file = trees.root / ".tutti" / "state" / "worktrees.json"
    records = json.loads(file.read_text())
    records["api"]["created_at"] = None
    file.write_text(json.dumps(records))
    sh(
        script.replace("T/", ".tutti/worktrees/api/").replace("E/", ".git/worktrees/api/"),
        trees.root,
    )


class TestWrecks:
    """What a killed git leaves is cleared if it is git's own, and kept if it is not."""

    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Do not wait to see whether what was left is another living git's."""
        monkeypatch.setattr("tutti_core.git.wreck.SETTLED", 0.0)

    @pytest.mark.parametrize(
        "script",
        [
            "rm -r T/ E/*",
            "rm -r T/ E/*; : > E/locked",
            "rm -r T/ E/*; echo initializing > E/locked",
            "rm -r T/ E/*; echo initializing > E/locked; : > E/gitdir",
            "rm -r T/ E/[HOcil]*; echo initializing > E/locked",
            "rm -r T/* T/.git E/[HOcil]*; echo initializing > E/locked",
            "rm -r T/* E/[HOcil]*; echo initializing > E/locked; : > T/.git",
            "rm -r T/* E/[HOcil]*; echo initializing > E/locked; : > E/HEAD",
            "rm -r T/* E/[Ocil]*; echo 0000000000000000000000000000000000000000 > E/HEAD",
            "rm -r T/* E/[Oil]*; echo initializing > E/locked; : > E/commondir",
            "rm -r T/* E/[Oi]*; echo initializing > E/locked; echo > E/index.lock",
            "rm E/index; echo initializing > E/locked; printf 1 > T/sub/a; echo > E/index.lock",
            "rm E/index; echo initializing > E/locked; : > T/sub/a; chmod +x T/sub/a",
            "echo initializing > E/locked; echo ref > E/HEAD.lock",
            "rm -r E/*",
            "rm -r E/",
            "rm -r E/; rm T/.git",
            "rm -r E/gitdir E/HEAD E/commondir",
            "mv E/ .git/worktrees/api1; sed -i s/api$/api1/ T/.git",
            ": > .git/refs/heads/tutti/api.lock; echo initializing > E/locked",
            "git rev-parse HEAD > .git/refs/heads/tutti/api.lock; echo initializing > E/locked",
            (
                "rm -r T/ E/; git branch -qD tutti/api; mkdir -p .git/refs/heads/tutti;"
                " git rev-parse HEAD > .git/refs/heads/tutti/api.lock"
            ),
            "mkdir -p .git/tutti-debris/api-1234/logs; rm E/index",
            "",
        ],
    )
    def test_what_only_git_made_is_cleared(self, trees: Worktrees, repo: Path, script: str) -> None:
        """Every state in which a killed ``git worktree add`` was seen to stop."""
        view = users_view(repo)
        wreck(trees, script)
        check_made(trees)
        assert users_view(repo) == view

    @pytest.mark.parametrize("script", ["rm -r T/ E/*", "echo initializing > E/locked", ""])
    def test_retiring_one_clears_it(self, trees: Worktrees, repo: Path, script: str) -> None:
        """The record goes as well, and the branch stays."""
        wreck(trees, script)
        assert trees.retire("api").branch == "tutti/api"
        assert list(trees.home.iterdir()) == list(repo.glob(".tutti/trash/*")) == []
        assert not (repo / ".git" / "worktrees").exists()
        assert sh("git branch --list tutti/api", repo) != ""

    @pytest.mark.parametrize(
        ("script", "named"),
        [
            ("echo 1 > T/new", "new"),
            ("echo 2 > T/sub/a; rm E/index", "sub/a"),
            ("rm T/sub/a; ln -s /etc/passwd T/sub/a", "sub/a"),
            (
                "git config core.excludesFile ../ignores; echo new > ../ignores; echo 1 > T/new",
                "new",
            ),
            ("rm T/link; : > T/empty; ln -s empty T/link; rm E/index", "link"),
            ("git init -q T/nested; echo 1 > T/nested/x", "nested/"),
            ("rm -r E/; echo 1 > T/new", "new"),
            ("rm -r E/; git branch -qD tutti/api", "sub/a"),
            ("cd T/; echo 2 > x; git add x; rm x", "staged changes in x"),
            ("git -C T/ checkout -q --detach; git -C T/ commit -qm x --allow-empty", "no branch"),
            ("mkdir E/rebase-merge", "a rebase"),
        ],
    )
    def test_what_somebody_put_there_is_kept(
        self, trees: Worktrees, repo: Path, script: str, named: str
    ) -> None:
        """It is named, nothing is touched, and the same is said again and again."""
        sh("ln -s sub link; git add .; git commit -qm two", repo)
        wreck(trees, script)
        every = "find . -name 'tutti.lock' -o -type f -print0 | sort -z | xargs -0 sha256sum"
        before = sh(every, repo)
        for call in (lambda: trees.ensure("api", "tutti/api"), lambda: trees.retire("api")):
            with pytest.raises(GitError, match="was never finished, and holds") as caught:
                call()
            assert named in caught.value.message
        assert sh(every, repo) == before

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            ("rm -r T/; ln -s ../.. .tutti/worktrees/api", "is a link to"),
            ("rm -r T/; echo 1 > .tutti/worktrees/api", "is not a folder"),
            ("rm -r T/; git clone -q . T/", "is a repository of its own"),
            (
                "rm -r T/ E/; git worktree add -q ../mine; git worktree move ../mine T/",
                "names .*mine",
            ),
            ("rm T/.git; ln -s ../../../.git T/.git", "is a repository of its own"),
            ("echo 'gitdir: /elsewhere/worktrees/api' > T/.git", "its .git names /elsewhere"),
            ("git worktree lock --reason mine T/", "is locked .mine."),
        ],
    )
    def test_what_is_not_even_a_tree_is_refused(
        self, trees: Worktrees, repo: Path, script: str, reason: str
    ) -> None:
        """An unfinished record is no licence to take away what stands there."""
        wreck(trees, script)
        before = sh("find .tutti/worktrees | sort", repo)
        with pytest.raises(GitError, match=reason):
            trees.ensure("api", "tutti/api")
        assert sh("find .tutti/worktrees | sort", repo) == before

    def test_what_comes_at_the_last_moment_is_kept(
        self, trees: Worktrees, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is looked at again once nobody can reach it by its name, and put back."""
        wreck(trees, "rm T/sub/a")
        take = Trash.take

        def taken(trash: Trash, place: Path) -> Path:
            (place / "late").write_text("mine")
            return take(trash, place)

        monkeypatch.setattr(Trash, "take", taken)
        with pytest.raises(GitError, match="did not put there: late"):
            trees.ensure("api", "tutti/api")
        assert (trees.home / "api" / "late").read_text() == "mine"

    def test_the_way_out_works_with_and_without_gits_entry(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """After what the hint says, the next call makes a good tree."""
        for script in ("echo 1 > T/new", "echo 1 > T/new; rm -r E/"):
            wreck(trees, script)
            with pytest.raises(GitError, match="did not put there: new") as caught:
                trees.ensure("api", "tutti/api")
            sh(caught.value.hint.partition("then: ")[2], repo)
            check_made(trees)

    def test_a_branch_lock_with_another_commit_is_left(self, trees: Worktrees, repo: Path) -> None:
        """Somebody may be about to move that branch."""
        other = sh("git commit-tree -m other HEAD:", repo).strip()
        wreck(trees, f"echo {other} > .git/refs/heads/tutti/api.lock; rm -r T/ E/")
        with pytest.raises(GitError, match=r"api.lock': File exists") as caught:
            trees.ensure("api", "tutti/api")
        assert "Another git" in caught.value.hint
        assert (repo / ".git/refs/heads/tutti/api.lock").read_text() == f"{other}\n"

    def test_the_entries_of_others_are_left(self, trees: Worktrees, repo: Path) -> None:
        """Trees of the user whose names begin alike, and one whose folder is not there."""
        sh("git worktree add -q ../api1; git worktree add -q ../api-old; mv ../api1 ../away", repo)
        view = users_view(repo)
        wreck(trees, "rm -r T/ E/*")
        assert trees.ensure("api", "tutti/api").created
        assert users_view(repo) == view

    def test_an_entry_being_made_this_moment_is_left(
        self, trees: Worktrees, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is watched until it is old enough to be nobody's, or has become somebody's."""
        wreck(trees, "rm -r T/ E/*")
        entry = repo / ".git" / "worktrees" / "api"
        monkeypatch.setattr("tutti_core.git.wreck.SETTLED", 1e6)

        def becomes_somebodys(seconds: float) -> None:
            entry.rename(repo.parent / "theirs")

        clock = SimpleNamespace(time=time.time, sleep=becomes_somebodys)
        monkeypatch.setattr("tutti_core.git.wreck.time", clock)
        assert trees.ensure("api", "tutti/api").created
        assert (repo.parent / "theirs").exists()


RETIRING = [
    "clearing.take = after(clearing.take)",
    "store.Undo.begin = die",
    "store.Undo.begin = after(store.Undo.begin)",
    "trash.Trash.take = after(trash.Trash.take)",
    "trash.Trash.seal = after(trash.Trash.seal)",
    "clearing.erase = die",
    "clearing.erase = after(entries.erase)",
    "entries.shutil.rmtree = die",
    "trash.Trash.empty = die",
    "store.Undo.settle = die",
    "records.Records.forget = die",
    "records.Records.forget = after(records.Records.forget)",
]


class TestKilledWhileRetiring:
    """The tree is whole in one place or the other, and can be had or retired again."""

    @pytest.mark.parametrize("point", RETIRING)
    @pytest.mark.parametrize("then", ["ensure", "retire"])
    def test_at_any_step(self, trees: Worktrees, repo: Path, point: str, then: str) -> None:
        """What was committed is there, and git is content."""
        view = users_view(repo)
        path = trees.ensure("api", "tutti/api").path
        sh("git commit -qm two --allow-empty", path)
        killed(repo, f"{KILL}\n{point}\ntrees.retire('api')")
        if then == "retire" and trees.records.read():
            trees.retire("api")
        tree = trees.ensure("api", "tutti/api")
        assert sh("git log -1 --format=%s", tree.path) == "two\n"
        trees.retire("api")
        assert users_view(repo) == view
        assert (
            sh("git fsck --no-progress 2>&1; ls .git | grep -e worktrees -e debris || :", repo)
            == ""
        )

    @pytest.mark.parametrize("point", RETIRING)
    def test_what_was_in_it_can_be_had(self, trees: Worktrees, repo: Path, point: str) -> None:
        """Wherever it is by then: in its place, or in what the undo entry names."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo 2 > sub/a; git add .; echo 3 > sub/a; echo new > new", path)
        killed(repo, f"{KILL}\n{point}\ntrees.retire('api')")
        if not (path / "new").exists():
            *_, entry = trees.undo.entries()
            revive(trees, entry)
        assert sh("cat sub/a new; git show :sub/a", path) == "3\nnew\n2\n"
        assert trees.git.dirty(trees.ensure("api", "tutti/api").path)

    def test_a_folder_that_was_not_looked_at_again_is_kept(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Somebody may have written to it meanwhile: it stays in the trash, whole."""
        trees.ensure("api", "tutti/api")
        killed(repo, f"{KILL}\ntrash.Trash.take = after(trash.Trash.take)\ntrees.retire('api')")
        trees.ensure("api", "tutti/api")
        trees.retire("api")
        (kept,) = (repo / ".tutti" / "trash").iterdir()
        assert (kept / "sub" / "a").read_text() == "1\n"


class TestKilledWhileStartingAnew:
    @pytest.mark.parametrize(
        "point",
        [
            "store.Undo.begin = after(store.Undo.begin)",
            "trash.Trash.take = after(trash.Trash.take)",
            "clearing.erase = after(entries.erase)",
            "freshening.move_refs = die",
            "freshening.move_refs = after(freshening.move_refs)",
            "records.Records.begin = after(records.Records.begin)",
            "records.Records.finish = die",
            "freshening.carry = die",
            "freshening.carry = after(freshening.carry)",
            "store.Undo.settle = die",
        ],
    )
    def test_at_any_step(self, trees: Worktrees, repo: Path, point: str) -> None:
        """The next call gives a tree, and all that was there is in it or can be had."""
        path = trees.ensure("api", "tutti/api").path
        sh("git commit -qm mine --allow-empty; echo 2 > sub/a; echo k > .env; echo n > n", path)
        sh("echo .env >> .git/info/exclude; git commit -qm more --allow-empty", repo)
        killed(
            repo,
            f"{KILL}\nfrom tutti_core.git import freshening\n{point}\n"
            "freshening.freshen(trees, 'api', 'tutti/api')",
        )
        trees.ensure("api", "tutti/api")
        if not (path / "n").exists():
            *_, entry = trees.undo.entries()
            revive(trees, entry)
        assert sh("cat sub/a .env n; git log -1 --format=%s", path) == "2\nk\nn\nmine\n"
        assert sh("git fsck --no-progress 2>&1 | grep -v dangling || :", repo) == ""


class TestKilledWhileRestoring:
    @pytest.mark.parametrize(
        "point",
        [
            "reviving._detached = die",
            "reviving._detached = after(reviving._detached)",
            "reviving.fill = after(reviving.fill)",
            "store.Undo.begin = after(store.Undo.begin)",
            "trash.Trash.take = after(trash.Trash.take)",
            "clearing.erase = after(entries.erase)",
            "reviving.move_refs = after(reviving.move_refs)",
            "reviving.attach = die",
            "reviving.attach = after(reviving.attach)",
            "import tutti_core.state.files as f; f.write_atomic = after(f.write_atomic)",
            "reviving._into_place = after(reviving._into_place)",
            "store.Undo.settle = die",
        ],
    )
    def test_at_any_step(self, trees: Worktrees, repo: Path, point: str) -> None:
        """A team can be started, the restoring can be begun again, and both trees can be had."""
        path = trees.ensure("api", "tutti/api").path
        sh("echo first > new; git commit -qm first --allow-empty", path)
        first = trees.undo.get(trees.retire("api").undo)
        trees.ensure("api", "tutti/api")
        sh("echo second > other", path)
        killed(
            repo,
            f"{KILL}\nfrom tutti_core.git import reviving\n"
            f"entry = trees.undo.get('{first.id}')\n{point}\nreviving.revive(trees, entry)",
        )
        tree = trees.ensure("api", "tutti/api")
        there = {item.name for item in tree.path.iterdir()}
        if "other" not in there:
            second = next(e for e in trees.undo.entries() if e.undoes == first.id)
            done = revive(trees, second)
            assert (path / "other").read_text() == "second\n"
            assert done.path == path
        revive(trees, first)
        assert (path / "new").read_text() == "first\n"
        assert sh("git log -1 --format=%s", path) == "first\n"
        assert sh("git fsck --no-progress 2>&1 | grep -v dangling || :", repo) == ""
        assert sh("git worktree list", repo).count("\n") == 2


class TestManyAtOnce:
    def test_two_processes_make_six_trees_each(self, trees: Worktrees, repo: Path) -> None:
        """Nobody fails, every agent has one tree, and one of the two made it."""
        view = users_view(repo)
        script = """
for number in range(6):
    tree = trees.ensure(f"a{number}", f"tutti/a{number}")
    (root.parent / f"{sys.argv[0]}{tree.created}").open("a").write(f"{number}\\n")
"""
        running = [play(repo, script) for _ in range(2)]
        assert [(each.communicate(timeout=120)[1], each.returncode) for each in running] == [
            ("", 0)
        ] * 2
        made = sorted((repo.parent / "-cTrue").read_text().split())
        assert made == [str(number) for number in range(6)]
        assert sorted(trees.list()) == [f"a{number}" for number in range(6)]
        assert sh("git fsck --no-progress 2>&1", repo) == ""
        assert users_view(repo) == view

    def test_two_processes_make_and_retire_the_same_tree(
        self, trees: Worktrees, repo: Path
    ) -> None:
        """Each finds the tree there or not, and never half."""
        script = """
from tutti_core.errors import GitError
for _ in range(5):
    trees.ensure("api", "tutti/api")
    try:
        trees.retire("api")
    except GitError as error:
        assert "has no worktree" in error.message, error
"""
        running = [play(repo, script) for _ in range(2)]
        assert [(each.communicate(timeout=120)[1], each.returncode) for each in running] == [
            ("", 0)
        ] * 2
        check_made(trees)
