"""Each page on writing something is a project: built, installed, tested, and played."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import Block, blocks
from playing import Player

from projects import passed, python_with, wheel
from tutti_testing import Stage

PLUGINS = Path(__file__).parents[2] / "docs" / "plugins"
PAGES = ("detector", "step", "sink", "verb")
FIRST_SCREEN = 75  # lines

pytestmark = pytest.mark.timeout(180)


def page_of(kind: str) -> Path:
    """The page on writing something of a kind."""
    return PLUGINS / f"write-a-{kind}.md"


def files(kind: str) -> list[Block]:
    """The blocks of a page that are whole files of a project, by the name behind the fence."""
    found = [one for one in blocks(page_of(kind)) if "." in one.label]
    return [one for one in found if one.label != "tutti.toml"]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project of each page, copied out of it."""
    folder = tmp_path_factory.mktemp("pages")
    for kind in PAGES:
        for block in files(kind):
            path = folder / kind / block.label
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def python(projects: Path) -> Path:
    """An interpreter that has all of them, as wheels."""
    return python_with([wheel(projects / kind) for kind in PAGES], projects / "venv")


@pytest.mark.parametrize("kind", PAGES)
def test_it_works_on_its_first_screen(kind: str) -> None:
    """The project file and the code are whole, short, and what the reader sees first."""
    code = [one for one in files(kind) if not one.label.startswith("tests/")]
    assert code[0].label == "pyproject.toml"
    assert code[1].line + code[1].text.count("\n") <= FIRST_SCREEN
    assert page_of(kind).read_text().count("tt plugins new") == 1


# The same suites run over what `tt plugins new` makes, every day.
@pytest.mark.soak
@pytest.mark.parametrize("kind", PAGES)
def test_its_tests_pass(kind: str, projects: Path, python: Path) -> None:
    """Every test of the page passes, without a warning."""
    assert passed(python, projects / kind, "tests") > len(("a suite", "and", "more"))


@pytest.mark.parametrize("kind", PAGES)
def test_its_commands_answer_so(kind: str, python: Path, workspace: Stage) -> None:
    """What the page types is answered as it shows."""
    player = Player(workspace, str(python))
    player.cwd = workspace.root
    assert player.play(page_of(kind)) == []
