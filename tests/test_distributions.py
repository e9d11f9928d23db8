"""Every distribution of the workspace keeps the same promises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "tutti-"


def read(folder: Path) -> dict[str, Any]:
    """The whole project file of a folder."""
    return tomli.loads((folder / "pyproject.toml").read_text())


def project(folder: Path) -> dict[str, Any]:
    """The ``[project]`` table of a folder."""
    table: dict[str, Any] = read(folder)["project"]
    return table


def needs(folder: Path) -> list[Requirement]:
    """Whatever a folder asks for: to run, to be built, to be tested."""
    table = read(folder)
    groups = table.get("dependency-groups", {}).values()
    asked = [
        *table["project"]["dependencies"],
        *table.get("build-system", {}).get("requires", ()),
        *(need for group in groups for need in group),
    ]
    return [Requirement(need) for need in asked]


def pins(root: Path) -> list[Requirement]:
    """The lines of ``constraints.txt`` that pin something."""
    lines = (root / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def module_file(folder: Path, module: str) -> Path:
    """The file in which an entry point's module is, be it a module or a package."""
    path = folder / "src" / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.fixture
def core(root: Path) -> dict[str, Any]:
    """The core's ``[project]`` table, which the others are measured against."""
    return project(root / "tutti_core")


def test_the_folder_the_import_and_the_distribution_share_a_name(member: Path) -> None:
    """A member's folder is its one import package, and with hyphens its distribution."""
    assert project(member)["name"] == member.name.replace("_", "-")
    assert [path.name for path in (member / "src").iterdir()] == [member.name]
    assert (member / "src" / member.name / "__init__.py").is_file()


def test_nobody_takes_the_name_that_is_taken(member: Path) -> None:
    """Nothing is called plain ``tutti``, a name that belongs to another project."""
    assert project(member)["name"].startswith(OWN)
    assert member.name.startswith("tutti_")


def test_versions_move_together(member: Path, core: dict[str, Any]) -> None:
    """One version number, and one oldest Python, is everybody's."""
    assert project(member)["version"] == core["version"]
    assert project(member)["requires-python"] == core["requires-python"]


def test_the_core_says_its_version(root: Path, core: dict[str, Any]) -> None:
    """What ``tt --version`` prints is read from a constant, which is the distribution's version."""
    source = (root / "tutti_core/src/tutti_core/version.py").read_text()
    assert f'VERSION = "{core["version"]}"' in source.splitlines()


def test_pins_move_together(member: Path, core: dict[str, Any]) -> None:
    """A need for another member is a pin to this very release, which uv itself would not check."""
    run_time = project(member)["dependencies"]
    own = [need for need in run_time if need.startswith(OWN)]
    assert own == [f"{Requirement(need).name}~={core['version']}" for need in own]


def test_the_core_stands_alone(core: dict[str, Any]) -> None:
    """The core needs no other member."""
    assert not [need for need in core["dependencies"] if need.startswith(OWN)]


def test_everybody_else_stands_on_the_core(member: Path) -> None:
    """A member other than the core says that it needs it."""
    names = {need.name for need in needs(member)}
    assert member.name == "tutti_core" or "tutti-core" in names


def test_it_is_typed(member: Path) -> None:
    """Type checkers of others may rely on a member's annotations."""
    assert (member / "src" / member.name / "py.typed").is_file()
    assert "Typing :: Typed" in project(member)["classifiers"]


def test_it_is_licensed(member: Path, root: Path) -> None:
    """Each member has a copy of the licence; a link would be missing from what is built."""
    licence = member / "LICENSE"
    assert not licence.is_symlink()
    assert licence.read_bytes() == (root / "LICENSE").read_bytes()
    assert project(member)["license-files"] == ["LICENSE"]


def test_it_is_explained(member: Path) -> None:
    """Each member has a readme of its own, headed by its name."""
    table = project(member)
    heading, _, text = (member / table["readme"]).read_text().partition("\n")
    assert heading == f"# {table['name']}"
    assert text.strip()


