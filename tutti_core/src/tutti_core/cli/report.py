"""How a command ends: its exit code, and what is shown of an error, in words or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TuttiError
from .streams import abandoned, unwritten
from .style import paint


def ended(action: Callable[[], int], words: Sequence[str]) -> int:
    """Run a command and turn whatever happens into an exit code; the only place that does.

    Args:
        action: The command.
        words: The arguments after ``tt``.
    """
    as_json, debug = "--json" in words, "--debug" in words
    try:
        code = action()
        sys.stdout.flush()
        return code
    except TuttiError as error:
        return report(error, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away, as `| head` does.
        abandoned()
        return 141
    except Exception as error:  # noqa: BLE001 -- whatever is left is a bug, and is shown as one
        full = unwritten(error)
        return _bug(error, as_json, debug) if full is None else report(full, as_json=as_json)


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
    for line, hint in lines_of_error(error):
        head = paint(f"error[{error.category}]:", "red", sys.stderr)
        print(f"{head} {line}", file=sys.stderr)
        if hint:
            print(f"  hint: {hint}", file=sys.stderr)
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


def lines_of_error(error: TuttiError) -> list[tuple[str, str]]:
    """Return an error as lines, each with a hint, which may be empty."""
    problems = getattr(error, "problems", None)
    if problems:
        return [(str(one), one.remedy) for one in problems]
    return [(error.message, error.hint)]


def _problem(problem: Any) -> dict[str, Any]:
    return {**problem._asdict(), "file": str(problem.file)}


def _bug(error: Exception, as_json: bool, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
        return 1
    unexpected = TuttiError(
        f"this is a bug: {type(error).__name__}: {error}",
        hint="run it again as tt --debug … and report what it prints",
    )
    return report(unexpected, as_json=as_json)
