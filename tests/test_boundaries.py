"""What one distribution may import of another, and of what it never declared.

Each rule is a function from a folder to complaints. The tests hold it against this repository,
and then against a small tree with one fault in it, which it must find.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import tomli

from source_imports import Import, grow, imports

# What a plugin may import of the core; the first holds the names it exports and not its modules.
PUBLIC = ("tutti_core", "tutti_core.errors")

# The kit for authors drives the demo's agent, so that there is no second one.
FRIENDS = {"tutti_testing": {"tutti_demo"}}

# In the standard library of the Python that runs this, but not in that of the oldest one supported.
TOO_NEW = {"tomllib"}


def undeclared(member: Path) -> list[str]:
    """Imports of what is neither Python's own, nor the member itself, nor declared by it."""
    needs = tomli.loads((member / "pyproject.toml").read_text())["project"]["dependencies"]
    declared = {normal(re.split(r"[^\w.-]", need)[0]) for need in needs}
    allowed = (sys.stdlib_module_names - TOO_NEW) | {member.name}
    owners = packages_distributions()
    return [
        f"{each}: not declared"
        for each in imports(member)
        if (top := each.module.partition(".")[0]) not in allowed
        and not declared & {normal(owner) for owner in owners.get(top, [top])}
    ]


def normal(name: str) -> str:
    """A distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def strangers(member: Path) -> list[str]:
    """Imports of other members, except of the core's public names and between friends."""
    return [
        f"{each}: {member.name} does not know it"
        for each in imports(member)
        if each.module.startswith("tutti_")
        and each.module.partition(".")[0] not in {member.name, *FRIENDS.get(member.name, ())}
        and not (member.name != "tutti_core" and is_public(each, member))
    ]


def is_public(each: Import, member: Path) -> bool:
    """Whether an import takes a name that the core exports, rather than one of its modules."""
    if each.module == "tutti_core.errors" or (each.module, each.name) == ("tutti_core", "errors"):
        return True
    root = next(folder for folder in member.parents if (folder / "tutti_core").is_dir())
    core = root / "tutti_core" / "src" / "tutti_core"
    is_module = (core / each.name).is_dir() or (core / f"{each.name}.py").is_file()
    return each.module in PUBLIC and not each.name.startswith("_") and not (each.name and is_module)


class TestWhatADistributionImports:
    """A member imports Python's own, itself and what it declares."""

    def test_here(self, member: Path) -> None:
        """Nothing in this repository imports what its distribution does not declare."""
        assert undeclared(member) == []

    def test_an_undeclared_import_is_found(self, tmp_path: Path) -> None:
        """An import of something undeclared is found, also inside a function."""
        text = "import click\nimport os\ndef run():\n    import yaml.nodes\n"
        grow(tmp_path, {"tutti_x/a.py": text})
        assert undeclared(tmp_path / "tutti_x") == ["a.py:4 yaml.nodes: not declared"]

    def test_a_module_that_the_oldest_python_lacks_is_found(self, tmp_path: Path) -> None:
        """``tomllib`` is not there on every supported Python."""
        grow(tmp_path, {"tutti_x/a.py": "import tomllib\n"})
        assert undeclared(tmp_path / "tutti_x") == ["a.py:1 tomllib: not declared"]


class TestWhatAPluginKnows:
    """A plugin knows the core's public names and no other plugin."""

    def test_here(self, member: Path) -> None:
        """No member of this repository reaches into another."""
        assert strangers(member) == []

    def test_the_core_knows_no_plugin(self, tmp_path: Path) -> None:
        """A plugin imported by the core is found."""
        grow(tmp_path, {"tutti_core/cli.py": "def main():\n    import tutti_x\n"})
        assert strangers(tmp_path / "tutti_core") == [
            "cli.py:2 tutti_x: tutti_core does not know it"
        ]

    def test_plugins_do_not_know_each_other(self, tmp_path: Path) -> None:
        """One plugin imported by another is found, even for its types alone."""
        text = "if TYPE_CHECKING:\n    from tutti_y import Y\n"
        grow(tmp_path, {"tutti_x/a.py": text})
        assert strangers(tmp_path / "tutti_x") == ["a.py:2 tutti_y.Y: tutti_x does not know it"]

    def test_the_rooms_of_the_core_are_closed_to_plugins(self, tmp_path: Path) -> None:
        """A module of the core is found in every spelling; exported names and errors are free."""
        text = (
            "import tutti_core\n"
            "from tutti_core import Launch\n"
            "from tutti_core.errors import TuttiError\n"
            "from tutti_core.team import up\n"
            "from tutti_core import team\n"
            "import tutti_core.team\n"
            "from tutti_core import _private\n"
        )
        grow(tmp_path, {"tutti_core/team/__init__.py": "", "tutti_x/a.py": text})
        found = [complaint.partition(" ")[0] for complaint in strangers(tmp_path / "tutti_x")]
        assert found == ["a.py:4", "a.py:5", "a.py:6", "a.py:7"]

    def test_the_kit_may_drive_the_demo(self, tmp_path: Path) -> None:
        """The kit for authors knows the demo, and the demo does not know the kit."""
        files = {
            "tutti_testing/a.py": "import tutti_demo\n",
            "tutti_demo/a.py": "import tutti_testing\n",
        }
        grow(tmp_path, files)
        assert strangers(tmp_path / "tutti_testing") == []
        assert strangers(tmp_path / "tutti_demo") == [
            "a.py:1 tutti_testing: tutti_demo does not know it"
        ]


class TestWhoKnowsPluggy:
    """The library by which hooks are called can be exchanged in one place."""

    def test_here(self, root: Path) -> None:
        """One module loads and calls plugins; another makes the two decorators."""
        users = {
            each.file.name
            for member in sorted(root.glob("tutti_*")) + sorted(root.glob("plugins/tutti_*"))
            for each in imports(member)
            if each.module.partition(".")[0] == "pluggy"
        }
        assert users == {"markers.py", "registry.py"}
