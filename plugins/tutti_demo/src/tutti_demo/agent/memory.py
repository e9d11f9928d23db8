"""What a resumed session remembers, read back from the records of its transcript."""

from __future__ import annotations

from collections.abc import Iterator

from tutti_demo.agent.state import Block
from tutti_demo.agent.transcript import INTERRUPTED, INTERRUPTED_TOOL

STOPPED = "Interrupted · What should I do instead?"
_TITLED = {"Bash": "command", "Commit": "message", "AskUserQuestion": "question"}


def prompts(records: list[dict[str, object]]) -> list[str]:
    """Return what the user said, in order."""
    return [text for record in records if (text := _prompt(record)) is not None]


def blocks(records: list[dict[str, object]]) -> list[Block]:
    """Return the conversation as it was shown."""
    shown: list[Block] = []
    for record in records:
        prompt = _prompt(record)
        if prompt is not None:
            shown.append(Block("user", prompt))
        for part in _parts(record):
            _show(shown, part)
    return shown


def _prompt(record: dict[str, object]) -> str | None:
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    return content if record.get("type") == "user" and isinstance(content, str) else None


def _parts(record: dict[str, object]) -> Iterator[dict[str, object]]:
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        yield from (part for part in content if isinstance(part, dict))


def _show(shown: list[Block], part: dict[str, object]) -> None:
    kind = part.get("type")
    if kind == "text":
        text = str(part.get("text"))
        stopped = text in {INTERRUPTED, INTERRUPTED_TOOL}
        shown.append(Block("result", STOPPED) if stopped else Block("say", text))
    elif kind == "tool_use":
        shown.append(Block("tool", _title(part)))
    elif kind == "tool_result" and shown and shown[-1].kind == "tool":
        shown[-1] = shown[-1]._replace(result=str(part.get("content")))


def _title(part: dict[str, object]) -> str:
    name, given = str(part.get("name")), part.get("input")
    subject = given.get(_TITLED.get(name, "path"), "") if isinstance(given, dict) else ""
    return f"{name}({subject})"
