"""Whether OpenClaw can run on the Node.js there is, before it is started and for the doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tutti_core import Agent, Arrangement, Workspace
from tutti_core.errors import RuntimeFailure
from tutti_openclaw.checks import examined, require_node
from tutti_openclaw.node import allowed

WANTED = ">=24.16.0 <25 || >=26.1.0"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a machine with programs of our own on PATH, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Machine(tmp_path)


class Machine:
    """What is installed."""

    def __init__(self, root: Path) -> None:
        self.bin, self.package = root / "bin", root / "lib" / "openclaw"
        self.bin.mkdir()
        self.package.mkdir(parents=True)

    def node(self, version: str) -> None:
        """Install a Node.js that says its version."""
        self._program(self.bin / "node", f"echo v{version}")

    def openclaw(self, exit_code: int, wanted: object = WANTED) -> None:
        """Install OpenClaw as npm does: a link into a package that says what it wants."""
        package = {"engines": {"node": wanted}}
        (self.package / "package.json").write_text(json.dumps(package))
        self._program(self.package / "openclaw.mjs", f"exit {exit_code}")
        (self.bin / "openclaw").symlink_to(self.package / "openclaw.mjs")

    def _program(self, path: Path, line: str) -> None:
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)


def refused() -> RuntimeFailure | None:
    """Return how a start is refused, or None if it is not."""
    try:
        require_node(("openclaw",), {})
    except RuntimeFailure as error:
        return error
    return None


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("20.20.2", False),
        ("24.15.9", False),
        ("24.16.0", True),
        ("24.99.0", True),
        ("25.9.0", False),
        ("26.0.9", False),
        ("26.1.0", True),
        ("30.0.0", True),
    ],
)
def test_the_range_is_read_as_npm_means_it(version: str, good: bool) -> None:
    """Parts with a bar between them are alternatives; bounds in one part hold together."""
    assert allowed(version, WANTED) is good


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        (">=22.19.0", "22.19.0", "22.18.9"),
        ("^22.1", "22.9.0", "23.0.0"),
        ("~22.1.3", "22.1.9", "22.2.0"),
        ("22", "22.4.1", "23.0.0"),
        (">22.0.0 <=24.1.0", "24.1.0", "24.1.1"),
    ],
)
def test_other_ways_to_say_it(wanted: str, good: str, bad: str) -> None:
    """Another release may say what it wants in another way."""
    assert allowed(good, wanted)
    assert not allowed(bad, wanted)


def test_what_no_range_says_is_not_allowed() -> None:
    """A range that cannot be read proves nothing; the program is then asked."""
    assert not allowed("26.1.0", "")
    assert not allowed("26.1.0", "latest")


def test_an_old_one_is_refused(machine: Machine) -> None:
    """In one line: what runs there, what was found, and what to do."""
    machine.node("20.20.2")
    machine.openclaw(exit_code=1)
    refusal = refused()
    assert refusal is not None
    assert refusal.message == f"OpenClaw runs on Node.js {WANTED}; found 20.20.2"
    assert "nvm install" in refusal.hint


def test_none_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Node.js at all is named as such."""
    machine.openclaw(exit_code=127)
    monkeypatch.setenv("PATH", str(machine.bin))
    refusal = refused()
    assert refusal is not None
    assert refusal.message.endswith("found none on PATH")


def test_a_good_one_is_not_asked_twice(machine: Machine) -> None:
    """OpenClaw takes a second to say its version, so where Node.js is right it is not asked."""
    machine.node("26.10.0")
    machine.openclaw(exit_code=1)
    assert refused() is None


def test_a_program_that_runs_is_believed(machine: Machine) -> None:
    """It may bring a Node.js of its own, or find another than the one on PATH."""
    machine.node("20.20.2")
    machine.openclaw(exit_code=0)
    assert refused() is None


@pytest.mark.parametrize("wanted", [None, 7, ["x"]])
def test_a_package_that_does_not_say(machine: Machine, wanted: object) -> None:
    """Then what a release that is known asks for is wanted."""
    machine.node("20.20.2")
    machine.openclaw(exit_code=1, wanted=wanted)
    refusal = refused()
    assert refusal is not None
    assert ">=24.16.0" in refusal.message


def test_a_program_that_is_not_there_is_the_cores_to_name(machine: Machine) -> None:
    """The core says of any program that it is not on PATH."""
    machine.node("20.20.2")
    assert refused() is None


class Team:
    """As much of a workspace as the doctor's check looks at."""

    def __init__(self, *agents: Agent) -> None:
        from tutti_openclaw.runtime import OpenClaw

        self.root = Path("/x")
        self.arrangement = Arrangement(root=self.root, workspace=Workspace("app"), agent=agents)
        self.openclaw = OpenClaw()

    def runtime(self, _agent: Agent) -> object:
        """Return the only runtime there is."""
        return self.openclaw


@pytest.mark.parametrize(
    ("version", "exit_code", "status", "said"),
    [
        ("20.20.2", 1, "fail", "found 20.20.2"),
        ("26.10.0", 1, "pass", "Node.js 26.10.0"),
        ("20.20.2", 0, "pass", "Node.js of its own"),
    ],
)
def test_the_doctor_says_it(
    machine: Machine, version: str, exit_code: int, status: str, said: str
) -> None:
    """Of each agent that is OpenClaw, and of no other; not of a Node.js that it does not run on."""
    machine.node(version)
    machine.openclaw(exit_code)
    team: Any = Team(Agent("one", runtime="openclaw"), Agent("two", runtime="codex"))
    (found,) = examined(team)
    assert (found.check, found.status) == ("openclaw/node/one", status)
    assert found.detail.endswith(said)
