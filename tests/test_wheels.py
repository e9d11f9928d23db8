"""What is built is whole, holds nothing else, and works alone with what it declares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tomli

# The first test waits for all the wheels, and the first of each member for an installation.
pytestmark = pytest.mark.timeout(300)

# What `tt plugins` shows of ours when a distribution is installed with what it declares.
GIVES = {
    "tutti_core": {"core"},
    "tutti_aider": {"core", "aider"},
    "tutti_claude": {"core", "claude"},
    "tutti_codex": {"core", "codex"},
    "tutti_custom": {"core", "custom"},
    "tutti_demo": {"core", "demo"},
    "tutti_permissions": {"core", "permissions"},
    "tutti_testing": {"core", "demo"},
    "tutti_all": {"core", "aider", "claude", "codex", "custom", "demo", "permissions"},
}

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""

Run = Callable[..., str]


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed; its whole story is told if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = f"{done.args}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    return done.stdout


def uv(*args: str | Path, cwd: Path) -> str:
    """Run the uv of this environment, which is never to fetch an interpreter."""
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    return run(sys.executable, "-m", "uv", *args, cwd=cwd, env=env)


@pytest.fixture(scope="session")
def wheels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of every member, each built from the sdist built before it."""
    out = tmp_path_factory.mktemp("wheels")
    uv(
        *("build", "--all-packages", "--no-build-isolation"),
        *("--python", sys.executable, "--out-dir", out),
        cwd=root,
    )
    return out


@pytest.fixture(scope="session")
def alone(root: Path, member: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of an environment that holds one member and what it declares."""
    home = tmp_path_factory.mktemp(member.name)
    uv("venv", "--python", sys.executable, home / "venv", cwd=home)
    install(member.name, root=root, wheels=wheels, home=home)
    env = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": str(home)}

    def run_alone(program: str, *args: str) -> str:
        return run(home / "venv" / "bin" / program, *args, cwd=home, env=env)

    return run_alone


@pytest.fixture(scope="session")
def version(root: Path) -> str:
    """The version of all members."""
    table = tomli.loads((root / "tutti_core" / "pyproject.toml").read_text())
    return str(table["project"]["version"])


def install(name: str, *, root: Path, wheels: Path, home: Path) -> None:
    """Install a member from the wheels; a registry is asked only if the cache lacks something."""
    command: Sequence[str | Path] = (
        *("pip", "install", "--python", home / "venv" / "bin" / "python"),
        *("-c", "constraints.txt", "--find-links", wheels),
        name.replace("_", "-"),
    )
    try:
        uv(*command, "--offline", cwd=root)
    except AssertionError:
        uv(*command, cwd=root)


def contents(wheel: Path) -> set[str]:
    """The names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def source_files(member: Path) -> set[str]:
    """The files of a member's package, as a wheel would name them."""
    source = member / "src"
    files = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    return {str(path) for path in files if not any(is_by_product(part) for part in path.parts)}


def is_by_product(name: str) -> bool:
    """Whether a file or folder of this name is what tools leave behind."""
    return name == "__pycache__" or name.startswith(".")


def test_every_member_is_expected(member: Path) -> None:
    """A new member says here what it gives when it is installed alone."""
    assert member.name in GIVES


def test_the_wheel_holds_the_package_and_the_licence(member: Path, wheels: Path) -> None:
    """The wheel holds all that is in the package's folder, and beside it only what describes it."""
    (wheel,) = wheels.glob(f"{member.name}-*.whl")
    held = contents(wheel)
    about = {name for name in held if name.partition("/")[0].endswith(".dist-info")}
    assert held - about == source_files(member)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in about)


def test_every_module_imports_with_what_is_declared(member: Path, alone: Run) -> None:
    """With nothing installed but what the member declares, none of its modules fails to import."""
    alone("python", "-c", IMPORT_EVERYTHING, member.name)


def test_the_command_works(alone: Run, version: str) -> None:
    """``tt`` comes with every member, and knows its own version."""
    assert alone("tt", "--version") == f"tt {version}\n"


def test_its_plugins_are_found(member: Path, alone: Run) -> None:
    """``tt plugins`` lists what the member brings, and nothing of it is broken."""
    listed = json.loads(alone("tt", "plugins", "--json"))
    found = {plugin["name"]: (plugin["status"], plugin["reason"]) for plugin in listed}
    assert found == dict.fromkeys(GIVES[member.name], ("ok", None))
