"""What is built is whole, holds nothing else, and works alone with what it declares."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli

from tutti_core.config import known
from tutti_core.state.lock import Lock
from tutti_core.version import VERSION

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
    "tutti_openclaw": {"core", "openclaw"},
    "tutti_permissions": {"core", "permissions"},
    "tutti_testing": {"core", "demo"},
    "tutti_workflow": {"core", "workflow"},
    "tutti_worktree": {"core", "worktree"},
}
# Everything but the kit, which is for authors.
GIVES["tutti_all"] = {one for each in GIVES.values() for one in each}

# Imports every module of one package, then says what was imported, and what is installed, that
# neither is declared by the distribution of another nor by what that one needs.
STRANGERS = """
import importlib, json, pkgutil, re, sys
from importlib import metadata
def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()
def needed(name, found):
    if name not in found and name in installed:
        found.add(name)
        for need in metadata.requires(name) or ():
            needed(normal(re.split(r"[^\\w.-]", need)[0]), found)
    return found
installed = {normal(one.metadata["Name"]) for one in metadata.distributions()}
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
declared = needed(normal(sys.argv[2]), set())
owners = metadata.packages_distributions()
tops = {name.partition(".")[0] for name in sys.modules} & owners.keys()
imported = {top for top in tops if not declared & {normal(one) for one in owners[top]}}
print(json.dumps({"imported": sorted(imported), "installed": sorted(installed - declared)}))
"""

# Has every command that is known asked for, and says how each is answered.
EVERY_COMMAND = """
import contextlib, io, json
from tutti_core.cli.app import run
from tutti_core.config.known import COMMANDS
answers = {}
for name in COMMANDS:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = run([name, "--help"])
    answers[name] = [code, said.getvalue()]
print(json.dumps(answers))
"""

PROGRAMS = """
import json
from tutti_core import Plugins
print(json.dumps({name: one.program for name, one in Plugins.installed().runtimes().items()}))
"""

STRANGE = """
[workspace]
name = "strange"
[[agent]]
name = "one"
runtime = "amp"
[[agent]]
name = "two"
runtime = "gemini-cli"
[[agent]]
name = "three"
runtime = "codex"
"""

SEED = os.environ.get("TUTTI_SEED") or str(random.SystemRandom().randrange(10**6))
FEW, MANY = 3, 60


def done(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, which is to have that exit code; its whole story is told if not."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = f"{ended.args}\nexit {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    assert ended.returncode == code, told
    return ended


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command that is to succeed, and return what it printed."""
    return done(*command, cwd=cwd, env=env).stdout


def uv(*args: str | Path, cwd: Path) -> str:
    """Run the uv of this environment, which is never to fetch an interpreter."""
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    return run(sys.executable, "-m", "uv", *args, cwd=cwd, env=env)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of one run have in common."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def wheels(root: Path, shared: Path) -> Path:
    """A folder with the wheel of every member, each built from the sdist built before it."""
    out = shared / "wheels"
    with Lock(shared / "wheels.lock", timeout=120):
        if not out.exists():
            made = shared / "wheels.new"
            uv(
                *("build", "--all-packages", "--no-build-isolation"),
                *("--python", sys.executable, "--out-dir", made),
                cwd=root,
            )
            made.rename(out)
    return out


