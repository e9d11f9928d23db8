"""Wording a step as an answer of the Responses API, which is always a stream of events."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Iterator
from itertools import count
from typing import Any

from tutti_testing.model.protocol import Answer, Drop, Final, Part, Pause, json_answer
from tutti_testing.model.request import Request
from tutti_testing.model.responses.reading import asks
from tutti_testing.model.steps import Block, Cut, Error, Say, Slow, StreamError, Tool, blocks_of

_RESET = "anthropic-ratelimit-unified-reset"
_ERRORS = {
    400: ("invalid_request_error", "invalid_request", "The request is not valid."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "forbidden", "This key has no permission for what was asked."),
    429: ("tokens", "rate_limit_exceeded", "This request is over the account's rate limit."),
}


def error(step: Error) -> Answer:
    """Word an error in the API's shape; a plan that is used up is told by its kind and its end.

    Args:
        step: The error.
    """
    words = ("server_error", None, "The service is unavailable.")
    kind, code, message = _ERRORS.get(step.status, words)
    body: dict[str, Any] = {"type": kind, "code": code, "message": step.message or message}
    if _RESET in step.headers:
        body |= {"type": "usage_limit_reached", "resets_at": int(step.headers[_RESET])}
    headers = {} if step.retry_after is None else {"retry-after": f"{step.retry_after:g}"}
    return json_answer(step.status, {"error": body}, headers)


def success(request: Request, step: Final) -> Answer:
    """Word a step that at least begins well.

    Args:
        request: What is answered.
        step: The answer.
    """
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache"}
    numbers = count()
    parts = (
        part if isinstance(part, (Pause, Drop)) else _event(part, next(numbers))
        for part in _stream(request, step)
    )
    return Answer(200, headers, parts, True)


def _event(value: dict[str, Any], number: int) -> Part:
    text = json.dumps({**value, "sequence_number": number})
    return f"event: {value['type']}\ndata: {text}\n\n"


def _stream(request: Request, step: Final) -> Iterator[dict[str, Any] | Pause | Drop]:
    base = {"id": _id("resp"), "object": "response", "model": request.model, "output": []}
    yield {"type": "response.created", "response": {**base, "status": "in_progress"}}
    done = []
    for index, block in enumerate(_blocks(step)):
        item = _item(request, block)
        yield from _shown(index, item, block, isinstance(step, (Cut, StreamError)))
        done.append(item)
    yield from _ending(request, step, {**base, "output": done})


def _ending(
    request: Request, step: Final, response: dict[str, Any]
) -> Iterator[dict[str, Any] | Pause | Drop]:
    if isinstance(step, (Cut, StreamError)):
        yield Pause(step.pause)
    if isinstance(step, Cut):
        yield Drop("the script cuts the answer here")
    elif isinstance(step, StreamError):
        failure = {"code": "server_is_overloaded", "message": "Overloaded"}
        failed = {**response, "status": "failed", "error": failure}
        yield {"type": "response.failed", "response": failed}
    else:
        completed = {**response, "status": "completed", "usage": _usage(request)}
        yield {"type": "response.completed", "response": completed}


def _blocks(step: Final) -> tuple[Block, ...]:
    if isinstance(step, (Cut, StreamError)):
        return (Slow(step.after_words, 0.0),)
    return () if isinstance(step, Error) else blocks_of(step)


def _shown(
    index: int, item: dict[str, Any], block: Block, broken: bool
) -> Iterator[dict[str, Any] | Pause]:
    began = {**item, "status": "in_progress"}
    if not isinstance(block, Tool):
        began["content"] = []
    yield {"type": "response.output_item.added", "output_index": index, "item": began}
    if not isinstance(block, Tool):
        yield from _spoken(index, item["id"], block)
    if not broken:
        yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _spoken(index: int, name: str, block: Say | Slow) -> Iterator[dict[str, Any] | Pause]:
    place = {"item_id": name, "output_index": index, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    yield {"type": "response.content_part.added", **place, "part": part}
    for piece in _pieces(block):
        if isinstance(piece, Pause):
            yield piece
        else:
            yield {"type": "response.output_text.delta", **place, "delta": piece}
    yield {"type": "response.output_text.done", **place, "text": _whole(block)}


def _pieces(block: Say | Slow) -> Iterator[str | Pause]:
    if isinstance(block, Say):
        yield from block.text.splitlines(keepends=True)
        return
    for number in range(1, block.words + 1):
        if block.pause:
            yield Pause(block.pause)
        yield f"word{number}" + ("\n\n" if number % 10 == 0 else " ")


def _whole(block: Say | Slow) -> str:
    return "".join(piece for piece in _pieces(block) if isinstance(piece, str))


def _item(request: Request, block: Block) -> dict[str, Any]:
    if not isinstance(block, Tool):
        part = {"type": "output_text", "text": _whole(block), "annotations": []}
        about = {"id": _id("msg"), "type": "message", "role": "assistant"}
        return {**about, "status": "completed", "content": [part]}
    name, given = _call(request, block)
    call = {"id": _id("fc"), "type": "function_call", "call_id": _id("call"), "name": name}
    return {**call, "status": "completed", "arguments": json.dumps(given)}


def _call(request: Request, tool: Tool) -> tuple[str, dict[str, Any]]:
    """Return a call in the client's own terms, if it is one that a shell command can stand for."""
    command = _command(tool)
    if command is None or "exec_command" not in request.tools:
        return tool.name, dict(tool.input)
    given = {"cmd": command}
    if asks(request):
        given |= {"sandbox_permissions": "require_escalated", "justification": "May I?"}
    return "exec_command", given


def _command(tool: Tool) -> str | None:
    if tool.name == "Bash":
        return str(tool.input.get("command", ""))
    if tool.name == "Write":
        path, text = (shlex.quote(str(tool.input.get(key, ""))) for key in ("file_path", "content"))
        return f"printf %s {text} > {path}"
    return None


def _usage(request: Request) -> dict[str, Any]:
    total = max(1, len(json.dumps(dict(request.body))) // 4)
    return {
        "input_tokens": total,
        "input_tokens_details": {"cached_tokens": total // 2},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total + 20,
    }


def _id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:24]}"
