from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutti_core.model.contract import SessionHost
from tutti_core.model.session import Session, SessionSpec
from tutti_core.terminal.host import TmuxHost
from tutti_core.terminal.quoting import line
from tutti_core.terminal.tmux import TmuxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = f"/root-{os.getpid()}"
"""Of this process's own: sessions that end look for their processes on the whole machine."""

ODD = "a\tb | c # #{pid} \\t \\ ; 'é' \"日\" 🎉 $HOME `x` %7 {"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmuxHost]:
    """A host on a private socket, in an environment without traces of an outer team."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        host = TmuxHost("host")
        yield host
        host.tmux.call("kill-server")


def start(host: TmuxHost, name: str, script: str = "exec sleep 600", **more: Any) -> Session:
    """Start an agent, named like its session, that runs a shell script."""
    more = {"root": ROOT, "workspace": "duo", "cwd": "/", **more}
    return host.create(SessionSpec(name=name, agent=name, argv=("sh", "-c", script), **more))


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def names(host: TmuxHost, root: str | None = None) -> list[str]:
    """The names of our sessions."""
    return [session.name for session in host.list(root)]


def the(host: TmuxHost, name: str) -> Session:
    """The session of that name."""
    return next(session for session in host.list() if session.name == name)


def stranger(host: TmuxHost, name: str) -> None:
    """Make a session that is not ours on the same server."""
    script = line(["new-session", "-d", "-s", name, "sleep", "600"])
    host.tmux.checked(host.tmux.feed(script, start=True), "new-session")


def test_is_a_session_host(host: TmuxHost) -> None:
    """The host keeps the contract that plugins know."""
    contract: SessionHost = host
    assert contract.name == "tmux"


class TestListing:
    """Sessions are listed in one call."""

    def test_no_server_is_no_session(self, host: TmuxHost) -> None:
        """Without a server there are no sessions, and none is started to say so."""
        assert host.list() == ()
        assert not Path(host.tmux.socket_path()).exists()

    def test_a_server_out_of_reach_is_an_error(
        self, host: TmuxHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where tmux may not look, nobody claims that there are no agents."""
        folder = Path(os.environ["TMUX_TMPDIR"], f"tmux-{os.getuid()}")
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        with pytest.raises(TmuxError, match=r"unsafe permissions|Permission denied"):
            host.list()

    def test_tells_what_tmux_knows(self, host: TmuxHost) -> None:
        """A listed session carries its labels, its process, its size and its times."""
        before = int(time.time())
        options = {"runtime": "claude", "profile": "work"}
        made = start(host, "ada", options=options, width=120, height=40)
        (listed,) = host.list()
        assert listed == made
        assert (listed.agent, listed.workspace, listed.root) == ("ada", "duo", ROOT)
        assert (listed.runtime, listed.profile) == ("claude", "work")
        assert (listed.width, listed.height) == (120, 40)
        assert before <= listed.created <= listed.activity <= time.time()
        assert Path(f"/proc/{listed.pid}").exists()
        assert (listed.dead, listed.in_mode, listed.alternate, listed.attached) == (
            False, False, False, 0,
        )  # fmt: skip

    def test_of_one_workspace(self, host: TmuxHost) -> None:
        """A workspace sees its own sessions only, not those of a root that begins the same."""
        start(host, "one", root=f"{ROOT}/a")
        start(host, "two", root=f"{ROOT}/a/b")
        assert names(host, f"{ROOT}/a") == ["one"]
        assert names(host) == ["one", "two"]

    def test_strangers_are_not_listed(self, host: TmuxHost) -> None:
        """A session without our label is none of ours."""
        stranger(host, "tutti-duo-eve")
        start(host, "ada")
        assert names(host) == ["ada"]

    def test_titles_and_roots_may_hold_anything(self, host: TmuxHost) -> None:
        """Odd characters in titles and paths disturb neither their own row nor the others'."""
        title = re.sub(r"[\t\\$]", "_", ODD)  # these tmux itself may write otherwise in a title
        printed = f"printf '\\033]2;%s\\007' {shlex.quote(title)}; exec sleep 600"
        start(host, "odd", printed, root=ODD)
        start(host, "plain")
        until(lambda: the(host, "odd").title == title)
        assert the(host, "odd").root == ODD
        assert names(host, ODD) == ["odd"]
        assert names(host, ROOT) == ["plain"]

    def test_a_cursor_is_where_it_is_shown(self, host: TmuxHost) -> None:
        """The row is told, and that none is shown where a program has hidden it."""
        start(host, "shown", "printf 'one\\ntwo'; exec sleep 600")
        start(host, "hidden", "printf 'one\\n\\033[?25l'; exec sleep 600")
        until(lambda: the(host, "shown").cursor == 1)
        until(lambda: the(host, "hidden").cursor is None)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],  # one server for all
    )
    @given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
    def test_labels_may_hold_anything(self, host: TmuxHost, value: str) -> None:
        """A label comes back as it was given."""
        if not host.list():
            start(host, "ada")
        host.set_option("ada", "profile", value)
        assert the(host, "ada").profile == value

    def test_a_dead_agent_is_known_as_dead(self, host: TmuxHost) -> None:
        """An agent that ended is listed with its exit status, and its last screen can be read."""
        pane = start(host, "ada", "echo last words; read answer; exit 3").pane
        until(lambda: "last words" in host.capture([pane])[pane])
        host.keys(pane, "Enter")
        until(lambda: the(host, "ada").exit_status is not None)
        ada = the(host, "ada")
        assert (ada.dead, ada.exit_status, ada.exit_signal) == (True, 3, None)
        # Before 3.3 tmux cannot be kept from adding a line that scrolls the screen.
        text = host.capture([pane], history=0 if host.tmux.version() >= (3, 3) else 1)[pane]
        assert text.startswith("last words\n")

    def test_no_death_goes_unnoticed(self, host: TmuxHost) -> None:
        """Every agent that ends at once has its exit status, though tmux may miss its signal."""
        for turn in range(40):
            start(host, f"a{turn}", "echo last words; exit 3")
            until(partial(_ended_with, host, f"a{turn}", 3))

    def test_a_killed_agent_is_known_as_killed(self, host: TmuxHost) -> None:
        """An agent ended by a signal is dead without an exit status, by that signal."""
        start(host, "ada", "kill -KILL $$")
        until(lambda: the(host, "ada").dead)
        until(lambda: host.tmux.version() < (3, 3) or the(host, "ada").exit_signal == "SIGKILL")
        assert the(host, "ada").exit_status is None

    def test_the_agents_pane_is_the_one_it_started_in(self, host: TmuxHost) -> None:
        """Panes that a person opens beside the agent do not take its place."""
        ada = start(host, "ada")
        host.tmux.run("split-window", "-b", "-t", ada.pane, "sleep 600")
        host.tmux.run("new-window", "-t", "=ada:", "sleep 600")
        assert [one.pane for one in host.list()] == [ada.pane]

    def test_an_agent_whose_pane_was_closed_is_dead(self, host: TmuxHost) -> None:
        """What a person left in the session is never taken for the agent."""
        ada = start(host, "ada")
        host.tmux.run("split-window", "-t", ada.pane, "sleep 600")
        host.tmux.run("kill-pane", "-t", ada.pane)
        (left,) = host.list()
        assert (left.name, left.dead, left.pid) == ("ada", True, 0)

    def test_copy_mode_and_the_alternate_screen_show(self, host: TmuxHost) -> None:
        """Whether a person scrolls, and whether a program has the whole screen, is told."""
        ada = start(host, "ada", "printf '\\033[?1049h'; exec sleep 600")
        until(lambda: the(host, "ada").alternate)
        host.tmux.run("copy-mode", "-t", ada.pane)
        assert the(host, "ada").in_mode


