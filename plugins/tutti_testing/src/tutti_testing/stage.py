"""A workspace to test in: its own home, its own tmux server, its own repository, and `tt`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

DEADLINE_SECS = 120.0
LOOK_SECS = 0.1
TRIES = 5
AGAIN_SECS = 10.0
GRACE_SECS = 1.0
PROCESSES = Path("/proc")


class Result(NamedTuple):
    """What a command printed and how it ended.

    Attributes:
        argv: The command.
        exit_code: Its exit code.
        stdout: What it printed.
        stderr: What it complained of.
    """

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return what it printed, read as JSON."""
        return json.loads(self.stdout)

    def well(self) -> Result:
        """Return itself, after asserting that the command succeeded."""
        assert self.exit_code == 0, repr(self)
        return self

    def badly(self, exit_code: int = 1) -> Result:
        """Return itself, after asserting that the command failed with that exit code."""
        assert self.exit_code == exit_code, repr(self)
        return self

    def __repr__(self) -> str:
        """Show everything one wants to see when an assertion about it fails."""
        words = " ".join(self.argv)
        return (
            f"\n$ {words}\nexit code {self.exit_code}"
            f"\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


class Stage:
    """One workspace in a home of its own, on a tmux server of its own.

    Args:
        root: The workspace's folder; made if it is not there.
        home: The home folder.
        env: The environment of everything run here.

    Attributes:
        root: The same.
        home: The same.
        env: The same; may be changed between commands.
    """

    def __init__(self, root: Path, home: Path, env: Mapping[str, str]) -> None:
        self.root, self.home, self.env = root, home, dict(env)
        root.mkdir(parents=True, exist_ok=True)

    def repository(self, **files: str) -> Stage:
        """Make the workspace a git repository with one commit.

        Args:
            files: Further files of that commit, by name.

        Returns:
            Itself.
        """
        self.run("git", "init", "--quiet", "--initial-branch=main").well()
        for name, text in {"README.txt": "A project.\n", **files}.items():
            (self.root / name).write_text(text, encoding="utf-8")
        self.run("git", "add", "--all").well()
        self.run("git", "commit", "--quiet", "--message", "Begin").well()
        return self

    def team(self, toml: str) -> Stage:
        """Write `tutti.toml`.

        Returns:
            Itself.
        """
        (self.root / "tutti.toml").write_text(toml, encoding="utf-8")
        return self

    def settings(self, toml: str) -> Stage:
        """Write the global file.

        Returns:
            Itself.
        """
        path = self.home / ".config" / "tutti" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(toml, encoding="utf-8")
        return self

    def run(
        self,
        *argv: str,
        stdin: str | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = DEADLINE_SECS,
    ) -> Result:
        """Run a program here.

        Args:
            argv: The program and its arguments.
            stdin: What it reads; nothing by default.
            cwd: Where it runs; the workspace by default.
            env: Variables to add.
            timeout: Seconds it may take.
        """
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            cwd=cwd or self.root,
            env={**self.env, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def tt(
        self,
        *words: str,
        stdin: str | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = DEADLINE_SECS,
    ) -> Result:
        """Run ``tt`` here, as `run` does."""
        argv = (sys.executable, "-m", "tutti_core", *words)
        return self.run(*argv, stdin=stdin, cwd=cwd, env=env, timeout=timeout)

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what ``tt status`` says of each agent."""
        return {row["agent"]: row for row in self.tt("status", "--json").well().json()}

    def until(self, agent: str, *states: str, timeout: float = DEADLINE_SECS) -> dict[str, Any]:
        """Wait until an agent is in one of some states, and return its row.

        Args:
            agent: The agent's name.
            states: The states wanted.
            timeout: Seconds to wait.

        Raises:
            AssertionError: With its last row and screen, if time runs out or its process ends.
        """
        row: dict[str, Any] = {}

        def there() -> bool:
            row.update(self.status()[agent])
            return row["state"] in (*states, "exited")

        if not wait_for(there, timeout) or row["state"] not in states:
            screen = self.tt("peek", agent).stdout
            raise AssertionError(f"{agent} is not {'/'.join(states)}: {row}\n{screen}")
        return row

    def record(self, agent: str) -> dict[str, Any]:
        """Return what is recorded of an agent's launch."""
        path = self.root / ".tutti" / "state" / f"{agent}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def press(self, agent: str, *keys: str) -> None:
        """Press keys in an agent's pane, as a person would; ``-l`` first types what follows.

        Args:
            agent: The agent's name.
            keys: Keys by tmux's names.
        """
        self._at_pane(agent, "send-keys", *keys)

    def scroll(self, agent: str) -> None:
        """Scroll back in an agent's pane, as a person would.

        Args:
            agent: The agent's name.
        """
        self._at_pane(agent, "copy-mode", "-u")

    def _at_pane(self, agent: str, command: str, *words: str) -> None:
        socket, pane = self.env["TUTTI_TMUX_SOCKET"], self.record(agent)["pane"]
        self.run("tmux", "-L", socket, command, "-t", pane, *words).well()

    def choose(self, agent: str, *keys: str) -> None:
        """Press keys at what an agent asks, as a person would: again, if nothing comes of it.

        Some CLIs let drop what is pressed at a dialog that has only just come up.

        Args:
            agent: The agent's name.
            keys: Keys by tmux's names.

        Raises:
            AssertionError: It asks nothing, or goes on asking.
        """
        assert wait_for(lambda: self._asked(agent) != ""), self.tt("answer", agent)
        asked = self._asked(agent)
        for _ in range(TRIES):
            self.press(agent, *keys)
            if wait_for(lambda: self._asked(agent) != asked, AGAIN_SECS):
                return
        raise AssertionError(f"{agent} still asks:\n{self.tt('peek', agent).stdout}")

    def _asked(self, agent: str) -> str:
        """Return the id of the dialog that an agent shows, empty if it shows none."""
        told = self.tt("answer", agent, "--json")
        return str(told.json()["dialog"]) if told.exit_code == 0 else ""

    def events(self) -> list[dict[str, Any]]:
        """Return every event of the workspace."""
        printed = self.tt("events", "--json", "--after-seq", "0").well().stdout
        return [json.loads(line) for line in printed.splitlines()]

    def tree(self, agent: str) -> Path:
        """Return the folder of an agent's worktree."""
        return self.root / ".tutti" / "worktrees" / agent

    def reboot(self) -> None:
        """End the tmux server and everything in it, of which nobody is told."""
        self.run("tmux", "-L", self.env["TUTTI_TMUX_SOCKET"], "kill-server").well()

    def close(self) -> None:
        """End whatever still runs: the team, the tmux server, and who outlived either."""
        begun = (self.root / ".tutti").is_dir()
        # `tt` knows of a watcher, and of who runs where there is no /proc to look in.
        if begun and (self.env.get("TUTTI_WATCHER") != "off" or not PROCESSES.is_dir()):
            self.tt("down", "--grace", "1")
        if begun or any(Path(self.env["TMUX_TMPDIR"]).glob("*/*")):
            self.run("tmux", "-L", self.env["TUTTI_TMUX_SOCKET"], "kill-server", timeout=20)
        if begun and PROCESSES.is_dir():
            self._end_what_is_left()

    def _end_what_is_left(self) -> None:
        if not wait_for(lambda: not carrying(self.root), GRACE_SECS):
            for pid in carrying(self.root):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def environment(home: Path, sockets: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of the user's can be reached, and nobody watches.

    Where a watcher is wanted, ``TUTTI_WATCHER=on`` has commands start it as they do for a person.

    Args:
        home: The home folder to use.
        sockets: A folder with a short path, for tmux's socket.
        more: Further variables.
    """
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SHELL", "COVERAGE_PROCESS_START")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "TERM": "xterm-256color",
        "TMUX_TMPDIR": str(sockets),
        "TUTTI_TMUX_SOCKET": "t",
        "TUTTI_WATCHER": "off",
        # As for the installed `tt`, the working directory is no place where plugins may come from.
        "PYTHONSAFEPATH": "1",
        "TUTTI_DEMO_HOME": str(home / ".tutti-demo"),
        "GIT_AUTHOR_NAME": "Tester",
        "GIT_AUTHOR_EMAIL": "tester@tutti.invalid",
        "GIT_COMMITTER_NAME": "Tester",
        "GIT_COMMITTER_EMAIL": "tester@tutti.invalid",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


def wait_for(condition: Callable[[], bool], timeout: float = DEADLINE_SECS) -> bool:
    """Wait until a condition holds.

    Args:
        condition: Asked again and again.
        timeout: Seconds to wait.

    Returns:
        Whether it held in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        began = time.monotonic()
        if condition():
            return True
        now = time.monotonic()
        if now >= deadline:
            return False
        # What is waited for needs the processor too: no more than half of the time is for looking.
        time.sleep(max(LOOK_SECS, now - began))


def carrying(root: Path, names: Collection[str] = ()) -> list[int]:
    """Return the processes that carry the mark of a workspace's agents.

    Args:
        root: The workspace.
        names: Only these agents; all of them if empty.
    """
    folders = [one for one in PROCESSES.iterdir() if one.name.isdigit()]
    return [int(one.name) for one in folders if _marked(one, root, names)]


def _marked(folder: Path, root: Path, names: Collection[str]) -> bool:
    try:
        pairs = (folder / "environ").read_bytes().split(b"\0")
        dead = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
    agents = {name.encode() for name in names}
    named = [pair[12:] for pair in pairs if pair.startswith(b"TUTTI_AGENT=")]
    ours = f"TUTTI_ROOT={root}".encode() in pairs
    return ours and not dead and bool(named) and (not agents or named[0] in agents)
