from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.model.session import Session, SessionSpec
from tutti_core.terminal.host import PaneGone, TmuxHost
from tutti_core.terminal.keyboard import clean, paste
from tutti_core.terminal.tmux import Output, Tmux, TmuxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A program in raw mode that keeps every byte it is given; `bracketed` asks for marked pastes.
READER = r"""
import os, sys, tty
tty.setraw(0)
if sys.argv[2] == "bracketed":
    os.write(1, b"\x1b[?2004h")
with open(sys.argv[1], "ab", 0) as file:
    os.write(1, b"ready")
    while data := os.read(0, 65536):
        file.write(data)
"""
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
        host = TmuxHost("keyboard")
        yield host
        host.tmux.call("kill-server")


class Reader:
    """An agent that keeps what it is given."""

    def __init__(self, host: TmuxHost, folder: Path, mode: str) -> None:
        program, self.kept = folder / "reader.py", folder / "kept"
        program.write_text(READER)
        argv = (sys.executable, "-I", "-S", str(program), str(self.kept), mode)
        self.pane = host.create(SessionSpec("ada", ROOT, "ada", "duo", "/", argv)).pane
        until(lambda: "ready" in host.capture([self.pane])[self.pane])

    def got(self, data: bytes) -> bool:
        """Wait until that many bytes have come and say whether they are these."""
        until(lambda: len(self.kept.read_bytes()) >= len(data))
        return self.kept.read_bytes() == data


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def start(host: TmuxHost, name: str, *argv: str) -> Session:
    """Start an agent of that name."""
    return host.create(SessionSpec(name, ROOT, name, "duo", "/", argv))


def buffers(host: TmuxHost) -> str:
    """The paste buffers of the server."""
    return host.tmux.call("list-buffers").text


def marked(text: str) -> bytes:
    """A text as it comes to a program that asked for marked pastes."""
    return b"\x1b[200~" + text.encode() + b"\x1b[201~"