class TestCapturing:
    """Screens are read in one invocation."""

    def test_every_pane_gets_its_own_text(self, host: TmuxHost) -> None:
        """Texts are not mixed up, however many panes there are."""
        panes = {start(host, f"a{n}", f"echo I am {n}; exec sleep 600").pane: n for n in range(12)}
        until(lambda: all("I am" in text for text in host.capture(list(panes)).values()))
        for pane, text in host.capture(list(panes)).items():
            assert text == f"I am {panes[pane]}\n" + "\n" * 49

    def test_a_vanished_pane_is_absent(self, host: TmuxHost) -> None:
        """A pane that is gone is missing from the answer and spoils none beside it."""
        ada, bob, eve = (start(host, name, f"echo {name}; exec sleep 600") for name in "abe")
        until(lambda: "e" in host.capture([eve.pane])[eve.pane])
        host.kill("b")
        taken = host.capture([ada.pane, bob.pane, "%999", eve.pane])
        assert [*taken] == [ada.pane, eve.pane]
        assert [text.strip() for text in taken.values()] == ["a", "e"]

    def test_of_nothing(self, host: TmuxHost) -> None:
        """No panes, or no server, is no text."""
        assert host.capture([]) == {}
        assert host.capture(["%0"]) == {}

    def test_a_name_is_not_a_pane(self, host: TmuxHost) -> None:
        """A name, which tmux might take for another's beginning, is refused."""
        with pytest.raises(ValueError, match="not a pane id: 'ada'"):
            host.capture(["ada"])

    @pytest.mark.parametrize("count", [2, 12])
    def test_a_scan_is_a_listing_and_the_screens(self, host: TmuxHost, count: int) -> None:
        """Few panes or many: sessions and texts are those of two questions; the gone are absent."""
        show = "printf '\\033]2;of %s \\\\\\033\\\\I am'"
        panes = [start(host, f"a{n}", f"{show} {n}; exec sleep 600").pane for n in range(count)]
        until(lambda: all(one.title.startswith("of ") for one in host.list()))
        host.kill("a0")
        found, screens = host.scan([*panes, "%999"])
        assert found == host.list()
        assert screens == host.capture(panes)
        assert [*screens] == panes[1:]
        assert host.scan([]) == ((), {})

    def test_a_scan_without_a_server(self, host: TmuxHost) -> None:
        """Nothing is there, and nothing is wrong."""
        assert host.scan(["%0"]) == ((), {})

    def test_history_styles_and_wrapped_lines(self, host: TmuxHost) -> None:
        """Lines above the screen, colours and unwrapped lines are given when asked for."""
        script = "seq 100; printf '\\033[31mred\\033[0m'; printf ' %0300d\\n' 7; exec sleep 600"
        pane = start(host, "ada", script).pane
        until(lambda: "7" in host.capture([pane])[pane])

        def read(**how: Any) -> str:
            return host.capture([pane], **how)[pane]

        assert "\n40\n" not in read()
        assert "\n40\n" in read(history=1000)
        assert "\x1b[31mred" in read(styles=True)
        assert "\x1b" not in read()
        wrapped, joined = read().split("red ")[1], read(join=True).split("red ")[1]
        assert "0\n0" in wrapped
        assert joined.splitlines()[0].rstrip() == "0" * 299 + "7"

    def test_text_beyond_ascii(self, host: TmuxHost, monkeypatch: pytest.MonkeyPatch) -> None:
        """Text arrives whole even where the caller's locale knows ASCII only."""
        monkeypatch.setenv("LC_ALL", "C")
        pane = start(host, "ada", "echo 'é 日本 🎉'; exec sleep 600").pane
        until(lambda: "é 日本 🎉\n" in host.capture([pane])[pane])

    def test_more_than_a_message_holds(self, host: TmuxHost) -> None:
        """A list of panes that would not fit into one of tmux's messages is read all the same."""
        pane = start(host, "ada", "echo here; exec sleep 600").pane
        until(lambda: "here" in host.capture([pane])[pane])
        many = [f"%{number}" for number in range(1000, 2000)]
        assert list(host.capture([*many, pane])) == [pane]


