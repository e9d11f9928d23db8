"""Reading a request to the Responses API: what was typed, and what a conversation holds.

Codex puts what it has to say itself into messages of the developer, and into messages of the user
that begin with a tag. Every item that the model gave is an answer; items in a row are one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from tutti_testing.model.openai import text_of
from tutti_testing.model.request import (
    Message,
    Raw,
    Request,
    ToolResult,
    Turn,
    json_object,
    unread,
)

_NOT_TYPED = re.compile(r"<[a-z_]+[ >]|# AGENTS\.md instructions")
_FROM_THE_MODEL = frozenset({"function_call", "custom_tool_call", "reasoning"})
_RESULTS = frozenset({"function_call_output", "custom_tool_call_output"})


class _Item(NamedTuple):
    position: int
    answers: int
    content: Mapping[str, Any]


def read_request(raw: Raw, protocol: str) -> Request | None:
    """Read a request, or return None if its path is not the one of this API.

    Args:
        raw: The request as it came.
        protocol: The name to record it under.
    """
    if raw.method != "POST" or raw.path.partition("?")[0] != "/v1/responses":
        return None
    body = json_object(raw.body)
    request = attrs.evolve(unread(raw, protocol=protocol, kind="message"), body=body)
    if not isinstance(body.get("input"), list):
        return attrs.evolve(request, kind="invalid")
    return _read_message(request)


def asks(request: Request) -> bool:
    """Tell whether the client would ask somebody before it oversteps its sandbox.

    Args:
        request: A message; what it was started with stands in a message of the developer.
    """
    return "Approval policy is currently never" not in json.dumps(request.body.get("input"))


def _read_message(request: Request) -> Request:
    items = list(_items(request.body["input"]))
    answers = items[-1].answers if items else 0
    typed = [(item, text) for item in items if (text := _typed(item.content))]
    fresh = tuple(text for item, text in typed if item.answers == answers)
    form = request.body.get("text")
    return attrs.evolve(
        request,
        session=request.headers.get("session-id", ""),
        model=str(request.body.get("model", "")),
        prompt=fresh[-1] if fresh else "",
        typed=fresh,
        turn=_turn(typed, answers),
        tools=tuple(_tool_names(request.body.get("tools"))),
        aux=isinstance(form, dict) and "format" in form,
        tool_results=tuple(_results(items, answers)),
        messages=tuple(_earlier(items, answers)),
    )


def _items(found: Sequence[Any]) -> Iterator[_Item]:
    """Yield all items, each with how many answers of the model precede it or are it."""
    answers, before = 0, False
    for position, content in enumerate(one for one in found if isinstance(one, dict)):
        mine = content.get("role") == "assistant" or str(content.get("type")) in _FROM_THE_MODEL
        answers += mine and not before
        before = mine
        yield _Item(position, answers, content)


def _turn(typed: Sequence[tuple[_Item, str]], answers: int) -> Turn:
    if not typed:
        return Turn("", 0, answers)
    item, text = typed[-1]
    return Turn(text, item.position, answers - item.answers)


def _typed(content: Mapping[str, Any]) -> str:
    text = text_of(content.get("content")).strip() if content.get("role") == "user" else ""
    return "" if _NOT_TYPED.match(text) else text


def _results(items: Sequence[_Item], answers: int) -> Iterator[ToolResult]:
    for item in items:
        if item.answers == answers and str(item.content.get("type")) in _RESULTS:
            text = text_of(item.content.get("output"))
            yield ToolResult(str(item.content.get("call_id", "")), text, False)


def _earlier(items: Sequence[_Item], answers: int) -> Iterator[Message]:
    for item in items:
        mine = item.content.get("role") == "assistant"
        if "role" in item.content and (item.answers < answers or mine):
            yield Message(str(item.content["role"]), text_of(item.content.get("content")))


def _tool_names(tools: object) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            yield str(tool.get("name") or tool.get("type", ""))
