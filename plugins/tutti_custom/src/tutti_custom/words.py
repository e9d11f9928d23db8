"""Words of a command line: split once, filled one by one, never seen by a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

_PLACE = re.compile(r"\{([a-z_]+)\}")


def split(words: str | Sequence[str]) -> tuple[str, ...]:
    """Return words as they are, or a text split as a shell would split it.

    Raises:
        ValueError: If a quotation in the text does not end.
    """
    return tuple(shlex.split(words)) if isinstance(words, str) else tuple(words)


def places(word: str) -> tuple[str, ...]:
    """Return the names of the placeholders in a word."""
    return tuple(_PLACE.findall(word))


def fill(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return words with values in their placeholders, each word still one word.

    What is filled in is not looked at again, and a placeholder without a value stays as it is.
    """
    return [_PLACE.sub(lambda found: values.get(found[1], found[0]), word) for word in words]
