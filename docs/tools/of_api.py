"""The names for plugin authors, from what `tutti_core` and `tutti_testing` export."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

import attrs
from docstrings import markdown, plain, read
from places import table

GROUPS: Mapping[str, str] = {
    "markers": "Marking a hook",
    "model.contract": "What a plugin gives",
    "model.attempt": "What a plugin gives",
    "model.launch": "A launch",
    "model.arrangement": "The team",
    "model.reading": "What is seen of an agent",
    "detection.rulefile": "From what is seen to a state",
    "detection.evidence": "From what is seen to a state",
    "detection.judge": "From what is seen to a state",
    "detection.turns": "From what is seen to a state",
    "model.happening": "What happens",
    "model.session": "Sessions",
    "terminal.processes": "Sessions",
    "plugins": "A workspace and its plugins",
    "team.context": "A workspace and its plugins",
    "team.conversations": "A launch",
    "team.entry": "A launch",
    "team.loading": "A workspace and its plugins",
    "team.posted": "Prompts",
    "team.turn": "Prompts",
    "team.plan": "A workspace and its plugins",
    "team.versions": "A workspace and its plugins",
    "config.convert": "A workspace and its plugins",
    "config.find": "A workspace and its plugins",
    "team.reach": "A workspace and its plugins",
    "team.trees": "A workspace and its plugins",
    "team.facts": "A workspace and its plugins",
    "undoing.store": "Undoing",
    "undoing.entry": "Undoing",
    "git.reviving": "Undoing",
    "git.snapshot": "Undoing",
    "git.moving": "Git",
    "git.repo": "Git",
    "git.worktrees": "Git",
    "team.retiring": "Git",
    "state.files": "Files",
    "state.journal": "Files",
    "state.lock": "Files",
    "errors": "Errors",
    "model.order": "Commands",
    "cli.common": "Commands",
    "cli.style": "Commands",
}

_QUOTED = re.compile(r"(: |-> )'([^']*)'")
_BUILT_IN = re.compile(r"<built-in function (\w+)>")


def api(package: str) -> str:
    """Return every exported name of a package.

    Args:
        package: `tutti_core`, whose names come in groups, or another one.
    """
    module = import_module(package)
    names = [(name, getattr(module, name)) for name in module.__all__]
    if package != "tutti_core":
        return "\n\n".join(part for name, value in names for part in _one(name, value, "###"))
    homes = {name: _home(module, name) for name, _ in names}
    parts = []
    for group in dict.fromkeys(GROUPS.values()):
        parts.append(f"## {group}")
        inside = [one for one in names if GROUPS[homes[one[0]]] == group]
        parts += [part for name, value in inside for part in _one(name, value, "###")]
    return "\n\n".join(parts)


def fields(module: str, name: str) -> str:
    """Return the fields of one class.

    Args:
        module: Its module, below `tutti_core`.
        name: Its name.
    """
    return _fields(getattr(import_module(f"tutti_core.{module}"), name))


def _home(module: ModuleType, name: str) -> str:
    homes: Mapping[str, str] = module._WHERE  # noqa: SLF001 -- nothing else tells it of constants
    return homes[name]


def _one(name: str, value: Any, level: str) -> Iterator[str]:
    yield f"{level} `{name}`"
    if inspect.isclass(value):
        yield from _class(value)
    elif callable(value) and hasattr(value, "__code__"):
        yield f"```text\n{name}{signature(value)}\n```"
        yield from _about(value)
    elif isinstance(value, tuple):
        yield f"{', '.join(f'`{one}`' for one in value)}: see [states](states.md)."
    else:
        yield "The decorator by which a function of a plugin becomes a hook's implementation."


def _class(kind: type) -> Iterator[str]:
    # What is inherited from a class that is not promised itself is promised as part of this one.
    lineage = [one for one in kind.__mro__ if one.__module__.startswith("tutti_")]
    about = read(kind.__doc__)
    yield about.summary
    if about.body:
        yield markdown(about.body)
    takes, has = (_first(lineage, section) for section in ("Args", "Attributes"))
    if takes:
        yield f"```text\n{kind.__name__}{signature(kind)}\n```"
        yield _listed(read(takes.__doc__).items("Args"))
    if has:
        yield _fields(has)
    members = {name: one for each in reversed(lineage) for name, one in vars(each).items()}
    public = {name: one for name, one in members.items() if not name.startswith("_")}
    yield from _members(kind, public, read(has.__doc__).items("Attributes") if has else {})


def _first(lineage: Sequence[type], section: str) -> type | None:
    return next((one for one in lineage if read(one.__doc__).items(section)), None)


def _members(kind: type, members: Mapping[str, Any], told: Mapping[str, str]) -> Iterator[str]:
    yield from _properties(members, told)
    laws = [read(one.__doc__).summary for name, one in members.items() if name[:5] == "test_"]
    if laws:
        yield "What it holds:\n\n" + "\n".join(f"- {law}" for law in laws)
    for name, member in members.items():
        if name[:5] != "test_" and (inspect.isfunction(member) or _bound(member)):
            yield from _method(name, getattr(kind, name))


def _properties(members: Mapping[str, Any], told: Mapping[str, str]) -> Iterator[str]:
    found = {
        name: read(member.__doc__).summary
        for name, member in members.items()
        if isinstance(member, (property, cached_property)) and name not in told
    }
    if found:
        yield _listed(found)


def _bound(member: object) -> bool:
    return isinstance(member, (classmethod, staticmethod))


def _method(name: str, function: Any) -> Iterator[str]:
    about = read(function.__doc__)
    yield f"**`{name}{signature(function)}`**"
    yield about.summary
    if about.items("Args"):
        yield _listed(about.items("Args"))


def _about(function: Any) -> Iterator[str]:
    about = read(function.__doc__)
    yield about.summary
    if about.body:
        yield markdown(about.body)
    if about.items("Args"):
        yield _listed(about.items("Args"))
    for section in ("Returns", "Raises"):
        if section in about.sections:
            yield f"**{section}** {plain(about.sections[section])}"


def _listed(items: Mapping[str, str]) -> str:
    return "\n".join(f"- `{name}`: {text}" for name, text in items.items())


def _fields(kind: type) -> str:
    known = _types(kind)
    if not known:
        return _listed(read(kind.__doc__).items("Attributes"))
    rows = [
        [f"`{name}`", *(f"`{word}`" if word else "" for word in known.get(name, ("", ""))), text]
        for name, text in read(kind.__doc__).items("Attributes").items()
    ]
    return table(["field", "type", "default", "meaning"], rows)


def _types(kind: type) -> dict[str, tuple[str, str]]:
    if attrs.has(kind):
        return {one.name: (str(one.type), _default(one.default)) for one in attrs.fields(kind)}
    made: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
    annotated = {
        name: (_shown(hint), repr(made[name]) if name in made else "")
        for name, hint in getattr(kind, "__annotations__", {}).items()
    }
    return annotated | {
        name: (_shown(member.fget.__annotations__.get("return", "")), "")
        for name, member in vars(kind).items()
        if isinstance(member, property) and member.fget is not None
    }


def _shown(hint: Any) -> str:
    text = str(getattr(hint, "__forward_arg__", hint))
    return text.removeprefix("ClassVar[").removesuffix("]") if text[:8] == "ClassVar" else text


def _default(default: Any) -> str:
    if default is attrs.NOTHING:
        return ""
    if hasattr(default, "factory"):
        return f"{default.factory.__name__}()"
    return "does nothing" if inspect.isfunction(default) else repr(default)


def signature(function: Any) -> str:
    """Return a signature as it is written in the source."""
    found = inspect.signature(function)
    shown = [one for one in found.parameters.values() if one.name not in ("self", "cls")]
    text = _QUOTED.sub(r"\1\2", str(found.replace(parameters=shown)))
    return _BUILT_IN.sub(r"\1", text)
