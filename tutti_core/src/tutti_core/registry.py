"""The one file that knows pluggy: loads plugins, sets broken ones aside, calls hooks one by one.

A plugin that cannot be imported, misspells a hook or raises in one is set aside: it is named, with
its distribution and the reason, and the rest keep working.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .discovery import Entry
from .errors import PluginError

if TYPE_CHECKING:
    import pluggy

T = TypeVar("T")

PREFIX = "tutti_"
AMBIGUOUS = "uninstall one, or name it in TUTTI_DISABLE_PLUGINS"


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


class Registry:
    """The plugins of this process, by name.

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
        self._silenced: dict[str, frozenset[str]] = {}
        self._manager = _manager()
        times = Counter(entry.name for entry in self.entries)
        for entry in self.entries:
            if entry.name in off:
                continue
            if times[entry.name] > 1:
                self._refuse_both(entry.name)
            else:
                self._load(entry)

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
        wrong = {name: f"is broken: {one.reason}" for name, one in self.broken.items()}
        wrong |= dict.fromkeys(self.off, "is switched off")
        known = [(entry.name, entry.distribution) for entry in self.entries]
        known += self._distributions.items()
        return {distribution: wrong[name] for name, distribution in known if name in wrong}

    def gives(self, name: str) -> tuple[str, ...]:
        """Return the names of the hooks a plugin implements, without their prefix."""
        plugin = self._manager.get_plugin(name)
        callers = (self._manager.get_hookcallers(plugin) if plugin else None) or []
        return tuple(sorted(caller.name.removeprefix(PREFIX) for caller in callers))

    def silenced(self, hook: str) -> list[Broken]:
        """Return the plugins set aside that had a say in a hook, and have none now."""
        return [self.broken[name] for name, hooks in self._silenced.items() if hook in hooks]

    # How hooks are called.

    def named(self, what: str, hook: str, **arguments: Any) -> dict[str, Any]:
        """Return what every plugin gives by name.

        Raises:
            PluginError: If two plugins give one name.
        """
        owners: dict[str, Given] = {}
        for given in self.collect(hook, has_name, **arguments):
            earlier = owners.setdefault(given.value.name, given)
            if earlier is not given:
                raise PluginError(
                    f"{earlier.distribution} and {given.distribution} both give "
                    f"the {what} {given.value.name!r}",
                    hint=AMBIGUOUS,
                )
        return {name: given.value for name, given in owners.items()}

    def collect(self, hook: str, sound: Callable[[Any], bool], **arguments: Any) -> list[Given]:
        """Return what every plugin gives; one that gives anything unsound is set aside."""
        found = []
        for name, call in self.calls(hook):
            answer = self.shielded(name, hook, _listing(call, sound), **arguments)
            found += [Given(self.distribution(name), value) for value in answer or ()]
        return found

    def calls(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield each plugin that implements a hook, the core first, with its function."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for one in sorted(implementations, key=_position):
            yield one.plugin_name, _accepting(one.function, one.argnames)

    def shielded(self, name: str, hook: str, call: Callable[..., T], **arguments: Any) -> T | None:
        """Call one plugin's hook; one that raises sets its plugin aside and gives nothing."""
        try:
            return call(**arguments)
        except Exception as error:  # noqa: BLE001 -- one plugin must not take the others with it
            self._set_aside(name, f"{hook} failed: {said(error)}")
            return None

    # How plugins are loaded.

    def module_files(self) -> list[str]:
        """Return the files of the plugins' modules, where there are any."""
        plugins = [self._manager.get_plugin(entry.name) for entry in self.entries]
        return [file for one in plugins if (file := getattr(one, "__file__", None))]

    def _load(self, entry: Entry) -> None:
        try:
            self._register(import_module(entry.module), entry.name)
        except Exception as error:  # noqa: BLE001 -- one plugin must not take the others with it
            self._set_aside(entry.name, said(error))

    def _register(self, plugin: object, name: str) -> None:
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
            _refuse_wrappers(self._manager, plugin)
        except Exception as error:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            self._silenced[name] = frozenset(one for one in dir(plugin) if one.startswith(PREFIX))
            raise PluginError(said(error)) from error

    def _set_aside(self, name: str, reason: str) -> None:
        hooks = frozenset(PREFIX + hook for hook in self.gives(name))
        self._silenced[name] = self._silenced.get(name, frozenset()) | hooks
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.broken[name] = Broken(name, self.distribution(name), reason)

    def _refuse_both(self, name: str) -> None:
        rivals = " and ".join(one.distribution for one in self.entries if one.name == name)
        reason = f"{rivals} both give a plugin {name!r}; uninstall one"
        self.broken[name] = Broken(name, rivals, reason)


def said(error: Exception) -> str:
    """Return an error on one line, with its kind."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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


def _position(implementation: Any) -> tuple[bool, str]:
    return implementation.plugin_name != "core", implementation.plugin_name


def _accepting(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    return lambda **given: function(**{name: given[name] for name in names})


def _listing(call: Callable[..., Any], sound: Callable[[Any], bool]) -> Callable[..., Any]:
    def listed(**given: Any) -> tuple[Any, ...]:
        values = tuple(call(**given) or ())
        for value in values:
            if not sound(value):
                raise TypeError(f"a {type(value).__name__} is not what it is to give")
        return values

    return listed


def has_name(value: Any) -> bool:
    """Return whether a thing that a plugin gave can be called by a name."""
    return isinstance(getattr(value, "name", None), str)
