"""What this plugin gives to tutti."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tutti_core import hookimpl

if TYPE_CHECKING:
    from tutti_core import Keys, Table


@hookimpl
def tutti_tables() -> Iterable[Table | Keys]:
    """Own `[[workflow]]`."""
    from .schema import workflow_table

    return [workflow_table()]