class TestEndingSessions:
    """A session is ended by its exact name, and only if it is ours."""

    def test_a_name_is_not_a_beginning(self, host: TmuxHost) -> None:
        """Ending `api` when only `api-tests` runs touches nothing."""
        tests = start(host, "api-tests")
        host.kill("api")
        assert host.list() == (tests,)

    def test_one_of_two_with_the_same_beginning(self, host: TmuxHost) -> None:
        """Of `api` and `api-tests` only the one named is read, labelled and ended."""
        tests, api = start(host, "api-tests"), start(host, "api")
        host.set_option("api", "profile", "mine")
        assert (the(host, "api").profile, the(host, "api-tests").profile) == ("mine", "")
        host.kill("api")
        assert host.list() == (tests,)
        with pytest.raises(TmuxError, match="api"):
            host.set_option("api", "profile", "yours")
        assert host.capture([api.pane]) == {}

    def test_what_is_gone_is_gone(self, host: TmuxHost) -> None:
        """Ending a session that does not exist, or on no server, is no error."""
        host.kill("ada")
        start(host, "bob")
        host.kill("ada")
        host.kill("bob")
        host.kill("bob")
        assert host.list() == ()

    def test_a_stranger_is_left_alone(self, host: TmuxHost) -> None:
        """A session that is not ours is refused, not ended."""
        stranger(host, "tutti-duo-eve")
        with pytest.raises(TmuxError, match="'tutti-duo-eve' is not tutti's"):
            host.kill("tutti-duo-eve")
        assert "tutti-duo-eve" in host.tmux.run("list-sessions")

    def test_starting_while_the_last_one_ends(self, host: TmuxHost) -> None:
        """A session that is asked for while the server leaves with its last one is there."""
        for turn in range(25):
            start(host, f"a{turn}")
            host.kill(f"a{turn}")
        assert host.list() == ()


