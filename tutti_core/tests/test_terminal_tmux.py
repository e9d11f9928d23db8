from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutti_core.errors import RuntimeFailure
from tutti_core.terminal.quoting import line
from tutti_core.terminal.tmux import (
    CONFIG,
    Output,
    Tmux,
    TmuxError,
    TmuxMissing,
    TmuxTimeout,
    default_socket,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tmux(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tmux]:
    """A private server that is not running yet."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        tmux = Tmux("client")
        end = [str(shutil.which("tmux")), "-S", tmux.socket_path(), "kill-server"]
        yield tmux
        subprocess.run(end, check=False, capture_output=True, timeout=10)


def running(tmux: Tmux) -> Tmux:
    """The same server with a session."""
    script = line(["new-session", "-d", "-s", "one", "sleep", "600"])
    tmux.checked(tmux.feed(script, start=True), "new-session")
    return tmux


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program in the place of tmux."""
    program = folder / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


class TestErrors:
    """What goes wrong is said in tmux's own words."""

    def test_refused(self, tmux: Tmux) -> None:
        """A refusal names the command and carries what tmux said."""
        with pytest.raises(
            TmuxError, match=r"^tmux rename-session: can't find session: two$"
        ) as one:
            running(tmux).run("rename-session", "-t", "=two", "three")
        assert one.value.stderr == "can't find session: two\n"
        assert isinstance(one.value, RuntimeFailure)
        assert one.value.category == "runtime"

    def test_missing(self, tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without tmux the error tells how to install it."""
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(TmuxMissing, match="tmux was not found on PATH") as one:
            tmux.run("list-sessions")
        for way in ("apt install tmux", "dnf install tmux", "brew install tmux"):
            assert way in one.value.hint

    def test_hanging(self, tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tmux that does not answer is given up after the deadline."""
        fake(tmp_path, monkeypatch, "exec sleep 600")
        with pytest.raises(
            TmuxTimeout, match=r"did not answer 'list-sessions' within 0.1 s"
        ) as one:
            tmux.run("list-sessions", timeout=0.1)
        assert one.value.hint.endswith("tmux -L client ls")

    def test_without_words(
        self, tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A failure that tmux does not explain is told by its exit status."""
        fake(tmp_path, monkeypatch, "exit 7")
        with pytest.raises(TmuxError, match=r"^tmux list-sessions: exit status 7$"):
            tmux.run("list-sessions")

    def test_no_server(self, tmux: Tmux) -> None:
        """No server is told apart from a server that refuses."""
        assert tmux.call("list-sessions").absent
        assert not running(tmux).call("list-sessions").absent
        assert not tmux.call("has-session", "-t", "=two").absent
        tmux.run("kill-server")
        assert tmux.call("list-sessions").absent

    @pytest.mark.parametrize(
        ("stderr", "absent"),
        [
            ("no server running on /tmp/tmux-0/x\n", True),
            ("error connecting to /tmp/tmux-0/x (No such file or directory)\n", True),
            ("error connecting to /tmp/tmux-0/x (Connection refused)\n", True),
            ("server exited unexpectedly\n", True),
            ("lost server\n", True),
            ("error connecting to /tmp/tmux-0/x (Permission denied)\n", False),
            ("can't find session: x\n", False),
        ],
    )
    def test_absence_by_its_words(self, stderr: str, absent: bool) -> None:
        """A server that may not be spoken to is not an absent one."""
        assert Output(1, b"", stderr).absent is absent
        assert not Output(0, b"", stderr).absent


class TestScripts:
    """Command lines go in through standard input."""

    def test_one_line_does_not_spoil_the_next(self, tmux: Tmux) -> None:
        """A line that fails is told, drops its own rest, and leaves the other lines alone."""
        wrong = line(["kill-session", "-t", "=two"], ["display-message", "-p", "never"])
        right = line(["display-message", "-p", "always"])
        output = running(tmux).feed(wrong + right)
        assert output.text == "always\n"
        assert output.code != 0

    def test_no_server_is_started_unasked(self, tmux: Tmux) -> None:
        """Only who wants a server gets one."""
        assert tmux.feed(line(["new-session", "-d", "-s", "one"])).absent
        assert not Path(tmux.socket_path()).exists()

    def test_where_standard_input_cannot_be_read(
        self, tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old tmux 3.0 gets its script in a file of which nothing is left."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        fake(
            tmp_path, monkeypatch,
            'for last; do :; done\n'
            'if [ "$last" = - ]; then echo "-: No such file or directory" >&2; exit 1; fi\n'
            'stat -c %a "$last"; cat "$last"',
        )  # fmt: skip
        assert tmux.feed("display-message\n").text == "600\ndisplay-message\n"
        assert tmux.feed("again\n").text == "600\nagain\n"
        assert [path.name for path in tmp_path.iterdir()] == ["bin"]

    def test_a_server_that_leaves_is_asked_again(
        self, tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that exits while we arrive has done nothing yet: the next one does it."""
        fake(
            tmp_path, monkeypatch,
            f'if [ -e {tmp_path}/left ]; then cat; else touch {tmp_path}/left;'
            " echo 'server exited unexpectedly' >&2; exit 1; fi",
        )  # fmt: skip
        assert tmux.feed("once\n", start=True).text == "once\n"
        (tmp_path / "left").unlink()
        assert tmux.feed("once\n").absent


class TestTheServer:
    """The server is tutti's own."""

    def test_the_configuration_is_understood(self, tmux: Tmux) -> None:
        """This tmux takes every line of the configuration without a word."""
        assert running(tmux).run("source-file", CONFIG) == ""

    @pytest.mark.parametrize(
        ("flags", "option", "value"),
        [
            ("-gwv", "remain-on-exit", "on"),
            ("-gv", "history-limit", "20000"),
            ("-gv", "default-size", "200x50"),
            ("-gv", "status", "off"),
            ("-gv", "mouse", "on"),
            ("-gv", "set-titles", "off"),
            ("-gwv", "allow-rename", "off"),
            ("-gwv", "automatic-rename", "off"),
            ("-gv", "update-environment", ""),
            ("-sv", "escape-time", "10"),
            ("-sv", "exit-empty", "on"),
            ("-sv", "focus-events", "on"),
            ("-sv", "default-terminal", "tmux-256color"),
        ],
    )
    def test_is_configured(self, tmux: Tmux, flags: str, option: str, value: str) -> None:
        """A server we start has our settings, not the user's."""
        assert running(tmux).run("show-options", flags, option).strip() == value

    def test_keeps_no_folder_busy(self, tmux: Tmux) -> None:
        """The server does not sit in the folder it was started from."""
        pid = running(tmux).run("display-message", "-p", "#{pid}").strip()
        assert str(Path(f"/proc/{pid}/cwd").resolve()) == "/"

    def test_ends_with_its_last_session(self, tmux: Tmux) -> None:
        """A server without sessions does not stay."""
        running(tmux).run("kill-session", "-t", "=one")
        until_gone = time.monotonic() + 10
        while not tmux.call("list-sessions").absent:
            assert time.monotonic() < until_gone

    def test_is_not_reached_through_an_outer_tmux(
        self, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who runs inside another tmux still speaks to ours, and to a folder given relatively."""
        running(tmux)
        monkeypatch.setenv("TMUX", "/nonexistent/other,1,0")
        folder = Path(os.environ["TMUX_TMPDIR"])
        monkeypatch.chdir(folder.parent)
        monkeypatch.setenv("TMUX_TMPDIR", folder.name)
        assert tmux.run("display-message", "-p", "#{socket_path}").strip() == tmux.socket_path()

    def test_the_socket(self, tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
        """The socket is `tutti` unless the environment names another."""
        assert default_socket() == "tutti"
        monkeypatch.setenv("TUTTI_TMUX_SOCKET", "mine")
        assert default_socket() == "mine"
        monkeypatch.setenv("TUTTI_TMUX_SOCKET", "")
        assert default_socket() == "tutti"

    def test_the_version(self, tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The version is the installed tmux's; a build without a number counts as new."""
        said = subprocess.run(["tmux", "-V"], capture_output=True, check=True, timeout=10).stdout
        assert " {}.{}".format(*tmux.version()) in said.decode()
        fake(tmp_path, monkeypatch, "echo tmux master")
        assert Tmux("client").version() == (99, 0)
