"""Reads Markdown pages: their blocks of code, their headings, their links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(\S*)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A block of code.

    Attributes:
        page: The page it stands in.
        line: Its first line, from 1.
        language: The first word behind the fence; empty if there is none.
        label: The rest of that line: a file name, a command, or what the block is an example of.
        text: The code.
    """

    page: Path
    line: int
    language: str
    label: str
    text: str

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.page.name}:{self.line}"


def pages(root: Path) -> list[Path]:
    """Return every page of the repository: those in docs, its README and those of its members.

    Args:
        root: The folder of the repository.
    """
    readmes = [*root.glob("README.md"), *root.glob("tutti_*/README.md")]
    return sorted([*root.glob("docs/**/*.md"), *readmes, *root.glob("plugins/*/README.md")])


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of code of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found[1], found[2] or "", found[3])


def without_code(text: str) -> str:
    """Return a page without its blocks of code."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Return where the links of a page lead."""
    return _LINK.findall(without_code(text))


def headings(text: str) -> list[str]:
    """Return the headings of a page."""
    return [heading.strip() for heading in _HEADING.findall(without_code(text))]


def anchor(heading: str) -> str:
    """Return the anchor by which a heading is linked to."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of the same level or above.

    Args:
        text: The page.
        heading: The heading with its signs, such as ``## `tt up` ``.
    """
    level = len(heading) - len(heading.lstrip("#"))
    _, _, below = f"\n{text}".partition(f"\n{heading}\n")
    return re.split(rf"^#{{1,{level}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Return what is typed in a console block, each with the lines that answer it."""
    typed: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            typed.append((line[2:], []))
        elif typed:
            typed[-1][1].append(line)
    return typed
