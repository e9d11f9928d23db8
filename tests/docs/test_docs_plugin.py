"""The pages for plugin authors are a project: it is built, installed, tested and started."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from pages import Block, blocks
from playing import Player

from projects import passed, python_with, wheel
from tutti_testing import RuntimeConformance, Stage

PLUGINS = Path(__file__).parents[2] / "docs" / "plugins"
RUNTIME, KIT = PLUGINS / "write-a-runtime.md", PLUGINS / "test-one.md"
FIRST_SCREEN = 75  # lines

pytestmark = pytest.mark.timeout(180)


def files(page: Path) -> list[Block]:
    """The blocks of a page that are whole files, by the file's name behind the fence."""
    return [block for block in blocks(page) if "." in block.label or block.label.startswith("bin/")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of both pages, copied out of them; the kit's page adds to the project file."""
    folder = tmp_path_factory.mktemp("tutti-parrot")
    for block in [*files(RUNTIME), *files(KIT)]:
        path = folder / block.label
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(block.text)
    (folder / "bin" / "parrot").chmod(0o755)
    (folder / "tutti.toml").unlink()
    return folder


@pytest.fixture(scope="module")
def python(project: Path) -> Path:
    """An interpreter that has the project's wheel, beside what this one has."""
    return python_with([wheel(project)], project / "venv")


def test_it_works_on_its_first_screen() -> None:
    """The project file and the module are whole, short, and what the reader sees first."""
    first = files(RUNTIME)[:2]
    assert [block.label for block in first] == ["pyproject.toml", "tutti_parrot.py"]
    assert [block.text.count("\n") <= most for block, most in zip(first, (15, 45), strict=True)]
    assert first[1].line + first[1].text.count("\n") <= FIRST_SCREEN


def test_its_wheel_is_a_plugin(project: Path, python: Path, tmp_path: Path) -> None:
    """The wheel holds the module, and `tt plugins` lists what it gives."""
    with zipfile.ZipFile(next((project / "out").glob("*.whl"))) as archive:
        assert "tutti_parrot.py" in archive.namelist()
    stage = Stage(tmp_path / "any", tmp_path, {**os.environ, "HOME": str(tmp_path)})
    rows = stage.run(str(python), "-m", "tutti_core", "plugins", "--json").well().json()
    assert {
        "name": "parrot",
        "distribution": "tutti-parrot",
        "gives": ["runtimes"],
    }.items() <= next(row.items() for row in rows if row["name"] == "parrot")


# The suites of what `tt plugins new` makes run every day.
@pytest.mark.soak
def test_its_tests_pass(project: Path, python: Path) -> None:
    """Every test of the pages passes: the suites, the saved screens, and a real team."""
    laws = [name for name in dir(RuntimeConformance) if name.startswith("test_")]
    assert passed(python, project, "tests") > len(laws)


def test_a_screen_in_the_wrong_folder_fails(project: Path, python: Path) -> None:
    """The saved screens of the page are really read: one in another folder is misread."""
    corpus = project / "tests" / "corpus"
    moved = (corpus / "working" / "1.0-thinking.txt").rename(corpus / "idle" / "1.0-wrong.txt")
    with pytest.raises(AssertionError, match="1 failed"):
        passed(python, project, "tests/test_parrot.py")
    moved.rename(corpus / "working" / "1.0-thinking.txt")


def test_the_team_of_the_page_goes_up_and_down(
    project: Path, python: Path, workspace: Stage
) -> None:
    """The commands of the page answer what it shows, from `tt plugins` to `tt down`."""
    player = Player(workspace, str(python))
    player.cwd = workspace.root
    workspace.env["PATH"] = f"{workspace.env['PATH']}:{project / 'bin'}"
    assert player.play(RUNTIME) == []
