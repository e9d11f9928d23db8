"""Every generated part by the first word of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from of_api import api, fields
from of_cli import command
from of_config import keys, section
from of_errors import errors
from of_hooks import hooks
from of_plugins import directory, policies
from of_states import kinds, parts_of_a_screen, rules, states

PARTS: Mapping[str, Callable[..., str]] = {
    "api": api,
    "command": command,
    "directory": directory,
    "errors": errors,
    "fields": fields,
    "hooks": hooks,
    "keys": keys,
    "kinds": kinds,
    "policies": policies,
    "regions": parts_of_a_screen,
    "rules": rules,
    "states": states,
    "table": section,
}


def part(name: str) -> str:
    """Return the text of a part.

    Args:
        name: Such as `table workspace` or `command plugins list`.
    """
    word, *rest = name.split()
    return PARTS[word](*rest)
