"""Times as people write and read them."""

from __future__ import annotations

import re
import time
from datetime import datetime

from ..errors import UsageError
from ..state.instants import MICROS, micros_of, text_of

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
SINCE = "an RFC 3339 time, or how long ago, such as 90s, 10m, 2h or 1d"


def moment(text: str) -> str:
    """Return a point in time as the journal writes it.

    Args:
        text: An RFC 3339 time, or how long ago it was, such as ``10m``.

    Raises:
        UsageError: It is neither.
    """
    ago = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip())
    if ago:
        return text_of(time.time_ns() // 1000 - int(ago[1]) * UNITS[ago[2]] * MICROS)
    try:
        return text_of(micros_of(text.strip()))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time", hint=f"write {SINCE}") from error


def local(timestamp: str) -> str:
    """Return a time as the clock on the wall shows it."""
    when = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S")
