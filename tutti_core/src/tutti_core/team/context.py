"""A workspace at hand: its arrangement, its plugins, its sessions and its journal, in one value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from threading import Event as Flag
from threading import RLock
from typing import Any

import attrs

from ..config import known
from ..config.problems import suggestion
from ..errors import ConfigError, PluginError, PolicyError, TuttiError, UsageError
from ..log import Log
from ..model.arrangement import Agent, Arrangement, Workspace
from ..model.contract import Keys, Runtime, SessionHost, Sink
from ..model.happening import Action, Event, Verdict
from ..plugins import Plugins
from ..state.journal import Journal
from ..state.lock import Lock
from ..watching.look import Voice
from .compiled import digest, salvaged
from .learning import Learning
from .loading import load_arrangement, runtimes_of
from .names import name_of, no_agent
from .places import Places
from .sinking import Outlets
from .snapshot import voices_of


class Context:
    """What a verb works on.

    Args:
        arrangement: The checked arrangement.
        plugins: The plugins of this process.

    Attributes:
        root: Absolute path of the workspace.
        places: Where its files are.
        trouble: What is wrong with its configuration, if it could not be used.
        stop: Set by another thread once a verb should begin with no further agent.
    """

    trouble: TuttiError | None = None

    def __init__(self, arrangement: Arrangement, plugins: Plugins) -> None:
        self.arrangement = arrangement
        self.plugins = plugins
        self.root = arrangement.root
        self.places = Places(arrangement.root)
        self.stop = Flag()
        self._outlets = Outlets(self._sink_told)
        self._emitting = RLock()

    @classmethod
    def open(cls, root: Path, plugins: Plugins | None = None) -> Context:
        """Load a workspace.

        Args:
            root: Absolute path of the workspace.
            plugins: The plugins to use; the installed ones by default.

        Raises:
            ConfigError: With every problem of its configuration.
        """
        plugins = plugins or Plugins.installed()
        return cls(load_arrangement(root, plugins), plugins)

    @classmethod
    def rescue(cls, root: Path, trouble: TuttiError, plugins: Plugins | None = None) -> Context:
        """Open a workspace whose configuration cannot be used, for what runs in it.

        Args:
            root: Absolute path of the workspace.
            trouble: What is wrong with the configuration.
            plugins: The plugins to use; the installed ones by default.
        """
        plugins = plugins or Plugins.installed()
        name = name_of(root, plugins.hosts()["tmux"].list(str(root)))
        context = cls(Arrangement(root, Workspace(name)), plugins)
        context.trouble = trouble
        return context

    @property
    def name(self) -> str:
        """The workspace's name."""
        return self.arrangement.workspace.name

    @cached_property
    def host(self) -> SessionHost:
        """Where the sessions live."""
        return self.plugins.hosts()["tmux"]

    @cached_property
    def runtimes(self) -> Mapping[str, Runtime]:
        """The known runtimes by name."""
        return runtimes_of(self.arrangement, self.plugins)

    @cached_property
    def journal(self) -> Journal:
        """The workspace's events."""
        return Journal(self.places.events)

    @cached_property
    def log(self) -> Log:
        """The workspace's diagnostic log."""
        return Log(self.places.logs / "tt.log")

    @cached_property
    def sinks(self) -> Mapping[str, Sink]:
        """Who else receives events."""
        return self.plugins.sinks(self)

    def agent(self, name: str) -> Agent:
        """Return an agent of the arrangement.

        Raises:
            ConfigError: If there is none of that name.
            TuttiError: If nobody can say, because the configuration cannot be used.
        """
        if self.trouble is not None:
            raise self.trouble
        found = self.arrangement.named(name)
        if found is None:
            raise no_agent(name, self.name, [one.name for one in self.arrangement.agent])
        return found

    def runtime(self, agent: Agent) -> Runtime:
        """Return the runtime an agent runs on.

        Raises:
            ConfigError: If it has none.
        """
        name = self.arrangement.runtime_of(agent)
        if name is None or name not in self.runtimes:
            raise ConfigError(f"agent {agent.name!r} has no known runtime ({name or 'none given'})")
        return self.runtimes[name]

    def voices(self, names: Collection[str] | None = None) -> dict[str, Voice]:
        """Look at the team once and return its voices by agent.

        Args:
            names: The agents wanted, of those configured; by default all, and every session of
                the workspace whose agent is no longer configured.
        """
        self.learning.learn(
            [one.name for one in self.arrangement.agent] if names is None else names
        )
        found = voices_of(self.root, self.digest, self.host, self.detectors, names=names)
        return {one.agent: one for one in found}

    @cached_property
    def learning(self) -> Learning:
        """What finds the feeds that are not known at a launch."""
        return Learning(self)

    @cached_property
    def digest(self) -> Mapping[str, Any]:
        """The arrangement in its compiled form, with the rules of its runtimes."""
        if self.trouble is not None:
            return salvaged(self.root, self.name, self.plugins)
        return digest(self.arrangement, self.plugins)

    @cached_property
    def detectors(self) -> tuple[Any, ...]:
        """The detectors beside the rules."""
        return tuple(self.plugins.detectors().values())

    def emit(
        self,
        event: str,
        agent: str | None = None,
        data: Mapping[str, Any] | None = None,
        correlation_id: str = "",
    ) -> Event:
        """Record an event, and have the sinks take it as soon as they can.

        Args:
            event: Its name.
            agent: The agent concerned.
            data: Details, JSON values only.
            correlation_id: What ties the events of one act together.
        """
        raw = Event(event, self.name, agent, correlation_id, dict(data) if data else None)
        given = attrs.fields(Event)
        line = attrs.asdict(raw, filter=attrs.filters.exclude(given.seq, given.timestamp))
        # One at a time, so that every sink hears of things in the order of the journal.
        with self._emitting:
            kept = self.journal.append(line)
            recorded = attrs.evolve(raw, timestamp=kept["timestamp"], seq=kept["seq"])
            self._outlets.give(self.sinks, recorded)
        return recorded

    def drain(self, secs: float = 2.0) -> bool:
        """Wait until the sinks have taken all events so far, as a process that ends does.

        Args:
            secs: The most seconds to wait.

        Returns:
            Whether they have.
        """
        return self._outlets.drain(secs)

    def guard(self, action: Action) -> list[Verdict]:
        """Ask the guards about an action, and record what they say.

        Args:
            action: What is about to be done.

        Returns:
            The verdicts, strictest first.
        """
        verdicts = self.plugins.guard(action)
        for verdict in verdicts:
            if verdict.decision != "allow":
                data = {"action": action.name, **attrs.asdict(verdict)}
                self.emit(f"guard.{verdict.decision}", action.agent, data)
        return verdicts

    def permit(self, action: Action) -> tuple[str, ...]:
        """Ask the guards about an action, and go on only if none refuses.

        Args:
            action: What is about to be done.

        Returns:
            What they warn of.

        Raises:
            PolicyError: If one refuses, in its own words.
        """
        verdicts = self.guard(action)
        if verdicts and verdicts[0].decision == "refuse":
            raise PolicyError(f"{verdicts[0].by}: {verdicts[0].reason}", hint=verdicts[0].remedy)
        return tuple(one.reason for one in verdicts if one.decision == "warn")

    def is_withdrawn(self, agent: str) -> bool:
        """Return whether whoever starts an agent should leave off.

        So it is after Ctrl+C, and while somebody waits to take that agent down.

        Args:
            agent: The agent's name.
        """
        return self.stop.is_set() or Lock(self.places.withdrawal(agent)).holder() is not None

    def begin_acting(self, without: Collection[str] = ()) -> None:
        """Refuse to act while a table of the configuration has no working owner.

        Args:
            without: Tables the user chose to do without.

        Raises:
            UsageError: If one of those is no table that any plugin is known to own.
            PluginError: Naming the first such table and what to do, or two sinks of one name.
        """
        self._require_tables(without)
        # Asked for here, so that whatever is wrong with them is known before anything is done.
        _ = self.sinks
        for table, remedy in self.arrangement.unowned.items():
            if table not in without:
                raise PluginError(
                    f"[{table}] is configured, but no working plugin owns it",
                    hint=f"{remedy}, or go on with --without {table}",
                )

    def _require_tables(self, names: Collection[str]) -> None:
        """Refuse the name of a table that nobody owns: whoever misspelt it goes on with less."""
        own = {one.table if isinstance(one, Keys) else one.name for _, one in self.plugins.tables()}
        heads = own | known.TABLES.keys() | {table for table, _ in known.KEYS}
        for name in names:
            if name not in self.arrangement.unowned and name.partition(".")[0] not in heads:
                hint = suggestion(name, {*self.arrangement.unowned, *own, *known.TABLES})
                raise UsageError(f"--without {name}: no plugin is known to own [{name}]", hint=hint)

    def _sink_told(self, event: str, data: Mapping[str, Any], *, is_over: bool) -> None:
        self.log.note(event.replace(".", " "), **data)
        if event == "sink.failed":
            self.emit("sink.failed", data=data)
        elif is_over:
            self.emit("sink.dropped", data=data)
