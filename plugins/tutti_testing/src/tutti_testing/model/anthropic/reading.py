"""Reading a request to Anthropic's Messages API: whose it is, what for, what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from tutti_testing.model.anthropic.auxiliary import is_auxiliary
from tutti_testing.model.anthropic.conversation import read_conversation
from tutti_testing.model.request import Raw, Request, json_object, unread

_OLD_USER_ID = re.compile(r"_session_([0-9a-f-]{36})\Z")


def read_request(raw: Raw, protocol: str) -> Request | None:
    """Read a request, or return None if its path is not one of this API.

    Args:
        raw: The request as it came.
        protocol: The name to record it under.
    """
    kind = _kind(raw)
    if not kind:
        return None
    body = json_object(raw.body)
    request = attrs.evolve(unread(raw, protocol=protocol, kind=kind), body=body)
    if kind != "message":
        return request
    if not isinstance(body.get("messages"), list):
        return attrs.evolve(request, kind="invalid")
    return _read_message(request)


def _kind(raw: Raw) -> str:
    path = raw.path.partition("?")[0]
    if raw.method in {"HEAD", "GET"} and path == "/":
        return "probe"
    if raw.method == "POST" and path == "/v1/messages":
        return "message"
    if raw.method == "POST" and path == "/v1/messages/count_tokens":
        return "count"
    return ""


def _read_message(request: Request) -> Request:
    conversation = read_conversation(request.body["messages"])
    tools = tuple(_tool_names(request.body.get("tools")))
    return attrs.evolve(
        request,
        session=_session(request),
        agent=request.headers.get("x-claude-code-agent-id", ""),
        model=str(request.body.get("model", "")),
        prompt=conversation.prompt,
        typed=conversation.typed,
        turn=conversation.turn,
        tools=tools,
        aux=is_auxiliary(request.headers, tools, conversation.prompt),
        tool_results=conversation.results,
        messages=conversation.earlier,
    )


def _tool_names(tools: object) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            yield str(tool.get("name", ""))


def _session(request: Request) -> str:
    """Return the session's id: from its header, or from where older clients hide it."""
    header = request.headers.get("x-claude-code-session-id")
    metadata = request.body.get("metadata")
    user = str(metadata.get("user_id", "")) if isinstance(metadata, dict) else ""
    old = _OLD_USER_ID.search(user)
    return header or (old.group(1) if old else "")
