"""No two agents of the machine have a port in common."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core import TuttiError
from tutti_worktree.ready import ports


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Give two workspaces, and a ledger of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
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
        yield Path(folder), patch
