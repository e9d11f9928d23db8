"""The pages hold together: links lead somewhere, generated parts are those of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from pages import anchor, headings, links, pages

GENERATE = "docs/tools/generate.py"


def generate(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the generator as somebody who works on the docs does."""
    return subprocess.run(
        [sys.executable, str(root / GENERATE), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def broken(root: Path) -> list[str]:
    """Links between the pages of a repository that lead nowhere, as ``page -> target``."""
    return [
        f"{page.relative_to(root)} -> {link}"
        for page in pages(root)
        for link in links(page.read_text(encoding="utf-8"))
        if "://" not in link and not leads_somewhere(page, link)
    ]


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a link's file is there, with the heading it names."""
    path, _, wanted = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not wanted:
        return target.exists()
    return target.is_file() and wanted in map(anchor, headings(target.read_text(encoding="utf-8")))


def unreachable(root: Path) -> set[Path]:
    """Pages of docs to which no link leads, however many pages one goes through."""
    found, ahead = set[Path](), [root / "README.md"]
    while ahead:
        page = ahead.pop()
        found.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)}
        ahead += [one for one in targets - found if one.suffix == ".md" and one.is_file()]
    return set(root.glob("docs/**/*.md")) - found


def links_of(page: Path) -> list[str]:
    """The links of a page to other files."""
    every = links(page.read_text(encoding="utf-8"))
    return [link for link in every if "://" not in link and not link.startswith("#")]


class TestLinks:
    """A reader who follows a link arrives."""

    def test_here(self, root: Path) -> None:
        """Every relative link leads to a file, and to a heading in it if it names one."""
        assert broken(root) == []

    def test_every_page_is_linked_to(self, root: Path) -> None:
        """Whoever starts at the README finds every page."""
        assert unreachable(root) == set()

    def test_a_link_to_nothing_is_found(self, tmp_path: Path) -> None:
        """A missing file, a missing heading and a page nobody links to are found."""
        (tmp_path / "docs").mkdir()
        text = "# A page\n[a](docs/b.md) [b](docs/c.md) [c](docs/b.md#what-to-do) [d](#no)\n"
        (tmp_path / "README.md").write_text(text)
        (tmp_path / "docs" / "b.md").write_text("## What to do?\n[up](../README.md#a-page)\n")
        (tmp_path / "docs" / "lost.md").write_text("# Lost\n")
        assert broken(tmp_path) == ["README.md -> docs/c.md", "README.md -> #no"]
        assert unreachable(tmp_path) == {tmp_path / "docs" / "lost.md"}


class TestGeneratedParts:
    """What comes from the code is what the code says now."""

    def test_here(self, root: Path) -> None:
        """Every generated part is current; if not, run `docs/tools/generate.py`."""
        checked = generate(root, "--check")
        assert (checked.stdout, checked.stderr, checked.returncode) == ("", "", 0)

    def test_a_stale_part_is_found_and_mended(self, root: Path, tmp_path: Path) -> None:
        """Checking names the page and writes nothing; writing makes it current."""
        shutil.copytree(root / "docs", tmp_path / "docs")
        generate(root, "--docs", str(tmp_path / "docs"))
        page = tmp_path / "docs" / "reference" / "states.md"
        current = page.read_text(encoding="utf-8")
        page.write_text(current.replace("`working` | `ok`", "`busy` | `ok`"), encoding="utf-8")
        stale = page.read_text(encoding="utf-8")
        checked = generate(root, "--check", "--docs", str(tmp_path / "docs"))
        assert checked.returncode == 1
        assert str(page) in checked.stdout
        assert page.read_text(encoding="utf-8") == stale
        written = generate(root, "--docs", str(tmp_path / "docs"))
        assert (written.returncode, written.stdout) == (0, f"{page}\n")
        assert page.read_text(encoding="utf-8") == current


class TestForm:
    """Pages look alike, and speak of nobody's own machine."""

    def test_one_title(self, root: Path) -> None:
        """Every page begins with its one title."""
        for page in pages(root):
            text = page.read_text(encoding="utf-8")
            assert text.startswith("# "), page
            assert len(re.findall(r"^# ", strip_code(text), re.MULTILINE)) == 1, page

    def test_places_are_the_readers(self, root: Path) -> None:
        """An absolute path is one that a reader has: a home called you, or the system's."""
        for page in pages(root):
            text = page.read_text(encoding="utf-8")
            for path in re.findall(r"(?<![\w.~…>}\])/-])(/[a-z]+/[\w.-]+)", text):
                assert path in {"/home/you", "/bin/sh", "/dev/null"}, f"{page.name}: {path}"


def strip_code(text: str) -> str:
    """A page without its blocks, in which `#` may begin a comment."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
