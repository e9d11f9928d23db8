"""The one file that knows pluggy: the plugins of this process behind a typed facade.

A plugin that cannot be imported, misspells a hook or raises in one is set aside: it is named, with
its distribution and the reason, and the rest keep working. What must not vanish by accident, a
policy or a guard, refuses instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import discovery
from .discovery import Entry
from .errors import PluginError

if TYPE_CHECKING:
    import pluggy

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

T = TypeVar("T")


class Broken(NamedTuple):
    """A plugin that is installed but set aside.

    Attributes:
        name: Its short name.
        distribution: The distribution that brought it.
        reason: Why it is set aside, in one line.
    """

    name: str
    distribution: str
    reason: str


class Given(NamedTuple):
    """Something a plugin gave, with who gave it.

    Attributes:
        distribution: The distribution it came from.
        value: The thing.
    """

    distribution: str
    value: Any


class Plugins:
    """The plugins of this process.

    Args:
        entries: The plugins to load, in order.
        off: Names of plugins that are switched off.

    Attributes:
        entries: The plugins that were found, loaded or not.
        off: The ones that are switched off.
        broken: The ones that are set aside, by name.
    """

    def __init__(self, entries: Iterable[Entry] = (), off: frozenset[str] = frozenset()) -> None:
        self.entries = tuple(entries)
        self.off = off
        self.broken: dict[str, Broken] = {}
        self._distributions = {entry.name: entry.distribution for entry in self.entries}
        self._manager = _manager()
        for entry in self.entries:
            if entry.name not in off:
                self._load(entry)

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

    def add(self, plugin: object, name: str, distribution: str = "") -> None:
        """Register a plugin object that is not installed, as tests do.

        Args:
            plugin: A module or an object with hook implementations.
            name: Its short name.
            distribution: The distribution to name in messages.

        Raises:
            PluginError: If it breaks the contract.
        """
        self._distributions[name] = distribution or name
        self._register(plugin, name)

    def distribution(self, name: str) -> str:
        """Return the distribution that brought the plugin of that name."""
        return self._distributions.get(name, name)

    def absent(self) -> dict[str, str]:
        """Return the distributions that are installed and give nothing, with what is wrong."""
        broken = {one.distribution: f"is broken: {one.reason}" for one in self.broken.values()}
        return {**broken, **{self.distribution(name): "is switched off" for name in self.off}}

    def gives(self, name: str) -> tuple[str, ...]:
        """Return the names of the hooks a plugin implements, without their prefix."""
        plugin = self._manager.get_plugin(name)
        callers = (self._manager.get_hookcallers(plugin) if plugin else None) or []
        return tuple(sorted(caller.name.removeprefix("tutti_") for caller in callers))

    # What there is.

    def commands(self) -> list[tuple[str, Command]]:
        """Return every command with the distribution that gives it, duplicates included."""
        return [(given.distribution, given.value) for given in self._collect("tutti_commands")]

    def tables(self) -> list[tuple[str, Table | Keys]]:
        """Return every declared table or set of keys with the distribution that gives it."""
        return [(given.distribution, given.value) for given in self._collect("tutti_tables")]

    def templates(self) -> dict[str, Template]:
        """Return the team templates by name."""
        return self._named("template", "tutti_templates")

    def runtimes(self, tables: Mapping[str, Any] | None = None) -> dict[str, Runtime]:
        """Return the runtimes by name.

        Args:
            tables: The workspace's TOML tables, for runtimes that are declared there.

        Raises:
            PluginError: If two plugins give one name.
        """
        return self._named("runtime", "tutti_runtimes", tables=tables or {})

    def runtime_sources(self) -> dict[str, str]:
        """Return, for each runtime, the distribution that gives it."""
        found = self._collect("tutti_runtimes", tables={})
        return {given.value.name: given.distribution for given in found}

    def hosts(self) -> dict[str, SessionHost]:
        """Return the session hosts by name."""
        return self._named("session host", "tutti_hosts")

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs by name."""
        return self._named("verb", "tutti_verbs")

    def steps(self) -> dict[str, StepType]:
        """Return the workflow step types by name."""
        return self._named("step type", "tutti_steps")

    def detectors(self) -> dict[str, Detector]:
        """Return the detectors by name."""
        return self._named("detector", "tutti_detectors")

    def sinks(self, workspace: Context) -> dict[str, Sink]:
        """Return the sinks for a workspace by name."""
        return self._named("sink", "tutti_sinks", workspace=workspace)

    def services(self, workspace: Context) -> dict[str, Service]:
        """Return the background services for a workspace by name."""
        return self._named("service", "tutti_services", workspace=workspace)

    def checks(self, workspace: Context) -> dict[str, Check]:
        """Return the doctor's checks for a workspace by name."""
        return self._named("check", "tutti_checks", workspace=workspace)

    # A team is started.

    def prepare(self, launch: LaunchRequest) -> LaunchRequest | Refusal:
        """Let every plugin amend or refuse a launch.

        Args:
            launch: What is to be started.

        Returns:
            The amended request, or the first refusal. A plugin that raises refuses.
        """
        from .model.launch import Refusal

        for name, call in self._calls("tutti_prepare_launch"):
            try:
                answer = call(launch=launch)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it refuses
                return Refusal(f"plugin {name} failed: {_said(error)}", by=self.distribution(name))
            if isinstance(answer, Refusal):
                return answer
            launch = answer or launch
        return launch

    def guard(self, action: Action) -> list[Verdict]:
        """Ask every plugin about an action.

        Args:
            action: What is about to be done.

        Returns:
            The verdicts, strictest first. A plugin that raises counts as a refusal.
        """
        from .model.happening import Verdict

        verdicts = []
        for name, call in self._calls("tutti_guard"):
            try:
                verdict = call(action=action)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it refuses
                verdict = Verdict("refuse", self.distribution(name), reason=_said(error))
            if verdict is not None:
                verdicts.append(verdict)
        order = {"refuse": 0, "warn": 1, "allow": 2}
        return sorted(verdicts, key=lambda verdict: order[verdict.decision])

    def launch_failed(self, launch: LaunchRequest, reading: Reading) -> LaunchRequest | None:
        """Return the first other launch that a plugin offers after a failed one, or None."""
        for name, call in self._calls("tutti_launch_failed"):
            offer = self._shielded(
                name, "tutti_launch_failed", call, launch=launch, reading=reading
            )
            if offer is not None:
                return offer  # type: ignore[no-any-return]
        return None

    # How hooks are called.

    def _named(self, what: str, hook: str, **arguments: Any) -> dict[str, Any]:
        owners: dict[str, Given] = {}
        for given in self._collect(hook, **arguments):
            earlier = owners.setdefault(given.value.name, given)
            if earlier is not given:
                raise PluginError(
                    f"{earlier.distribution} and {given.distribution} both give "
                    f"the {what} {given.value.name!r}",
                    hint="uninstall one, or name it in TUTTI_DISABLE_PLUGINS",
                )
        return {name: given.value for name, given in owners.items()}

    def _collect(self, hook: str, **arguments: Any) -> list[Given]:
        found = []
        for name, call in self._calls(hook):
            answer = self._shielded(name, hook, _listing(call), **arguments)
            found += [Given(self.distribution(name), value) for value in answer or ()]
        return found

    def _calls(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for one in sorted(implementations, key=self._position):
            yield one.plugin_name, _accepting(one.function, one.argnames)

    def _position(self, implementation: Any) -> tuple[bool, str]:
        return implementation.plugin_name != "core", implementation.plugin_name

    def _shielded(self, name: str, hook: str, call: Callable[..., T], **arguments: Any) -> T | None:
        try:
            return call(**arguments)
        except Exception as error:  # noqa: BLE001 -- one plugin must not take the others with it
            self._set_aside(name, f"{hook} failed: {_said(error)}")
            return None

    # How plugins are loaded.

    def _load(self, entry: Entry) -> None:
        try:
            self._register(import_module(entry.module), entry.name)
        except Exception as error:  # noqa: BLE001 -- one plugin must not take the others with it
            self._set_aside(entry.name, _said(error))

    def _register(self, plugin: object, name: str) -> None:
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
            _refuse_wrappers(self._manager, plugin)
        except Exception as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise PluginError(_said(error)) from error

    def _set_aside(self, name: str, reason: str) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.broken[name] = Broken(name, self.distribution(name), reason)

    def _keep(self, files: list[str]) -> None:
        plain = [
            {"distribution": distribution, **_fields(command)}
            for distribution, command in self.commands()
        ]
        sources = [
            getattr(self._manager.get_plugin(entry.name), "__file__", None)
            for entry in self.entries
        ]
        if not self.broken:
            watched = files + [source for source in sources if source]
            discovery.write_cache(list(self.entries), plain, watched)


def _manager() -> pluggy.PluginManager:
    import pluggy

    from . import hookspecs
    from .markers import PROJECT

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _refuse_wrappers(manager: pluggy.PluginManager, plugin: object) -> None:
    for caller in manager.get_hookcallers(plugin) or ():
        for one in caller.get_hookimpls():
            if one.plugin is plugin and (one.wrapper or one.hookwrapper):
                raise PluginError(f"{caller.name} is a hook wrapper; tutti calls hooks one by one")


def _accepting(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    return lambda **given: function(**{name: given[name] for name in names})


def _listing(call: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
    return lambda **given: tuple(call(**given) or ())


def _core_first(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.name != "core", entry.name))


def _fields(command: Command) -> dict[str, Any]:
    return {
        "name": command.name,
        "target": command.target,
        "help": command.help,
        "hidden": command.hidden,
    }


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