class House:
    """An environment that holds some members and what they declare, and a project beside it.

    Args:
        folder: Where it is.
        members: The members' folders, by name.
    """

    def __init__(self, folder: Path, members: Sequence[str]) -> None:
        self.folder, self.members = folder, members
        self.bin, self.programs = folder / "venv" / "bin", folder / "programs"
        path = f"{self.programs}{os.pathsep}{os.defpath}"
        self.env = {"HOME": str(folder), "PATH": path, "LANG": "C.UTF-8", "TMPDIR": str(folder)}
        self.project = folder / "project"

    def __call__(self, program: str, *args: str) -> str:
        """Run a program of it in the project, and return what it printed."""
        return run(self.bin / program, *args, cwd=self.project, env=self.env)

    def tt(self, *words: str) -> Any:
        """Run ``tt`` and return what it printed, read as JSON."""
        return json.loads(self("tt", *words, "--json"))

    def refused(self, *words: str) -> Any:
        """Run ``tt``, which is to refuse, and return the error, read as JSON."""
        argv = (self.bin / "tt", *words, "--json")
        return json.loads(done(*argv, cwd=self.project, env=self.env, code=1).stderr)["error"]

    def furnish(self) -> None:
        """Make the project a repository, and a program for each runtime that is not there."""
        self.project.mkdir()
        self.programs.mkdir()
        who = ("-c", "user.name=a", "-c", "user.email=a@tutti.invalid")
        for words in (("init", "--quiet"), (*who, "commit", "-q", "--allow-empty", "-m", "Begin")):
            run("git", *words, cwd=self.project, env=self.env)
        for program in json.loads(self("python", "-c", PROGRAMS)).values():
            if shutil.which(program, path=self.env["PATH"]) is None:
                (self.programs / program).write_text("#!/bin/sh\necho 2.1.0\n")
                (self.programs / program).chmod(0o755)

    @property
    def plugins(self) -> set[str]:
        """The plugins that are at work in it."""
        return set().union(*(GIVES[name] for name in self.members))

    @property
    def runtimes(self) -> set[str]:
        """The runtimes of ours that it has."""
        return {name for name, owner in known.RUNTIMES.items() if short(owner) in self.plugins}


def short(distribution: str) -> str:
    """What the plugin of a distribution of ours is called."""
    return distribution.removeprefix("tutti-")


@pytest.fixture(scope="session")
def houses(
    root: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., House]:
    """Builds the house of some members; the same members have the same house."""

    @cache
    def build(*members: str) -> House:
        folder = tmp_path_factory.mktemp("house")
        uv("venv", "--python", sys.executable, folder / "venv", cwd=folder)
        install(members, root=root, wheels=wheels, home=folder)
        house = House(folder, members)
        house.furnish()
        return house

    return build


@pytest.fixture(scope="session")
def alone(member: Path, houses: Callable[..., House]) -> House:
    """The house of one member."""
    return houses(member.name)


@pytest.fixture(scope="session")
def some(request: pytest.FixtureRequest, houses: Callable[..., House]) -> House:
    """The house of some members by number: the seed, which is printed, says which they are."""
    chance = random.Random(f"{SEED} {request.param}")
    members = chance.sample(sorted(GIVES), chance.randint(2, len(GIVES) - 1))
    sys.stdout.write(f"TUTTI_SEED={SEED}: {', '.join(sorted(members))}\n")
    return houses(*sorted(members))


@pytest.fixture(scope="session")
def version(root: Path) -> str:
    """The version of all members."""
    table = tomli.loads((root / "tutti_core" / "pyproject.toml").read_text())
    return str(table["project"]["version"])


