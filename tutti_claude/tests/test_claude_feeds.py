"""What Claude Code's hooks and transcript say of it, in the shapes that real versions write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_claude.runtime import ClaudeCode
from tutti_core import Observation, Reading, Screen, compile_rules, gather, judge, turns
from tutti_core.detection.turns import answer_to
from tutti_core.model.reading import STATES
from tutti_core.state.instants import text_of
from tutti_core.watching.look import read

RULES = compile_rules(ClaudeCode().rules(), "claude-code")
NOW = 1_795_365_681.0
LINE = "─" * 60
IDLE = f"● Done.\n\n{LINE}\n❯ \n{LINE}\n  ? for shortcuts"
ASKED = " Do you want to proceed?\n ❯ 1. Yes\n   2. Yes, and don't ask again for touch\n   3. No"
INTERRUPTED = "[Request interrupted by user for tool use]"
USAGE = {
    "input_tokens": 1_000,
    "cache_creation_input_tokens": 4_000,
    "cache_read_input_tokens": 45_000,
    "output_tokens": 0,
}


def hook(event: str, ago: float, **more: Any) -> dict[str, Any]:
    """Return a line of the spool."""
    return {"event": event, "at": int((NOW - ago) * 1000), "session": "5a", **more}


def record(kind: str, ago: float, content: Any, **more: Any) -> dict[str, Any]:
    """Return a line of a transcript."""
    message = {"role": kind, "content": content, **more.pop("message", {})}
    stamp = text_of(int((NOW - ago) * 1e6))[:23] + "Z"
    return {"type": kind, "timestamp": stamp, "isSidechain": False, "message": message, **more}


def prompt(ago: float, text: str, **more: Any) -> dict[str, Any]:
    """Return the record of a prompt."""
    return record("user", ago, text, **more)


def said(ago: float, text: str, stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    """Return the record of an answer."""
    message = {"stop_reason": stop, "model": "claude-opus-4-8", "usage": USAGE}
    return record("assistant", ago, [{"type": "text", "text": text}], message=message, **more)


def failed(ago: float, text: str, **more: Any) -> dict[str, Any]:
    """Return the record of a failed request."""
    message = {"stop_reason": "stop_sequence", "model": "<synthetic>"}
    blocks = [{"type": "text", "text": text}]
    return record("assistant", ago, blocks, message=message, isApiErrorMessage=True, **more)


def used(ago: float, tool: str) -> dict[str, Any]:
    """Return the record of a tool that is to be used."""
    block = {"type": "tool_use", "name": tool, "input": {"command": "ls"}}
    return record("assistant", ago, [block], message={"stop_reason": "tool_use"})


def result(ago: float, text: str) -> dict[str, Any]:
    """Return the record of what a tool answered."""
    return record("user", ago, [{"type": "tool_result", "content": [{"text": text}]}])


def seen(screen: str | None = IDLE, **feeds: Any) -> Observation:
    """Return an observation of an agent that has run for ten minutes."""
    live = feeds.pop("live", None)
    return Observation(
        NOW,
        "claude-code",
        session=True,
        alive=True,
        started=NOW - 600,
        screen=None if screen is None else Screen(screen),
        live=live and {"status": live[0]},
        live_at=live and NOW - live[1],
        feeds=feeds,
    )


def reading(screen: str | None = IDLE, **feeds: Any) -> Reading:
    """Return what an observation means."""
    found = seen(screen, **feeds)
    return judge(found, gather(RULES, found))


FAILURES = [
    ("authentication_failed", 401, "Invalid API key · Fix external API key", "auth_failed"),
    ("authentication_failed", 403, "Please run /login · API Error: 403 …", "auth_failed"),
    ("billing_error", 400, "Credit balance is too low", "auth_failed"),
    ("rate_limit", 429, "API Error: Request rejected (429) · This request…", "rate_limited"),
    ("rate_limit", 429, "You've hit your session limit · resets 11pm (UTC)", "rate_limited"),
    ("server_error", 529, "API Error: 529 Overloaded. This is…", "provider_down"),
    ("server_error", None, "API Error: Unable to connect to API (ECONNREFUSED)", "provider_down"),
    ("invalid_request", 400, "Prompt is too long", "idle"),
]
OLD_WORDS = [
    ("Invalid API key · Fix external API key", "auth_failed"),
    ('API Error: 401 {"type":"error"} · Please run /login', "auth_failed"),
    ("Credit balance is too low", "auth_failed"),
    ('API Error: 429 {"type":"error"}', "rate_limited"),
    ("Session limit reached ∙ resets 11pm", "rate_limited"),
    ("Claude AI usage limit reached|1795393000", "rate_limited"),
    ('API Error: 529 {"type":"error"}', "provider_down"),
    ("API Error: Connection error.", "provider_down"),
    ("Prompt is too long", "idle"),
]


class TestFailures:
    """Why a turn failed, by what is structure and never by words in a conversation."""

    @pytest.mark.parametrize(("error", "status", "text", "state"), FAILURES)
    def test_by_the_hook(self, error: str, status: int | None, text: str, state: str) -> None:
        """The hook names the class of the error, with the message that is shown."""
        begun = hook("UserPromptSubmit", 9)
        now = reading(hooks=(begun, hook("StopFailure", 3, error=error, message=text)))
        assert (now.state, now.evidence[0].source) == (state, "hooks")
        assert now.detail == (text if state != "idle" else "")

    @pytest.mark.parametrize(("error", "status", "text", "state"), FAILURES)
    def test_by_the_transcript(self, error: str, status: int | None, text: str, state: str) -> None:
        """So does the transcript, where no hook does."""
        lines = (prompt(9, "go"), failed(3, text, error=error, apiErrorStatus=status))
        now = reading(transcript=lines, live=("idle", 3))
        assert now.state == state
        assert now.detail == (text if state != "idle" else "")

    @pytest.mark.parametrize(("text", "state"), OLD_WORDS)
    def test_by_the_words_of_an_old_version(self, text: str, state: str) -> None:
        """Old versions only mark it as an error, and end the turn with an ordinary hook."""
        hooks = (hook("UserPromptSubmit", 9), hook("Stop", 2.9))
        assert reading(hooks=hooks, transcript=(prompt(9, "go"), failed(3, text))).state == state

    @pytest.mark.parametrize(("text", "state"), OLD_WORDS)
    def test_an_answer_about_errors(self, text: str, state: str) -> None:
        """The same words said by the model, or by a person, are no state."""
        lines = (prompt(9, text), said(3, text))
        hooks = (hook("UserPromptSubmit", 9, prompt=text), hook("Stop", 3, message=text))
        assert reading(hooks=hooks, transcript=lines).state == "idle"
        assert reading(transcript=lines).state == "idle"

    @pytest.mark.parametrize(
        ("text", "resets", "secs"),
        [
            ("You've hit your session limit · resets 11pm (UTC)", "11pm (UTC)", 22_719),
            ("Session limit reached ∙ resets 11:00pm (UTC)", "11:00pm (UTC)", 22_719),
            ("Claude AI usage limit reached|1795393000", "1795393000", 27_319),
        ],
    )
    def test_when_a_limit_ends(self, text: str, resets: str, secs: float) -> None:
        """The time that is printed is told, and as an instant."""
        for error in ({"error": "rate_limit"}, {}):
            now = reading(transcript=(failed(3, text, **error),))
            assert (now.state, now.detail) == ("rate_limited", text)
            assert now.resets == resets
            assert now.resets_at == NOW + secs

    def test_a_later_turn_is_the_end_of_an_error(self) -> None:
        """With the next prompt it is at work, and with the next answer it is well."""
        lines = (failed(30, "API Error: 529 Overloaded.", error="server_error"), prompt(5, "again"))
        assert reading(None, transcript=lines).state == "working"
        assert reading(transcript=(*lines, said(2, "Fine."))).state == "idle"


class TestHoles:
    """What no hook is fired for."""

    def test_a_dialog_that_was_left(self) -> None:
        """Esc on a dialog is written in the transcript only."""
        hooks = (hook("UserPromptSubmit", 9), hook("PermissionRequest", 6, tool="Bash"))
        assert reading(ASKED, hooks=hooks).state == "waiting"
        left = record("user", 1, [{"type": "text", "text": INTERRUPTED}])
        assert reading(hooks=hooks, transcript=(prompt(9, "go"), left)).state == "idle"
        assert reading(hooks=hooks, live=("idle", 1)).state == "idle"
        assert reading(hooks=hooks).state == "idle"

    def test_a_turn_that_was_interrupted(self) -> None:
        """So is Esc while it answers."""
        left = record("user", 1, [{"type": "text", "text": "[Request interrupted by user]"}])
        found = seen(hooks=(hook("UserPromptSubmit", 9),), transcript=(prompt(9, "go"), left))
        assert judge(found, gather(RULES, found)).state == "idle"
        assert [mark.feed for mark in turns(RULES, found).ended] == ["transcript"]

    def test_agents_within_the_agent(self) -> None:
        """What they do is not its doing; that it waits for them is work."""
        over = hook("Stop", 5)
        within = (hook("PostToolUse", 1, agent="a1", tool="Bash"), hook("SubagentStop", 1))
        assert reading(hooks=(over, *within)).state == "idle"
        waits = (hook("UserPromptSubmit", 9), hook("Stop", 5, within="running"))
        assert reading(None, hooks=waits).state == "working"
        assert turns(RULES, seen(hooks=waits)).ended == ()

    def test_a_question_is_no_permission(self) -> None:
        """The tool that asks the user is asked for like any other."""
        asks = hook("PermissionRequest", 1, tool="AskUserQuestion")
        assert reading(None, hooks=(asks,)).kind == "question"

    def test_a_cleared_conversation(self) -> None:
        """After it is cleared nothing of what failed before is left."""
        bad = hook("StopFailure", 30, error="rate_limit", message="API Error")
        clear = hook("SessionStart", 5, source="clear")
        assert reading(hooks=(bad, clear)).state == "idle"
        assert (
            reading(hooks=(bad, hook("SessionStart", 5, source="compact"))).state == "rate_limited"
        )


class TestTurns:
    """Proof of prompts, and the agent's own words."""

    def test_the_answer(self) -> None:
        """Every text of the turn, without tools, other agents and what no person wrote."""
        lines = (
            prompt(60, "before"),
            said(59, "old answer"),
            prompt(50, "  Look at it.\n"),
            prompt(50, "reminder", isMeta=True),
            said(40, "I will look.", None),
            used(39, "Bash"),
            result(30, "output"),
            said(20, "aside", isSidechain=True),
            prompt(15, "<local-command-stdout>x</local-command-stdout>"),
            said(10, "It is fine.\n\nReally."),
        )
        found = seen(transcript=lines)
        known = turns(RULES, found)
        assert known.answer == "I will look.\n\nIt is fine.\n\nReally."
        assert [mark.text for mark in known.begun] == ["before", "  Look at it.\n"]
        assert [round(NOW - (mark.at or 0)) for mark in known.ended] == [59, 10]
        assert answer_to(RULES, found, "before") == "old answer"

    def test_a_prompt_in_blocks(self) -> None:
        """A prompt with a picture is a list of blocks, and so is what a tool answered."""
        blocks = [{"type": "image"}, {"type": "text", "text": "What is this?"}]
        found = seen(transcript=(record("user", 9, blocks), result(5, "text")))
        assert [mark.text for mark in turns(RULES, found).begun] == ["What is this?"]

    @pytest.mark.parametrize(("model", "percent"), [("claude-opus-4-8[1m]", 5), ("claude-x", 25)])
    def test_the_context(self, model: str, percent: int) -> None:
        """Its window is said at the start, unless another model is used since."""
        hooks = (hook("SessionStart", 99, source="startup", model=model),)
        found = seen(hooks=hooks, transcript=(said(9, "x"), failed(5, "API Error: 529")))
        assert read(found, RULES).context == percent


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
RECORDS = st.one_of(
    st.builds(
        hook,
        st.sampled_from(["UserPromptSubmit", "Stop", "StopFailure", "PermissionRequest", "x"]),
        st.floats(0, 900),
        error=st.sampled_from(["rate_limit", "server_error"]) | ODD,
        message=st.text(max_size=40) | ODD,
        agent=st.none() | ODD,
    ),
    st.builds(prompt, st.floats(0, 900), st.text(max_size=30) | ODD),
    st.builds(said, st.floats(0, 900), st.text(max_size=30), isSidechain=st.booleans() | ODD),
    st.builds(failed, st.floats(0, 900), st.text(max_size=60), error=ODD),
    st.dictionaries(st.sampled_from(["type", "event", "message", "at", "timestamp"]), ODD),
)
ROWS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([
        LINE, "❯ ", "❯ draft", "> ", "  ? for shortcuts", "  esc to interrupt", "",
        "✻ Thinking… (3s)", "● Done.", "  ⎿  Invalid API key · Fix external API key",
        "  ⎿  You've hit your session limit · resets 3pm (UTC)", "● API Error: 529 {",
        " ❯ 1. Yes", "   2. No", "│ > 1. x │", "\x1b[2m", "resets 99:99pm (Mars/Base)",
    ]),
)  # fmt: skip


def _whatever(rows: list[str], hooks: list[Any], transcript: list[Any], asked: bool) -> None:
    text = "\n".join([*rows, LINE, ASKED] if asked else rows)
    found = seen(text, hooks=tuple(hooks), transcript=tuple(transcript))
    now = read(found, RULES)
    assert now.state in STATES
    assert not asked or now.state != "idle"
    turns(RULES, found)


CHANCES = (
    st.lists(ROWS, max_size=12),
    st.lists(RECORDS, max_size=5),
    st.lists(RECORDS, max_size=5),
    st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(*CHANCES)
def test_whatever_is_seen(rows: list[str], hooks: list[Any], lines: list[Any], asked: bool) -> None:
    """Nothing raises, and a screen that waits is never idle, whatever the feeds say."""
    _whatever(rows, hooks, lines, asked)


@pytest.mark.soak
@pytest.mark.timeout(900)
@settings(max_examples=10_000, deadline=None)
@given(*CHANCES)
def test_ten_thousand(rows: list[str], hooks: list[Any], lines: list[Any], asked: bool) -> None:
    """The same, ten thousand times."""
    _whatever(rows, hooks, lines, asked)