class TestPasting:
    """A text arrives as one paste, byte for byte."""

    @pytest.mark.parametrize(
        "text",
        [
            "hello",
            "one\ntwo\n\nthree\n",
            "\ttab  and blanks ",
            "é 日本 🎉 \u2028 \u200d",
            "$(id) `x` ; \\; #{pid} %7 'a' \"b\" ~ {} \\n -x",
            "".join(random.Random(7).choices("abc é日🎉\n\t;#%\\'\"$", k=32 * 1024)),
        ],
        ids=["word", "lines", "blanks", "unicode", "syntax", "32k"],
    )
    def test_arrives(self, host: TmuxHost, tmp_path: Path, text: str) -> None:
        """The program gets exactly the text between the marks it asked for, and no buffer stays."""
        reader = Reader(host, tmp_path, "bracketed")
        host.paste(reader.pane, text)
        assert reader.got(marked(text))
        assert buffers(host) == ""

    def test_of_a_program_without_marks(self, host: TmuxHost, tmp_path: Path) -> None:
        """A program that did not ask for marks gets newlines, which do not submit, and no marks."""
        reader = Reader(host, tmp_path, "plain")
        host.paste(reader.pane, "one\r\ntwo")
        assert reader.got(b"one\ntwo")

    def test_cannot_end_itself(self, host: TmuxHost, tmp_path: Path) -> None:
        """Control characters are left out: a text can neither end its paste nor press keys."""
        reader = Reader(host, tmp_path, "bracketed")
        host.paste(reader.pane, "a\x1b[201~\rb\x03\x00\x7f\x9bc\r\nd")
        assert reader.got(marked("a[201~\nbc\nd"))

    def test_of_nothing(self, host: TmuxHost, tmp_path: Path) -> None:
        """An empty text is nothing, also if it became empty by being cleaned."""
        reader = Reader(host, tmp_path, "bracketed")
        host.paste(reader.pane, "")
        host.paste(reader.pane, "\x1b")
        host.paste(reader.pane, "x")
        assert reader.got(marked("x"))

    def test_into_a_dead_pane(self, host: TmuxHost) -> None:
        """A dead pane takes no text; the server and the other agents survive the attempt."""
        other, dead = start(host, "other", "sleep", "600"), start(host, "dead", "true")
        until(lambda: any(one.dead for one in host.list()))
        with pytest.raises(PaneGone, match=f"nothing alive in pane {dead.pane}"):
            host.paste(dead.pane, "hello")
        assert {one.pid for one in host.list()} >= {other.pid}
        assert buffers(host) == ""

    def test_into_a_vanished_pane(self, host: TmuxHost) -> None:
        """A text for a pane that is gone does not go to another."""
        start(host, "other", "cat")
        with pytest.raises(PaneGone):
            host.paste("%99", "hello")
        assert buffers(host) == ""

    def test_without_a_server(self, host: TmuxHost) -> None:
        """Without a server nothing is pasted, and that is said."""
        with pytest.raises(TmuxError, match="tmux load-buffer"):
            host.paste("%0", "hello")

    def test_that_is_interrupted_leaves_no_buffer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If tmux fails half-way, the buffer that may have been filled is deleted."""
        asked: list[tuple[str, ...]] = []

        def refuse(*args: str, **_: object) -> Output:
            asked.append(args)
            return Output(1, b"", "x")

        tmux = Tmux("unused")
        monkeypatch.setattr(tmux, "call", refuse)
        with pytest.raises(TmuxError, match="tmux load-buffer: x"):
            paste(tmux, "%1", "hello")
        (load, discard) = asked
        assert load[:2] == ("load-buffer", "-b")
        assert discard == ("delete-buffer", "-b", load[2])

    def test_goes_to_panes_only(self, host: TmuxHost) -> None:
        """A session's name, which tmux might take for another's beginning, is refused."""
        with pytest.raises(ValueError, match="not a pane id: 'ada'"):
            host.paste("ada", "hello")

    @given(text=st.text())
    def test_cleaning(self, text: str) -> None:
        """Cleaning leaves out every control but newline and tab, and nothing else."""
        cleaned = clean(text)
        controls = {chr(code) for code in (*range(32), 127, *range(128, 160))} - set("\n\t")
        assert not controls & set(cleaned)
        assert clean(cleaned) == cleaned
        kept = [char for char in text if char not in controls and char != "\n"]
        assert [char for char in cleaned if char != "\n"] == kept


class TestKeys:
    """Keys are pressed by name."""

    def test_arrive(self, host: TmuxHost, tmp_path: Path) -> None:
        """Named keys, characters and modified keys arrive as a terminal would send them."""
        reader = Reader(host, tmp_path, "bracketed")
        host.keys(reader.pane, "2", "y", ";", "-", "%", "Enter", "Escape", "Up", "C-c", "Tab")
        assert reader.got(b"2y;-%\r\x1b\x1b[A\x03\t")

    @pytest.mark.parametrize("name", ["hello", "", "Entr", "C-", "a b", "é", "-X", "Enter\n"])
    def test_words_are_not_keys(self, host: TmuxHost, name: str) -> None:
        """A word that tmux would type letter by letter is refused."""
        with pytest.raises(ValueError, match="no such key"):
            host.keys("%0", name)

    def test_a_paste_too(self, host: TmuxHost, tmp_path: Path) -> None:
        """It arrives as a whole while all the rows are there, else nothing of it, and no buffer."""
        reader = Showing(host, tmp_path)
        rows = host.capture([reader.pane])[reader.pane].split("\n")
        assert host.paste_while(reader.pane, rows, "it's $HOME; #{pane_id}")
        assert not host.paste_while(reader.pane, ["head", "3. No"], "never")
        host.keys(reader.pane, "x")
        assert reader.got(b"it's $HOME; #{pane_id}x")
        assert host.tmux.run("list-buffers") == ""

    def test_of_a_dead_pane(self, host: TmuxHost) -> None:
        """A dead or vanished pane takes no keys, and that is said."""
        dead = start(host, "dead", "true")
        until(lambda: host.list()[0].dead)
        for pane in (dead.pane, "%99"):
            with pytest.raises(PaneGone):
                host.keys(pane, "Enter")


SHOWN = """
import os, sys, tty
tty.setraw(0)
with open(sys.argv[1], "ab", 0) as file:
    os.write(1, sys.argv[2].encode("utf-8", "surrogateescape").replace(b"\\n", b"\\r\\n"))
    os.write(1, b"\\r\\nready")
    while data := os.read(0, 65536):
        file.write(data)
        if data == b"!":
            os.write(1, b"\\x1b[2J\\x1b[Hready, and all else is gone")
"""
DIALOG = """head
│ Do you want to proceed?           │
 ❯ 1. Yes, and (always) allow #{pane_id}, a:b }{ $HOME \\n "q" 'x' ~ ; [a-z]+
   2. No\u00a0— nöö 日本 🎉 %7 ^x$ |
