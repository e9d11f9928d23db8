"""Which tables a workspace's file and the global file may hold: the core's and the plugins'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

import attrs

from tutti_core.errors import PluginError
from tutti_core.model import arrangement as nouns
from tutti_core.model.contract import Keys, Table

from . import known

CORE = "tutti-core"
EXTRAS = "extras"
"""Name of the field in which a class keeps what `Keys` added; it is never a key of the file."""

Scope = Literal["workspace", "global", "both"]


class Section(NamedTuple):
    """A table that a file may hold.

    Attributes:
        name: Its name.
        owner: The distribution that owns it.
        kind: What it becomes: an attrs class, or `Mapping[str, str]` for a free table.
        scope: Which file it may stand in.
        many: Whether it is an array of tables.
        check: The owner's own look at the converted value.
        keys: Classes of the keys that plugins add, with the distribution that adds each.
    """

    name: str
    owner: str
    kind: Any
    scope: Scope = "workspace"
    many: bool = False
    check: Callable[[Any], Iterable[tuple[str, str]]] | None = None
    keys: tuple[tuple[str, type], ...] = ()

    def stands_in(self, scope: Scope) -> bool:
        """Return whether the table may stand in that file."""
        return self.scope in (scope, "both")

    @property
    def names(self) -> tuple[str, ...]:
        """The keys it takes, those of plugins included; none for a free table."""
        kinds = (self.kind, *(kind for _, kind in self.keys))
        return tuple(name for kind in kinds for name in names_of(kind))


CORE_SECTIONS = (
    Section("workspace", CORE, nouns.Workspace),
    Section("defaults", CORE, nouns.Defaults),
    Section("launch", CORE, nouns.LaunchSettings),
    Section("roles", CORE, Mapping[str, str]),
    Section("agent", CORE, nouns.Agent, many=True),
    Section("tool_pack", CORE, nouns.ToolPack, many=True),
    Section("observe", CORE, nouns.Observe),
    Section("resilience", CORE, nouns.Resilience, scope="both"),
    Section("user", CORE, nouns.User, scope="global"),
    Section("profile", CORE, nouns.Profile, scope="global", many=True),
    Section("dashboard", CORE, nouns.Dashboard, scope="global"),
    Section("registered_workspace", CORE, nouns.RegisteredWorkspace, scope="global", many=True),
)


class Schema:
    """The tables that may be used, and who owns them.

    Args:
        declared: What plugins declare, each with the name of its distribution.
        absent: Distributions that are installed and set aside or switched off, each with what is
            wrong, such as `is switched off`.

    Attributes:
        absent: The same.

    Raises:
        PluginError: If two distributions own one table or one key, or a declaration is unusable.
    """

    def __init__(
        self,
        declared: Iterable[tuple[str, Table | Keys]] = (),
        absent: Mapping[str, str] | None = None,
    ) -> None:
        """Put the declarations beside the core's own."""
        self.absent = dict(absent or {})
        self._sections: list[Section] = list(CORE_SECTIONS)
        given = list(declared)
        for owner, one in given:
            if isinstance(one, Table):
                self._own(owner, one)
        for owner, one in given:
            if isinstance(one, Keys):
                self._add(owner, one)

    @classmethod
    def of(
        cls,
        declared: Iterable[tuple[str, Table | Keys]],
        absent: Mapping[str, str] | None = None,
    ) -> Schema:
        """Return the schema of the plugins that are at work: the same as calling the class."""
        return cls(declared, absent)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every table of either file, the core's first."""
        return tuple(self._sections)

    def find(self, name: str, scope: Scope) -> Section | None:
        """Return the table of that name that may stand in that file, or None."""
        named = (one for one in self._sections if one.name == name and one.stands_in(scope))
        return next(named, None)

    def elsewhere(self, name: str) -> bool:
        """Return whether some file may hold a table of that name."""
        return any(one.name == name for one in self._sections)

    def _own(self, owner: str, table: Table) -> None:
        _usable(owner, f"[{table.name}]", table.type)
        for other in self._sections:
            both = other.scope == table.scope or "both" in (other.scope, table.scope)
            if other.name == table.name and (both or other.owner != owner):
                raise _clash(other.owner, owner, f"the table [{table.name}]")
            if other.kind is table.type and other.name != table.name:
                raise _clash(other.owner, owner, f"the class {table.type.__name__}")
        section = Section(table.name, owner, table.type, table.scope, table.many, table.check)
        self._sections.append(section)

    def _add(self, owner: str, keys: Keys) -> None:
        _usable(owner, f"keys of [{keys.table}]", keys.type)
        _optional(owner, keys)
        found = [place for place, one in enumerate(self._sections) if one.name == keys.table]
        if not found and keys.table not in known.TABLES and not self.absent:
            raise PluginError(
                f"{owner} adds keys to [{keys.table}], and nobody owns that table",
                hint=f"uninstall {owner}, or install what gives [{keys.table}]",
            )
        for place in found:
            self._sections[place] = _extended(self._sections[place], owner, keys)


def names_of(kind: Any) -> tuple[str, ...]:
    """Return the keys that a class takes from a file; none for a free table."""
    if not attrs.has(kind):
        return ()
    fields = attrs.fields(kind)
    return tuple(one.alias or one.name for one in fields if one.init and one.name != EXTRAS)


def _extended(section: Section, owner: str, keys: Keys) -> Section:
    if not attrs.has(section.kind) or (section.many and not takes_extras(section.kind)):
        raise PluginError(f"{owner} adds keys to [{keys.table}], which takes none from plugins")
    owners = dict.fromkeys(names_of(section.kind), section.owner)
    owners |= {name: other for other, kind in section.keys for name in names_of(kind)}
    for name in names_of(keys.type):
        if name in owners:
            raise _clash(owners[name], owner, f"the key {name!r} of [{keys.table}]")
    return section._replace(keys=(*section.keys, (owner, keys.type)))


def takes_extras(kind: Any) -> bool:
    """Return whether a class can carry what `Keys` adds to its table."""
    return attrs.has(kind) and EXTRAS in attrs.fields_dict(kind)


def _usable(owner: str, what: str, kind: type) -> None:
    if not attrs.has(kind):
        raise PluginError(f"{owner} gives {what} a type that is no attrs class: {kind!r}")
    try:
        attrs.resolve_types(kind)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise PluginError(
            f"{owner} gives {what} a class with an annotation that cannot be resolved: {error}"
        ) from error


def _optional(owner: str, keys: Keys) -> None:
    needed = [one.name for one in attrs.fields(keys.type) if one.default is attrs.NOTHING]
    if needed:
        raise PluginError(
            f"{owner} adds the key {needed[0]!r} to [{keys.table}] without a default",
            hint="give every field of the class a default",
        )


def _clash(first: str, second: str, what: str) -> PluginError:
    return PluginError(
        f"{first} and {second} both own {what}",
        hint="uninstall one, or name it in TUTTI_DISABLE_PLUGINS",
    )