class TestEndingAgents:
    """Ending an agent ends all that it started."""

    def test_with_all_its_processes(self, host: TmuxHost, tmp_path: Path) -> None:
        """Children, grandchildren, daemons and those that ignore SIGTERM end."""
        forever = "while :; do sleep 1; done"
        script = f"""
            note() {{ echo $1 >> {tmp_path}/pids; }}
            sleep 601 & note $!
            sh -c 'sleep 602 & echo $! >> {tmp_path}/pids; wait' & note $!
            setsid sh -c 'echo $$ >> {tmp_path}/pids; exec sleep 603' &
            (setsid sh -c 'trap "" TERM HUP; echo $$ >> {tmp_path}/pids; {forever}' &)
            exec sleep 604
        """
        ada = start(host, "ada", script)
        until(lambda: len(_pids(tmp_path)) == 5)
        ended = host.end(ada, grace=0.5)
        assert ended.left == ()
        assert {ada.pid, *_pids(tmp_path)} <= {*ended.terminated, *ended.killed}
        assert len(ended.killed) >= 1
        assert not any(_alive(pid) for pid in (ada.pid, *_pids(tmp_path)))
        assert host.list() == ()

    def test_and_nobody_elses(self, host: TmuxHost) -> None:
        """Other agents, strangers and the server itself go on."""
        bob, ada = start(host, "bob"), start(host, "ada")
        stranger(host, "eve")
        assert host.end(ada).terminated == (ada.pid,)
        assert host.list() == (bob,)
        assert _alive(bob.pid)
        assert "eve" in host.tmux.run("list-sessions")

    def test_of_the_same_name_in_another_workspace(self, host: TmuxHost) -> None:
        """An agent of the same name in another root goes on."""
        spec = SessionSpec("one", f"{ROOT}/one", "ada", "duo", "/", ("sleep", "600"))
        one = host.create(spec)
        two = host.create(spec._replace(name="two", root=f"{ROOT}/two"))
        host.end(one)
        assert host.list() == (two,)
        assert _alive(two.pid)

    def test_that_is_dead_already(self, host: TmuxHost) -> None:
        """The process number of an agent that is dead, or gone, may be another's: it is let be."""
        start(host, "ada", "exit 0")
        until(lambda: the(host, "ada").dead)
        innocent = subprocess.Popen(["sleep", "600"])
        ada = the(host, "ada")._replace(pid=innocent.pid)
        try:
            assert host.end(ada) == ((), (), ())
            assert host.list() == ()
            assert host.end(ada) == ((), (), ())
            assert innocent.poll() is None
        finally:
            innocent.kill()
            innocent.wait()

    def test_after_the_server_was_killed(self, host: TmuxHost, tmp_path: Path) -> None:
        """What outlived the tmux server is still found and ended."""
        script = f"setsid sh -c 'echo $$ > {tmp_path}/pids; exec sleep 600' & exec sleep 601"
        ada = start(host, "ada", script)
        until(lambda: _pids(tmp_path))
        host.tmux.run("kill-server")
        assert set(_pids(tmp_path)) <= set(host.end(ada).terminated)
        assert not any(map(_alive, _pids(tmp_path)))

    def test_from_inside(self, host: TmuxHost, tmp_path: Path) -> None:
        """An agent that ends itself is ended whole, and whoever does it lives to tell."""
        program = tmp_path / "down.py"
        program.write_text(
            "import signal, sys, pathlib\n"
            "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
            f"sys.path[:0] = {sys.path!r}\n"
            "from tutti_core.terminal.host import TmuxHost\n"
            "host = TmuxHost('host')\n"
            "ended = host.end(host.list()[0])\n"
            f"pathlib.Path({str(tmp_path / 'told')!r}).write_text(repr((ended, host.list())))\n"
        )
        ada = start(host, "ada", f"sleep 600 & {sys.executable} {program}; exec sleep 601")
        until((tmp_path / "told").exists)
        until(lambda: (tmp_path / "told").read_text().endswith("())"))
        assert f"{ada.pid}" in (tmp_path / "told").read_text()
        assert not _alive(ada.pid)


