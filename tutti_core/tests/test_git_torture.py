"""Whatever is done to a team's trees, in whatever order, no byte of anybody's is lost.

What is kept is looked for by content: every file that was in a tree, an index or a commit when tt
acted must be in a tree still, or in what git reaches from a ref. Collection runs with no mercy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tutti_core.errors import GitError, TuttiError
from tutti_core.git.freshening import freshen
from tutti_core.git.reviving import branch_off, revive
from tutti_core.git.worktrees import Worktrees

AGENTS = ("api", "web")
ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
}
# The n-th time that one of these is come to, the process is killed: before it, or after it.
KILLED = """
import os, signal, sys
from pathlib import Path
import tutti_core.git.process as process, tutti_core.state.files as files, os as system
left, after = int(sys.argv[3]), sys.argv[4] == "after"

def counted(work):
    def run(*args, **options):
        global left
        left -= 1
        if left == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = work(*args, **options)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return run

import tutti_core.git.repo as repo
repo.run_git = counted(repo.run_git)
files.write_atomic = counted(files.write_atomic)
Path.rename = counted(Path.rename)
from tutti_core.errors import TuttiError
from tutti_core.git.freshening import freshen
from tutti_core.git.reviving import revive
from tutti_core.git.worktrees import Worktrees
root = Path(sys.argv[1])
trees = Worktrees(root, root / ".tutti" / "worktrees")
try:
    exec(sys.argv[2])
except TuttiError:
    pass
