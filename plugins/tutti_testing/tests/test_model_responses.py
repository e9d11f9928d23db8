"""The Responses API: what was typed is found, and steps are worded as Codex reads them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutti_testing.model import (
    Cut,
    Error,
    ModelServer,
    Reply,
    Say,
    Slow,
    StreamError,
    Tool,
    Turn,
    usage_limit,
)
from tutti_testing.model.protocol import Drop
from tutti_testing.model.request import Raw, Request
from tutti_testing.model.responses import ResponsesProtocol
from tutti_testing.model.steps import Step

SPEAKS = ResponsesProtocol()
SHELL = {"type": "function", "name": "exec_command"}
NEVER = "Approval policy is currently never. More words."


def said(role: str, *texts: str) -> dict[str, Any]:
    """Return a message."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"role": role, "content": [{"type": kind, "text": text} for text in texts]}


CALL = {"type": "function_call", "call_id": "c1", "name": "exec_command", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "fine"}
SURROUNDINGS = said("user", "<environment_context>\n  <cwd>/x</cwd>")


def asked(*items: Any, **body: Any) -> Request:
    """Return a request with these items, as the protocol reads it."""
    whole = {"model": "m", "stream": True, "tools": [SHELL], "input": list(items), **body}
    raw = Raw(0.0, "POST", "/v1/responses", {"session-id": "s1"}, json.dumps(whole).encode())
    request = SPEAKS.read(raw)
    assert request is not None
    return request


def worded(step: Any, *items: Any) -> list[dict[str, Any]]:
    """Return the events that a step becomes."""
    parts = SPEAKS.answer(asked(*items or [said("user", "go")]), step).parts
    texts = [part for part in parts if isinstance(part, str)]
    return [json.loads(text.partition("\ndata: ")[2]) for text in texts]


@pytest.mark.parametrize(
    ("items", "prompt"),
    [
        ([said("user", "plain")], "plain"),
        ([{"role": "user", "content": "plain"}], "plain"),
        ([said("developer", "rules"), SURROUNDINGS, said("user", "go")], "go"),
        ([said("user", "# AGENTS.md instructions for /x"), said("user", "go")], "go"),
        ([said("user", "one"), said("assistant", "ok"), said("user", "two")], "two"),
        ([said("user", "failed"), said("user", "next")], "next"),
        ([said("user", "one"), CALL, RESULT], ""),
        ([], ""),
        ([7, "x", None], ""),
    ],
)
def test_the_prompt_is_what_was_typed_last(items: list[Any], prompt: str) -> None:
    """What Codex says itself, and prompts that are answered, are not the prompt."""
    assert asked(*items).prompt == prompt


def test_a_turn_counts_its_answers() -> None:
    """Items of the model in a row are one answer, and a result begins the next round."""
    request = asked(
        said("user", "go"), {"type": "reasoning"}, said("assistant", "so"), CALL, RESULT
    )
    assert request.turn == Turn("go", 0, 1)
    assert [(one.id, one.text) for one in request.tool_results] == [("c1", "fine")]
    assert request.session == "s1"
    assert request.tools == ("exec_command",)


def test_a_title_is_asked_for_apart() -> None:
    """What Codex asks for itself takes no step, and gets what it can read."""
    request = asked(said("user", "go"), text={"format": {"type": "json_schema"}})
    assert request.aux
    assert json.loads(SPEAKS.auxiliary(request).text)["title"]
    assert not asked(said("user", "go"), text={"verbosity": "low"}).aux


