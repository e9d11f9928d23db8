"""Which room of the core may use which, and what the quick ones may wait for.

Each rule is a function from the core's folder to complaints. The tests hold it against this
repository, and then against a small tree with one fault in it, which it must find.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from source_imports import Import, grow, imports

# The rooms of the core, ground floor first: a room may use itself and what lies below it.
# `state` is below `config`, which writes what it compiled, and the file it edits, as safely as any.
# `__init__` is what plugin authors import: it shows names of every room, and no room uses it.
ROOMS = (
    "version",
    "errors",
    "model",
    "state",
    "undoing",
    "log",
    "config",
    "terminal",
    "git",
    "markers",
    "hookspecs",
    "discovery",
    "registry",
    "plugins",
    "detection",
    "watching",
    "team",
    "cli",
    "__init__",
    "builtin",
    "__main__",
)

# `tt status` runs through these, and may not wait for the others to be imported.
LIGHT = ("terminal", "detection", "state.files", "model.reading", "config.cache")
HEAVY = ("attr", "attrs", "cattrs", "pluggy", "structlog", "libtmux", "tomlkit", "hypothesis")
HEAVY_OF_PYTHON = ("asyncio", "http", "importlib.metadata")


def room_of(each: Import) -> str:
    """The room of the core that an import leads to."""
    parts = each.module.split(".")
    if len(parts) > 1:
        return parts[1]
    return each.name if each.name in ROOMS else "__init__"


def home_of(each: Import, core: Path) -> str:
    """The room of the core that an import stands in."""
    return each.file.relative_to(core / "src" / core.name).parts[0].removesuffix(".py")


def upward(core: Path) -> list[str]:
    """Imports from a room of the core into one above it; those for type checkers are free."""
    complaints = []
    for each in imports(core):
        if each.module.partition(".")[0] != core.name or each.where == "typing":
            continue
        home, room = home_of(each, core), room_of(each)
        if room != home and ROOMS.index(room) >= ROOMS.index(home):
            complaints.append(f"{each}: {home} may not reach up to {room}")
    return complaints


def unknown_rooms(core: Path) -> list[str]:
    """Modules and packages of the core that have no place in the order of rooms."""
    inside = core / "src" / core.name
    names = {path.stem for path in inside.glob("*.py")} | {
        path.parent.name for path in inside.glob("*/__init__.py")
    }
    return sorted(names - set(ROOMS))


def light_modules(core: Path) -> list[str]:
    """The modules on the quick path, by name."""
    inside = core / "src"
    names = [
        ".".join(file.relative_to(inside).with_suffix("").parts).removesuffix(".__init__")
        for file in sorted(inside.rglob("*.py"))
    ]
    quick = tuple(f"{core.name}.{room}" for room in LIGHT)
    return [
        name
        for name in names
        if name in quick or name.startswith(tuple(f"{room}." for room in quick))
    ]


def heavy(core: Path) -> list[str]:
    """Heavy imports that happen as soon as a module on the quick path is imported."""
    quick = set(light_modules(core))
    slow = {*HEAVY, *HEAVY_OF_PYTHON}
    return [
        f"{each}: too slow to import for all of the module"
        for each in imports(core)
        if each.where == "module"
        and module_of(each.file, core) in quick
        and slow & {each.module.partition(".")[0], each.module, f"{each.module}.{each.name}"}
    ]


def module_of(file: Path, core: Path) -> str:
    """The dotted name of a source file."""
    parts = file.relative_to(core / "src").with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def loaded(core: Path) -> list[str]:
    """Heavy modules that are there once the quick path is imported, however many steps away.

    The process that tries has nothing but Python itself and the core, so that an import of anything
    else shows as the error which ends it.
    """
    program = (
        "import sys, importlib\n"
        f"sys.path.insert(0, {str(core / 'src')!r})\n"
        f"for name in {light_modules(core)!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {HEAVY_OF_PYTHON!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout.split() or done.stderr.splitlines()[-1:]


class TestTheRoomsOfTheCore:
    """An arrow between rooms points down."""

    def test_here(self, root: Path) -> None:
        """No room of the core uses one above it."""
        assert upward(root / "tutti_core") == []

    def test_every_room_has_a_floor(self, root: Path) -> None:
        """A new module of the core is given its place in the order before it is used."""
        assert unknown_rooms(root / "tutti_core") == []

    def test_a_room_without_a_floor_is_found(self, tmp_path: Path) -> None:
        """Modules and packages alike are found."""
        grow(tmp_path, {"tutti_core/attic.py": "", "tutti_core/shed/__init__.py": ""})
        assert unknown_rooms(tmp_path / "tutti_core") == ["attic", "shed"]

    def test_an_arrow_upward_is_found(self, tmp_path: Path) -> None:
        """It is found in every spelling and inside functions, and only for types it is free."""
        text = (
            "from ..team import up\n"
            "from .. import team\n"
            "def run():\n"
            "    import tutti_core.team.up\n"
            "    from tutti_core import Launch\n"
            "if TYPE_CHECKING:\n"
            "    from ..team import context\n"
            "from ..errors import TuttiError\n"
            "from .other import thing\n"
        )
        grow(tmp_path, {"tutti_core/state/files.py": text})
        assert upward(tmp_path / "tutti_core") == [
            "files.py:1 tutti_core.team.up: state may not reach up to team",
            "files.py:2 tutti_core.team: state may not reach up to team",
            "files.py:4 tutti_core.team.up: state may not reach up to team",
            "files.py:5 tutti_core.Launch: state may not reach up to __init__",
        ]


class TestTheQuickPath:
    """What ``tt status`` runs through waits for no heavy import."""

    def test_here_as_written(self, root: Path) -> None:
        """No module on the quick path imports anything heavy at its top."""
        assert heavy(root / "tutti_core") == []

    def test_here_as_run(self, root: Path) -> None:
        """Importing the quick path loads nothing heavy through any number of steps."""
        assert light_modules(root / "tutti_core")
        assert loaded(root / "tutti_core") == []

    def test_a_heavy_import_is_found(self, tmp_path: Path) -> None:
        """It is found at the top of a module on the quick path, and free inside its functions."""
        text = (
            "import attrs\n"
            "from importlib import metadata\n"
            "from http.client import HTTPConnection\n"
            "def run():\n"
            "    import tomlkit\n"
        )
        grow(tmp_path, {"tutti_core/terminal/a.py": text, "tutti_core/team/a.py": "import attrs\n"})
        found = [
            complaint.partition(":")[0] + complaint[4:6]
            for complaint in heavy(tmp_path / "tutti_core")
        ]
        assert found == ["a.py:1", "a.py:2", "a.py:3"]

    def test_a_heavy_import_some_steps_away_is_found(self, tmp_path: Path) -> None:
        """A quick module whose own import imports something heavy is found by running it."""
        files = {
            "tutti_core/__init__.py": "",
            "tutti_core/terminal/__init__.py": "from ..model import thing",
            "tutti_core/model/__init__.py": "",
            "tutti_core/model/thing.py": "import asyncio",
        }
        grow(tmp_path, files)
        assert "asyncio" in loaded(tmp_path / "tutti_core")

    def test_a_dependency_some_steps_away_is_found(self, tmp_path: Path) -> None:
        """The same holds for whatever is not Python's own."""
        grow(
            tmp_path,
            {"tutti_core/__init__.py": "import attrs", "tutti_core/terminal/__init__.py": ""},
        )
        assert loaded(tmp_path / "tutti_core") == ["ModuleNotFoundError: No module named 'attrs'"]
