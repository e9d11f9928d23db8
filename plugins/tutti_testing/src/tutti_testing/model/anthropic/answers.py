"""Wording a step as an answer of Anthropic's Messages API, streamed or whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tutti_testing.model.protocol import Answer, Drop, Final, Part, Pause, json_answer
from tutti_testing.model.request import Request
from tutti_testing.model.steps import Block, Cut, Error, Slow, StreamError, Tool
from tutti_testing.model.wording import new_id, pieces, shown, tokens, whole

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_MESSAGES = {
    400: "The request is not valid.",
    401: "invalid x-api-key",
    403: "This key has no permission for what was asked.",
    404: "There is nothing here.",
    413: "The request is too large.",
    429: "This request is over the account's rate limit.",
    503: "The service is unavailable.",
    529: "Overloaded",
}


def success(request: Request, step: Final) -> Answer:
    """Word a step that at least begins well, in the form the request asks for."""
    streamed = request.body.get("stream") is True
    if isinstance(step, StreamError) and not streamed:
        return error(Error(step.status))
    parts = _stream(request, step) if streamed else _whole(request, step)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    headers = {"content-type": kind, "cache-control": "no-cache", "request-id": new_id("req_")}
    return Answer(200, headers, parts, streamed)


def error(step: Error) -> Answer:
    """Word an error in the API's shape."""
    headers = {"request-id": new_id("req_"), **step.headers}
    if step.retry_after is not None:
        headers["retry-after"] = f"{step.retry_after:g}"
    if step.should_retry is not None:
        headers["x-should-retry"] = str(step.should_retry).lower()
    error = _error_body(step.status, step.message)
    body = {"type": "error", "error": error, "request_id": headers["request-id"]}
    return json_answer(step.status, body, headers)


def _usage(body: Mapping[str, Any]) -> dict[str, Any]:
    total = tokens(body)
    read, written = total * 3 // 4, total // 8
    return {
        "input_tokens": total - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": 1,
        "service_tier": "standard",
    }


def _envelope(request: Request) -> dict[str, Any]:
    return {
        "id": new_id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": request.model or "scripted",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(request.body),
    }


def _stop_reason(blocks: tuple[Block, ...]) -> str:
    return "tool_use" if any(isinstance(block, Tool) for block in blocks) else "end_turn"


def _output_tokens(blocks: tuple[Block, ...]) -> int:
    sizes = [b.words if isinstance(b, Slow) else len(str(b)) // 4 for b in blocks]
    return max(1, sum(sizes))


def _sse(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def _stream(request: Request, step: Final) -> Iterator[Part]:
    blocks = shown(step)
    yield _sse("message_start", message=_envelope(request))
    yield _sse("ping")
    for index, block in enumerate(blocks):
        yield _sse("content_block_start", index=index, content_block=_opening(block))
        yield from _deltas(index, block)
        if isinstance(step, (Cut, StreamError)):
            yield from _break(step)
            return
        yield _sse("content_block_stop", index=index)
    delta = {"stop_reason": _stop_reason(blocks), "stop_sequence": None}
    usage = {"output_tokens": _output_tokens(blocks)}
    yield _sse("message_delta", delta=delta, usage=usage)
    yield _sse("message_stop")


def _break(step: Cut | StreamError) -> Iterator[Part]:
    yield Pause(step.pause)
    if isinstance(step, StreamError):
        yield _sse("error", error=_error_body(step.status, None))
    else:
        yield Drop("the script cuts the stream here")


def _opening(block: Block) -> dict[str, Any]:
    if isinstance(block, Tool):
        return {"type": "tool_use", "id": new_id("toolu_"), "name": block.name, "input": {}}
    return {"type": "text", "text": ""}


def _deltas(index: int, block: Block) -> Iterator[Part]:
    kind, key = "text_delta", "text"
    if isinstance(block, Tool):
        kind, key = "input_json_delta", "partial_json"
    for piece in _pieces(block):
        if isinstance(piece, Pause):
            yield piece
        else:
            yield _sse("content_block_delta", index=index, delta={"type": kind, key: piece})


def _pieces(block: Block) -> Iterator[str | Pause]:
    if not isinstance(block, Tool):
        yield from pieces(block)
        return
    text = json.dumps(dict(block.input))
    yield from (text[at : at + 40] for at in range(0, len(text), 40))


def _whole(request: Request, step: Final) -> Iterator[Part]:
    blocks = shown(step)
    yield from (piece for block in blocks for piece in _pieces(block) if isinstance(piece, Pause))
    message = _envelope(request)
    message["usage"]["output_tokens"] = _output_tokens(blocks)
    message |= {"content": [_content(b) for b in blocks], "stop_reason": _stop_reason(blocks)}
    text = json.dumps(message)
    if isinstance(step, Cut):
        yield text[: len(text) // 2]
        yield Drop("the script cuts the answer here")
    else:
        yield text


def _content(block: Block) -> dict[str, Any]:
    if isinstance(block, Tool):
        return {**_opening(block), "input": dict(block.input)}
    return {"type": "text", "text": whole(block)}


def _error_body(status: int, message: str | None) -> dict[str, str]:
    kind = _KINDS.get(status, "api_error")
    return {"type": kind, "message": message or _MESSAGES.get(status, "Internal server error")}
