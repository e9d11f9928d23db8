"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Check, Runtime


@hookimpl
def tutti_runtimes() -> Iterable[Runtime]:
    """Give OpenClaw."""
    from .runtime import OpenClaw

    return [OpenClaw()]


@hookimpl
def tutti_checks() -> Iterable[Check]:
    """Look at the Node.js of each agent that is OpenClaw."""
    from tutti_core import Check

    from .checks import examined

    return [Check("openclaw", examined)]
