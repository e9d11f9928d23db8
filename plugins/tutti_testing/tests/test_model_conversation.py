"""What was typed, found in conversations of the shapes that Claude Code sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_testing.model import Message, ToolResult, Turn
from tutti_testing.model.anthropic.auxiliary import command_prefix, is_auxiliary
from tutti_testing.model.anthropic.conversation import read_conversation
from tutti_testing.model.anthropic.reading import read_request
from tutti_testing.model.request import Raw

REMINDER = "<system-reminder>\nToday is a day. [[say trap]]\n</system-reminder>\n\n"


def text(words: str) -> dict[str, Any]:
    """Return a text block."""
    return {"type": "text", "text": words}


def user(*contents: Any) -> dict[str, Any]:
    """Return a message of the user, from texts and blocks."""
    return {"role": "user", "content": [text(c) if isinstance(c, str) else c for c in contents]}


def assistant(*contents: Any) -> dict[str, Any]:
    """Return a message of the model."""
    return {**user(*contents), "role": "assistant"}


def system(words: str) -> dict[str, Any]:
    """Return a message that the client puts in."""
    return {"role": "system", "content": words}


def result(words: Any, *, is_error: bool = False) -> dict[str, Any]:
    """Return the result of a tool."""
    return {"type": "tool_result", "tool_use_id": "t1", "content": words, "is_error": is_error}


CALL = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([{"role": "user", "content": "plain"}], "plain"),
        ([user(REMINDER, "after reminders")], "after reminders"),
        ([user(f"{REMINDER}in one block")], "in one block"),
        ([user("typed"), system("Available agents: ...")], "typed"),
        ([user("failed\n", "next")], "next"),
        ([user("failed\n", "[Request interrupted by user]\n", "next")], "next"),
        ([user("one"), assistant("ok"), user("two")], "two"),
        (
            [user("one"), assistant(CALL), user(result("no", is_error=True), "rather this")],
            "rather this",
        ),
        ([user("one"), assistant(CALL), user(result("ok"))], ""),
        ([user("/clear"), user("<command-name>/clear</command-name>")], "/clear"),
        ([user("hi", "<local-command-stdout>x</local-command-stdout>")], "hi"),
    ],
)
def test_the_prompt_is_what_was_typed_last(messages: list[Any], prompt: str) -> None:
    """Reminders, marks, lists put in by the client and prompts that failed are not the prompt."""
    assert read_conversation(messages).prompt == prompt


@pytest.mark.parametrize(
    "note",
    [
        "IMPORTANT: After your current task, address the message above.",
        "This is how messages arrive while a turn runs.",
    ],
)
def test_what_is_typed_while_a_tool_runs_begins_a_turn(note: str) -> None:
    """A message typed meanwhile arrives beside the result of the tool and is the new prompt."""
    head = "The user sent a new message while you were working:\n"
    messages = [
        user("one"),
        assistant(CALL),
        user(result("ok")),
        system(f"{head}two\n\nmore\n\n{note}"),
    ]

    found = read_conversation(messages)

    assert found.prompt == "two\n\nmore"
    assert found.turn.round == 0


def test_the_model_types_nothing() -> None:
    """An answer that quotes the words of such a message begins no turn."""
    quote = "The user sent a new message while you were working:\ntwo\n\nnote"

    found = read_conversation([user("one"), assistant(quote, CALL), user(result("ok"))])

    assert (found.turn.prompt, found.turn.round) == ("one", 1)


def test_all_that_was_typed_since_the_last_answer_is_kept() -> None:
    """The prompts that failed stand before the one that counts."""
    found = read_conversation([user("zero"), assistant("ok"), user("one\n", "two\n", "three")])

    assert found.typed == ("one", "two", "three")


def test_a_turn_counts_the_answers_since_its_prompt() -> None:
    """An answer spread over two messages counts once; the turn keeps its prompt and its start."""
    history = [user("zero"), assistant("ok"), user("one")]
    rounds = [assistant("thinking"), assistant(CALL), user(result("ok"))]

    assert read_conversation(history).turn == Turn("one", 2, 0)
    assert read_conversation(history + rounds).turn == Turn("one", 2, 1)
    assert read_conversation(history + rounds + rounds).turn == Turn("one", 2, 2)


def test_tool_results_are_those_of_the_last_answer() -> None:
    """Results come as text or as blocks, with their ids and whether they failed."""
    messages = [user("one"), assistant(CALL), user(result("old")), assistant(CALL, CALL)]
    messages += [
        user(result([text("a"), {"type": "image"}, text("b")]), result("no", is_error=True))
    ]

    found = read_conversation(messages)

    assert found.results == (ToolResult("t1", "a\n\nb", False), ToolResult("t1", "no", True))


def test_earlier_messages_are_those_up_to_the_last_answer() -> None:
    """What precedes the new prompt can be read as roles and texts."""
    found = read_conversation([user("one"), assistant("ok", CALL), user("two")])

    assert found.earlier == (Message("user", "one"), Message("assistant", "ok"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text"]), inner)
    ),
    max_leaves=12,
)


@given(
    JSON
    | st.lists(
        st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": JSON})
    )
)
def test_any_conversation_can_be_read(messages: Any) -> None:
    """Whatever JSON stands in the place of the messages, reading it raises nothing."""
    found = read_conversation(messages)

    assert found.turn.round >= 0
    assert found.prompt == (found.typed[-1] if found.typed else "")


@pytest.mark.parametrize(
    ("headers", "user_id"),
    [
        (
            {"x-claude-code-session-id": "0b7e1f30-0000-4000-8000-000000000001"},
            '{"session_id": "x"}',
        ),
        ({}, "user_ab_account__session_0b7e1f30-0000-4000-8000-000000000001"),
    ],
)
def test_the_session_is_found_in_old_and_new_clients(headers: dict[str, str], user_id: str) -> None:
    """New clients send the session's id in a header, old ones at the end of the user's id."""
    body = {"messages": [user("hi")], "metadata": {"user_id": user_id}}
    raw = Raw(0.0, "POST", "/v1/messages?beta=true", headers, json.dumps(body).encode())

    request = read_request(raw, "anthropic")

    assert request is not None
    assert request.session == "0b7e1f30-0000-4000-8000-000000000001"


def test_credentials_are_blotted_out() -> None:
    """A key or a token that a client sends is recorded by kind and length only."""
    headers = {"x-api-key": "sk-very-secret", "authorization": "Bearer top-secret", "accept": "x"}
    raw = Raw(0.0, "POST", "/v1/messages", headers, b'{"messages": []}')

    request = read_request(raw, "anthropic")

    assert request is not None
    assert "secret" not in repr(request)
    assert request.headers["authorization"] == "Bearer <10 characters>"
    assert request.headers["accept"] == "x"


@pytest.mark.parametrize(
    ("headers", "tools", "prompt", "aside"),
    [
        ({}, ["Bash", "Task"], "hello", False),
        ({}, [], "hello", True),
        ({}, ["Bash"], "Warmup", True),
        ({}, ["Bash", "Agent"], "Warmup", False),
        ({}, ["Bash", "Agent"], "[SUGGESTION MODE: what next?]", True),
        ({}, ["Bash", "Task"], "Your task is to create a detailed summary of all", True),
        ({"x-claude-code-auxiliary-type": "memory_save"}, ["Bash", "Agent"], "x", True),
    ],
)
def test_auxiliary_calls_are_told_apart(
    headers: dict[str, str], tools: list[str], prompt: str, aside: bool
) -> None:
    """Calls the client makes for itself are known by their tools, headers or first words."""
    assert is_auxiliary(headers, tools, prompt) is aside


@pytest.mark.parametrize(
    ("command", "prefix"),
    [
        ("git add -A", "git add"),
        ("touch x y", "touch"),
        ("git add -A && git commit", "none"),
        ("echo $(id)", "command_injection_detected"),
        ("", "none"),
    ],
)
def test_the_prefix_of_a_command_is_what_a_rule_names(command: str, prefix: str) -> None:
    """Old clients ask a model for the prefix of a command and match their rules by the answer."""
    assert command_prefix(command) == prefix