"""


class Showing(Reader):
    """An agent that shows a dialog, keeps what it is given, and at a ``!`` shows another screen."""

    def __init__(self, host: TmuxHost, folder: Path) -> None:
        program, self.kept = folder / "showing.py", folder / "kept"
        program.write_text(SHOWN)
        argv = (sys.executable, "-I", "-S", str(program), str(self.kept), DIALOG)
        self.pane = host.create(SessionSpec("ada", ROOT, "ada", "duo", "/", argv)).pane
        until(lambda: "ready" in host.capture([self.pane])[self.pane])


class TestKeysForAScreen:
    """Keys are pressed only while the screen shows what they answer."""

    def test_arrive_while_it_shows_all_of_it(self, host: TmuxHost, tmp_path: Path) -> None:
        """Whatever stands in the rows means itself: no syntax of tmux, no pattern."""
        reader = Showing(host, tmp_path)
        rows = host.capture([reader.pane])[reader.pane].split("\n")
        assert host.keys_while(reader.pane, rows, "1")
        assert host.keys_while(reader.pane, [rows[2], "", "  "], "2", "Enter")
        assert reader.got(b"12\r")

    @pytest.mark.parametrize(
        "row",
        [
            "Do you want to proceed",
            "│ Do you want to │",
            "1. Yes",
            "3. No",
            "ready or not",
            "heads",
        ],
    )
    def test_do_not_while_a_row_is_not_there(
        self, host: TmuxHost, tmp_path: Path, row: str
    ) -> None:
        """A part of a row is not the row; one row that is there is not enough."""
        reader = Showing(host, tmp_path)
        assert not host.keys_while(reader.pane, ["head", row], "1")
        host.keys(reader.pane, "x")
        assert reader.got(b"x")

    def test_do_not_once_it_shows_something_else(self, host: TmuxHost, tmp_path: Path) -> None:
        """What was there a moment ago does not count."""
        reader = Showing(host, tmp_path)
        assert host.keys_while(reader.pane, ["head"], "!")
        until(lambda: "gone" in host.capture([reader.pane])[reader.pane])
        assert not host.keys_while(reader.pane, ["head"], "1")
        assert reader.got(b"!")

    def test_of_a_dead_pane(self, host: TmuxHost) -> None:
        """A dead or vanished pane takes no keys, whatever it shows."""
        dead = start(host, "dead", "true")
        until(lambda: host.list()[0].dead)
        for pane in (dead.pane, "%99"):
            with pytest.raises(PaneGone):
                host.keys_while(pane, ["Pane is dead"], "Enter")


WAITS = """
import os, sys, time, tty
if sys.argv[1] != "lines":
    tty.setraw(0)
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
os.read(0, 9)
print("heard", flush=True)
time.sleep(600)
"""


class TestUnread:
    """What waits to be read can be counted, and is only counted."""

    def waiting(self, host: TmuxHost, how: str) -> str:
        """Start a program that reads once, when there is a file."""
        pane = start(host, "waits", sys.executable, "-ISc", WAITS, how).pane
        until(lambda: "ready" in host.capture([pane])[pane])
        return pane

    def test_keys_wait_until_they_are_read(self, host: TmuxHost, tmp_path: Path) -> None:
        """Every byte of them is there once, however often it is asked."""
        pane = self.waiting(host, str(tmp_path / "go"))
        assert host.unread(pane) == 0
        host.keys(pane, "1", "Enter")
        until(lambda: host.unread(pane) == 2)
        assert host.unread(pane) == 2
        (tmp_path / "go").touch()
        until(lambda: "heard" in host.capture([pane])[pane])
        assert host.unread(pane) == 0

    def test_where_nobody_can_say(self, host: TmuxHost) -> None:
        """A line that is still being typed, and a pane that is gone."""
        pane = self.waiting(host, "lines")
        host.keys(pane, "1")
        assert host.unread(pane) is None
        assert host.unread("%99") is None


class TestCopyMode:
    """A pane that somebody scrolled is given back to its program."""

    @pytest.mark.parametrize("mode", ["copy-mode", "choose-tree", "clock-mode"])
    def test_is_left(self, host: TmuxHost, tmp_path: Path, mode: str) -> None:
        """After leaving, keys reach the program again; leaving twice does no harm."""
        if mode != "copy-mode" and host.tmux.version() < (3, 1):
            pytest.skip("tmux 3.0 can be told to leave copy mode only")
        reader = Reader(host, tmp_path, "bracketed")
        host.tmux.run(mode, "-t", reader.pane)
        until(lambda: host.list()[0].in_mode)
        host.leave_copy_mode(reader.pane)
        host.leave_copy_mode(reader.pane)
        assert not host.list()[0].in_mode
        host.keys(reader.pane, "x")
        assert reader.got(b"x")

    def test_of_a_vanished_pane(self, host: TmuxHost) -> None:
        """A pane that is gone is an error."""
        if host.tmux.version() < (3, 1):
            pytest.skip("tmux 3.0 does not tell")
        start(host, "other", "sleep", "600")
        with pytest.raises(TmuxError, match="can't find pane"):
            host.leave_copy_mode("%99")
