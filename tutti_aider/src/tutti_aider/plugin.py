"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Runtime


@hookimpl
def tutti_runtimes() -> Iterable[Runtime]:
    """Give Aider."""
    from .runtime import Aider

    return [Aider()]
