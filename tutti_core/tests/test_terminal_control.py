"""The lasting connection to a tmux server, on real tmux: what it gives, and whom it spares."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutti_core.model.session import SessionSpec
from tutti_core.terminal import hidden
from tutti_core.terminal.control import Control, ControlLost, ControlUnsafe
from tutti_core.terminal.hidden import HIDDEN
from tutti_core.terminal.host import TmuxHost
from tutti_core.terminal.tmux import TmuxError, TmuxMissing, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutti_core.model.session import Session

# Shows something of everything: wide glyphs, colours, a title, what looks like an answer.
SHOWN = (
    r"printf '\033]2;a \\ title\033\\h\303\251llo \346\227\245 \033[31mred\033[0m\n'; "
    r"printf '%%end 1 2 1\n\n%%exit\n  x'"
)
# A client of its own process, which says when it is connected and then does nothing.
HOLDER = """
import sys, time
from tutti_core.terminal import hidden
from tutti_core.terminal.control import Control
hidden.SAFE_SINCE = (3, 2)
control = Control(sys.argv[1])
print("connected", flush=True)
time.sleep(600)
"""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmuxHost]:
    """A host on a private socket, in an environment without traces of an outer team."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        # Here nobody comes or goes while a client is being accepted, and a crash would end a test.
        monkeypatch.setattr(hidden, "SAFE_SINCE", (3, 2))
        host = TmuxHost("control")
        yield host
        host.tmux.call("kill-server")


def start(host: TmuxHost, script: str = "exec sleep 600", name: str = "ada") -> Session:
    """Start a shell script as an agent."""
    return host.create(SessionSpec(name, "/root", name, "duo", "/", ("sh", "-c", script)))


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def names(host: TmuxHost) -> list[str]:
    """The names of all sessions there are, whoever's."""
    return host.tmux.call("list-sessions", "-F", "#{session_name}").text.split()


def held(host: TmuxHost) -> subprocess.Popen[str]:
    """Another process that is connected."""
    argv = [sys.executable, "-c", HOLDER, host.tmux.socket]
    holder = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "connected\n"
    return holder


def ended(holder: subprocess.Popen[str]) -> None:
    """End such a process, stopped or not."""
    holder.kill()
    holder.wait(timeout=20)
    assert holder.stdout is not None
    holder.stdout.close()


