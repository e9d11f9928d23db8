"""Reading a request to the Chat Completions API: what was typed, and what a conversation holds.

Aider repeats the end of its system prompt behind what was typed, and makes up exchanges (examples,
files) that end with an answer; so what was typed stands behind the last answer. When it has added
files that an answer named, it has the same question answered once more. OpenClaw puts the time in
front of what was typed and words about itself behind the first, and a message of its own last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from tutti_testing.model.chat.auxiliary import is_auxiliary
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

_ONCE_MORE = "I added these files to the chat: "
# What OpenClaw puts around what was typed, and the message of its own that it puts behind it.
_STAMP = re.compile(r"\A\[[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d [^\]\n]{1,12}\] ")
_ABOUT = re.compile(r"\n\nRuntime: agent=[^\n]* \| session=[^\n]*\Z")
_CONTEXT = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>"


class _Item(NamedTuple):
    position: int
    answers: int
    role: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        return text_of(self.content.get("content"))


def read_request(raw: Raw, protocol: str) -> Request | None:
    """Read a request, or return None if its path is not the one of this API.

    Args:
        raw: The request as it came.
        protocol: The name to record it under.
    """
    if raw.method != "POST" or raw.path.partition("?")[0] != "/v1/chat/completions":
        return None
    body = json_object(raw.body)
    request = attrs.evolve(unread(raw, protocol=protocol, kind="message"), body=body)
    if not isinstance(body.get("messages"), list):
        return attrs.evolve(request, kind="invalid")
    return _read_message(request)


def instructions(request: Request) -> str:
    """Return the system prompt: what the first message says, whoever is said to say it."""
    found = next(_items(request.body.get("messages")), None)
    return "" if found is None or found.role == "assistant" else found.text


def _read_message(request: Request) -> Request:
    items = list(_items(request.body["messages"]))
    system = instructions(request)
    answers = items[-1].answers if items else 0
    typed = [(item, text) for item in items if (text := _typed(item, system))]
    fresh = tuple(text for item, text in typed if item.answers == answers)
    tools = tuple(_tool_names(request.body.get("tools")))
    aux = not tools and is_auxiliary(system)
    return attrs.evolve(
        request,
        model=str(request.body.get("model", "")),
        prompt=fresh[-1] if fresh else "",
        typed=fresh,
        turn=_turn(items, typed, answers),
        tools=tools,
        aux=aux,
        one_answer=not tools and not aux,
        tool_results=tuple(_results(items, answers)),
        messages=tuple(_earlier(items, answers)),
    )


def _items(found: object) -> Iterator[_Item]:
    """Yield all messages, each with how many answers of the model precede it or are it."""
    answers, before = 0, False
    messages = found if isinstance(found, list) else []
    for position, content in enumerate(one for one in messages if isinstance(one, dict)):
        role = str(content.get("role", ""))
        mine = role == "assistant"
        answers += mine and not before
        before = mine
        yield _Item(position, answers, role, content)


def _turn(items: Sequence[_Item], typed: Sequence[tuple[_Item, str]], answers: int) -> Turn:
    if not typed:
        return Turn("", 0, answers)
    item, text = typed[-1]
    repeated = sum(one.text.startswith(_ONCE_MORE) for one in items[item.position + 1 :])
    return Turn(text, item.position, max(0, answers - item.answers - repeated))


def _typed(item: _Item, system: str) -> str:
    if item.role != "user" or item.text.startswith((_ONCE_MORE, _CONTEXT)):
        return ""
    text = _ABOUT.sub("", _STAMP.sub("", item.text))
    return _without_reminder(text, system).strip()


def _without_reminder(text: str, system: str) -> str:
    """Cut off the paragraphs at the end that the system prompt ends with too."""
    at = text.find("\n\n")
    while at >= 0:
        rest = text[at + 2 :]
        if rest and system.endswith("\n" + rest):
            return text[:at]
        at = text.find("\n\n", at + 1)
    return text


def _results(items: Sequence[_Item], answers: int) -> Iterator[ToolResult]:
    for item in items:
        if item.answers == answers and item.role == "tool":
            yield ToolResult(str(item.content.get("tool_call_id", "")), item.text, False)


def _earlier(items: Sequence[_Item], answers: int) -> Iterator[Message]:
    for item in items:
        if item.answers < answers or item.role == "assistant":
            yield Message(item.role, item.text)


def _tool_names(tools: object) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict):
            yield str(function.get("name", ""))