def install(members: Sequence[str], *, root: Path, wheels: Path, home: Path) -> None:
    """Install members from the wheels; a registry is asked only if the cache lacks something."""
    command: Sequence[str | Path] = (
        *("pip", "install", "--python", home / "venv" / "bin" / "python"),
        *("-c", "constraints.txt", "--find-links", wheels),
        *(name.replace("_", "-") for name in members),
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


def test_every_module_imports_with_what_is_declared(member: Path, alone: House) -> None:
    """With nothing installed but what the member declares, none of its modules fails to import."""
    found = json.loads(alone("python", "-c", STRANGERS, member.name, member.name))
    assert found == {"imported": [], "installed": []}


def test_what_is_not_declared_is_found(houses: Callable[..., House]) -> None:
    """What the kit brings and imports is found to be more than the core declares."""
    found = json.loads(
        houses("tutti_testing")("python", "-c", STRANGERS, "tutti_testing", "tutti_core")
    )
    assert {"pytest", "tutti_testing"} <= set(found["imported"])
    assert {"pytest", "tutti-demo", "tutti-testing"} <= set(found["installed"])


def test_a_member_works_alone(alone: House, version: str) -> None:
    """Whatever is installed, ``tt`` works with what there is and knows what is missing."""
    works(alone, version)


@pytest.mark.parametrize("some", range(FEW), indirect=True)
def test_some_members_work_together(some: House, version: str) -> None:
    """So it is with members that were drawn by lot."""
    works(some, version)


def test_the_page_shows_what_is_said_of_a_missing_command(
    houses: Callable[..., House], root: Path
) -> None:
    """The directory of plugins shows it as it is."""
    house = houses("tutti_core")
    argv = (house.bin / "tt", "runtimes")
    told = done(*argv, cwd=house.project, env=house.env, code=2).stderr
    shown = (root / "docs" / "plugins" / "directory.md").read_text()
    assert f"$ tt runtimes\n{told}" in shown


def test_one_distribution_is_enough_for_a_team(houses: Callable[..., House]) -> None:
    """With one runtime and no policy to be had, what `tt init` wrote goes up, and down again."""
    house = houses("tutti_demo")
    (house.project / "tutti.toml").unlink(missing_ok=True)
    house.tt("init")
    with tempfile.TemporaryDirectory(prefix="tt-") as sockets:
        house.env |= {"TMUX_TMPDIR": sockets, "TUTTI_TMUX_SOCKET": "t"}
        try:
            assert [one["ok"] for one in house.tt("up")["results"]] == [True]
            assert [one["outcome"] for one in house.tt("down")["results"]] == ["stopped"]
        finally:
            subprocess.run(
                ["tmux", "-L", "t", "kill-server"],
                env=house.env,
                capture_output=True,
                timeout=20,
                check=False,
            )


@pytest.mark.soak
@pytest.mark.parametrize("some", range(FEW, MANY), indirect=True)
def test_any_members_work_together(some: House, version: str) -> None:
    """So it is with many more of them."""
    works(some, version)


def works(house: House, version: str) -> None:
    """Assert what holds of any installation."""
    assert house("tt", "--version") == f"tt {version}\n"
    listed = {one["name"]: (one["status"], one["reason"]) for one in house.tt("plugins")}
    assert listed == dict.fromkeys(house.plugins, ("ok", None))
    begins(house)
    answers(house)
    explains(house)


def begins(house: House) -> None:
    """Assert that a team is begun on what is installed, or that it is said what is missing."""
    if not house.runtimes:
        error = house.refused("init")
        assert error["message"] == "no runtime is installed, and a team needs one"
        assert "run `tt plugins install claude`" in error["hint"]
        return
    (house.project / "tutti.toml").unlink(missing_ok=True)
    begun = house.tt("init")
    assert set(begun["found"]) == house.runtimes
    assert [one["state"] for one in house.tt("status")] == ["stopped"]
    report = house.tt("doctor")
    assert [one for one in report["checks"] if one["status"] == "fail"] == []


def answers(house: House) -> None:
    """Assert that each command of ours is there, or is answered with who has it."""
    for name, (code, said) in json.loads(house("python", "-c", EVERY_COMMAND)).items():
        owner = known.COMMANDS[name]
        if code == 0:
            assert short(owner) in house.plugins
        elif short(owner) in house.plugins:
            assert code == 2
            assert said.startswith(f"error[tool]: tt {name} is not in {owner} ")
        else:
            assert code == 2
            assert said.startswith(f"error[tool]: tt {name} comes with {owner}, which ")
            assert len(said.splitlines()) == 2


def explains(house: House) -> None:
    """Assert that of each runtime that is not there it is said how to get it, or declare it."""
    house.project.joinpath("tutti.toml").write_text(STRANGE)
    error = house.refused("up")
    told = {one["path"]: (one["message"], one["remedy"]) for one in error["problems"]}
    declare = "declare it in a [[runtime]] table"
    if "custom" not in house.plugins:
        declare += "; that takes tutti-custom, which is not installed: "
        declare += "run `tt plugins install custom`"
    assert told.pop("agent[0].runtime") == (
        'no plugin gives a runtime "amp"',
        f"install a plugin that gives it, or {declare}",
    )
    assert told.pop("agent[1].runtime") == (
        f'runtime "gemini-cli" comes with tutti-gemini, which tutti {VERSION} does not have yet',
        f"do without it until a later tutti brings it, or {declare}",
    )
    if "codex" not in house.plugins:
        assert told.pop("agent[2].runtime") == (
            'runtime "codex" comes with tutti-codex, which is not installed',
            "run `tt plugins install codex`",
        )
    assert told == {}
