"""`[state]`: what is kept of runs, for how long, and what of it nobody is to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from tutti_core import Table


@attrs.frozen
class Retention:
    """`retention = {…}` of `[state]`: which runs go by themselves when another ends.

    Neither a run that goes on goes by itself, nor one that can be resumed.

    Attributes:
        runs: How many of the last runs stay; all of them if it is not said.
        days: For how many days after its end a run stays; for ever if it is not said.
        output_days: For how many days the files stay that its steps left, and all that they
            printed; as long as the run if it is not said.
    """

    runs: int | None = None
    days: float | None = None
    output_days: float | None = None


@attrs.frozen
class Keeping:
    """`[state]`: what is kept of runs.

    Attributes:
        retention: Which runs go by themselves when another ends.
        redact: Regular expressions of what is left out of every record, besides what looks like a
            key or a password, and the values of variables that are named so.
    """

    retention: Retention = attrs.field(factory=Retention)
    redact: tuple[str, ...] = ()


def keeping_table() -> Table:
    """Return the declaration of `[state]`."""
    return Table("state", Keeping, check=problems)


def problems(settings: Keeping) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the table.

    Args:
        settings: The table.
    """
    for name, value in attrs.asdict(settings.retention).items():
        if value is not None and value < 0:
            yield f"retention.{name}", f"must be 0 or more, is {value}"
    for place, pattern in enumerate(settings.redact):
        try:
            if re.compile(pattern).search(""):
                yield f"redact[{place}]", "fits nothing at all, so it would be everywhere"
        except re.error as error:
            yield f"redact[{place}]", f"is no regular expression: {error}"