class TestAttaching:
    """A person is shown exactly the session meant."""

    def test_outside_tmux_a_client_is_attached(self, host: TmuxHost) -> None:
        """The command names the socket and the exact session, and works inside other servers."""
        argv = host.attach_argv(start(host, "api"))
        assert argv[:3] == ["env", "-u", "TMUX"]
        assert argv[-3:] == ["attach-session", "-t", "=api"]
        assert "host" in argv

    def test_inside_this_server_the_client_is_switched(
        self, host: TmuxHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nesting a server in itself is refused by tmux, so the client goes over instead."""
        api = start(host, "api")
        monkeypatch.setenv("TMUX", f"{host.tmux.socket_path()},1,0")
        assert host.attach_argv(api)[-3:] == ["switch-client", "-t", "=api"]

    def test_a_line_below_says_who_it_is(self, host: TmuxHost) -> None:
        """Whoever attaches sees the agent's name and how to leave; others stay bare."""
        start(host, "api-two")
        host.attach_argv(start(host, "api"))
        shown = host.tmux.run("show-options", "-t", "=api:", "-v", "status-left")
        assert "api" in shown
        assert "Ctrl+b d" in shown
        assert host.tmux.run("show-options", "-t", "=api-two:", "-v", "status-left").strip() == ""

    def test_who_attaches_sees_all_of_it(self, host: TmuxHost) -> None:
        """In a smaller terminal the window has its size, and afterwards its own; variables stay."""
        ada = start(host, "ada", "exec sh")
        start(host, "ada-two")
        before = host.tmux.run("show-environment", "-t", "=ada")
        with Terminal(host.attach_argv(ada), {"SSH_AUTH_SOCK": "/mine", "DISPLAY": ":9"}):
            until(lambda: the(host, "ada").attached == 1)
            until(lambda: (the(host, "ada").width, the(host, "ada").height) == (80, 23))
            assert the(host, "ada-two").attached == 0
            assert the(host, "ada-two").width == 200
            assert host.tmux.run("show-environment", "-t", "=ada") == before
        until(lambda: the(host, "ada").attached == 0)
        until(lambda: (the(host, "ada").width, the(host, "ada").height) == (200, 50))
        assert the(host, "ada").pid == ada.pid

    def test_the_size_stays_while_somebody_else_looks(self, host: TmuxHost) -> None:
        """The window has its own size again only when the last one has left."""
        ada = start(host, "ada", "exec sh")
        with Terminal(host.attach_argv(ada), {}):
            until(lambda: the(host, "ada").attached == 1)
            with Terminal(host.attach_argv(the(host, "ada")), {}):
                until(lambda: the(host, "ada").attached == 2)
            until(lambda: the(host, "ada").attached == 1)
            assert the(host, "ada").width == 80
        until(lambda: the(host, "ada").width == 200)

    def test_where_the_caller_is(self, host: TmuxHost, monkeypatch: pytest.MonkeyPatch) -> None:
        """Inside this server, inside another, and inside none are told apart."""
        assert host.inside() == "no"
        monkeypatch.setenv("TMUX", f"{os.environ['TMUX_TMPDIR']}/tmux-{os.getuid()}/default,1,0")
        assert host.inside() == "other"
        pane = start(host, "ada", 'echo "[$TMUX]"; exec sleep 600').pane
        until(lambda: "]" in host.capture([pane])[pane])
        monkeypatch.setenv("TMUX", host.capture([pane])[pane].strip().strip("[]"))
        assert host.inside() == "same"


class Terminal:
    """A program on a terminal of 80x24, as a person would run it."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self.argv, self.env = argv, {**os.environ, "TERM": "xterm", **env}

    def __enter__(self) -> None:
        import fcntl
        import struct
        import termios

        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            self.argv, stdin=theirs, stdout=theirs, stderr=theirs, env=self.env,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        os.close(self.ours)


def _ended_with(host: TmuxHost, name: str, status: int) -> bool:
    return the(host, name).exit_status == status


def _pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return sorted(map(int, file.read_text().split())) if file.exists() else []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
