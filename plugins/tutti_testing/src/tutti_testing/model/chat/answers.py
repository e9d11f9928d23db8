"""Wording a step as an answer of the Chat Completions API, streamed or whole."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from tutti_testing.model.chat.editing import as_words
from tutti_testing.model.openai import as_command, error_body, error_headers
from tutti_testing.model.protocol import Answer, Drop, Final, Part, Pause, json_answer
from tutti_testing.model.request import Request
from tutti_testing.model.steps import Block, Cut, Error, Say, Slow, StreamError, Tool, plan_reset
from tutti_testing.model.wording import new_id, pieces, shown, tokens, whole

# The tools that run a shell command, each with what it calls the command.
_SHELLS = {"exec": "command"}
_DOCS = "https://platform.openai.com/docs/guides/error-codes/api-errors"
_USED_UP = {
    "message": "You exceeded your current quota, please check your plan and billing details. "
    f"For more information on this error, read the docs: {_DOCS}.",
    "type": "insufficient_quota",
    "param": None,
    "code": "insufficient_quota",
}


def error(step: Error) -> Answer:
    """Word an error in the API's shape; a plan that is used up is a quota that is exceeded.

    Args:
        step: The error.
    """
    body = error_body(step) if plan_reset(step) is None else _USED_UP
    return json_answer(step.status, {"error": body}, error_headers(step))


def success(request: Request, step: Final) -> Answer:
    """Word a step that at least begins well, in the form the request asks for.

    Args:
        request: What is answered.
        step: The answer.
    """
    streamed = request.body.get("stream") is True
    if isinstance(step, StreamError) and not streamed:
        return error(Error(step.status))
    blocks = tuple(_blocks(request, step))
    parts = _stream(request, step, blocks) if streamed else _whole(request, step, blocks)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    return Answer(200, {"content-type": kind, "cache-control": "no-cache"}, parts, streamed)


def _blocks(request: Request, step: Final) -> Iterator[Block]:
    """Yield the blocks in the client's own terms; texts are paragraphs of one text."""
    before = False
    for block in shown(step):
        said = _in_terms_of(request, block)
        if isinstance(said, Tool):
            yield said
        elif not isinstance(said, Say) or said.text:
            yield from [Say("\n\n")] if before else []
            before = True
            yield said


def _in_terms_of(request: Request, block: Block) -> Block:
    if not isinstance(block, Tool):
        return block
    if request.one_answer:
        return Say(as_words(request, block))
    command = as_command(block)
    shell = next((name for name in request.tools if name in _SHELLS), None)
    return block if command is None or shell is None else Tool(shell, {_SHELLS[shell]: command})


def _stream(request: Request, step: Final, blocks: tuple[Block, ...]) -> Iterator[Part]:
    base = _envelope(request, "chat.completion.chunk")
    yield _chunk(base, {"role": "assistant", "content": ""})
    for delta in _deltas(blocks):
        yield delta if isinstance(delta, Pause) else _chunk(base, delta)
    if isinstance(step, (Cut, StreamError)):
        yield from _break(step)
        return
    yield _chunk(base, {}, _reason(blocks))
    options = request.body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage") is True:
        yield _data({**base, "choices": [], "usage": _usage(request)})
    yield "data: [DONE]\n\n"


def _deltas(blocks: tuple[Block, ...]) -> Iterator[dict[str, Any] | Pause]:
    calls = 0
    for block in blocks:
        if isinstance(block, Tool):
            yield {"tool_calls": [{"index": calls, **_call(block)}]}
            calls += 1
        else:
            yield from _texts(block)


def _texts(block: Say | Slow) -> Iterator[dict[str, Any] | Pause]:
    for piece in pieces(block):
        yield piece if isinstance(piece, Pause) else {"content": piece}


def _break(step: Cut | StreamError) -> Iterator[Part]:
    yield Pause(step.pause)
    if isinstance(step, StreamError):
        yield _data({"error": error_body(Error(step.status))})
    else:
        yield Drop("the script cuts the stream here")


def _whole(request: Request, step: Final, blocks: tuple[Block, ...]) -> Iterator[Part]:
    texts = [block for block in blocks if not isinstance(block, Tool)]
    yield from (piece for block in texts for piece in pieces(block) if isinstance(piece, Pause))
    choice = {"index": 0, "message": _message(blocks), "finish_reason": _reason(blocks)}
    base = _envelope(request, "chat.completion")
    text = json.dumps({**base, "choices": [choice], "usage": _usage(request)})
    if isinstance(step, Cut):
        yield text[: len(text) // 2]
        yield Drop("the script cuts the answer here")
    else:
        yield text


def _message(blocks: tuple[Block, ...]) -> dict[str, Any]:
    text = "".join(whole(block) for block in blocks if not isinstance(block, Tool))
    calls = [_call(block) for block in blocks if isinstance(block, Tool)]
    message = {"role": "assistant", "content": text or None, "refusal": None}
    return {**message, "tool_calls": calls} if calls else message


def _call(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "arguments": json.dumps(dict(tool.input))}
    return {"id": new_id("call_"), "type": "function", "function": function}


def _reason(blocks: tuple[Block, ...]) -> str:
    return "tool_calls" if any(isinstance(block, Tool) for block in blocks) else "stop"


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    about = {"id": new_id("chatcmpl-"), "object": kind, "created": int(time.time())}
    return {**about, "model": request.model or "scripted"}


def _chunk(base: dict[str, Any], delta: dict[str, Any], reason: str | None = None) -> str:
    return _data({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def _data(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _usage(request: Request) -> dict[str, int]:
    total = tokens(request.body)
    return {"prompt_tokens": total, "completion_tokens": 20, "total_tokens": total + 20}
