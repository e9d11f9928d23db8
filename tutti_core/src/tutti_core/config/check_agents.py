"""What must be true between the agents of a team, and of what each one says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from . import branches, known, shapes, slug, unknown
from .problems import Fault, KeyPath, quoted, suggestion
from .schema import Schema

Data = Mapping[str, Any]

REMEDY = "choose another name"


def check_agents(data: Data, runtimes: Collection[str] | None, schema: Schema) -> Iterator[Fault]:
    """Yield what is wrong with the agents and with the runtimes they name.

    Args:
        data: The values of `tutti.toml`.
        runtimes: The names of the runtimes there are; None if they are not to be checked.
        schema: The tables that may be used.
    """
    yield from _names(data)
    yield from _dependencies(data)
    yield from _cycles(data)
    yield from _roles(data)
    yield from _without_runtime(data)
    if runtimes is not None:
        yield from _runtimes(data, runtimes, schema)
    yield from _memories(data)
    yield from _branches(data)


def _names(data: Data) -> Iterator[Fault]:
    seen: dict[str, tuple[int, str]] = {}
    for index, agent in shapes.tables(data, "agent"):
        name = shapes.text(agent, "name")
        if name is None:
            continue
        path = ("agent", index, "name")
        yield from check_slug(path, name)
        yield from (Fault(path, f"{file} is a file of tutti's own", REMEDY) for file in _ours(name))
        first, spelt = seen.setdefault(name.lower(), (index, name))
        if first != index:
            yield Fault(path, *_twice(name, spelt, first))


def _ours(name: str) -> Iterator[str]:
    """Yield the files of tutti's own that an agent's would be."""
    if name.lower() in known.STATE_FILES:
        yield f".tutti/state/{name}.json"
    if name.lower() in known.LOG_FILES:
        yield f".tutti/logs/{name}.log"


def _twice(name: str, spelt: str, first: int) -> tuple[str, str]:
    if name == spelt:
        return f"agent[{first}] is named {quoted(name)} too", "give each agent a name of its own"
    message = f"differs from {quoted(spelt)}, agent[{first}], only in upper and lower case"
    return message, f"{REMEDY}: on some systems the two would share their files"


def check_slug(path: KeyPath, name: str) -> Iterator[Fault]:
    """Yield what is wrong with a name that must be a slug."""
    if not slug.is_slug(name):
        message = f"{quoted(name)} is not a name tutti can use: {slug.RULE}"
        yield Fault(path, message, f"write {quoted(slug.propose(name))}")


def _indexes(data: Data) -> dict[str, int]:
    """Return the first agent of each name."""
    found: dict[str, int] = {}
    for index, agent in shapes.tables(data, "agent"):
        name = shapes.text(agent, "name")
        if name is not None:
            found.setdefault(name, index)
    return found


def _dependencies(data: Data) -> Iterator[Fault]:
    names = _indexes(data)
    for index, agent in shapes.tables(data, "agent"):
        own, seen = shapes.text(agent, "name"), set[str]()
        for place, needed in shapes.texts(agent, "depends_on"):
            path = ("agent", index, "depends_on", place)
            if needed == own:
                yield Fault(path, f"{quoted(needed)} depends on itself", "remove it")
            elif needed not in names:
                remedy = suggestion(needed, names.keys() - {own})
                yield Fault(path, f"no agent is named {quoted(needed)}", remedy)
            elif needed in seen:
                yield Fault(path, f"{quoted(needed)} is listed twice", "remove one")
            seen.add(needed)


def _cycles(data: Data) -> Iterator[Fault]:
    names = _indexes(data)
    needs = {
        name: [one for _, one in shapes.texts(agent, "depends_on") if one in names and one != name]
        for name, index in names.items()
        for agent in [data["agent"][index]]
    }
    for cycle in _circles(needs):
        shown = " -> ".join((*cycle, cycle[0]))
        path = ("agent", names[cycle[0]], "depends_on")
        yield Fault(path, f"these agents wait for each other: {shown}", "remove one of the steps")


def _circles(needs: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Yield circles that share no agent, each from the agent that is declared first."""
    order = {name: place for place, name in enumerate(needs)}
    done: set[str] = set()
    for start in needs:
        trail = [] if start in done else [(start, iter(needs[start]))]
        while trail:
            following = next((one for one in trail[-1][1] if one not in done), None)
            walked = [name for name, _ in trail]
            if following is None:
                done.add(trail.pop()[0])
            elif following in walked:
                circle = walked[walked.index(following) :]
                first = circle.index(min(circle, key=order.__getitem__))
                yield circle[first:] + circle[:first]
                done.update(circle)
                del trail[walked.index(following) :]
            else:
                trail.append((following, iter(needs[following])))


