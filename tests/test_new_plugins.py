"""`tt plugins new` makes projects that are whole: they build, pass their tests, and are clean."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path

import pytest
import tomli

from projects import passed, python_with, run, wheel
from tutti_core.errors import ConfigError
from tutti_core.team.projects import LONGEST, SUMMARIES, checked_name, rendered
from tutti_testing import Stage

KINDS = tuple(SUMMARIES)
AWKWARD = {"runtime": "none", "detector": "a-3d", "step": "import", "sink": "w" * LONGEST}
"""Names that are words of Python's, or as long as a name may be."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project of each kind, made by the command, and nothing else."""
    folder = tmp_path_factory.mktemp("authors")
    stage = Stage(folder, folder, {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": ""})
    for kind in KINDS:
        name = AWKWARD.get(kind, f"my-{kind}")
        stage.tt("plugins", "new", kind, name, "--to", f"a-{kind}").well()
    return folder


@pytest.fixture(scope="module")
def python(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has a wheel of each project, beside what this one has."""
    wheels = [wheel(place / f"a-{kind}") for kind in KINDS]
    for one in wheels:
        with zipfile.ZipFile(one) as archive:
            assert any(name.endswith("/py.typed") for name in archive.namelist())
    return python_with(wheels, tmp_path_factory.mktemp("apart") / "venv")


@pytest.mark.parametrize("kind", KINDS)
def test_its_tests_pass(kind: str, place: Path, python: Path) -> None:
    """Once it is installed, every test of a new project passes, without a warning."""
    assert passed(python, place / f"a-{kind}") > len(("a suite", "and", "more"))


def test_its_tests_hold_its_code(place: Path, tmp_path: Path) -> None:
    """A new project's tests are about its own code: changed for the worse it fails them."""
    changed = tmp_path / "tutti_a_3d"
    shutil.copytree(place / "a-detector" / "src" / "tutti_a_3d", changed)
    text = (changed / "detector.py").read_text(encoding="utf-8")
    (changed / "detector.py").write_text(text.replace('"waiting"', '"wating"'), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "well_formed")
    with pytest.raises(AssertionError, match="there is no such state"):
        run(sys.executable, *words, cwd=place / "a-detector", env=env)


@pytest.mark.parametrize("name", ["a", "no-ne", "w" * LONGEST])
def test_they_are_well_formed(name: str, tmp_path: Path) -> None:
    """Linter and formatter have nothing to say of any kind, however long its name is."""
    for kind in KINDS:
        for path, text in rendered(kind, name):
            file = tmp_path / kind / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        for words in (("check",), ("format", "--check")):
            run(sys.executable, "-m", "ruff", *words, "--no-cache", ".", cwd=tmp_path / kind)


def test_they_are_typed(place: Path) -> None:
    """The strictest type checker has nothing to say, with the projects' own settings."""
    for kind in KINDS:
        cache = f"--cache-dir={place / 'mypy'}"
        run(sys.executable, "-m", "mypy", cache, "src", "tests", cwd=place / f"a-{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_it_declares_what_it_imports(kind: str) -> None:
    """Every distribution that the modules of a project import stands in its project file."""
    texts = dict(rendered(kind, "some"))
    needs = tomli.loads(texts["pyproject.toml"])["project"]["dependencies"]
    declared = {need.partition(">")[0].partition("~")[0].replace("-", "_") for need in needs}
    code = "\n".join(text for path, text in texts.items() if path.startswith("src/"))
    imported = {
        line.split()[1] for line in code.splitlines() if line.startswith(("from ", "import "))
    }
    own = {name for name in imported if name.startswith(".") or name == "__future__"}
    assert {name.partition(".")[0] for name in imported - own} - sys.stdlib_module_names <= declared


def test_nothing_is_left_to_fill_in() -> None:
    """No placeholder is left in any file or path."""
    for kind in KINDS:
        for path, text in rendered(kind, "some-thing"):
            assert "{{" not in text, path
            assert "PACKAGE" not in path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tutti", "a name of your own"),
        ("Gemini", "gemini"),
        ("gemini.cli", "gemini-cli"),
        ("my_plugin", "my-plugin"),
        ("a--b", "a-b"),
        ("-x", "x"),
        ("9lives", "a letter"),
        ("", "a letter"),
        ("..", "a letter"),
        ("a/b", "a-b"),
        ("é", "a letter"),
        ("x" * (LONGEST + 1), "x" * LONGEST),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(name: str, hint: str) -> None:
    """What cannot name a distribution and a package is refused, with one that can."""
    with pytest.raises(ConfigError) as refused:
        checked_name(name)
    assert hint in refused.value.hint


def test_the_prefix_may_be_given() -> None:
    """`tutti-parrot` and `parrot` are one name."""
    assert checked_name("tutti-parrot") == checked_name("parrot") == "parrot"


class TestTheCommand:
    """What `tt plugins new` says, refuses and leaves."""

    def test_it_says_what_is_next(self, workspace: Stage) -> None:
        """It names the files and the commands that install the project and run its tests."""
        said = workspace.tt("plugins", "new", "sink", "papers").well().stdout
        assert said.startswith("Made tutti-papers, a sink, in tutti-papers\n")
        assert "  src/tutti_papers/sink.py\n" in said
        assert "→ tt plugins install testing -e tutti-papers\n" in said
        assert said.endswith("-m pytest tutti-papers\n")

    def test_it_is_json(self, workspace: Stage) -> None:
        """With --json the same is one object."""
        made = workspace.tt("plugins", "new", "step", "write-down", "--json").well().json()
        assert (made["kind"], made["name"], made["distribution"], made["package"]) == (
            *("step", "write-down", "tutti-write-down", "tutti_write_down"),
        )
        folder = Path(made["folder"])
        there = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}
        assert there == set(made["files"])
        assert len(made["next"]) == 2

    def test_a_folder_that_is_there_is_left_alone(self, workspace: Stage) -> None:
        """An existing folder, file or dangling link is refused and not touched."""
        (workspace.root / "file").write_text("mine")
        (workspace.root / "folder").mkdir()
        (workspace.root / "link").symlink_to("nowhere")
        before = sorted(workspace.root.iterdir())
        for name in ("file", "folder", "link"):
            done = workspace.tt("plugins", "new", "sink", "papers", "--to", name).badly()
            assert "is there already" in done.stderr
        assert sorted(workspace.root.iterdir()) == before
        assert (workspace.root / "file").read_text() == "mine"

    def test_nothing_is_half_made(self, workspace: Stage) -> None:
        """Where the folder above is missing nothing is made, nor anything left behind."""
        before = sorted(workspace.root.iterdir())
        workspace.tt("plugins", "new", "sink", "papers", "--to", "no/where").badly()
        assert sorted(workspace.root.iterdir()) == before

    def test_others_can_read_it(self, workspace: Stage) -> None:
        """The folder has the permissions of one that was made by hand."""
        workspace.tt("plugins", "new", "sink", "papers").well()
        (workspace.root / "by-hand").mkdir()
        modes = {
            stat.S_IMODE((workspace.root / name).stat().st_mode)
            for name in ("by-hand", "tutti-papers")
        }
        assert len(modes) == 1

    @pytest.mark.parametrize(
        ("kind", "name", "owner"),
        [
            ("sink", "core", "tutti-core"),
            ("sink", "git", "tutti itself"),
            ("runtime", "claude-code", "tutti-claude"),
            ("step", "ensure-running", "tutti-workflow"),
            ("verb", "up", "tutti-core"),
            ("verb", "land", "tutti-git"),
            ("detector", "demo", "tutti"),
        ],
    )
    def test_a_name_that_is_taken_is_refused(
        self, workspace: Stage, kind: str, name: str, owner: str
    ) -> None:
        """Names of what is installed, and of what tutti itself has, are nobody's to take."""
        done = workspace.tt("plugins", "new", kind, name).badly()
        assert f"the name '{name}' is taken: it belongs to {owner}" in done.stderr
        assert not list(workspace.root.glob("tutti-*"))
