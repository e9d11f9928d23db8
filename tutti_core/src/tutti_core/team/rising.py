"""One agent on its way up: what can be said of it, and what is done for it before it is ready."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..errors import RuntimeFailure
from .conversations import anew_because, begin
from .facts import facts_of

if TYPE_CHECKING:
    from ..model.launch import LaunchRequest
    from ..watching.look import Voice
    from .context import Context
    from .outcome import Outcome
    from .start import Started
    from .trees import Tree

SPEAKERS = ("live", "title", "screen")
"""The parts of a rule file that say how an agent is."""


class Rising(NamedTuple):
    """An agent that is not ready yet.

    Attributes:
        begun: Its start, or None if somebody else has begun it.
        deadline: `time.monotonic` seconds at which to give up.
        tries: How many launches there have been.
        trusted: Whether it was told already that its folder can be trusted.
    """

    begun: Started | None
    deadline: float
    tries: int
    trusted: bool = False


def is_mute(context: Context, runtime: str) -> bool:
    """Return whether there is nothing that could say how an agent is, but that it lives.

    Args:
        context: The workspace.
        runtime: Name of the agent's runtime.
    """
    rules = context.digest["rules"].get(runtime) or {}
    return not (context.detectors or any(rules.get(one) for one in SPEAKERS))


def is_to_trust(context: Context, one: Rising, voice: Voice) -> bool:
    """Return whether an agent asks for the trust that the file gives it.

    Args:
        context: The workspace.
        one: The agent on its way up.
        voice: The agent as it is seen now.
    """
    reading, agent = voice.reading, context.arrangement.named(voice.agent)
    asks = reading.state == "waiting" and reading.kind == "trust" and "allow" in reading.answers
    given = agent is not None and context.arrangement.trust_of(agent)
    return asks and given and not one.trusted and one.begun is not None


def under_way(
    context: Context, names: Collection[str], waits: Mapping[str, str]
) -> Mapping[str, str]:
    """Return in words what those are at that are being started.

    Args:
        context: The workspace.
        names: Their names.
        waits: For whom some of them wait, in words; others may come and go meanwhile.
    """
    facts = facts_of(context.root) if names else {}
    doing = {
        name: f"{one['label']} {one['value']}"
        for name in names
        for one in facts.get(name, ())
        if "holder" in one
    }
    waiting = {name: words for name in names if (words := waits.get(name))}
    return {**waiting, **doing}


def offered(
    context: Context, begun: Started, voice: Voice, outcome: Outcome
) -> tuple[LaunchRequest | None, Tree]:
    """Return another launch to try, if there is one, and where, with what to say of it.

    Args:
        context: The workspace.
        begun: The start that failed.
        voice: The agent as it is seen now.
        outcome: What became of that start.
    """
    if begun.request.resume and voice.reading.state == "exited":
        why = f"its last one could not be taken up: it {outcome.detail}"
        remark = anew_because(begun.request.agent.name, why)
        return begin(context, begun.request), begun.tree.saying(remark)
    return context.plugins.launch_failed(begun.request, voice.reading), begun.tree


def give_trust(context: Context, name: str, without: tuple[str, ...]) -> None:
    """Tell an agent that its folder can be trusted.

    Args:
        context: The workspace.
        name: The agent's name.
        without: Unowned tables to go on without.
    """
    from .trust import TrustRequest, trust

    trust(context, TrustRequest(name, without=without))


def give_prompt(context: Context, name: str, text: str, without: tuple[str, ...]) -> str:
    """Give an agent its first prompt, and return what went wrong; empty if nothing did.

    Args:
        context: The workspace.
        name: The agent's name.
        text: The prompt.
        without: Unowned tables to go on without.
    """
    from .send import SendRequest, send

    receipt = send(context, SendRequest(name, text, raw=True, queue=False, without=without))
    return "" if receipt.outcome == "submitted" else f"{receipt.outcome}, {receipt.evidence}"


def not_begun(name: str) -> RuntimeFailure:
    """Return the error for an agent that was not started before time was over.

    Args:
        name: The agent's name.
    """
    return RuntimeFailure("was not begun with, as its time was over", hint=f"tt up {name}")


def undecided(one: Rising, voice: Voice) -> bool:
    """Return whether to go on waiting; for a prompt that must be pasted, until it can be.

    Args:
        one: The agent on its way up.
        voice: The agent as it is seen now.
    """
    busy = one.begun is not None and one.begun.launch.paste and voice.reading.state == "working"
    return bool(busy) or voice.reading.state in ("starting", "unknown")
