"""Reads docstrings: a sentence, more text, then sections such as `Args:`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from textwrap import dedent
from typing import NamedTuple

_SECTION = re.compile(
    r"^(Args|Attributes|Returns|Raises|Yields):\n((?:[ ]+[^\n]*\n|\n)*)", re.MULTILINE
)
_ITEM = re.compile(r"^(\w+): (.*(?:\n[ ]+.*)*)", re.MULTILINE)


class Doc(NamedTuple):
    """A docstring.

    Attributes:
        summary: Its first sentence.
        body: The text between that and the sections, as it stands.
        sections: The sections by name, each without its indentation.
    """

    summary: str
    body: str
    sections: Mapping[str, str]

    def items(self, section: str) -> dict[str, str]:
        """Return the entries of a section, each on one line."""
        found = _ITEM.findall(self.sections.get(section, ""))
        return {name: plain(text) for name, text in found}


def read(text: str | None) -> Doc:
    """Take a docstring apart; none is an empty one."""
    clean = inspect.cleandoc(text or "") + "\n"
    sections = {name: dedent(body).strip() for name, body in _SECTION.findall(clean)}
    head = _SECTION.sub("", clean)
    summary, _, body = head.partition("\n\n")
    return Doc(plain(summary), body.strip("\n"), sections)


def plain(text: str) -> str:
    """Return a paragraph on one line, with code marked as Markdown does."""
    return " ".join(text.split()).replace("``", "`")


def markdown(body: str) -> str:
    """Return text of several paragraphs as Markdown; indented blocks after `::` become code."""
    paragraphs: list[str] = []
    for paragraph in re.split(r"\n\n(?=\S)", body):
        lead, _, code = paragraph.partition("::\n\n")
        text = f"{lead}:" if code else paragraph
        paragraphs.append(plain(text))
        if code:
            # A docstring cannot hold the quotes that it is written in itself.
            shown = dedent(code).replace("'''", '"""')
            paragraphs.append(f"```python\n{shown}\n```")
    return "\n\n".join(filter(None, paragraphs))
