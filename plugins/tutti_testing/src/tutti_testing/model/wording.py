"""What all protocols word alike: the texts of an answer, their pace, sizes and ids."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tutti_testing.model.protocol import Final, Pause
from tutti_testing.model.steps import Block, Cut, Error, Say, Slow, StreamError, blocks_of


def shown(step: Final) -> tuple[Block, ...]:
    """Return the blocks of an answer, as far as it gets before it breaks off.

    Args:
        step: The step to word; an error shows nothing.
    """
    if isinstance(step, (Cut, StreamError)):
        return (Slow(step.after_words, 0.0),)
    return () if isinstance(step, Error) else blocks_of(step)


def pieces(block: Say | Slow) -> Iterator[str | Pause]:
    """Yield the pieces of a text as they arrive, and the pauses between them."""
    if isinstance(block, Say):
        yield from block.text.splitlines(keepends=True)
        return
    for number in range(1, block.words + 1):
        if block.pause:
            yield Pause(block.pause)
        yield f"word{number}" + ("\n\n" if number % 10 == 0 else " ")


def whole(block: Say | Slow) -> str:
    """Return a text in one."""
    return "".join(piece for piece in pieces(block) if isinstance(piece, str))


def tokens(body: Mapping[str, Any]) -> int:
    """Return a size in tokens that grows with the request, as a real count does."""
    return max(1, len(json.dumps(dict(body))) // 4)


def new_id(prefix: str) -> str:
    """Return an id that no other answer has.

    Args:
        prefix: What the API begins such ids with, such as ``msg_``.
    """
    return prefix + uuid.uuid4().hex[:24]
