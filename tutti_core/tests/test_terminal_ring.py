"""The ring: the last of everything a pane prints, bounded on disk by itself, on real tmux."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tutti_core.errors import StateError
from tutti_core.model.session import SessionSpec
from tutti_core.terminal import ring
from tutti_core.terminal.host import TmuxHost
from tutti_core.terminal.ring import MOST_BYTES, Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutti_core.model.session import Session

SCRIPT = Path(ring.__file__).with_name("ring.sh")
SLACK = 1024 * 1024
ODD = 'it\'s a "#{pid}" 100% %H $HOME `x` ; 日 \udcff\n'
ROOT = f"/root-{os.getpid()}"
"""Of this process's own: sessions that end look for their processes on the whole machine."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmuxHost]:
    """A host on a private socket, in an environment without traces of an outer team."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        host = TmuxHost("ring")
        yield host
        host.tmux.call("kill-server")


def start(host: TmuxHost, file: Path, *argv: str, name: str = "ada") -> Session:
    """Start an agent whose output is kept in a file."""
    return host.create(SessionSpec(name, ROOT, name, "duo", "/", argv, ring=str(file)))


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def keepers(file: Path) -> list[int]:
    """The shells that keep a ring, by their arguments; no child of one on its way to dd."""
    wanted = os.fsencode(str(file))
    found = [
        int(one.name)
        for one in Path("/proc").iterdir()
        if one.name.isdigit() and wanted in _words(one) and str(SCRIPT).encode() in _words(one)
    ]
    return [one for one in found if _parent(one) not in found]


def _parent(process: int) -> int:
    try:
        said = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(said.rpartition(")")[2].split()[1])


def _words(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def everything(file: Path) -> bytes:
    """What both parts of a ring hold."""
    with Tail(file) as tail:
        return tail.read()


class TestARing:
    """Whatever a pane prints is kept, from its first byte on."""

    def test_has_the_very_first_byte_and_every_other(self, host: TmuxHost, tmp_path: Path) -> None:
        """An agent that prints at once and ends has all of it kept, bytes that are no text too."""
        file = tmp_path / "ada.raw"
        start(host, file, "printf", "first \\377\\376 \\033[31mred\\033[0m")
        until(lambda: len(everything(file)) >= 21)
        assert everything(file) == b"first \xff\xfe \x1b[31mred\x1b[0m"
        assert file.stat().st_mode & 0o777 == 0o600

    def test_is_kept_wherever_it_is(self, host: TmuxHost, tmp_path: Path) -> None:
        """No folder is too strange: neither tmux nor the shell takes a part of it for its own."""
        folder = tmp_path / ODD
        folder.mkdir()
        start(host, folder / "ada.raw", "echo", "here")
        until(lambda: everything(folder / "ada.raw") == b"here\r\n")

    def test_is_bounded_and_keeps_the_last(self, host: TmuxHost, tmp_path: Path) -> None:
        """Fifty megabytes in a go leave two parts, with nothing missing between or after them."""
        file = tmp_path / "ada.raw"
        program = "for n in range(500_000): print(f'{n:099}')"
        start(host, file, sys.executable, "-c", program)
        until(lambda: everything(file).endswith(f"{499_999:099}\r\n".encode()), 60)
        sizes = [one.stat().st_size for one in tmp_path.iterdir()]
        assert len(sizes) == 2
        assert max(sizes) <= MOST_BYTES + SLACK
        kept = everything(file)
        assert len(kept) >= MOST_BYTES
        lines = [int(line) for line in kept.split(b"\r\n")[1:-1]]
        assert lines == list(range(lines[0], 500_000))

    def test_ends_with_its_session(self, host: TmuxHost, tmp_path: Path) -> None:
        """Ending an agent leaves no process of its ring; killing the server neither."""
        one, two = tmp_path / "one.raw", tmp_path / "two.raw"
        ada = start(host, one, "sleep", "600", name="one")
        start(host, two, "sleep", "600", name="two")
        until(lambda: keepers(one) and keepers(two))
        ended = host.end(ada)
        assert ended.killed == ended.left == ()
        until(lambda: not keepers(one))
        assert keepers(two)
        host.tmux.run("kill-server")
        until(lambda: not keepers(two))

    @pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
    def test_harms_nobody_who_prints(
        self, host: TmuxHost, tmp_path: Path, sign: signal.Signals
    ) -> None:
        """A ring that is killed or stopped neither ends the agent nor makes it wait."""
        file, done = tmp_path / "ada.raw", tmp_path / "done"
        go = tmp_path / "go"
        script = (
            f"until [ -e {go} ]; do sleep 0.05; done; seq 200000; echo > {done}; exec sleep 600"
        )
        ada = start(host, file, "sh", "-c", script)
        until(lambda: keepers(file))
        (keeper,) = keepers(file)
        stopped = _children(keeper)
        try:
            for pid in (keeper, *stopped):
                os.kill(pid, sign)
            go.touch()
            until(done.exists)
            (listed,) = host.list()
            assert (listed.pid, listed.dead) == (ada.pid, False)
        finally:
            for pid in (keeper, *stopped):
                _continue(pid)

    def test_goes_on_when_there_is_room_again(self, tmp_path: Path) -> None:
        """While nothing can be written, output is thrown away and nobody waits; then it goes on."""
        file = tmp_path / "gone" / "ada.raw"
        with Fed(file) as pipe:
            for _ in range(600):  # more than the pipe would hold if nobody read
                pipe.write(b"x" * 1000)
                pipe.flush()
            file.parent.mkdir()
            until(lambda: _poke(pipe, file))
        assert set(file.read_bytes()) == {ord("y")}

    def test_survives_a_full_disk(self, tmp_path: Path) -> None:
        """A write that fails loses its bytes only: everything is read, and the ring goes on."""
        file = tmp_path / "ada.raw"
        limited = "trap '' XFSZ; ulimit -f 16; exec /bin/sh \"$@\""
        with Fed(file, "sh", "-c", limited, "sh") as pipe:
            for _ in range(3000):
                pipe.write(b"z" * 1000)
                pipe.flush()
        assert 0 < file.stat().st_size <= 16 * 1024


class TestALostRing:
    """What no longer reaches its ring is noticed, and can be kept again."""

    def test_is_none_while_it_is_kept(self, host: TmuxHost, tmp_path: Path) -> None:
        """A ring that has what was printed is not lost, nor is that of an agent that has ended."""
        file = tmp_path / "ada.raw"
        start(host, file, "sh", "-c", "echo hello; exec sleep 600")
        until(file.exists)
        (ada,) = host.list()
        assert ada.piped
        assert not ring.is_lost(ada, file)
        assert not ring.is_lost(ada._replace(dead=True, piped=False), file)

    def test_is_noticed_and_kept_again(self, host: TmuxHost, tmp_path: Path) -> None:
        """A killed keeper is noticed by tmux, and what is printed from then on is in the file."""
        file, go = tmp_path / "ada.raw", tmp_path / "go"
        script = f"until [ -e {go} ]; do sleep 0.05; echo tick; done; echo after; exec sleep 600"
        start(host, file, "sh", "-c", script)
        until(lambda: keepers(file))
        (keeper,) = keepers(file)
        for pid in (keeper, *_children(keeper)):
            os.kill(pid, signal.SIGKILL)
        until(lambda: ring.is_lost(host.list()[0], file))
        host.rearm(host.list()[0], str(file))
        until(lambda: len(keepers(file)) == 1)
        go.touch()
        until(lambda: b"after" in everything(file))
        assert not ring.is_lost(host.list()[0], file)

    def test_is_what_is_behind_or_gone(self, host: TmuxHost, tmp_path: Path) -> None:
        """A keeper that hangs is known by a file older than what was printed; so is none at all."""
        file = tmp_path / "ada.raw"
        ada = start(host, file, "sleep", "600")
        until(file.exists)
        late = ada._replace(activity=file.stat().st_mtime + ring.LAG_SECONDS + 1)
        assert ring.is_lost(late, file)
        file.unlink()
        assert ring.is_lost(ada, file)
        host.rearm(ada, str(file))
        until(file.exists)


class TestReadingARing:
    """Both parts, in order, each byte once."""

    def test_follows_it_through_its_parts(self, tmp_path: Path) -> None:
        """What was added before and after the parts changed comes in order."""
        file, before = tmp_path / "a.raw", tmp_path / "a.raw.1"
        with Tail(file) as tail:
            assert tail.read() == b""
            before.write_bytes(b"one ")
            file.write_bytes(b"two ")
            assert tail.read() == b"one two "
            assert tail.read() == b""
            with file.open("ab") as more:
                more.write(b"three ")
            file.rename(before)
            file.write_bytes(b"four")
            assert tail.read() == b"three four"

    def test_finds_the_present_part_once_it_is_there(self, tmp_path: Path) -> None:
        """Between two parts there is a moment without a present one."""
        file = tmp_path / "a.raw"
        file.write_bytes(b"one ")
        with Tail(file) as tail:
            assert tail.read() == b"one "
            file.rename(tmp_path / "a.raw.1")
            assert tail.read() == b""
            file.write_bytes(b"two")
            assert tail.read() == b"two"

    def test_that_cannot_be_read_says_so(self, tmp_path: Path) -> None:
        """The error names the file."""
        (tmp_path / "a.raw").mkdir()
        with (
            Tail(tmp_path / "a.raw") as tail,
            pytest.raises(StateError, match=r"cannot read .*a\.raw"),
        ):
            tail.read()


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in listed.split()]


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def _poke(pipe: IO[bytes], file: Path) -> bool:
    """Print one more line, and say whether the file has any of them by now."""
    pipe.write(b"y")
    pipe.flush()
    return file.exists() and file.stat().st_size > 0


class Fed:
    """The script of a ring, fed by hand; it must end by itself when nothing more comes."""

    def __init__(self, file: Path, *before: str) -> None:
        argv = [*(before or ("/bin/sh",)), str(SCRIPT), str(file), "100000"]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0