def test_only_the_core_owns_the_command(member: Path) -> None:
    """``tt`` has one owner: with two, removing one of them would remove the other's file."""
    scripts = project(member).get("scripts", {})
    assert scripts == ({"tt": "tutti_core.cli:main"} if member.name == "tutti_core" else {})


def test_entry_points_lead_somewhere(member: Path) -> None:
    """The module behind each entry point and each script is a file of the same member."""
    table = project(member)
    groups = [*table.get("entry-points", {}).values(), table.get("scripts", {})]
    modules = [target.partition(":")[0] for group in groups for target in group.values()]
    assert [name for name in modules if not module_file(member, name).is_file()] == []


def test_a_plugin_is_named_for_its_distribution(member: Path) -> None:
    """The entry point of ``tutti-x`` is called ``x``, so that both names lead to each other."""
    entries = project(member).get("entry-points", {}).get("tutti", {})
    assert list(entries) in ([], [member.name.removeprefix("tutti_")])


def test_tests_are_not_a_package(member: Path, root: Path) -> None:
    """No tests folder is a package: two packages called ``tests`` cannot be imported together."""
    found = [*member.glob("tests/**/__init__.py"), *root.glob("tests/**/__init__.py")]
    assert found == []


def test_the_workspace_knows_the_member(member: Path, root: Path) -> None:
    """A member is found by uv inside the workspace and is type-checked with the others."""
    tool = read(root)["tool"]
    source = f"$MYPY_CONFIG_FILE_DIR/{member.relative_to(root)}/src"
    assert tool["uv"]["sources"][project(member)["name"]] == {"workspace": True}
    assert source in tool["mypy"]["mypy_path"]
    assert member.name in tool["mypy"]["packages"]


def test_the_workspace_is_never_published(root: Path) -> None:
    """The root is an environment to work in, not a package."""
    assert read(root)["tool"]["uv"]["package"] is False
    assert "build-system" not in read(root)


def folders(root: Path) -> Iterator[Path]:
    """The root and every member."""
    yield root
    yield from (path.parent for path in root.glob("tutti_*/pyproject.toml"))
    yield from (path.parent for path in root.glob("plugins/*/pyproject.toml"))


def test_constraints_cover_what_is_declared(root: Path) -> None:
    """Everything that any project file asks for is pinned, to a version which that file allows."""
    pinned = pins(root)
    for need in (need for folder in folders(root) for need in needs(folder)):
        if need.name.startswith(OWN):
            continue
        matches = [
            pin for pin in pinned if canonicalize_name(pin.name) == canonicalize_name(need.name)
        ]
        versions = [clause.version for pin in matches for clause in pin.specifier]
        assert versions, f"{need} is not pinned"
        assert all(need.specifier.contains(version) for version in versions), str(need)


def test_constraints_are_exact_and_name_no_place(root: Path) -> None:
    """A pin is one version; where files come from, and their hashes, is each user's own matter."""
    for pin in pins(root):
        assert [clause.operator for clause in pin.specifier] == ["=="], str(pin)
        assert pin.url is None, str(pin)
    assert "--" not in (root / "constraints.txt").read_text()


def marks(test: Path) -> set[str]:
    """The names that a test file's ``pytestmark`` is made of."""
    marked = [
        node.value
        for node in ast.parse(test.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    return {
        node.attr for value in marked for node in ast.walk(value) if isinstance(node, ast.Attribute)
    }


def test_real_tests_are_marked(root: Path) -> None:
    """A file in ``tests/real`` marks itself ``real``, so that `make test` leaves it out."""
    found = [
        *root.glob("tutti_*/tests/real/test_*.py"),
        *root.glob("plugins/*/tests/real/test_*.py"),
    ]
    assert [str(test) for test in found if "real" not in marks(test)] == []
