"""Which conversation an agent goes on with when it is started again, and the ones before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from ..errors import StateError
from ..model.contract import Recalls
from ..model.launch import Kept, Past
from ..state.files import JsonFile
from ..state.instants import MICROS, micros_of
from .places import Places
from .plan import Wish, first_prompt, new_conversation
from .record import read_record, write_record

if TYPE_CHECKING:
    from ..model.contract import Runtime
    from ..model.launch import LaunchRequest
    from .context import Context
    from .trees import Tree

MOST = 50
"""Conversations that are remembered of an agent."""
SLACK_SECS = 2.0
"""A file's time may be a little before the time of the launch that wrote it."""


class Resumption(NamedTuple):
    """What a start does with the conversation before it.

    Attributes:
        request: The request, which takes the conversation up if there is one.
        remark: Why it begins a new one, though there was one before; empty otherwise.
    """

    request: LaunchRequest
    remark: str = ""


def take_up(context: Context, wanted: LaunchRequest, tree: Tree, wish: Wish) -> Resumption:
    """Let an agent go on with the conversation it had, if it had one in the same place.

    Args:
        context: The workspace.
        wanted: The request as it would begin a conversation.
        tree: Where the agent works.
        wish: Whether it begins a new one all the same, or goes on with an earlier one; the last
            one is remembered.

    Raises:
        StateError: If the conversation that is wished for is not kept any more.
    """
    name = wanted.agent.name
    record, runtime = read_record(context.places.agent(name)), context.runtime(wanted.agent)
    if runtime.capabilities.resume == "none" or not _same_place(context, record, wanted, tree):
        return Resumption(_elsewhere(wanted, wish))
    kept = _recalled(context, runtime, past_of(record, wanted, alone=bool(tree.worktree)))
    if kept.conversation is not None:
        remember(context.places.conversations(name), {**record, "conversation": kept.conversation})
    if wish.conversation:
        past = Past(wanted.cwd, wanted.env, wish.conversation, files=wanted.files)
        return Resumption(_going_on(wanted, _there(_recalled(context, runtime, past), wish)))
    if wish.anew:
        return Resumption(wanted)
    if kept.conversation is None:
        return Resumption(wanted, anew_because(name, kept.why) if kept.why else "")
    return Resumption(_going_on(wanted, kept.conversation))


def known(root: Path, name: str) -> list[dict[str, Any]]:
    """Return the conversations an agent has had, the last one first.

    Args:
        root: Absolute path of the workspace.
        name: The agent's name.
    """
    places = Places(root)
    record, before = read_record(places.agent(name)), earlier(places.conversations(name))
    if isinstance(record.get("conversation"), str):
        last = _entry(record, before)
        before = [*(one for one in before if not _same(one, last)), last]
    return before[::-1]


def forget(root: Path, name: str, conversation: str) -> None:
    """Take a conversation out of those an agent has had; the CLI's own files stay.

    Args:
        root: Absolute path of the workspace.
        name: The agent's name; nothing of it may be started meanwhile.
        conversation: The conversation's id.
    """
    places = Places(root)
    left = [
        one for one in earlier(places.conversations(name)) if one["conversation"] != conversation
    ]
    JsonFile(places.conversations(name)).write(left)
    if read_record(places.agent(name)).get("conversation") == conversation:
        write_record(root, name, {"conversation": None, "worktree_path": None, "cwd": None})


def anew_because(name: str, why: str) -> str:
    """Return in words why an agent begins a new conversation, and where its last state is.

    Args:
        name: The agent's name.
        why: Why.
    """
    return f"begins a new conversation: {why}; tt logs {name} has what it showed last"


def begin(context: Context, wanted: LaunchRequest) -> LaunchRequest:
    """Return the request that begins a conversation where another could not be taken up.

    Args:
        context: The workspace.
        wanted: The request that was to go on with one.
    """
    able = context.runtime(wanted.agent).capabilities
    return attrs.evolve(
        wanted,
        conversation=new_conversation(able),
        resume=False,
        prompt=first_prompt(context.root, wanted.agent, able),
    )


