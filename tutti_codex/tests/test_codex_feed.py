"""What Codex writes down says when turns begin and end, why they fail, how full its context is."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_codex.runtime import Codex
from tutti_core import compile_rules
from tutti_core.detection.evidence import gather
from tutti_core.detection.judge import judge
from tutti_core.detection.turns import turns
from tutti_core.model.reading import Observation, Reading, Screen
from tutti_core.watching.look import read

RULES = compile_rules(Codex().rules(), "codex")
AT = "2026-11-22T16:18:{:02}.000Z"
NOW = 1795364400.0


def event(second: int, kind: str, **payload: Any) -> dict[str, Any]:
    """Return a record as the CLI writes them."""
    told = {"type": kind, **payload}
    return {"timestamp": AT.format(second), "type": "event_msg", "payload": told}


def said(second: int, who: str, text: str) -> dict[str, Any]:
    """Return a record of a message."""
    item = {"type": who, "content": [{"type": "text", "text": text}]}
    return event(second, "item_completed", item=item)


def failed(message: str) -> dict[str, Any]:
    """Return a record of a turn that failed."""
    return event(9, "task_complete", error={"message": message, "codex_error_info": "other"})


def seen(*records: dict[str, Any], **more: Any) -> Observation:
    """Return what is seen of an agent that wrote this down."""
    feeds = {"rollout": records}
    return Observation(
        NOW, "codex", session=True, alive=True, started=NOW - 600, feeds=feeds, **more
    )


def reading(*records: dict[str, Any], **more: Any) -> Reading:
    """Return what that means."""
    shown = seen(*records, **more)
    return judge(shown, gather(RULES, shown))


BEGUN = event(1, "task_started", model_context_window=200_000)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (BEGUN, "working"),
        (event(9, "task_complete", last_agent_message="Done."), "idle"),
        (event(9, "turn_aborted", reason="interrupted"), "idle"),
        (failed("unexpected status 401 Unauthorized: no"), "auth_failed"),
        (failed("exceeded retry limit, last status: 401 Unauthorized"), "auth_failed"),
        (failed("exceeded retry limit, last status: 429 Too Many Requests"), "rate_limited"),
        (failed("Quota exceeded. Check your plan and billing details."), "rate_limited"),
        (failed("unexpected status 503 Service Unavailable: later"), "provider_down"),
        (failed("stream disconnected before completion: closed"), "provider_down"),
        (failed("Selected model is at capacity. Please try a different model."), "provider_down"),
        (failed("a tool talks of 401 and rate limits"), "idle"),
    ],
)
def test_the_newest_record_says_the_state(record: dict[str, Any], state: str) -> None:
    """A turn begun is work, one that ended is none, and a failed one says why."""
    assert reading(BEGUN, record).state == state


def test_words_of_a_conversation_are_no_state() -> None:
    """Prompts and answers that talk of errors change nothing."""
    prose = "unexpected status 401 Unauthorized: exceeded retry limit, last status: 429"
    assert reading(BEGUN, said(2, "UserMessage", prose)).state == "working"
    assert reading(BEGUN, said(2, "AgentMessage", prose)).state == "working"


@pytest.mark.parametrize("words", ["Upgrade to Pro or try again at", "Try again at"])
def test_a_limit_says_when_it_ends(words: str) -> None:
    """What is printed of the reset is told, also if nothing else is proposed."""
    limit = f"You’ve hit your usage limit. {words} 9:55 AM."
    found = reading(BEGUN, failed(limit))
    assert (found.state, found.resets) == ("rate_limited", "9:55 AM")


def test_a_dialog_outranks_a_turn_that_goes_on() -> None:
    """Nothing is written down while an approval is asked for: the screen has the word."""
    dialog = (
        "  Would you like to run the following command?\n\n  $ ls\n\n› 1. Yes, proceed (y)\n"
        "  2. No, and tell Codex what to do differently (esc)\n\n"
        "  Press enter to confirm or esc to cancel\n"
    )
    found = reading(BEGUN, screen=Screen(dialog))
    assert (found.state, found.kind) == ("waiting", "permission")


def test_turns_and_answers_are_told() -> None:
    """A prompt that was taken, the end of its turn, and the agent's words."""
    records = (BEGUN, said(2, "UserMessage", "Hello"), said(5, "AgentMessage", "Hi there."))
    found = turns(RULES, seen(*records, event(9, "task_complete", last_agent_message="Hi there.")))
    assert [mark.text for mark in found.begun] == ["Hello"]
    assert len(found.ended) == 1
    assert found.ended[0].at > found.begun[0].at
    assert found.answer == "Hi there."


def test_the_context_is_what_the_last_request_held() -> None:
    """In percent of the window that the CLI itself names, used and not left."""
    info = {"last_token_usage": {"total_tokens": 50_000}, "model_context_window": 200_000}
    assert read(seen(BEGUN, event(3, "token_count", info=info)), RULES).context == 25
