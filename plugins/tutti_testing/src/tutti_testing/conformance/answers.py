"""What is asked of everything that a plugin answers with."""

from __future__ import annotations

import json
from collections.abc import Mapping


def assert_plain(answer: object, who: str) -> None:
    """Assert that an answer is a mapping of JSON values, under keys that are texts.

    Args:
        answer: The answer.
        who: Who gave it, for the message.
    """
    assert isinstance(answer, Mapping), f"{who} gives a mapping, not a {type(answer).__name__}"
    try:
        again = json.loads(json.dumps(dict(answer), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"{who} gives what JSON does not know ({error}): texts, numbers, lists and objects only"
        ) from error
    assert list(again) == list(answer), f"{who} has keys that are no texts: {list(answer)}"