def past_of(record: Mapping[str, Any], wanted: LaunchRequest, *, alone: bool) -> Past:
    """Return an earlier launch as a runtime needs it.

    Args:
        record: What was recorded of it.
        wanted: What is to be started.
        alone: Whether the folder is the agent's own.
    """
    known = record.get("conversation")
    began = seconds_of(record.get("started_at"))
    return Past(wanted.cwd, wanted.env, known, began, alone, wanted.files)


def newest_first(found: Mapping[str, Path], past: Past) -> list[str]:
    """Return the conversations that can be an agent's, the one spoken in last first.

    A CLI may leave the conversation it was started with: one is cleared, another is opened. So the
    newest of the folder counts if the folder is the agent's alone, else only the one recorded.

    Args:
        found: The transcripts of the folder by conversation.
        past: The launch.
    """
    times: dict[str, float] = {}
    for name, path in found.items():
        try:
            changed = path.stat().st_mtime
        except OSError:
            continue
        if name == past.conversation or (past.alone and changed >= past.began - SLACK_SECS):
            times[name] = changed
    return sorted(times, key=lambda name: times[name], reverse=True)


def remember(path: Path, record: Mapping[str, Any]) -> None:
    """Add a conversation to those an agent has had, or bring what is known of it up to date.

    Args:
        path: The file.
        record: What was recorded of the launch that had it last.
    """
    others = earlier(path)
    entry = _entry(record, others)
    JsonFile(path).write([*[one for one in others if not _same(one, entry)], entry][-MOST:])


def earlier(path: Path) -> list[dict[str, Any]]:
    """Return the conversations an agent has had, the last one last; none if nobody knows.

    Args:
        path: The file.
    """
    import json

    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    sound = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [{"began": None, **one} for one in sound if isinstance(one.get("conversation"), str)]


def _entry(record: Mapping[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is remembered of the conversation a record is of."""
    kept = ("conversation", "runtime", "profile", "cwd", "worktree_path", "branch")
    entry = {key: record.get(key) for key in kept}
    entry |= {"began": record.get("started_at"), "ended": record.get("stopped_at")}
    same = next((one for one in before if _same(one, entry)), None)
    return {**entry, "began": same["began"]} if same else entry


def _there(kept: Kept, wish: Wish) -> str:
    if kept.conversation is None:
        raise StateError(
            f"conversation {wish.conversation} cannot be taken up: {kept.why or 'it is not kept'}",
            hint="tt sessions list shows the others; tt up --new begins a new one",
        )
    return kept.conversation


def _elsewhere(wanted: LaunchRequest, wish: Wish) -> LaunchRequest:
    if wish.conversation:
        raise StateError(
            f"conversation {wish.conversation} cannot be taken up: {wanted.agent.name} has another "
            "runtime or another folder now",
            hint="tt up --new begins a new one",
        )
    return wanted


def _going_on(wanted: LaunchRequest, conversation: str) -> LaunchRequest:
    # What it was told first stands in the conversation already.
    return attrs.evolve(wanted, conversation=conversation, resume=True, prompt=None)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one["conversation"], one.get("runtime")) == (
        other["conversation"],
        other.get("runtime"),
    )


def _same_place(
    context: Context, record: Mapping[str, Any], wanted: LaunchRequest, tree: Tree
) -> bool:
    runtime = context.arrangement.runtime_of(wanted.agent)
    before = (record.get("runtime"), record.get("worktree_path"), record.get("cwd"))
    return before == (runtime, tree.worktree, str(tree.cwd))


def _recalled(context: Context, runtime: Runtime, past: Past) -> Kept:
    if not isinstance(runtime, Recalls):
        return Kept(past.conversation)
    try:
        return runtime.recall(past)
    except Exception as error:  # noqa: BLE001 -- an agent that can be started must not wait for it
        context.log.note("recall failed", runtime=runtime.name, exc_info=error)
        return Kept(why=f"{runtime.name} could not look for the last one (see .tutti/logs/tt.log)")


def seconds_of(text: Any) -> float:
    """Return a recorded instant in seconds since 1970; 0 if it is none."""
    try:
        return micros_of(str(text)) / MICROS
    except ValueError:
        return 0.0
