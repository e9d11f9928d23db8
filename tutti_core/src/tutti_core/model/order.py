"""The order in which names are shown."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> tuple[tuple[str, int, str], ...]:
    """Return the key that sorts names as people count: ``a2`` before ``a10``.

    Args:
        name: The name of an agent, or of anything else.
    """
    parts = _DIGITS.split(name)
    texts, numbers = parts[::2], [*parts[1::2], ""]
    return tuple(
        (text.casefold(), int(number or -1), text + number)
        for text, number in zip(texts, numbers, strict=True)
    )
