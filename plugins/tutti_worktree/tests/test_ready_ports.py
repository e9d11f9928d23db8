"""No two agents of the machine have a port in common."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tutti_core
from tutti_core import TuttiError
from tutti_testing import wait_for
from tutti_worktree.ready import ports


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Give two workspaces, a ledger of the test's own, and only the test's own processes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def carried(*names: str) -> Iterator[dict[str, str]]:
        found = tutti_core.carried(*names)
        return (one for one in found if tmp_path in Path(one["TUTTI_ROOT"]).parents)

    monkeypatch.setattr(ports, "carried", carried)
    made = [tmp_path / "one", tmp_path / "two"]
    for root in made:
        root.mkdir()
    return made


def test_agents_of_all_workspaces_are_kept_apart(roots: list[Path]) -> None:
    """Same names in two workspaces, asked for at once, have blocks that do not touch."""
    asked = [(root, name, size) for root in roots for name in "abc" for size in (10,)]
    with ThreadPoolExecutor(4) as pool:
        firsts = list(pool.map(lambda one: ports.block(*one), asked))
    taken = [port for first in firsts for port in range(first, first + 10)]
    assert len(taken) == len(set(taken)) == 60


def test_an_agent_keeps_its_block(roots: list[Path]) -> None:
    """What it had is what it gets, until it wants another size."""
    first = ports.block(roots[0], "a", 10)
    ports.block(roots[0], "b", 10)
    assert ports.block(roots[0], "a", 10) == first
    other = ports.block(roots[0], "a", 30)
    taken = set(range(other, other + 30))
    assert not taken & set(range(ports.block(roots[0], "b", 10), 10))


def test_ports_in_use_are_not_given(roots: list[Path]) -> None:
    """A block in which somebody listens is passed over."""
    with socket.socket() as busy:
        for port in range(ports.FIRST, ports.FIRST + 100):
            try:
                busy.bind(("127.0.0.1", port))
                break
            except OSError:
                continue
        taken = busy.getsockname()[1]
        firsts = [ports.block(roots[0], f"a{n}", 5) for n in range(25)]
        assert all(taken not in range(first, first + 5) for first in firsts)


def test_the_blocks_of_a_workspace_that_is_gone_are_free_again(
    roots: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger does not fill up with what nobody can use."""
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 25)
    monkeypatch.setattr(ports, "_unused", lambda port: True)
    ports.block(roots[0], "a", 10)
    ports.block(roots[1], "b", 10)
    with pytest.raises(TuttiError, match="no 10 ports are left"):
        ports.block(roots[0], "c", 10)
    roots[1].rmdir()
    assert ports.block(roots[0], "c", 10) == ports.FIRST + 10


@pytest.fixture
def alive(roots: list[Path]) -> Iterator[str]:
    """Give the first of ten ports of agent `a` in the first workspace, of which a process lives."""
    first = str(ports.block(roots[0], "a", 10))
    marks = {"TUTTI_ROOT": str(roots[0]), "TUTTI_AGENT": "a"}
    env = {**os.environ, **marks, "TUTTI_PORT_BASE": first, "TUTTI_PORT_COUNT": "10"}
    with subprocess.Popen(["sleep", "300"], env=env) as process:
        assert wait_for(lambda: f"{roots[0]}\na" in ports.living())
        yield first
        process.kill()


def test_the_ports_of_a_living_agent_stay_its_own_when_its_workspace_moves(
    roots: list[Path], alive: str
) -> None:
    """Neither the agent in the new place nor anybody else is given them while it lives."""
    moved = roots[0].rename(roots[0].with_name("moved"))
    firsts = [ports.block(root, name, 10) for root in (moved, roots[1]) for name in "ab"]
    taken = set(range(int(alive), int(alive) + 10))
    assert not any(taken & set(range(first, first + 10)) for first in firsts)
    assert f"{roots[0]}\na" in json.loads(ports.ledger().read_bytes())


def test_another_home_knows_who_lives(
    roots: list[Path], alive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that has never heard of an agent does not give its ports away, nor keep them."""
    monkeypatch.setattr(ports, "FIRST", int(alive))
    monkeypatch.setenv("XDG_STATE_HOME", str(roots[0] / "elsewhere"))
    assert ports.block(roots[1], "b", 10) >= int(alive) + 10
    key = f"{roots[1]}\nb"
    ports.ledger().write_text(json.dumps({key: {"first": int(alive) + 5, "size": 10}}))
    assert ports.block(roots[1], "b", 10) >= int(alive) + 10
    assert json.loads(ports.ledger().read_bytes()).keys() == {key}


def test_what_is_wrong_with_the_ledger_is_said(
    roots: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it is damaged, and that no block is left."""
    monkeypatch.setattr(ports, "_unused", lambda port: True)
    assert ports.ailment(10) == ("", "")
    ports.block(roots[0], "a", 10)
    assert ports.ailment(10) == ("", "")
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 15)
    assert "no 10 ports are left" in ports.ailment(10)[0]
    ports.ledger().write_text("{")
    assert "is damaged" in ports.ailment(10)[0]


@given(st.binary() | st.sampled_from([b"[]", b'{"a": 1}', b'{"a\\nb": {"first": "x", "size": 1}}']))
def test_a_damaged_ledger_gives_ports_all_the_same(content: bytes) -> None:
    """Whatever stands in it, an agent gets its ports and the ledger is whole again."""
    for folder, patch in _own_ledger():
        file = ports.ledger()
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
        patch.setattr(ports, "_unused", lambda port: True)
        first = ports.block(folder, "a", 10)
        assert json.loads(file.read_bytes())[f"{folder}\na"] == {"first": first, "size": 10}


def _own_ledger() -> Iterator[tuple[Path, pytest.MonkeyPatch]]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", folder)
        patch.setattr(ports, "carried", lambda *_: ())
        yield Path(folder), patch
