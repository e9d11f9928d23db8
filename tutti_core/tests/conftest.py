"""A crew to test the team with: a runtime and a host whose sessions are in memory."""

from __future__ import annotations

import itertools
import time
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from repository import furnish, sh
from tutti_core.git.worktrees import Worktrees
from tutti_core.markers import hookimpl
from tutti_core.model.launch import Capabilities, Launch, LaunchRequest
from tutti_core.model.session import Ended, Session, SessionSpec
from tutti_core.plugins import Plugins
from tutti_core.team.context import Context

RULES = """
[[screen]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = "^>$"

[[screen]]
id = "busy"
state = "working"
region = "bottom:1"
regex = "^busy$"

[[screen]]
id = "asks"
state = "waiting"
kind = "permission"
region = "bottom:1"
regex = "^may I$"

[[screen]]
id = "distrusts"
state = "waiting"
kind = "trust"
region = "bottom:1"
regex = "^trust me$"

[[screen]]
id = "rejected"
state = "auth_failed"
region = "bottom:1"
regex = "^no key$"
"""
TEAM = '[workspace]\nname = "w"\n[defaults]\nruntime = "echo"\nworktree = false\n'


ABLE = Capabilities(prompt="argument", constrain="hard", memory=True)


@attrs.define
class Echo:
    """A runtime whose program is the shell and whose screen is one line."""

    name: str = "echo"
    title: str = "Echo"
    program: str = "sh"
    capabilities: Capabilities = ABLE
    enforcement: str = "prompt"
    paste: bool = False
    leaves: tuple[str, ...] = ()
    failing: set[str] = attrs.field(factory=set)
    asked: list[LaunchRequest] = attrs.field(factory=list)

    def launch(self, request: LaunchRequest) -> Launch:
        self.asked.append(request)
        if request.agent.name in self.failing:
            raise ValueError("this runtime is broken")
        words = () if self.paste else tuple(filter(None, [request.memory, request.prompt]))
        return Launch(
            argv=(*request.command, *words),
            paste=request.prompt if self.paste else None,
            conversation=request.conversation,
            enforcement=self.enforcement,  # type: ignore[arg-type]
            leaves=self.leaves,
        )

    def rules(self) -> str:
        return RULES


class MemoryHost:
    """A session host without processes."""

    name = "tmux"

    def __init__(self) -> None:
        self.made: dict[str, Session] = {}
        self.specs: list[SessionSpec] = []
        self.screen = ">"
        self.screens: dict[str, str] = {}
        self.typed: dict[str, str] = {}
        self.looked: list[int] = []
        self.ended: list[str] = []
        self.left: tuple[int, ...] = ()
        self.before: Callable[[str], None] = lambda what: None
        self._numbers = itertools.count(1)

    def create(self, spec: SessionSpec) -> Session:
        self.before("create")
        number = next(self._numbers)
        session = Session(
            name=spec.name, pane=f"%{number}", pid=1_000_000 + number, dead=False,
            exit_status=None, exit_signal=None, title="", width=200, height=50, in_mode=False,
            alternate=False, created=time.time(), activity=time.time(), attached=0,
            root=spec.root, agent=spec.agent, workspace=spec.workspace,
            runtime=spec.options.get("runtime", ""), profile=spec.options.get("profile", ""),
        )  # fmt: skip
        self.specs.append(spec)
        self.made[spec.name] = session
        self.before("created")
        return session

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        self.before("list")
        return tuple(one for one in self.made.values() if root in (None, one.root))

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        self.looked.append(len(panes))
        return {pane: self.screens.get(pane, self.screen) for pane in panes}

    def paste(self, pane: str, text: str) -> None:
        self.typed[pane] = text

    def keys(self, pane: str, *names: str) -> None:
        if "Enter" in names and self.typed.pop(pane, ""):
            self.screens[pane] = "busy"

    def leave_copy_mode(self, pane: str) -> None: ...

    def end(
        self, session: Session, *, grace: float = 3.0, closing: Callable[[], None] | None = None
    ) -> Ended:
        self.before("end")
        self.ended.append(session.agent)
        if closing:
            closing()
        self.made.pop(session.name, None)
        return Ended(terminated=(session.pid,), left=self.left)

    def attach_argv(self, session: Session) -> Sequence[str]:
        return ["show", session.name]

    def dies(self, agent: str, status: int = 7) -> None:
        """Let an agent's process end by itself."""
        name, one = next((n, s) for n, s in self.made.items() if s.agent == agent)
        self.made[name] = one._replace(dead=True, exit_status=status)


class Crew:
    """One workspace with an `echo` runtime on a host in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host = MemoryHost()
        self.echo = Echo()
        self.plugins = Plugins()
        self.add(
            "echo",
            tutti_hosts=lambda: [self.host],
            tutti_runtimes=lambda: [self.echo],
        )

    def add(self, name: str, **hooks: Callable[..., Any]) -> None:
        """Add a plugin that implements the hooks given."""
        made = {hook: hookimpl(function) for hook, function in hooks.items()}
        self.plugins.add(types.SimpleNamespace(**made), name, f"dist-{name}")

    def context(self, *agents: str, head: str = TEAM, launch: str = 'mode = "safe"') -> Context:
        """Write a team of agents by name, each with further lines after a colon, and open it."""
        tables = [f"[launch]\n{launch}\n"]
        for agent in agents:
            name, _, rest = agent.partition(":")
            tables.append(f'[[agent]]\nname = "{name}"\n{rest}\n')
        (self.root / "tutti.toml").write_text(head + "\n".join(tables))
        return Context.open(self.root, self.plugins)

    def events(self, context: Context) -> list[tuple[str, str | None]]:
        """Return what happened: each event's name and agent."""
        return [(one["event"], one.get("agent")) for one in context.journal.read()]


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """Give a workspace in which nothing outside of it is reached and no process is started."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("TUTTI_ROOT", "TUTTI_AGENT", "TUTTI_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    return Crew(root)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for repositories, for which only git's defaults hold."""
    furnish(tmp_path, monkeypatch)
    return tmp_path.resolve()


@pytest.fixture
def repo(place: Path) -> Path:
    """A repository with one commit on ``main``."""
    sh("git init -q -b main repo", place)
    sh("mkdir sub; echo 1 > sub/a; git add .; git commit -qm one", place / "repo")
    return place / "repo"


@pytest.fixture
def trees(repo: Path) -> Worktrees:
    """The worktrees of a workspace at the top of the repository."""
    return Worktrees(repo, repo / ".tutti" / "worktrees")
