"""What a step's attempt comes to: its result within bounds, or why it failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from tutti_core import TuttiError
from tutti_core.errors import StepStopped

from ..model import Retry

TEXT_MOST = 64 * 1024
"""Characters of one text that are kept in records: its beginning and its end."""
RECORD_MOST = 512 * 1024
"""Bytes of a whole result that are kept in records."""


@attrs.frozen
class Ended:
    """How an attempt ended.

    Attributes:
        outcome: `success`, `failed`, `timed_out` or `cancelled`.
        result: What the step gave, or what is known of its failure.
        failure: Why it failed: category, message, hint.
    """

    outcome: str
    result: dict[str, Any] = attrs.field(factory=dict)
    failure: dict[str, str] | None = None


def of_value(value: Any) -> Ended:
    """Return the end of an attempt that gave a value.

    Args:
        value: What the step returned.
    """
    if not isinstance(value, Mapping):
        return _broken(f"the step gave a {type(value).__name__} for its result, not a mapping")
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return _broken(f"the step gave a result that is no JSON: {error}")
    return Ended("success", dict(value))


def of_error(error: Exception, *, overdue: bool, stopped: bool) -> Ended:
    """Return the end of an attempt that raised.

    Args:
        error: What it raised.
        overdue: Whether its time was up.
        stopped: Whether the run was to end.
    """
    if isinstance(error, StepStopped):
        if overdue and not stopped:
            return Ended("timed_out", _data(error), _said(error))
        return Ended("cancelled", _data(error), _said(error))
    if isinstance(error, TuttiError):
        data = _data(error)
        return Ended("timed_out" if data.get("timed_out") else "failed", data, _said(error))
    why = f"{type(error).__name__}: {error}"
    hint = "this is a mistake in the step: report it to whoever makes it"
    return Ended("failed", {}, {"category": "unknown", "message": why, "hint": hint})


def _broken(message: str) -> Ended:
    hint = "this is a mistake in the step: report it to whoever makes it"
    return Ended("failed", {}, {"category": "tool", "message": message, "hint": hint})


def _data(error: TuttiError) -> dict[str, Any]:
    data = getattr(error, "data", None)
    sound = of_value(data) if isinstance(data, Mapping) else None
    return sound.result if sound and sound.outcome == "success" else {}


def _said(error: TuttiError) -> dict[str, str]:
    return {"category": error.category, "message": error.message, "hint": error.hint}


def bounded(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result that fits into a record.

    Args:
        result: JSON values.
    """
    found = {key: _clipped(value) for key, value in result.items()}
    if len(json.dumps(found)) <= RECORD_MOST:
        return found
    small = {key: value for key, value in found.items() if len(json.dumps(value)) <= 2048}
    return {**small, "left_out": sorted(found.keys() - small.keys())}


def _clipped(value: Any) -> Any:
    if isinstance(value, str) and len(value) > TEXT_MOST:
        half = TEXT_MOST // 2
        cut = len(value) - 2 * half
        return f"{value[:half]}\n… {cut} characters left out …\n{value[-half:]}"
    if isinstance(value, Mapping):
        return {key: _clipped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_clipped(one) for one in value]
    return value


def tried_again(retry: Retry | None, number: int, ended: Ended) -> bool:
    """Return whether a failed attempt is followed by another.

    Args:
        retry: When that is so.
        number: Which attempt it was.
        ended: How it ended.
    """
    if retry is None or number >= retry.attempts:
        return False
    if ended.outcome == "timed_out":
        return "timeout" in retry.on
    category = (ended.failure or {}).get("category", "")
    if category == "policy":
        return "policy" in retry.on
    code = ended.result.get("exit_code")
    return bool({"failure", category, code} & set(retry.on))


def wait_of(retry: Retry, number: int, chance: float) -> float:
    """Return the seconds until the next attempt.

    Args:
        retry: What the step says.
        number: Which attempt failed, from 1.
        chance: From 0 to 1.
    """
    whole = min(retry.backoff_ms * 2.0 ** min(number - 1, 40), float(retry.max_backoff_ms))
    return whole / 1000 * (1 - retry.jitter * chance)
