"""The doctor's checks of the machine: what any team needs, and what can be asked without one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from ..config import unknown
from ..model.arrangement import Agent
from ..model.contract import Check
from ..model.happening import Finding, Status
from . import plan
from .versions import Answer, ask, found

if TYPE_CHECKING:
    from ..model.contract import Runtime
    from .context import Context

VERSION_SECS = 5.0
"""How long the doctor waits for a program to say its version; real ones take up to a second."""


def machine_checks() -> tuple[Check, ...]:
    """Return the checks that need no team, in the order of the report."""
    return Check("tmux", tmux), Check("git", git), Check("runtimes", _every_runtime)


def tmux(_: Context) -> Iterator[Finding]:
    """Say whether tmux is there, and new enough."""
    if shutil.which("tmux") is None:
        advice = "apt install tmux, or brew install tmux"
        yield Finding("tmux", "fail", "tmux is not on PATH", advice)
        return
    done = subprocess.run(["tmux", "-V"], capture_output=True, text=True, timeout=10, check=False)
    version = done.stdout.strip().removeprefix("tmux ")
    old = version[:1].isdigit() and int(version.split(".")[0]) < 3
    advice = "tt needs tmux 3.0 or newer" if old else ""
    yield Finding("tmux", "fail" if old else "pass", f"tmux {version}", advice)


def git(context: Context) -> Iterator[Finding]:
    """Say whether git is there, and a repository for the worktrees that are wanted."""
    from ..git.repo import Git, main_root

    if shutil.which("git") is None:
        yield Finding("git", "fail", "git is not on PATH", "apt install git, or brew install git")
        return
    wants = any(context.arrangement.worktree_of(agent) for agent in context.arrangement.agent)
    top = main_root(context.root)
    if top is None:
        status, advice = ("fail", "git init, or worktree = false") if wants else ("skip", "")
        yield Finding("git", status, f"{context.root} is not in a repository", advice)  # type: ignore[arg-type]
    elif wants and not Git(top).has_commits():
        yield Finding("git", "fail", "the repository has no commit", "make one: git commit")
    else:
        yield Finding("git", "pass", f"repository at {top}")


class Need(NamedTuple):
    """A program that somebody needs.

    Attributes:
        who: The agent, or the runtime where there is no team.
        runtime: The runtime it is for.
        command: Program and leading arguments.
        env: What it is given beside this process's environment.
    """

    who: str
    runtime: Runtime
    command: tuple[str, ...]
    env: dict[str, str]

    @property
    def key(self) -> object:
        """What one asks once, however many need it."""
        return self.command, self.runtime.capabilities.version, self.env.get("PATH")

    def ask(self) -> Answer:
        """Ask the program for its version."""
        asking = self.runtime.capabilities.version
        return ask(self.command, self.env, timeout=VERSION_SECS, asking=asking)

    def missing(self, status: Status, advice: str) -> Finding | None:
        """Return the finding that it is not there; None if it is."""
        if found(self.command, self.env) is not None:
            return None
        return Finding(f"runtime/{self.who}", status, f"{self.command[0]} is not on PATH", advice)

    def finding(self, answer: Answer) -> Finding:
        """Return what it said."""
        check, title = f"runtime/{self.who}", self.runtime.title
        if not answer.came:
            advice = f"try it: {' '.join([*self.command, *self.runtime.capabilities.version])}"
            return Finding(check, "warn", f"{title} does not say its version", advice)
        return Finding(check, "pass", f"{title} {answer.version or '(no version)'}")


def need(context: Context, agent: Agent) -> Need:
    """Return the program that an agent needs."""
    return Need(agent.name, context.runtime(agent), *plan.started_by(context, agent))


def asked(needs: Iterable[Need]) -> Iterator[tuple[Need, Answer]]:
    """Yield each with its program's answer; all of them are asked at once."""
    wanted = list(needs)
    programs = {one.key: one for one in wanted}
    with ThreadPoolExecutor(max(1, len(programs))) as pool:
        answers = {key: pool.submit(one.ask) for key, one in programs.items()}
    return ((one, answers[one.key].result()) for one in wanted)


def _every_runtime(context: Context) -> Iterator[Finding]:
    """Say of each runtime there is whether its program is on this machine."""
    if not context.runtimes:
        yield Finding("runtimes", "fail", "no runtime is installed", unknown.any_of_ours())
    somebody = [Agent(name, runtime=name) for name in sorted(context.runtimes)]
    for one, answer in asked(need(context, agent) for agent in somebody):
        yield one.missing("skip", f"install {one.runtime.title} to use it") or one.finding(answer)
