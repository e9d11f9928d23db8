"""The short way: what people type a hundred times a day, without importing a command-line library.

Only exact argument lists are taken; everything else goes the long way, which calls the same
functions, so that both ways print the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .report import ended


def quick(words: Sequence[str]) -> int | None:
    """Run a command if it is one of the short ones.

    Args:
        words: The arguments after ``tt``.

    Returns:
        The exit code, or None if this is not for the short way.
    """
    action = ACTIONS.get(tuple(words))
    return None if action is None else ended(action, words)


def _version() -> int:
    from ..version import VERSION

    print(f"tt {VERSION}")
    return 0


def _status(as_json: bool = False) -> int:
    from .status_view import show_status

    return show_status(None, as_json=as_json)


def _status_all(as_json: bool = False) -> int:
    from .status_all import show_everywhere

    return show_everywhere(as_json=as_json)


ACTIONS: Mapping[tuple[str, ...], Callable[[], int]] = {
    ("--version",): _version,
    ("-V",): _version,
    ("status",): _status,
    ("voices",): _status,
    ("status", "--json"): lambda: _status(as_json=True),
    ("voices", "--json"): lambda: _status(as_json=True),
    ("status", "--all"): _status_all,
    ("voices", "--all"): _status_all,
    ("status", "--all", "--json"): lambda: _status_all(as_json=True),
    ("voices", "--all", "--json"): lambda: _status_all(as_json=True),
    ("status", "--json", "--all"): lambda: _status_all(as_json=True),
    ("voices", "--json", "--all"): lambda: _status_all(as_json=True),
}
