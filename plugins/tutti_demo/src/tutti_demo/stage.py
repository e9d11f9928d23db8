"""The demonstration's stage: a small project, a team of three, and an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

DEADLINE_SECS = 120


class Stage:
    """A folder in which the demonstration happens, apart from everything of the user's.

    Args:
        folder: An empty folder.

    Attributes:
        project: The project's folder.
        env: The environment its commands run in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "songbook"
        self.env = _environment(folder)

    def build(self, *, workflow: bool = False) -> None:
        """Make the project, its repository and its team.

        Args:
            workflow: Whether the team has a workflow too.
        """
        self.project.mkdir()
        _copy("project", self.project)
        if workflow:
            text = (files("tutti_demo") / "songbook" / "workflow" / "workflow.toml").read_text(
                "utf-8"
            )
            with (self.project / "tutti.toml").open("a", encoding="utf-8") as file:
                file.write(text)
        _copy("config", self.folder / "config" / "tutti")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Begin the songbook")

    def git(self, *words: str) -> str:
        """Run git in the project and return what it prints."""
        return self._run(["git", *words]).stdout.rstrip()

    def tt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``tt`` in the project as a person would, and catch what it prints."""
        return self._run([sys.executable, "-m", "tutti_core", *words], check=False)

    def show(self, *words: str) -> int:
        """Run ``tt`` in the project with its output going to this terminal."""
        argv = [sys.executable, "-m", "tutti_core", *words]
        done = subprocess.run(
            argv, cwd=self.project, env=dict(self.env), timeout=DEADLINE_SECS, check=False
        )
        return done.returncode

    def _run(self, argv: Sequence[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            cwd=self.project,
            env=dict(self.env),
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECS,
            check=check,
        )


def _environment(folder: Path) -> Mapping[str, str]:
    ours = {
        "XDG_CONFIG_HOME": str(folder / "config"),
        "TUTTI_DEMO_HOME": str(folder / "agents"),
        "TUTTI_TMUX_SOCKET": f"tutti-demo-{os.getpid()}",
        "GIT_AUTHOR_NAME": "Tutti Demo",
        "GIT_AUTHOR_EMAIL": "demo@tutti.invalid",
        "GIT_COMMITTER_NAME": "Tutti Demo",
        "GIT_COMMITTER_EMAIL": "demo@tutti.invalid",
    }
    mine = {name: value for name, value in os.environ.items() if not name.startswith("TUTTI_")}
    return {**mine, **ours}


def _copy(name: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for one in (files("tutti_demo") / "songbook" / name).iterdir():
        if one.is_file():
            (target / one.name).write_text(one.read_text(encoding="utf-8"), encoding="utf-8")
