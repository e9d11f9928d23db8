"""The line that an agent's end leaves, written by tmux and a small shell script; on real tmux."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutti_core.model.session import SessionSpec
from tutti_core.terminal import deaths
from tutti_core.terminal.host import TmuxHost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutti_core.model.session import Session

SCRIPT = Path(deaths.__file__).with_name("deaths.sh")
ODD = 'it\'s a "#{pid}" #(touch evil) 100% %H $HOME `x` ; 日 \\ \udcff\n'


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmuxHost]:
    """A host on a private socket, in an environment without traces of an outer team."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        host = TmuxHost("deaths")
        yield host
        host.tmux.call("kill-server")


def start(host: TmuxHost, spool: Path, script: str, name: str = "ada") -> Session:
    """Start an agent whose end is written down."""
    argv = ("sh", "-c", script)
    return host.create(
        SessionSpec(f"tutti-{name}", "/root", name, "duo", "/", argv, deaths=str(spool))
    )


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def lines(host: TmuxHost, spool: Path) -> list[str]:
    """The lines so far; listing has tmux notice what it missed."""
    host.list()
    return spool.read_text().splitlines() if spool.exists() else []


def test_a_death_leaves_a_line(host: TmuxHost, tmp_path: Path) -> None:
    """It says when, which pane, session and agent; an exit and a signal alike, the living not."""
    spool = tmp_path / "deaths.spool"
    begun = int(time.time())
    ada = start(host, spool, "exit 3")
    bob = start(host, spool, "kill -9 $$", "bob")
    start(host, spool, "exec sleep 600", "eve")
    until(lambda: len(lines(host, spool)) == 2)
    found = sorted(line.split() for line in lines(host, spool))
    assert sorted(one[1:] for one in found) == [
        [ada.pane, "tutti-ada", "ada"],
        [bob.pane, "tutti-bob", "bob"],
    ]
    assert all(begun <= int(one[0]) <= time.time() for one in found)
    assert spool.stat().st_mode & 0o777 == 0o600


def test_it_is_written_wherever_it_is(host: TmuxHost, tmp_path: Path) -> None:
    """No folder is too strange: neither tmux nor the shell takes a part of it for its own."""
    folder = tmp_path / ODD
    folder.mkdir()
    start(host, folder / "deaths.spool", "exit 0")
    until(lambda: len(lines(host, folder / "deaths.spool")) == 1)
    assert [one.name for one in tmp_path.iterdir()] == [folder.name]


def test_the_last_screen_stays_as_it_is(host: TmuxHost, tmp_path: Path) -> None:
    """Where no line can be written, tmux shows nothing on top of what the agent said."""
    spool, done = tmp_path / "gone" / "deaths.spool", tmp_path / "deaths.spool"
    heard = tmp_path / "heard"
    ada = start(host, spool, f"echo last words; until [ -e {heard} ]; do sleep 0.05; done; exit 1")
    start(host, done, "exit 0", "bob")
    # Tmux before 3.6 drops what a program says in the moment it ends.
    until(lambda: host.capture([ada.pane])[ada.pane].strip() == "last words")
    heard.touch()
    until(lambda: all(one.dead for one in host.list()))
    until(lambda: lines(host, done))
    assert host.capture([ada.pane])[ada.pane].strip() == "last words"
    assert not any(one.in_mode for one in host.list())


def test_it_is_bounded(tmp_path: Path) -> None:
    """What exceeds its size goes aside, and the newest line is in the file."""
    spool = tmp_path / "deaths.spool"
    for number in range(30):
        argv = ["/bin/sh", str(SCRIPT), str(spool), "300", f"%{number}", "session", "agent"]
        subprocess.run(argv, check=True, timeout=20)
    kept = [*spool.with_name("deaths.spool.1").read_text().splitlines(),
            *spool.read_text().splitlines()]  # fmt: skip
    assert spool.stat().st_size <= 400
    assert len(kept) < 30
    assert [line.split()[1] for line in kept] == [f"%{n}" for n in range(30 - len(kept), 30)]
