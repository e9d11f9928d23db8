"""Wording a step as an answer of the Responses API, which is always a stream of events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from tutti_testing.model.openai import as_command, error_body, error_headers
from tutti_testing.model.protocol import Answer, Drop, Final, Part, Pause, json_answer
from tutti_testing.model.request import Request
from tutti_testing.model.responses.reading import asks
from tutti_testing.model.steps import Block, Cut, Error, Say, Slow, StreamError, Tool, plan_reset
from tutti_testing.model.wording import new_id, pieces, shown, tokens, whole


def error(step: Error) -> Answer:
    """Word an error in the API's shape; a plan that is used up is told by its kind and its end.

    Args:
        step: The error.
    """
    body, reset = error_body(step), plan_reset(step)
    if reset is not None:
        body |= {"type": "usage_limit_reached", "resets_at": reset}
    return json_answer(step.status, {"error": body}, error_headers(step))


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
    base = {"id": new_id("resp_"), "object": "response", "model": request.model, "output": []}
    yield {"type": "response.created", "response": {**base, "status": "in_progress"}}
    done = []
    for index, block in enumerate(shown(step)):
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
    for piece in pieces(block):
        if isinstance(piece, Pause):
            yield piece
        else:
            yield {"type": "response.output_text.delta", **place, "delta": piece}
    yield {"type": "response.output_text.done", **place, "text": whole(block)}


def _item(request: Request, block: Block) -> dict[str, Any]:
    if not isinstance(block, Tool):
        part = {"type": "output_text", "text": whole(block), "annotations": []}
        about = {"id": new_id("msg_"), "type": "message", "role": "assistant"}
        return {**about, "status": "completed", "content": [part]}
    name, given = _call(request, block)
    call = {"id": new_id("fc_"), "type": "function_call", "call_id": new_id("call_"), "name": name}
    return {**call, "status": "completed", "arguments": json.dumps(given)}


def _call(request: Request, tool: Tool) -> tuple[str, dict[str, Any]]:
    """Return a call in the client's own terms, if it is one that a shell command can stand for."""
    command = as_command(tool)
    if command is None or "exec_command" not in request.tools:
        return tool.name, dict(tool.input)
    given = {"cmd": command}
    if asks(request):
        given |= {"sandbox_permissions": "require_escalated", "justification": "May I?"}
    return "exec_command", given


def _usage(request: Request) -> dict[str, Any]:
    total = tokens(request.body)
    return {
        "input_tokens": total,
        "input_tokens_details": {"cached_tokens": total // 2},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total + 20,
    }
