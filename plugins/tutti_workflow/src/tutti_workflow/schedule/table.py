"""`[schedule]`: how the times in `schedule = "…"` of workflows are meant."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from tutti_core import ConfigError, Table

from .cron import zone


@attrs.frozen
class Schedule:
    """`[schedule]`: how the times of workflows are meant.

    Attributes:
        timezone: Time zone of all of them, such as `Europe/Berlin`; else the machine's own.
        catch_up: Whether a time that passed while nobody watched is made up for, by one run.
    """

    timezone: str = ""
    catch_up: bool = True


def schedule_table() -> Table:
    """Return the declaration of `[schedule]`."""
    return Table("schedule", Schedule, check=problems)


def problems(settings: Schedule) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the table.

    Args:
        settings: The table.
    """
    try:
        zone(settings.timezone)
    except ConfigError as error:
        yield "timezone", f"{error.message}: {error.hint}"
