"""Steps and requests as JSON, for scripts written in a shell and for log files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from tutti_testing.model.directives import rounds
from tutti_testing.model.request import Request
from tutti_testing.model.steps import STEPS, Block, Reply, Step

_STEPS: dict[str, type] = {step.__name__.lower(): step for step in STEPS}
_LEFT_OUT = frozenset({"answer", "body", "messages", "headers", "tools"})


def encode_step(step: Step) -> dict[str, Any]:
    """Return a step as a JSON object: its name as ``step``, then its fields."""
    fields = attrs.asdict(step, recurse=False)
    plain = {name: _encode_value(value) for name, value in fields.items()}
    return {"step": type(step).__name__.lower(), **plain}


def _encode_value(value: Any) -> Any:
    if isinstance(value, STEPS):
        return encode_step(value)
    if isinstance(value, tuple):
        return [_encode_value(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def decode_steps(value: Any) -> tuple[Step, ...]:
    """Read steps from JSON.

    Args:
        value: An object as ``encode_step`` makes it, or a text of directives, with or without
            their brackets.

    Raises:
        ValueError: It is neither; the message says what is wrong with it.
        TypeError: A field of it has the wrong type.
    """
    if isinstance(value, str):
        steps = rounds(value if "[[" in value else f"[[{value}]]")
        if not steps:
            raise ValueError(f"no directive in {value!r}")
        return steps
    return (_decode_object(value),)


def _decode_object(value: Any) -> Step:
    if not isinstance(value, dict) or value.get("step") not in _STEPS:
        raise ValueError(f"{value!r} is no step; 'step' is one of {' '.join(_STEPS)}")
    fields = {name: field for name, field in value.items() if name != "step"}
    if isinstance(fields.get("then"), dict):
        fields["then"] = _decode_object(fields["then"])
    if isinstance(fields.get("blocks"), list):
        # What is no block is refused by the reply itself.
        return Reply(*cast("list[Block]", [_decode_object(block) for block in fields["blocks"]]))
    return cast("Step", _STEPS[value["step"]](**fields))


def encode_request(request: Request, *, full: bool = False) -> dict[str, Any]:
    """Return a request as a JSON object.

    Args:
        request: The request.
        full: Whether to give the body, headers, tools and earlier messages too, which are long.
    """
    fields = {field.name: getattr(request, field.name) for field in attrs.fields(Request)}
    kept = {name: value for name, value in fields.items() if full or name not in _LEFT_OUT}
    kept["turn"] = request.turn._asdict()
    kept["tool_results"] = [result._asdict() for result in request.tool_results]
    if full:
        kept["messages"] = [message._asdict() for message in request.messages]
    return {**kept, "answer": None if request.answer is None else encode_step(request.answer)}