def _roles(data: Data) -> Iterator[Fault]:
    roles = shapes.table(data, "roles")
    for index, agent in shapes.tables(data, "agent"):
        role = shapes.text(agent, "role")
        if role is None or role in roles:
            continue
        path = ("agent", index, "role")
        if "roles" in data:
            yield Fault(path, f"[roles] has no {quoted(role)}", suggestion(role, roles))
        else:
            message = f"there is no table [roles] to say which runtime {quoted(role)} has"
            yield Fault(path, message, f'add [roles] with {quoted(role)} = "<runtime>"')


def _without_runtime(data: Data) -> Iterator[Fault]:
    default = shapes.table(data, "defaults").get("runtime")
    for index, agent in shapes.tables(data, "agent"):
        if not (default or agent.get("runtime") or agent.get("role")):
            remedy = "add `runtime = ...` here, or to [defaults]"
            yield Fault(("agent", index), "has no runtime", remedy)


def _runtimes(data: Data, runtimes: Collection[str], schema: Schema) -> Iterator[Fault]:
    roles = shapes.table(data, "roles")
    places: list[tuple[KeyPath, Any]] = [
        (("defaults", "runtime"), shapes.table(data, "defaults").get("runtime"))
    ]
    places += [(("roles", role), runtime) for role, runtime in roles.items()]
    places += [
        (("agent", index, "runtime"), agent.get("runtime"))
        for index, agent in shapes.tables(data, "agent")
    ]
    declared = {shapes.text(one, "name") for _, one in shapes.tables(data, unknown.TABLE)}
    for path, name in places:
        if isinstance(name, str) and name not in runtimes:
            told = unknown.declared if name in declared else unknown.runtime
            yield Fault(path, *told(name, runtimes, schema))


def _memories(data: Data) -> Iterator[Fault]:
    for index, agent in shapes.tables(data, "agent"):
        memory = shapes.text(agent, "memory")
        reason = "" if memory is None else _why_not_below(memory)
        if reason:
            remedy = "write a path below the workspace, such as docs/memory.md"
            yield Fault(("agent", index, "memory"), f"{quoted(memory or '')} {reason}", remedy)


def _why_not_below(path: str) -> str:
    if not path.strip():
        return "is blank"
    if path.startswith(("/", "~")):
        return "is not relative to the workspace"
    return 'leads out of the workspace by ".."' if ".." in PurePosixPath(path).parts else ""


def _branches(data: Data) -> Iterator[Fault]:
    taken = {}
    for index, agent in shapes.tables(data, "agent"):
        own, name = shapes.text(agent, "branch"), shapes.text(agent, "name")
        branch = own if own is not None else f"tutti/{name}"
        taken[branch] = index
        reason = branches.why_not(own) if own is not None else ""
        if reason:
            message = f"git refuses a branch named {quoted(branch)}: {reason}"
            yield Fault(("agent", index, "branch"), message, "choose another name")
    for branch, index in taken.items():
        below = next((one for one in taken if one.startswith(f"{branch}/")), None)
        if below and "branch" in data["agent"][index]:
            message = f"git cannot have both the branches {quoted(branch)} and {quoted(below)}"
            yield Fault(("agent", index, "branch"), message, "choose another name")
