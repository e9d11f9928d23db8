"""When a workflow is due: five cron fields in a time zone, as cron itself reads them.

Sunday is 0 and 7, and where both a day of the month and one of the week are given either will do.
A time that the clock passes over in spring is made up for at once; one that it shows twice in
autumn counts once, unless the hour is a `*`.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import NamedTuple

from tutti_core import ConfigError

FIELDS = 5
LOCAL = Path("/etc/localtime")
MOST = 1000


class Due(NamedTuple):
    """A workflow's time has come.

    Attributes:
        at: The last of the times that have passed.
        missed: How many came before that and were not seen to; they are made up for by one run.
    """

    at: datetime
    missed: int = 0


def fault(expression: str) -> str:
    """Return what is wrong with a schedule; empty if nothing is.

    Args:
        expression: Five cron fields.
    """
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != FIELDS:
        return "must have five fields: minute, hour, day of the month, month, day of the week"
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=timezone.utc)))
    except CronSimError as error:
        return f"is no cron expression: {error}"
    except StopIteration:
        return "never comes: there is no such date"
    return ""


def zone(name: str) -> tzinfo:
    """Return a time zone.

    Args:
        name: Its name, such as ``Europe/Berlin``; the machine's own if empty.

    Raises:
        ConfigError: If there is none of that name.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    given = name or os.environ.get("TZ", "").lstrip(":")
    try:
        if given:
            return ZoneInfo(given)
        with LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if not name:
            return timezone.utc
    hint = 'give it as "Continent/City"; a machine without time zones needs the package tzdata'
    raise ConfigError(f"there is no time zone {name!r}", hint=hint)


def upcoming(expression: str, after: datetime, where: tzinfo) -> datetime | None:
    """Return the next time of a schedule, in its zone; None if there is none.

    Args:
        expression: Five cron fields.
        after: The instant after which it is.
        where: The zone.
    """
    from cronsim import CronSim

    return next(CronSim(expression, after.astimezone(where)), None)


def due(expression: str, since: datetime, now: datetime, where: tzinfo) -> Due | None:
    """Say whether a schedule's time has come.

    Args:
        expression: Five cron fields.
        since: When it was seen to last.
        now: The instant.
        where: The zone.

    Returns:
        The last of its times since then; None if there was none.
    """
    from cronsim import CronSim

    found: datetime | None = None
    count = 0
    for one in CronSim(expression, since.astimezone(where)):
        if one > now:
            break
        found, count = one, count + 1
        if count >= MOST:  # years of minutes: how many exactly is nobody's concern
            return Due(_last(expression, now, where), count)
    return Due(found, count - 1) if found else None


def _last(expression: str, now: datetime, where: tzinfo) -> datetime:
    from cronsim import CronSim

    after = now.astimezone(where) + timedelta(minutes=2)
    return next(one for one in CronSim(expression, after, reverse=True) if one <= now)