"""


def sh(script: str, cwd: Path, *, check: bool = True) -> str:
    """Run a shell script and return what it prints."""
    done = subprocess.run(
        ["/bin/sh", "-ec", script], cwd=cwd, check=False, timeout=60, capture_output=True, env=ENV
    )
    assert done.returncode == 0 or not check, os.fsdecode(done.stderr)
    return os.fsdecode(done.stdout)


class Torture(RuleBasedStateMachine):
    """A repository, two agents, and everything that happens to their trees."""

    agents = st.sampled_from(AGENTS)
    names = st.sampled_from(["f", "sub/g", "new", "deep/er/n", "x.ign", "ign/y", "a b", "é"])

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="tutti-torture-")).resolve()
        self.root = self.base / "repo"
        self.count = 0
        self.precious: set[str] = set()
        sh("git init -q -b main repo", self.base)
        sh(
            "mkdir sub; echo f > f; echo g > sub/g; printf '*.ign\\nign/\\n' > .gitignore;"
            "git add .; git commit -qm one",
            self.root,
        )
        self._see()

    def teardown(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.base, ignore_errors=True)

    @property
    def trees(self) -> Worktrees:
        """The worktrees, as another tt would see them."""
        return Worktrees(self.root, self.root / ".tutti" / "worktrees")

    def tree(self, agent: str) -> Path:
        """The place of an agent's tree."""
        return self.root / ".tutti" / "worktrees" / agent

    def text(self) -> str:
        """A content that was never there before."""
        self.count += 1
        return f"content number {self.count}\n"

    # What people and agents do.

    @rule(agent=agents)
    def up(self, agent: str) -> None:
        """A team is started."""
        if not self._stranger(agent):
            assert self.trees.inspect(agent) is not None

    @rule(agent=agents, name=names, how=st.sampled_from(["", "add", "add twice", "commit"]))
    def work(self, agent: str, name: str, how: str) -> None:
        """An agent writes a file, and stages or commits it."""
        path = self.tree(agent) / name
        if not (self.tree(agent) / ".git").exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text())
        except OSError:
            return
        quoted = f"'{name}'"
        if how:
            sh(f"git add -f {quoted}", self.tree(agent), check=False)
        if how == "add twice":
            path.write_text(self.text())
        if how == "commit":
            sh("git commit -qm work", self.tree(agent), check=False)
        self._see()

    @rule(
        agent=agents,
        what=st.sampled_from(
            [
                "rm -f f",
                "git checkout -q --detach",
                "git switch -q -C other-$(basename $PWD)",
                "git switch -q -C auto/issue-1-$(basename $PWD)",
                "git switch -q tutti/$(basename $PWD)",
                "git branch -m renamed-$(basename $PWD)",
                "git commit -q --amend --allow-empty -m again",
                "git revert --no-commit HEAD",
                "git merge -q main",
                "git rebase -q main",
                "git bisect start -q",
                "git rm -q --cached f",
                "git update-index --assume-unchanged sub/g",
                "chmod +x f",
                "mkdir -p empty/folder",
                "ln -sf f link",
                "git init -q nested",
            ]
        ),
    )
    def git(self, agent: str, what: str) -> None:
        """An agent uses git as it likes."""
        if (self.tree(agent) / ".git").exists():
            sh(what, self.tree(agent), check=False)
            self._see()

    @rule(name=names)
    def user_commits(self, name: str) -> None:
        """The user goes on in the own tree."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text())
        sh(f"git add -f '{name}'; git commit -qm user", self.root)
        self._see()

    @rule(agent=agents)
    def folder_deleted(self, agent: str) -> None:
        """Somebody deletes the folder of a tree: what was only there is theirs to lose."""
        if self.tree(agent).is_dir():
            shutil.rmtree(self.tree(agent))
            self._see()

    @rule()
    def moved(self) -> None:
        """The repository is moved."""
        self.count += 1
        self.root = self.root.rename(self.base / f"moved {self.count}")

    @rule()
    def state_lost(self) -> None:
        """The records are deleted."""
        (self.root / ".tutti" / "state" / "worktrees.json").unlink(missing_ok=True)

    # What tt does.

    @rule(agent=agents)
    def clean(self, agent: str) -> None:
        """`tt down --clean`."""
        if self.tree(agent).exists():
            self._allowed(lambda: self.trees.retire(agent))

    @rule(agent=agents)
    def fresh(self, agent: str) -> None:
        """`tt up --fresh-worktree`."""
        self.up(agent)
        self._allowed(lambda: freshen(self.trees, agent, f"tutti/{agent}"))

    @precondition(lambda self: self.trees.undo.entries())
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """`tt undo restore`, of any entry there is."""
        entries = self.trees.undo.entries()
        entry = entries[data.draw(st.integers(0, min(len(entries), 6) - 1))]
        self._allowed(lambda: revive(self.trees, entry))

    @precondition(lambda self: self.trees.undo.entries())
    @rule()
    def undo_to_branch(self) -> None:
        """`tt undo restore --branch`."""
        self.count += 1
        entry = self.trees.undo.entries()[0]
        self._allowed(lambda: branch_off(self.trees, entry, f"rescued-{self.count}"))

    @rule(
        agent=agents,
        verb=st.sampled_from(["ensure", "retire", "fresh", "undo"]),
        when=st.integers(1, 40),
        side=st.sampled_from(["before", "after"]),
    )
    def killed(self, agent: str, verb: str, when: int, side: str) -> None:
        """Tt is killed, at any git command, state write or rename."""
        script = {
            "ensure": f"trees.ensure('{agent}', 'tutti/{agent}')",
            "retire": f"trees.retire('{agent}')",
            "fresh": f"freshen(trees, '{agent}', 'tutti/{agent}')",
            "undo": "[revive(trees, one) for one in trees.undo.entries()[:1]]",
        }[verb]
        words = [sys.executable, "-S", "-c", KILLED, str(self.root), script, str(when), side]
        env = {**ENV, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(words, env=env, capture_output=True, timeout=60, check=False)
        assert done.returncode in (0, -9), done.stderr.decode()

    # What must hold.

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every content is in a file or in git, also after a collection."""
        sh("git -c gc.auto=0 prune --expire=now", self.root)
        assert self.precious <= self._everything()

    @invariant()
    def the_users_own_is_untouched(self) -> None:
        """Tree, index, HEAD and branches of the user are as they left them."""
        assert self._users() == self.users

    @invariant()
    def git_is_content(self) -> None:
        """Nothing it reaches is missing or malformed."""
        said = sh("git fsck --no-progress --no-dangling 2>&1 || :", self.root)
        bad = [line for line in said.splitlines() if "unborn" not in line]
        assert [line for line in bad if "worktrees/" not in line or "missing" in line] == [], said

    @invariant()
    def a_team_can_be_started(self) -> None:
        """The next `tt up` works, unless a folder in its place was never finished by us."""
        if self.count % 3 == 0:
            for agent in AGENTS:
                self.up(agent)

    def _allowed(self, act: Callable[[], object]) -> None:
        """Do something that may be refused: nothing may be lost by it either way."""
        with contextlib.suppress(TuttiError):
            act()

    def _refused(self, agent: str) -> str:
        """Return why an agent gets no tree; nothing if it has one by now."""
        try:
            self.trees.ensure(agent, f"tutti/{agent}")
        except GitError as error:
            return error.message
        return ""

    def _stranger(self, agent: str) -> bool:
        """Whether a place holds what tt may not take for its own, and says so."""
        refused = self._refused(agent)
        if not refused:
            return False
        if "was never finished, and holds what git did not put there" in refused:
            # Somebody works in what a killed tt left half made: both ways out of it lose something.
            return True
        assert "it was not touched" in refused or "already checked out in" in refused
        # Only what has no record any more is not taken for ours.
        assert agent not in self.trees.records.read(), refused
        return True

    def _see(self) -> None:
        """Note what is there: whatever tt does next, it must be there still."""
        self.precious = self._everything()
        self.users = self._users()

    def _everything(self) -> set[str]:
        found = self._in_git()
        for folder in (self.root / ".tutti").glob("*/"):
            found |= self._contents(folder)
        return {text for text in found if text.startswith("content number")}

    def _contents(self, folder: Path) -> set[str]:
        found = set()
        for current, _, files in os.walk(folder):
            for name in files:
                path = Path(current, name)
                if not path.is_symlink() and path.stat().st_size < 200:
                    found.add(path.read_bytes().decode("utf-8", "replace"))
        return found

    def _in_git(self) -> set[str]:
        script = (
            "git rev-list --objects --all --reflog --indexed-objects --no-object-names |"
            "git cat-file --batch-check | awk '$2 == \"blob\" && $3 < 200 {print $1}' |"
            "git cat-file --batch"
        )
        lines = sh(script, self.root, check=False).splitlines(keepends=True)
        return {line for line in lines if line.startswith("content number")}

    def _users(self) -> str:
        return sh(
            "git rev-parse HEAD; git symbolic-ref HEAD; git ls-files -s;"
            "git --no-optional-locks status --porcelain; git for-each-ref refs/heads/main",
            self.root,
        )


QUICK = settings(
    max_examples=4,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestQuickly(Torture.TestCase):  # type: ignore[name-defined,misc]
    """A few sequences, with every test run."""

    settings = QUICK


@pytest.mark.soak
class TestAtLength(Torture.TestCase):  # type: ignore[name-defined,misc]
    """Many long sequences."""

    settings = settings(QUICK, max_examples=300, stateful_step_count=50)
