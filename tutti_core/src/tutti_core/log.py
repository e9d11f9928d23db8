"""The diagnostic log: what tt did and how long it took, for whoever has to find out why.

Events say what happened to the team; this says how. structlog is imported with the first line that
is written, because it costs more than most commands may take.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .state.disk import make_private
from .state.rotating import make_room

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

MOST_BYTES = 4 * 1024 * 1024


class Log:
    """A workspace's diagnostic log, one JSON object a line.

    Args:
        path: The file; `<path>.1` holds what came before it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, event: str, **facts: Any) -> None:
        """Write a line; a log that cannot be written stops nobody.

        Args:
            event: What was done, in a few words.
            facts: Details.
        """
        try:
            with _opened(self.path) as file:
                _logger(file).info(event, **facts)
        except OSError:
            return


def _opened(path: Path) -> TextIO:
    make_private(path.parent)
    make_room(path, MOST_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)


def _logger(file: TextIO) -> FilteringBoundLogger:
    import structlog

    stamps = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    errors = structlog.processors.format_exc_info
    made: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(file),
        processors=[stamps, errors, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        pid=os.getpid(),
    )
    return made