def test_a_text_is_a_message_in_pieces() -> None:
    """The pieces are the text, which stands whole in the item that follows."""
    events = worded(Say("one\ntwo"))
    pieces = [one["delta"] for one in events if one["type"].endswith("text.delta")]
    (item,) = [one["item"] for one in events if one["type"].endswith("item.done")]
    assert pieces == ["one\n", "two"]
    assert item["content"][0]["text"] == "one\ntwo"
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]
    assert [one["sequence_number"] for one in events] == list(range(len(events)))


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        (Tool("Bash", {"command": "ls -l"}), "ls -l"),
        (Tool("Write", {"file_path": "a b", "content": "x\n"}), "printf %s 'x\n' > 'a b'"),
    ],
)
def test_tools_of_others_become_shell_commands(tool: Tool, command: str) -> None:
    """Codex has a shell, and asks before it leaves its sandbox where it may ask."""
    calls = [worded(tool), worded(tool, said("developer", NEVER), said("user", "go"))]
    given_ = [json.loads(events[-2]["item"]["arguments"]) for events in calls]
    assert [one["cmd"] for one in given_] == [command, command]
    assert ["sandbox_permissions" in one for one in given_] == [True, False]


def test_other_tools_are_called_by_their_name() -> None:
    """A tool of Codex's own is asked for as the script says."""
    (item,) = [one["item"] for one in worded(Tool("view_image", {"path": "x"}))[-2:-1]]
    assert (item["name"], json.loads(item["arguments"])) == ("view_image", {"path": "x"})


def test_several_blocks_are_several_items() -> None:
    """A text and a tool come in one answer."""
    events = worded(Reply(Say("first"), Tool("Bash", {"command": "ls"})))
    done = [one["item"]["type"] for one in events if one["type"].endswith("item.done")]
    assert done == ["message", "function_call"]
    assert len(events[-1]["response"]["output"]) == 2


def test_what_breaks_breaks() -> None:
    """A cut answer has no end, and a failure within the stream says so."""
    request = asked(said("user", "go"))
    assert isinstance(list(SPEAKS.answer(request, Cut(2)).parts)[-1], Drop)
    last = worded(StreamError(2))[-1]
    assert last["response"]["error"]["code"] == "server_is_overloaded"


def test_errors_have_the_apis_shape() -> None:
    """Codes are told apart by status, and a used-up plan by its kind and when it ends."""
    request = asked(said("user", "go"))
    rejected = SPEAKS.answer(request, Error(401, retry_after=2))
    used_up = SPEAKS.answer(request, usage_limit(123))
    down = SPEAKS.answer(request, Error(503, message="Later."))
    bodies = [
        json.loads("".join(map(str, one.parts)))["error"] for one in (rejected, used_up, down)
    ]
    assert (bodies[0]["code"], rejected.headers["retry-after"]) == ("invalid_api_key", "2")
    assert (bodies[1]["type"], bodies[1]["resets_at"]) == ("usage_limit_reached", 123)
    assert (bodies[2]["message"], down.status) == ("Later.", 503)


@given(
    st.recursive(
        st.none() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["role", "content", "type", "text", "input", "tools", "name"]),
                inner,
            )
        ),
    )
)
@example({"input": [{"role": [], "type": {}, "content": 7}], "tools": [7], "text": []})
def test_no_body_breaks_it(body: Any) -> None:
    """Whatever comes is a message or out of shape, and is answered."""
    raw = Raw(0.0, "POST", "/v1/responses", {}, json.dumps(body).encode())
    request = SPEAKS.read(raw)
    assert request is not None
    known = SPEAKS.reply(request) if request.kind == "invalid" else SPEAKS.answer(request, Slow(1))
    assert (known.status, list(known.parts) != []) in ((200, True), (400, True))


def test_other_paths_are_somebody_elses() -> None:
    """It reads its own path and no other."""
    assert SPEAKS.read(Raw(0.0, "POST", "/v1/messages", {}, b"{}")) is None
    assert SPEAKS.read(Raw(0.0, "GET", "/v1/responses", {}, b"")) is None


def test_the_server_speaks_it_unasked() -> None:
    """One server answers both protocols, by the same script."""
    body = {"model": "m", "stream": True, "input": [said("user", "[[say Well.]]")]}
    with ModelServer() as server:
        address = f"{server.url}/v1/responses"
        posted = urllib.request.Request(address, json.dumps(body).encode())
        with urllib.request.urlopen(posted, timeout=10) as answer:
            assert b'"delta": "Well."' in answer.read()
        steps: list[Step | None] = [one.answer for one in server.requests]
    assert steps == [Say("Well.")]
