"""A team that is mistreated, and a `tt` that is killed at a chosen effect."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tutti_testing import Stage

TEAM = """
[workspace]
name = "torture"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[[agent]]
name = "ada"
[[agent]]
name = "bob"
"""
AGENTS = ("ada", "bob")
COMMANDS = (
    ("up",),
    ("up", "--new"),
    ("up", "--fresh-worktree"),
    ("up", "ada"),
    ("down",),
    ("down", "bob", "--clean"),
    ("down", "--clean"),
    ("gc",),
)


class World:
    """A team that is mistreated, and everything that must not be lost of it.

    Args:
        stage: The workspace.
        seed: What the choices come from.
    """

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.chance, self.seed = stage, random.Random(seed), seed
        self.kept: dict[str, str] = {}
        self.done: list[str] = []
        stage.repository(**{".gitignore": "*.secret\n", "README": "hello\n"})
        stage.team(TEAM)
        self.before = self.users_view()

    def step(self) -> None:
        """Do one thing, and look whether all is still there."""
        acts = (
            self.work,
            self.work,
            self.command,
            self.command,
            self.killed,
            self.undo,
            self.reboot,
        )
        act = self.chance.choice(acts)
        self.done.append(act.__name__)
        act()
        self.check()

    def work(self) -> None:
        """Let somebody leave something in a worktree, in one of the ways there are."""
        tree = self.stage.tree(self.chance.choice(AGENTS))
        if not (tree / ".git").exists():
            return
        number = len(self.kept)
        way = self.chance.choice(("new", "staged", "committed", "ignored"))
        name = f"{way}-{number}.{'secret' if way == 'ignored' else 'txt'}"
        text = f"{way} {number} of {self.seed}\n"
        (tree / name).write_text(text)
        if way in ("staged", "committed"):
            self.git(tree, "add", name)
        if way == "committed":
            self.git(tree, "commit", "-qm", name, "--", name)
        self.kept[blob(text)] = f"{name}: {text.strip()}"
        self.done[-1] += f" {tree.name}/{name}"

    def command(self) -> None:
        """Type a command; whether it succeeds is not what counts."""
        words = self.chance.choice(COMMANDS)
        self.done[-1] = f"tt {' '.join(words)}"
        self.stage.tt(*words)

    def killed(self) -> None:
        """Type a command, and have tt killed while it is at it."""
        words, after = self.chance.choice(COMMANDS), self.chance.uniform(0.2, 2.5)
        self.done[-1] = f"tt {' '.join(words)}, killed after {after:.2f} s"
        argv = [sys.executable, "-m", "tutti_core", *words]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(argv, cwd=self.stage.root, env=self.stage.env, **quiet)  # type: ignore[call-overload]
        deadline = time.monotonic() + after
        while process.poll() is None and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.wait()

    def undo(self) -> None:
        """Take back one of the acts that can be taken back."""
        self.stage.tt("down")
        entries = self.stage.tt("undo", "list", "--json").well().json()["entries"]
        if entries:
            chosen = self.chance.choice(entries)["id"]
            self.done[-1] += f" {chosen}"
            self.stage.tt("undo", "restore", chosen)

    def reboot(self) -> None:
        """End the tmux server."""
        self.stage.run("tmux", "-L", self.stage.env["TUTTI_TMUX_SOCKET"], "kill-server")

    def check(self) -> None:
        """Look for everything that was ever there, and at what is the user's own."""
        there = self.reachable() | self.lying_about()
        lost = [what for name, what in self.kept.items() if name not in there]
        assert lost == [], self.story()
        assert self.users_view() == self.before, self.story()

    def reachable(self) -> set[str]:
        """Return the objects that some ref or some index of the repository reaches."""
        found = self.git(self.stage.root, "rev-list", "--objects", "--all").split()
        for agent in AGENTS:
            if (self.stage.tree(agent) / ".git").exists():
                listed = self.stage.run("git", "-C", str(self.stage.tree(agent)), "ls-files", "-s")
                found += listed.stdout.split()
        return set(found)

    def lying_about(self) -> set[str]:
        """Return what stands in a file of a worktree, or of one that is on its way out."""
        home = self.stage.root / ".tutti"
        found = set()
        for folder in (home / "worktrees", home / "trash"):
            for path in folder.rglob("*-*.*"):
                try:
                    found.add(blob(path.read_text()))
                except (OSError, UnicodeDecodeError):
                    continue
        return found

    def users_view(self) -> tuple[str, ...]:
        """Return what is the user's own: the commit, the branches, the files."""
        root = self.stage.root
        refs = self.git(root, "for-each-ref", "refs/heads", "refs/tags").splitlines()
        mine = [ref for ref in refs if "refs/heads/tutti/" not in ref]
        return (*mine, self.git(root, "status", "--porcelain"), (root / "README").read_text())

    def git(self, folder: Path, *words: str) -> str:
        """Return what git says."""
        return self.stage.run("git", "-C", str(folder), *words).well().stdout

    def story(self) -> str:
        """Return what was done so far, to do it again: TUTTI_SEED is the seed."""
        return "\n".join([f"TUTTI_SEED={self.seed}", *self.done])


def blob(text: str) -> str:
    """Return the name git gives to a file of that content."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


KILLED = """
import os, signal, sys

EFFECTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}
left = int(sys.argv.pop(1))
writing = os.O_WRONLY | os.O_RDWR

def seen(event, args):
    global left
    git = event == "subprocess.Popen" and "git" in map(str, args[1][:1])
    tmux = event == "subprocess.Popen" and "tmux" in map(str, args[1][:1])
    written = event == "open" and isinstance(args[2], int) and args[2] & writing
    if git or tmux or event in EFFECTS or (written and ".tutti" in str(args[0])):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(seen)
from tutti_core.cli import main
main()
"""
"""Counts what has an effect, each git, each tmux and each file written, and dies before the nth."""


def kill_at(stage: Stage, effect: int, *words: str) -> bool:
    """Run a command that is killed just before its nth effect.

    Args:
        stage: Where.
        effect: Which effect, from 1.
        words: The command.

    Returns:
        Whether it was killed, which it is not if it has fewer.
    """
    argv = [sys.executable, "-c", KILLED, str(effect), *words]
    return stage.run(*argv).exit_code == -signal.SIGKILL
