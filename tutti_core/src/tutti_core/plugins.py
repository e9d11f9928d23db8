"""The plugins of this process behind a typed facade.

What breaks is set aside and the rest keep working; what must not vanish by accident, a policy or a
guard, refuses instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import discovery
from .discovery import Entry
from .errors import PluginError, TuttiError
from .registry import Broken, Given, Registry, has_name, said

if TYPE_CHECKING:
    from .model.contract import (
        Check,
        Command,
        Detector,
        Keys,
        Runtime,
        Service,
        SessionHost,
        Sink,
        StepType,
        Table,
        Template,
        Verb,
    )
    from .model.happening import Action, Verdict
    from .model.launch import LaunchRequest, Refusal
    from .model.reading import Reading
    from .team.context import Context

__all__ = ["Broken", "Given", "Plugins"]

STRICTNESS = {"refuse": 0, "warn": 1, "allow": 2}
REMEDY = "mend, update or uninstall it, or name it in TUTTI_DISABLE_PLUGINS"


class Plugins(Registry):
    """Every hook as a method; see `Registry` for how plugins are loaded and set aside."""

    @classmethod
    def installed(cls, *, refresh: bool = False) -> Plugins:
        """Load every installed plugin.

        Args:
            refresh: Whether to look anew even if the kept list seems current.
        """
        kept = None if refresh else discovery.read_cache()
        entries = [Entry(*row) for row in kept["entries"]] if kept else None
        files: list[str] = []
        if entries is None:
            entries, files = discovery.scan()
        plugins = cls(_core_first(entries), discovery.switched_off())
        if kept is None:
            plugins._keep(files)
        return plugins

    # What there is.

    def commands(self) -> list[tuple[str, Command]]:
        """Return every command with the distribution that gives it, duplicates included."""
        from .model.contract import Command

        found = self.collect("tutti_commands", lambda one: isinstance(one, Command))
        return [(given.distribution, given.value) for given in found]

    def tables(self) -> list[tuple[str, Table | Keys]]:
        """Return every declared table or set of keys with the distribution that gives it."""
        from .model.contract import Keys, Table

        found = self.collect("tutti_tables", lambda one: isinstance(one, (Table, Keys)))
        return [(given.distribution, given.value) for given in found]

    def templates(self) -> dict[str, Template]:
        """Return the team templates by name."""
        return self.named("template", "tutti_templates")

    def runtimes(
        self,
        tables: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        root: Path | None = None,
    ) -> dict[str, Runtime]:
        """Return the runtimes by name.

        Args:
            tables: The workspace's TOML tables, for runtimes that are declared there.
            settings: The global file's, for the same.
            root: Absolute path of the workspace.

        Raises:
            PluginError: If two plugins give one name.
        """
        given = {"tables": tables or {}, "settings": settings or {}, "root": root}
        try:
            return self.named("runtime", "tutti_runtimes", **given)
        except PluginError as error:
            error.hint += ", or rename the [[runtime]] if a file declares it"
            raise

    def runtime_sources(
        self,
        tables: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        root: Path | None = None,
    ) -> dict[str, str]:
        """Return, for each runtime, the distribution that gives it; arguments as for `runtimes`."""
        given = {"tables": tables or {}, "settings": settings or {}, "root": root}
        found = self.collect("tutti_runtimes", has_name, **given)
        return {given.value.name: given.distribution for given in found}

    def hosts(self) -> dict[str, SessionHost]:
        """Return the session hosts by name."""
        return self.named("session host", "tutti_hosts")

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs by name."""
        return self.named("verb", "tutti_verbs")

    def steps(self) -> dict[str, StepType]:
        """Return the workflow step types by name."""
        return self.named("step type", "tutti_steps")

    def detectors(self) -> dict[str, Detector]:
        """Return the detectors by name."""
        return self.named("detector", "tutti_detectors")

    def rules(self) -> dict[str, str]:
        """Return the rule files for runtimes that no plugin gives, by name."""
        found: dict[str, str] = {}
        for name, call in self.calls("tutti_rules"):
            answer = self.shielded(name, "tutti_rules", call)
            for runtime, text in answer.items() if isinstance(answer, dict) else ():
                found.setdefault(str(runtime), str(text))
        return found

    def sinks(self, workspace: Context) -> dict[str, Sink]:
        """Return the sinks for a workspace by name."""
        return self.named("sink", "tutti_sinks", workspace=workspace)

    def services(self, workspace: Context) -> dict[str, Service]:
        """Return the background services for a workspace by name."""
        return self.named("service", "tutti_services", workspace=workspace)

    def checks(self, workspace: Context) -> dict[str, Check]:
        """Return the doctor's checks for a workspace by name."""
        return self.named("check", "tutti_checks", workspace=workspace)

    # A team is started.

    def prepare(self, launch: LaunchRequest) -> LaunchRequest | Refusal:
        """Let every plugin amend or refuse a launch.

        Args:
            launch: What is to be started.

        Returns:
            The amended request, or the first refusal. A plugin that raises, answers with anything
            else, or had a say and is set aside, refuses.
        """
        return self._amended("tutti_prepare_launch", launch)

    def ready(self, workspace: Context, launch: LaunchRequest) -> LaunchRequest | Refusal:
        """Let every plugin make a worktree ready, and amend or refuse the launch in it.

        Args:
            workspace: The workspace.
            launch: What is to be started, and where.

        Returns:
            As `prepare`.
        """
        return self._amended("tutti_ready_tree", launch, workspace=workspace)

    def leave(self, workspace: Context, agent: str, worktree: Path) -> None:
        """Let every plugin do what it has to before a worktree is taken away.

        Args:
            workspace: The workspace.
            agent: The agent's name.
            worktree: Absolute path of its worktree.

        Raises:
            PluginError: If one of them fails, or had something to do there and is set aside.
        """
        for lost in self.silenced("tutti_leave_tree"):
            raise PluginError(f"{lost.distribution} is set aside: {lost.reason}", hint=REMEDY)
        for name, call in self.calls("tutti_leave_tree"):
            try:
                call(workspace=workspace, agent=agent, worktree=worktree)
            except TuttiError:
                raise
            except Exception as error:
                why = f"{self.distribution(name)} failed in {worktree}: {said(error)}"
                raise PluginError(why, hint=REMEDY) from error

    def _amended(self, hook: str, launch: LaunchRequest, **more: Any) -> LaunchRequest | Refusal:
        from .model.launch import LaunchRequest, Refusal

        for lost in self.silenced(hook):
            return Refusal(f"it is set aside: {lost.reason}", REMEDY, lost.distribution)
        for name, call in self.calls(hook):
            by = self.distribution(name)
            try:
                answer = call(launch=launch, **more)
            except TuttiError as error:
                return Refusal(error.message, error.hint, by)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it refuses
                return Refusal(f"it failed: {said(error)}", REMEDY, by)
            if isinstance(answer, Refusal):
                return answer if answer.by else Refusal(answer.reason, answer.remedy, by)
            if not isinstance(answer, (LaunchRequest, type(None))):
                return Refusal(f"it answered with a {type(answer).__name__}", REMEDY, by)
            launch = answer or launch
        return launch

    def guard(self, action: Action) -> list[Verdict]:
        """Ask every plugin about an action.

        Args:
            action: What is about to be done.

        Returns:
            The verdicts, strictest first. A plugin that raises, answers with anything else, or had
            a say and is set aside, counts as a refusal.
        """
        from .model.happening import Verdict

        verdicts = [
            _refusal(lost.distribution, f"it is set aside: {lost.reason}")
            for lost in self.silenced("tutti_guard")
        ]
        for name, call in self.calls("tutti_guard"):
            by = self.distribution(name)
            try:
                verdict = call(action=action)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it refuses
                verdict = _refusal(by, f"it failed: {said(error)}")
            if verdict is None:
                continue
            sound = isinstance(verdict, Verdict) and verdict.decision in STRICTNESS
            verdicts.append(verdict if sound else _refusal(by, f"it answered with {verdict!r}"))
        return sorted(verdicts, key=lambda verdict: STRICTNESS[verdict.decision])

    def launch_failed(self, launch: LaunchRequest, reading: Reading) -> LaunchRequest | None:
        """Return the first other launch that a plugin offers after a failed one, or None."""
        from .model.launch import LaunchRequest

        hook = "tutti_launch_failed"
        for name, call in self.calls(hook):
            offer = self.shielded(name, hook, call, launch=launch, reading=reading)
            if isinstance(offer, LaunchRequest):
                return offer
        return None

    def _keep(self, files: list[str]) -> None:
        commands = [
            {"distribution": distribution, **_fields(command)}
            for distribution, command in self.commands()
        ]
        if not self.broken:
            discovery.write_cache(list(self.entries), commands, files + self.sources())

    def sources(self) -> list[str]:
        """Return the files whose change may change what the plugins give."""
        return [one for file in self.module_files() for one in _sources(Path(file))]


def _refusal(by: str, reason: str) -> Verdict:
    from .model.happening import Verdict

    return Verdict("refuse", by, reason=reason, remedy=REMEDY)


def _core_first(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.name != "core", entry.name))


def _fields(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "target": command.target,
        "help": command.help,
        "hidden": command.hidden,
    }


def _sources(module: Path) -> list[str]:
    """Return the files whose change may change what a plugin gives.

    An installed distribution changes with its metadata. One that is worked on does not: then the
    module, and whatever stands beside it in its package, such as rules of a runtime.
    """
    installed = {"site-packages", "dist-packages"} & set(module.parts)
    if installed or not (module.parent / "__init__.py").is_file():
        return [str(module)]
    beside = [one for one in module.parent.iterdir() if one.suffix in (".py", ".toml")]
    return [str(module.parent), *sorted(map(str, beside))]
