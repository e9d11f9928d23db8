"""What OpenAI's APIs have in common: the shape of an error, of a text, and a shell for a tool."""

from __future__ import annotations

import shlex
from typing import Any

from tutti_testing.model.steps import Error, Tool

_KEYS = "https://platform.openai.com/account/api-keys"
_ERRORS = {
    400: ("invalid_request_error", None, "The request is not valid."),
    401: (
        "invalid_request_error",
        "invalid_api_key",
        f"Incorrect API key provided: sk-dummy. You can find your API key at {_KEYS}.",
    ),
    403: ("invalid_request_error", "forbidden", "This key has no permission for what was asked."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
}
_DOWN = ("server_error", None, "The service is unavailable.")


def error_body(step: Error) -> dict[str, Any]:
    """Return what an error says, without the object around it.

    Args:
        step: The error.
    """
    kind, code, message = _ERRORS.get(step.status, _DOWN)
    return {"message": step.message or message, "type": kind, "param": None, "code": code}


def error_headers(step: Error) -> dict[str, str]:
    """Return the headers of an error, which say when to try again and whether at all."""
    headers = {} if step.retry_after is None else {"retry-after": f"{step.retry_after:g}"}
    if step.should_retry is not None:
        headers["x-should-retry"] = str(step.should_retry).lower()
    return headers


def text_of(content: object) -> str:
    """Return the text of a message, which is a text or a list of parts; others are passed over."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def as_command(tool: Tool) -> str | None:
    """Return the shell command that comes to the same as a tool of Claude Code's.

    Args:
        tool: The tool a script asks for.

    Returns:
        The command, or None if no command can stand for the tool.
    """
    if tool.name == "Bash":
        return str(tool.input.get("command", ""))
    if tool.name == "Write":
        path, text = (shlex.quote(str(tool.input.get(key, ""))) for key in ("file_path", "content"))
        return f"printf %s {text} > {path}"
    return None
