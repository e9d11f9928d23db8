r"""Edits as words, for a client without tools: Aider takes them from what an answer says.

It has several formats for them and describes the one it reads in its instructions: whole files, or
blocks that name what is searched and what takes its place. It commits what it has edited, so that
a commit needs no words. A file whose text has the client's own fence in it cannot be said.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tutti_testing.model.chat.reading import instructions
from tutti_testing.model.directives import is_commit
from tutti_testing.model.request import Request
from tutti_testing.model.steps import Tool

_BLOCKS = "SEARCH/REPLACE"
_FENCES = (
    re.compile(r"(?m)^path/to/\S+\n(?P<open>\S+)\n// entire file.*\n.*\n(?P<close>\S+)$"),
    re.compile(r"(?s)The opening fence and code language, eg: (?P<open>\S+?)python\n"
               r".*?The closing fence: (?P<close>\S+)"),
)  # fmt: skip


class _Fence(NamedTuple):
    begin: str = "```"
    end: str = "```"


def as_words(request: Request, tool: Tool) -> str:
    """Return what an answer says so that the client does what the tool would have done.

    Args:
        request: What is answered.
        tool: The tool a script asks for.

    Returns:
        An edit, a suggested command, or plain words where the client has no format for it.
    """
    system = instructions(request)
    fence, blocks = _fence(system), _BLOCKS in system
    if tool.name == "Write":
        path, text = (str(tool.input.get(key, "")) for key in ("file_path", "content"))
        return _edit(path, text, _content(request, path, fence), fence, blocks)
    if is_commit(tool):
        return ""
    command = str(tool.input.get("command", tool.name))
    return f"{fence.begin}bash\n{command}\n{fence.end}" if blocks else f"Run: {command}"


def _edit(path: str, text: str, before: str, fence: _Fence, blocks: bool) -> str:
    text = text if not text or text.endswith("\n") else f"{text}\n"
    if blocks:
        text = f"<<<<<<< SEARCH\n{before}=======\n{text}>>>>>>> REPLACE\n"
    return f"{path}\n{fence.begin}\n{text}{fence.end}"


def _fence(system: str) -> _Fence:
    found = next((match for pattern in _FENCES if (match := pattern.search(system))), None)
    return _Fence(found["open"], found["close"]) if found else _Fence()


def _content(request: Request, path: str, fence: _Fence) -> str:
    """Return what a file says that the client has shown with its latest words; none if not."""
    mark = re.escape(path)
    begin, end = map(re.escape, fence)
    shown = re.compile(rf"(?ms)^{mark}\n{begin}\n(?P<text>.*?)^{end}$")
    found = [match for message in request.messages for match in shown.finditer(message.text)]
    return str(found[-1]["text"]) if found else ""
