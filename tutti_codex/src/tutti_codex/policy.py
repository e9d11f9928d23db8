"""The team's policy as words for Codex, which has no list of allowed commands to put it in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

CALL = re.compile(r"^Bash\((?P<command>.*)\)$", re.DOTALL)

HEAD = (
    "What you may do here is listed. Nobody can be asked for more. Run a shell command only if it "
    "begins with one of these, each part of a compound command by itself; use a tool named here "
    "freely; for anything else, say what you would have done and stop."
)


def told(rules: Sequence[str]) -> str:
    """Return a policy as instructions.

    Args:
        rules: Shell commands by their first words, or names of tools.
    """
    return "\n".join([HEAD, "", *(f"- {plain(rule)}" for rule in rules)])


def plain(rule: str) -> str:
    """Return one rule as plain words, without the marks of other runtimes.

    Args:
        rule: The first words of a shell command, a call such as ``Bash(npm test:*)``, or a tool.
    """
    rule = " ".join(rule.split())
    call = CALL.match(rule)
    inner = call["command"] if call else rule
    return inner.removesuffix("*").removesuffix(":").rstrip() or rule


def setting(key: str, text: str) -> str:
    """Return a setting with a text as Codex takes it on its command line, which is TOML.

    A text that is not valid TOML is taken as it stands, so it is always made a string of TOML:
    JSON's, but for the one control character that only TOML wants escaped.

    Args:
        key: The setting's name.
        text: Its value; any text at all.
    """
    return f"{key}={json.dumps(text, ensure_ascii=False)}".replace("\x7f", "\\u007f")
