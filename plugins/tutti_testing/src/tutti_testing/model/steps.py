"""The steps of a script: what the model server answers to one request, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

DEFAULT_TEXT = "Hello from the scripted model."
CLOSING_TEXT = "Done, as scripted."

_LONGEST = 1e8
# A break that comes with the first words is lost on Claude Code before 2.1: the turn ends without
# a result. A provider's own breaks come later than that.
_BREAK_PAUSE = 0.3
_UNIFIED = "anthropic-ratelimit-unified"


def _text(_step: object, field: attrs.Attribute[str], value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"'{field.name}' is a text, not {value!r}")


def _count(_step: object, field: attrs.Attribute[int], value: object) -> None:
    if not isinstance(value, int) or value < 0:
        raise TypeError(f"'{field.name}' is a whole number, 0 or more, not {value!r}")


def _seconds(_step: object, field: attrs.Attribute[float], value: object) -> None:
    if not isinstance(value, (int, float)) or not 0 <= value <= _LONGEST:
        raise TypeError(f"'{field.name}' is a number of seconds, not {value!r}")


def _status(_step: object, field: attrs.Attribute[int], value: object) -> None:
    if not isinstance(value, int) or not 400 <= value <= 599:
        raise TypeError(f"'{field.name}' is an HTTP error from 400 to 599, not {value!r}")


def _mapping(_step: object, field: attrs.Attribute[Mapping[str, Any]], value: object) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"'{field.name}' is a mapping, not {value!r}")


@attrs.frozen
class Say:
    """Answer with a text.

    Attributes:
        text: The words of the answer.
    """

    text: str = attrs.field(default=DEFAULT_TEXT, validator=_text)


@attrs.frozen
class Slow:
    """Answer with counted words that arrive one by one.

    Attributes:
        words: How many words; every tenth ends its line.
        pause: Seconds before each word.
    """

    words: int = attrs.field(default=20, validator=_count)
    pause: float = attrs.field(default=0.5, validator=_seconds)


@attrs.frozen
class Tool:
    """Ask the client to run a tool; its result comes back as the next request of the turn.

    Attributes:
        name: The tool's name, as the client declared it.
        input: The tool's input.
    """

    name: str = attrs.field(validator=_text)
    input: Mapping[str, Any] = attrs.field(factory=dict, validator=_mapping, hash=False)


Block = Say | Slow | Tool


@attrs.frozen(init=False)
class Reply:
    """Answer with several blocks at once, such as a text and then a tool.

    Attributes:
        blocks: The blocks, in order.
    """

    blocks: tuple[Block, ...] = attrs.field()

    def __init__(self, *blocks: Block) -> None:
        """Put the blocks together.

        Args:
            blocks: The ``Say``, ``Slow`` and ``Tool`` values of the answer.

        Raises:
            TypeError: One of them is something else.
        """
        for block in blocks:
            if not isinstance(block, (Say, Slow, Tool)):
                raise TypeError(f"a reply is made of Say, Slow and Tool, not of {block!r}")
        self.__attrs_init__(blocks)


@attrs.frozen
class Error:
    """Answer with an HTTP error in the protocol's own shape.

    Attributes:
        status: The HTTP status, such as 429.
        retry_after: Seconds for the ``retry-after`` header, or None for no such header.
        should_retry: The ``x-should-retry`` header, or None for no such header.
        headers: Further headers.
        message: What the error says; None for the usual words of that status.
    """

    status: int = attrs.field(validator=_status)
    retry_after: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(_seconds)
    )
    should_retry: bool | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict, validator=_mapping, hash=False)
    message: str | None = None


@attrs.frozen
class Cut:
    """Begin to answer, then drop the connection.

    Attributes:
        after_words: How many words still arrive.
        pause: Seconds between the last word and the end.
    """

    after_words: int = attrs.field(default=3, validator=_count)
    pause: float = attrs.field(default=_BREAK_PAUSE, validator=_seconds)


@attrs.frozen
class StreamError:
    """Begin to answer, then report an error inside the stream.

    Attributes:
        after_words: How many words still arrive.
        status: The HTTP status whose kind of error is reported.
        pause: Seconds between the last word and the error.
    """

    after_words: int = attrs.field(default=3, validator=_count)
    status: int = attrs.field(default=529, validator=_status)
    pause: float = attrs.field(default=_BREAK_PAUSE, validator=_seconds)


@attrs.frozen
class Hang:
    """Say nothing at all, then drop the connection.

    Attributes:
        seconds: How long the client is left waiting.
    """

    seconds: float = attrs.field(default=600.0, validator=_seconds)


@attrs.frozen
class Delay:
    """Wait before the answer begins.

    Attributes:
        seconds: How long.
        then: The step that follows.
    """

    seconds: float = attrs.field(validator=_seconds)
    then: Step = attrs.field(factory=Say)

    @then.validator
    def _is_step(self, _field: object, value: object) -> None:
        if not isinstance(value, STEPS):
            raise TypeError(f"what follows a delay is a step, not {value!r}")


Step = Say | Slow | Tool | Reply | Error | Cut | StreamError | Hang | Delay
STEPS = (Say, Slow, Tool, Reply, Error, Cut, StreamError, Hang, Delay)


def blocks_of(step: Say | Slow | Tool | Reply) -> tuple[Block, ...]:
    """Return the blocks of an answer that succeeds."""
    return step.blocks if isinstance(step, Reply) else (step,)


def fails(step: Step) -> bool:
    """Tell whether the client will see this step as a failure, and may try again."""
    while isinstance(step, Delay):
        step = step.then
    return isinstance(step, (Error, Cut, StreamError, Hang))


def usage_limit(reset_epoch: int, claim: str = "five_hour") -> Error:
    """Return the answer a subscription gets when its plan is used up.

    Args:
        reset_epoch: When the limit is lifted, in seconds since 1970.
        claim: Which limit it was: ``five_hour``, ``seven_day``, ...
    """
    headers = {
        f"{_UNIFIED}-status": "rejected",
        f"{_UNIFIED}-reset": str(reset_epoch),
        f"{_UNIFIED}-representative-claim": claim,
    }
    return Error(429, headers=headers)


def plan_reset(step: Error) -> int | None:
    """Return when the limit of a used-up plan is lifted, in seconds since 1970.

    Args:
        step: Any error.

    Returns:
        The time, or None if the error is not about a plan.
    """
    value = step.headers.get(f"{_UNIFIED}-reset")
    return None if value is None else int(value)


def credit_too_low() -> Error:
    """Return the answer a prepaid account gets when nothing is left on it."""
    return Error(400, message="Your credit balance is too low to access the API.")
