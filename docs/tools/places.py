"""The places of generated parts in a page."""

from __future__ import annotations

import re
from collections.abc import Callable

_PLACE = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[^\n]+?) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)


def filled(text: str, part: Callable[[str], str]) -> str:
    """Return a page with its generated parts filled in.

    Args:
        text: The page.
        part: Gives the text for a name.
    """
    return _PLACE.sub(
        lambda place: f"{place['begin']}\n{part(place['name']).strip()}\n\n{place['end']}", text
    )


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; bars inside the cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )
