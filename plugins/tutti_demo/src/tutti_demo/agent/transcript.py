"""The transcript of a session: one JSON line for each thing said or done."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tutti_demo.agent import VERSION
from tutti_demo.agent.home import append, new_session, now_ms

MODEL, WINDOW = "demo-1", 200_000
INTERRUPTED = "[Request interrupted by user]"
INTERRUPTED_TOOL = "[Request interrupted by user for tool use]"


class Transcript:
    """Appends records; each line is written whole, in one write.

    Args:
        path: The file; made with the first record.
        session: The session id.
        cwd: The working folder.
    """

    def __init__(self, path: Path, session: str, cwd: str) -> None:
        self.path = path
        self._fixed = {"sessionId": session, "cwd": cwd, "version": VERSION}
        self._parent: str | None = None
        self._message = ""
        self._written = 0
        self._records = 0
        self.context = 1200

    def use_context(self, left: int) -> None:
        """Let the usage of what follows say that so many percent of the context are left."""
        self.context = WINDOW * (100 - left) // 100

    def user(self, text: str) -> None:
        """Record a prompt as it was submitted."""
        self._message = ""
        self._records = 0
        self._add("user", message={"role": "user", "content": text})

    def interrupted(self, tool: bool) -> None:
        """Record that the user stopped the turn."""
        text = INTERRUPTED_TOOL if tool else INTERRUPTED
        self._add("user", message={"role": "user", "content": [{"type": "text", "text": text}]})

    def reply(self, text: str) -> None:
        """Record what the agent said."""
        self._assistant({"type": "text", "text": text}, "end_turn")

    def tool_use(self, name: str, **given: str) -> str:
        """Record a tool call.

        Returns:
            Its id, for the result.
        """
        use = f"toolu_{new_session()[-12:]}"
        self._assistant({"type": "tool_use", "id": use, "name": name, "input": given}, "tool_use")
        return use

    def tool_result(self, use: str, text: str, error: bool = False) -> None:
        """Record what a tool call gave; what follows is a new message of the model."""
        self._message = ""
        content = {"type": "tool_result", "tool_use_id": use, "content": text, "is_error": error}
        self._add("user", message={"role": "user", "content": [content]})

    def api_error(self, text: str, error: str, status: int | None) -> None:
        """Record that the provider refused or failed.

        Args:
            text: What the user saw.
            error: The kind: ``authentication_failed rate_limit server_error
                billing_error unknown``.
            status: The HTTP status, or None when there was no answer at all.
        """
        message = {
            "id": new_session(),
            "role": "assistant",
            "model": "<synthetic>",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "stop_sequence",
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        fields = {"error": error, "isApiErrorMessage": True, "apiErrorStatus": status}
        self._add("assistant", message=message, **fields)

    def note(self, subtype: str, **fields: object) -> None:
        """Record something that nobody said, such as the end of a turn."""
        self._add("system", subtype=subtype, **fields)

    def ended(self, milliseconds: int) -> None:
        """Record the end of a turn, however it ended."""
        self.note("turn_duration", durationMs=milliseconds, messageCount=self._records)

    def queue(self, operation: str, text: str) -> None:
        """Record that a prompt was put in the queue (``enqueue``), or taken out of it."""
        self._add("queue-operation", operation=operation, content=text)

    def _assistant(self, content: dict[str, object], stop: str) -> None:
        """Record one part of a message; the parts of one message share its id and its usage."""
        if not self._message:
            self._message, self._written = f"msg_{new_session()[-12:]}", 0
            self.context += 40
        self._written += max(1, len(json.dumps(content)) // 4)
        usage = {
            "input_tokens": 40,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": self.context - 40,
            "output_tokens": self._written,
        }
        message = {"id": self._message, "role": "assistant", "model": MODEL, "content": [content]}
        self._add("assistant", message={**message, "stop_reason": stop, "usage": usage})

    def _add(self, kind: str, **fields: object) -> None:
        uuid = new_session()
        links = {"parentUuid": self._parent, "isSidechain": False, "uuid": uuid}
        record = {"type": kind, **fields, **links, "timestamp": _timestamp(), **self._fixed}
        text = json.dumps(record, ensure_ascii=False)
        append(self.path, f"{text}\n".encode("utf-8", "replace"))
        self._parent = uuid
        self._records += 1


def read(path: Path) -> list[dict[str, object]]:
    """Read a transcript; a line that was cut off by a crash is left out."""
    records = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def _timestamp() -> str:
    moment = now_ms()
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 1000))
    return f"{seconds}.{moment % 1000:03d}Z"