class TestAConnection:
    """It says what a client of its own process would say."""

    def test_captures_as_the_host_does(self, host: TmuxHost) -> None:
        """Text, styles, history and joined lines are the same; a vanished pane is absent."""
        ada, bob = start(host, f"{SHOWN}; exec sleep 600"), start(host, name="bob")
        panes = [ada.pane, "%99", bob.pane]
        until(lambda: "x" in host.capture([ada.pane])[ada.pane])
        with Control("control") as control:
            assert control.capture(panes) == host.capture(panes)
            assert control.capture(panes, styles=True) == host.capture(panes, styles=True)
            more = control.capture(panes, history=9, join=True)
            assert more == host.capture(panes, history=9, join=True)
            assert control.capture([]) == {}
        assert set(more) == {ada.pane, bob.pane}

    def test_lists_as_the_host_does(self, host: TmuxHost) -> None:
        """Sessions are the same, of all workspaces or of one, and never one that is hidden."""
        start(host, f"{SHOWN}; exec sleep 600")
        until(lambda: host.list()[0].title.startswith("a "))
        with Control("control") as control:
            assert control.list() == host.list()
            assert [one.agent for one in host.list()] == ["ada"]
            assert control.list("/elsewhere") == ()

    def test_asks_anything(self, host: TmuxHost) -> None:
        """Arguments arrive byte for byte; a refusal is an error in tmux's words, no loss."""
        start(host)
        odd = "a;b ; \"#\" '$HOME' ~ {x} %end 日 \\ \t|"
        with Control("control") as control:
            control.ask("set-option", "-s", "@odd", odd)
            assert control.ask("show-options", "-sv", "@odd") == f"{odd}\n".encode()
            with pytest.raises(TmuxError, match=r"tmux rename-window: .*nobody") as refused:
                control.ask("rename-window", "-t", "=nobody", "x")
            assert not isinstance(refused.value, ControlLost)
            assert control.ask("set-option", "-s", "@odd", "") == b""

    def test_takes_more_than_any_pipe_holds(self, host: TmuxHost) -> None:
        """Many screens at once neither block nor get mixed up."""
        panes = []
        for number in range(3):
            script = f"seq -f '{number} %0150g' 60; exec sleep 600"
            panes.append(start(host, script, f"agent-{number}").pane)
        until(lambda: all("60\n" in text for text in host.capture(panes).values()))
        expected = host.capture(panes)
        with Control("control") as control:
            assert control.capture(panes * 200) == expected

    def test_tells_of_sessions_that_come_and_go(self, host: TmuxHost) -> None:
        """Its descriptor can be read then, and the notice is given once."""
        start(host)
        with Control("control") as control:
            control.notices()
            start(host, name="bob")
            until(lambda: "%sessions-changed" in control.notices())
            host.kill("bob")
            until(lambda: "%sessions-changed" in control.notices())
            assert control.notices() == []

    def test_needs_a_server_that_runs(self, host: TmuxHost) -> None:
        """It starts none, and says why it is not connected."""
        with pytest.raises(ControlLost, match=r"No such file or directory|no server"):
            Control("control")
        assert not Path(host.tmux.socket_path()).exists()

    def test_is_not_tried_where_it_might_end_the_server(
        self, host: TmuxHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that is too old to be safe sees no client of control mode at all."""
        start(host)
        monkeypatch.setattr(hidden, "SAFE_SINCE", (98, 0))
        with pytest.raises(ControlUnsafe, match=r"tmux [0-9.]+\w* might crash"):
            Control("control")
        assert names(host) == ["ada"]

    def test_needs_tmux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without it the error says how to get it."""
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(TmuxMissing, match="not found"):
            Control("control")

    def test_gives_up_on_a_server_that_does_not_answer(self, host: TmuxHost) -> None:
        """After the deadline the connection is lost, and stays lost until another is made."""
        start(host)
        server = int(host.tmux.run("display-message", "-p", "#{pid}"))
        control = Control("control")
        os.kill(server, signal.SIGSTOP)
        try:
            with pytest.raises(ControlLost, match=r"no answer within 0.2 s \(socket control\)"):
                control.ask("list-sessions", timeout=0.2)
        finally:
            os.kill(server, signal.SIGCONT)
        with pytest.raises(ControlLost):
            control.notices()
        with Control("control") as again:
            assert len(again.list()) == 1

    def test_says_that_the_server_is_gone(self, host: TmuxHost) -> None:
        """Whoever asks next learns it, by one kind of error, from each method."""
        start(host)
        control = Control("control")
        host.tmux.run("kill-server")
        until(lambda: _is_lost(control.notices))
        assert _is_lost(control.list)
        assert _is_lost(lambda: control.capture(["%0"]))
        control.close()


def _is_lost(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ControlLost:
        return True
    return False


class TestAHiddenSession:
    """It harms nobody and outlives nobody."""

    def test_resizes_nobody(self, host: TmuxHost) -> None:
        """A client of 80 columns looks at nothing, and nobody counts as attached."""
        start(host)
        host.tmux.run("new-session", "-d", "-s", "person", "-x", "123", "-y", "45")
        sizes = ["list-windows", "-a", "-F", "#{session_name} #{window_width}x#{window_height}"]
        before = host.tmux.run(*sizes)
        with Control("control") as control:
            after = control.ask(*sizes).decode()
            assert set(before.splitlines()) < set(after.splitlines())
            assert control.list()[0].attached == 0

    def test_ends_with_its_client(self, host: TmuxHost) -> None:
        """Closed or killed: nothing of it is left, no session and no process."""
        start(host)
        Control("control").close()
        until(lambda: names(host) == ["ada"])
        holder = held(host)
        hidden = next(one for one in names(host) if one != "ada")
        assert hidden.startswith("_tutti-")
        shown = host.tmux.run("list-panes", "-t", f"={hidden}", "-F", "#{pane_pid}")
        ended(holder)
        until(lambda: names(host) == ["ada"])
        until(lambda: not Path(f"/proc/{shown.strip()}").exists())

    @pytest.mark.parametrize("is_stopped", [False, True])
    def test_keeps_no_server_alive(self, host: TmuxHost, is_stopped: bool) -> None:
        """With the last session that is shown the server ends, even if the client is stopped."""
        start(host)
        start(host, name="bob")
        holder = held(host)
        with Control("control"):
            if is_stopped:
                holder.send_signal(signal.SIGSTOP)
            try:
                host.kill("ada")
                assert [one.agent for one in host.list()] == ["bob"]
                host.kill("bob")
                until(lambda: names(host) == [])
                assert host.tmux.call("list-sessions").absent
            finally:
                ended(holder)

    def test_spares_a_server_that_is_a_persons(self, host: TmuxHost) -> None:
        """A session that somebody else opened keeps the server and the connection alive."""
        start(host)
        host.tmux.run("new-session", "-d", "-s", "person", "sleep", "600")
        with Control("control") as control:
            host.kill("ada")
            until(lambda: "%sessions-changed" in control.notices())
            assert "person" in names(host)
            assert control.list() == ()

    def test_does_not_begin_where_nobody_is_left(self, host: TmuxHost) -> None:
        """Two that meet on a server whose last session ends meanwhile both end."""
        start(host)
        with Control("control") as control:
            control.ask("set-option", "-t", "=ada:", HIDDEN, "1")
            with pytest.raises(ControlLost):
                Control("control")

    @pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
    def test_freezes_nobody(self, host: TmuxHost, sign: signal.Signals) -> None:
        """An agent that floods its terminal goes on while a client is stopped, or was killed."""
        flood = start(host, "exec seq 1000000000", "flood")
        quiet = start(host, name="quiet")
        holder = held(host)
        try:
            holder.send_signal(sign)
            for _ in range(20):
                seen = _last(host, flood)
                until(lambda seen=seen: _last(host, flood) > seen + 5000)  # type: ignore[misc]
            assert [one.dead for one in host.list()] == [False, False]
            assert host.capture([quiet.pane])
        finally:
            ended(holder)
        until(lambda: set(names(host)) == {"flood", "quiet"})

    def test_keeps_talking_while_an_agent_floods(self, host: TmuxHost) -> None:
        """None of the output comes over the connection, which answers all the same."""
        flood = start(host, "exec seq 1000000000", "flood")
        with Control("control") as control:
            for _ in range(50):
                assert flood.pane in control.capture([flood.pane])
            assert not [one for one in control.notices() if "output" in one]


def _last(host: TmuxHost, flood: Session) -> int:
    lines = host.capture([flood.pane])[flood.pane].split()
    return int(lines[-2]) if len(lines) > 2 else 0


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_no_end_of_a_client_ends_the_server(host: TmuxHost) -> None:
    """Clients that die in every way, while sessions come and go: the server lives, none is left."""
    start(host)
    server = host.tmux.run("display-message", "-p", "#{pid}")
    if version_of(host.tmux.run("-V")) < (3, 7):
        pytest.skip("such a tmux gets no client of control mode")
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            host.tmux.call("new-session", "-d", "-s", "other", "true")
            host.tmux.call("kill-session", "-t", "=other")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for number in range(100):
            _die(Control("control"), number % 4)
            until(lambda: not [one for one in names(host) if one.startswith("_tutti")])
    finally:
        stop.set()
        thread.join()
    assert host.tmux.run("display-message", "-p", "#{pid}") == server


def _die(control: Control, how: int) -> None:
    client = control._wire._client
    if how == 0 and client.stdin:
        client.stdin.close()
    elif how == 1:
        client.kill()
    elif how == 2:
        client.send_signal(signal.SIGSTOP)
    control.close()
