"""What every part of a rule file is checked for: its words, its regions, its patterns."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ..errors import ConfigError
from .regions import COUNTED, REGIONS


def cuts(region: Any, marks: Collection[str], where: str) -> None:
    """Refuse what is no region.

    Args:
        region: What a rule says.
        marks: The marks there are.
        where: What to call the rule.

    Raises:
        ConfigError: Saying what was found.
    """
    word, _, more = str(region).partition(":")
    known(word, REGIONS, where)
    if word == "since":
        known(more, marks, f"{where}: mark")
    elif more and (word not in COUNTED or not more.isdecimal()):
        raise ConfigError(f"{where}: {region!r}: {word} takes no {more!r}")


def known(word: Any, words: Collection[str], where: str) -> None:
    """Refuse a word that is none of those it can be.

    Args:
        word: What a rule says.
        words: What it can say.
        where: What to call the rule.

    Raises:
        ConfigError: Saying what was found.
    """
    if word not in words:
        raise ConfigError(f"{where}: {word!r} is none of {', '.join(words)}")


def compiles(pattern: Any, where: str) -> None:
    """Refuse what is no regular expression.

    Args:
        pattern: What a rule says.
        where: What to call the rule.

    Raises:
        ConfigError: Saying what is wrong with it.
    """
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ConfigError(f"{where}: regex: {error}") from error
