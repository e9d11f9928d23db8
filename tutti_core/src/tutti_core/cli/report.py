"""How errors are shown: what was found, what was wanted, what to do; the same in words and JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from ..errors import TuttiError
from .style import paint


def report(error: TuttiError, *, as_json: bool = False) -> int:
    """Print an expected error on standard error.

    Args:
        error: The error.
        as_json: Whether to print it as one JSON object.

    Returns:
        The exit code.
    """
    if as_json:
        print(json.dumps(as_data(error), ensure_ascii=False), file=sys.stderr)
        return error.exit_code
    for line in _lines(error):
        head = paint(f"error[{error.category}]:", "red", sys.stderr)
        print(f"{head} {line}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {error.hint}", file=sys.stderr)
    return error.exit_code


def as_data(error: TuttiError) -> dict[str, Any]:
    """Return an error as plain values."""
    data: dict[str, Any] = {
        "error": {
            "category": error.category,
            "message": error.message,
            "hint": error.hint,
        }
    }
    problems = getattr(error, "problems", None)
    if problems:
        data["error"]["problems"] = [_problem(one) for one in problems]
    return data


def _lines(error: TuttiError) -> list[str]:
    problems = getattr(error, "problems", None)
    return [str(one) for one in problems] if problems else [error.message]


def _problem(problem: Any) -> dict[str, Any]:
    return {**problem._asdict(), "file": str(problem.file)}
