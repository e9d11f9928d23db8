from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutti_core.model.session import Session, SessionSpec
from tutti_core.terminal.host import ARGV_LIMIT, SessionExists, TmuxHost
from tutti_core.terminal.launching import plan, wanted_environment
from tutti_core.terminal.processes import parent
from tutti_core.terminal.tmux import CARRIED, TmuxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Writes what it was started with, in one step, and stays.
RECORDER = """
import json, os, sys, time
note = {"argv": sys.argv[2:], "env": dict(os.environ), "cwd": os.getcwd(), "pid": os.getpid()}
with open(sys.argv[1] + ".part", "w") as file:
    json.dump(note, file)
os.replace(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
"""

# What tmux itself tells the programs in its panes; COLORTERM since 3.6.
OF_TMUX = {"TMUX", "TMUX_PANE", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM"}
LEFT_BEHIND = {"CLAUDECODE", "SHLVL", "OLDPWD", "_", "COLUMNS", "LINES"}

TEXT = st.text(
    st.sampled_from("a ;\\'\"$`~#{}%()=-\n\té🎉\udcff") | st.characters(exclude_categories=["Cs"]),
    max_size=10,
).map(lambda text: text.replace("\0", ""))
WORDS = st.lists(
    TEXT.filter(lambda text: os.fsdecode(os.fsencode(text)) == text)
    | st.sampled_from(["", ";", "a;", "\\;", "--", "-e", "$(id)", "#{pid}", "%7", "a\n  # b"]),
    max_size=5,
)

ROOT = f"/the/root-{os.getpid()}"
"""Of this process's own: sessions that end look for their processes on the whole machine."""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmuxHost]:
    """A host on a private socket, in an environment without traces of an outer team."""
    for name in [name for name in os.environ if name.startswith(("TUTTI_", "TMUX"))]:
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp", ignore_cleanup_errors=True) as home:
        monkeypatch.setenv("TMUX_TMPDIR", home)
        monkeypatch.setenv("HOME", home)
        host = TmuxHost("launch")
        yield host
        host.tmux.call("kill-server")


class Recorder:
    """Starts a program that writes down how it was started."""

    def __init__(self, host: TmuxHost, folder: Path) -> None:
        self.host, self.folder, self.count = host, folder, 0
        self.program = folder / "recorder.py"
        self.program.write_text(RECORDER)

    def start(self, *words: str, **more: Any) -> tuple[Session, dict[str, Any]]:
        """Start it with words and give the session and its note."""
        self.count += 1
        note = self.folder / f"note-{self.count}"
        argv = (sys.executable, "-I", "-S", str(self.program), str(note), *words)
        session = self.host.create(spec(f"recorder-{self.count}", self.folder, *argv, **more))
        until(note.exists)
        return session, json.loads(note.read_text())


@pytest.fixture
def recorder(host: TmuxHost, tmp_path: Path) -> Recorder:
    """A recorder on the private host."""
    return Recorder(host, tmp_path)


def spec(name: str, cwd: Path, *argv: str, **more: Any) -> SessionSpec:
    """A session of agent `ada` in workspace `duo`."""
    return SessionSpec(name, ROOT, "ada", "duo", str(cwd), argv, **more)


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def outside(host: TmuxHost, env: Mapping[str, str], *command: str) -> None:
    """Use the private server as a stranger would, from another environment."""
    surroundings = {"PATH": os.environ["PATH"], "TMUX_TMPDIR": os.environ["TMUX_TMPDIR"], **env}
    argv = ["tmux", "-L", host.tmux.socket, "-f", "/dev/null", *command]
    subprocess.run(argv, check=True, env=surroundings, timeout=20, capture_output=True)


def expected(cwd: Path) -> dict[str, str]:
    """What an agent sees besides what tmux tells it."""
    mine = {k: v for k, v in os.environ.items() if k not in OF_TMUX | LEFT_BEHIND}
    ours = {"TUTTI_ROOT": ROOT, "TUTTI_AGENT": "ada", "TUTTI_WORKSPACE": "duo"}
    return {**mine, "PWD": str(cwd), **ours}


def seen(note: Mapping[str, Any]) -> dict[str, str]:
    """What the recorder saw besides what tmux told it."""
    return {name: value for name, value in note["env"].items() if name not in OF_TMUX}


class TestTheCommand:
    """An agent is started without a shell."""

    # One server serves all the examples.
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(words=WORDS)
    def test_arrives_byte_for_byte(
        self, recorder: Recorder, tmp_path: Path, words: list[str]
    ) -> None:
        """Every argument arrives as it is, whatever tmux or a shell would make of it."""
        session, note = recorder.start(*words, env={"A": "\n".join(words)})
        assert note["argv"] == words
        assert note["env"]["A"] == "\n".join(words)
        assert note["cwd"] == str(tmp_path)
        recorder.host.kill(session.name)

    def test_is_the_pane(self, recorder: Recorder, host: TmuxHost) -> None:
        """The pane's own process is the agent, a child of the server with nothing between."""
        session, note = recorder.start()
        assert note["pid"] == session.pid
        assert str(parent(session.pid)) == host.tmux.run("display-message", "-p", "#{pid}").strip()

    def test_may_have_an_equals_sign_in_its_path(self, host: TmuxHost, tmp_path: Path) -> None:
        """A program is run even where its path looks like an assignment."""
        program = tmp_path / "a=b" / "it"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/said\n')
        program.chmod(0o755)
        host.create(spec("odd", tmp_path, str(program), "x=y"))
        until((tmp_path / "said").exists)
        until(lambda: (tmp_path / "said").read_text() == "x=y\n")

    def test_starts_in_a_folder_with_any_name(self, recorder: Recorder, tmp_path: Path) -> None:
        """A folder whose name looks like a format is entered all the same."""
        folder = tmp_path / "a #{pid} ;é"
        folder.mkdir()
        recorder.folder = folder
        _, note = recorder.start()
        assert note["cwd"] == str(folder)

    def test_may_be_as_long_as_a_program_can_take(self, recorder: Recorder) -> None:
        """A prompt far beyond tmux's own 16 KiB arrives."""
        prompt = "é;\n" * (ARGV_LIMIT // 4 - 100)
        assert recorder.start(prompt)[1]["argv"] == [prompt]

    def test_shows_no_secret(self, recorder: Recorder, host: TmuxHost) -> None:
        """No command line, of the server or of the agent, shows a value of the environment."""
        session, _ = recorder.start(env={"API_KEY": "s3cret"})
        server = host.tmux.run("display-message", "-p", "#{pid}").strip()
        for pid in (server, session.pid):
            assert b"s3cret" not in Path(f"/proc/{pid}/cmdline").read_bytes()


class TestTheEnvironment:
    """An agent sees its caller's environment, wherever the server came from."""

    def test_of_a_new_server(self, recorder: Recorder, tmp_path: Path) -> None:
        """The first agent sees exactly the caller's variables and its own."""
        _, note = recorder.start(env={"EXTRA": "1"})
        assert seen(note) == {**expected(tmp_path), "EXTRA": "1"}
        assert note["env"]["TERM"] == "tmux-256color"

    def test_of_a_server_from_elsewhere(
        self, recorder: Recorder, host: TmuxHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What only the server has is taken away, and what differs is the caller's."""
        foreign = {"HOME": "/", "SHELL": "/bin/dash", "LEAK": "a\nTUTTI_X=1", "TUTTI_AGENT": "eve",
                   "CLAUDECODE": "1", "LANG": "C", "EDITOR": "ed"}  # fmt: skip
        outside(host, foreign, "new-session", "-d", "-s", "stranger", "sleep", "600")
        monkeypatch.setenv("EDITOR", "vi")
        monkeypatch.setenv("SHELL", "/bin/sh")
        _, note = recorder.start()
        assert seen(note) == expected(tmp_path)

    def test_without_a_path_and_a_shell(
        self, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable the caller lacks is lacking, even one that tmux always sets."""
        recorder.start()
        monkeypatch.delenv("SHELL", raising=False)
        _, note = recorder.start(unset=("PATH", "TERM_PROGRAM"))
        assert "SHELL" not in note["env"]
        assert "TERM_PROGRAM" not in note["env"]
        assert "PATH" not in note["env"]

    def test_of_the_spec_wins(self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
        """Added variables win over the caller's and over tmux's; removed ones are gone."""
        monkeypatch.setenv("GONE", "1")
        monkeypatch.setenv("KEPT", "1")
        path = f"/shims:{os.environ['PATH']}"
        more = {"PATH": path, "TERM": "vt100", "COLORTERM": "no", "SHELL": "/bin/zz", "KEPT": "2"}
        _, note = recorder.start(env=more, unset=("GONE", "KEPT"))
        assert {name: note["env"].get(name) for name in (*more, "GONE")} == {**more, "GONE": None}

    def test_leaves_the_callers_terminal_behind(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing says that the agent runs in the caller's terminal or inside another agent."""
        for name in LEFT_BEHIND:
            monkeypatch.setenv(name, "99")
        monkeypatch.setenv("TMUX", "/outer,1,0")
        monkeypatch.setenv("TUTTI_TMUX_SOCKET", "launch")
        _, note = recorder.start()
        assert LEFT_BEHIND.isdisjoint(note["env"])
        assert not note["env"]["TMUX"].startswith("/outer")
        assert note["env"]["TUTTI_TMUX_SOCKET"] == "launch"

    def test_does_not_stay_in_the_server(
        self, recorder: Recorder, host: TmuxHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server we start keeps no secret and no mark of who started it."""
        for name in ("API_KEY", "TUTTI_AGENT", "CLAUDECODE", "TMUX", "TMUX_PANE"):
            monkeypatch.setenv(name, "s3cret")
        recorder.start(env={"OTHER_KEY": "s3cret"})
        shown = host.tmux.run("show-environment", "-g")
        assert "s3cret" not in shown
        assert {entry.partition("=")[0] for entry in shown.splitlines()} <= {*CARRIED, "PWD"}

    def test_of_one_agent_does_not_reach_the_next(self, recorder: Recorder, tmp_path: Path) -> None:
        """Two agents with different variables see only their own."""
        recorder.start(env={"MINE": "1"})
        assert seen(recorder.start(env={"YOURS": "2"})[1]) == {**expected(tmp_path), "YOURS": "2"}

    def test_is_safe_when_two_start_the_server_at_once(self, tmp_path: Path) -> None:
        """Before a server runs, whatever a server of ours might hold is given or taken away."""
        one = spec("x", tmp_path, "true")
        plan_ = plan(wanted_environment(one, {"HOME": "/h"}), (), None)
        told = {*plan_.given, *plan_.assigned, *plan_.removed}
        assert {*CARRIED} - {"TERM"} <= told


class TestTheWindow:
    """What an agent's window needs, it has on any server."""

    def test_on_a_server_that_a_stranger_configured(self, host: TmuxHost, tmp_path: Path) -> None:
        """A dead agent stays with its whole screen, under its own name, at its own size."""
        outside(host, {}, "new-session", "-d", "-s", "stranger", "sleep", "600")
        script = "printf '\\033kother\\033\\\\'; echo last words; read answer; exit 3"
        pane = host.create(spec("ada", tmp_path, "sh", "-c", script)).pane
        until(lambda: "last words" in host.capture([pane])[pane])
        window = host.tmux.run("display-message", "-p", "-t", pane, "#{window_name}")
        host.keys(pane, "Enter")
        until(lambda: host.list()[0].exit_status == 3)
        assert (host.list()[0].width, host.list()[0].height) == (200, 50)
        assert host.tmux.run("display-message", "-p", "-t", pane, "#{window_name}") == window
        if host.tmux.version() >= (3, 3):
            assert host.capture([pane])[pane].strip() == "last words"


class TestRefusals:
    """What cannot be started is said before anything is touched."""

    def test_too_long(self, host: TmuxHost, tmp_path: Path) -> None:
        """A launch beyond the limit is refused with its size, and no server is started."""
        with pytest.raises(TmuxError, match="'long' takes 120,006 bytes, and 120,000 fit") as one:
            host.create(spec("long", tmp_path, "echo", "x" * ARGV_LIMIT))
        assert "paste the prompt" in one.value.hint
        assert not Path(host.tmux.socket_path()).exists()

    def test_environment_counts(self, host: TmuxHost, tmp_path: Path) -> None:
        """The added environment counts as well."""
        with pytest.raises(TmuxError, match="bytes"):
            host.create(spec("long", tmp_path, "echo", env={"A": "x" * ARGV_LIMIT}))

    @pytest.mark.parametrize("name", ["", "a.b", "a:b", "=a", "%1", "-a", "a b", "a\n"])
    def test_a_name_that_tmux_would_change(self, host: TmuxHost, tmp_path: Path, name: str) -> None:
        """A session never gets another name than the one asked for."""
        with pytest.raises(TmuxError, match="cannot name a session"):
            host.create(spec(name, tmp_path, "true"))

    def test_a_folder_that_is_not_there(self, host: TmuxHost, tmp_path: Path) -> None:
        """An agent is never started somewhere else than asked."""
        with pytest.raises(TmuxError, match=r"/nowhere' is not a directory"):
            host.create(spec("lost", tmp_path / "nowhere", "true"))

    @pytest.mark.parametrize("argv", [(), ("",)])
    def test_no_command(self, host: TmuxHost, tmp_path: Path, argv: tuple[str, ...]) -> None:
        """Without a command there is nothing to start."""
        with pytest.raises(TmuxError, match="no command"):
            host.create(spec("idle", tmp_path, *argv))

    @pytest.mark.parametrize("word", ["a\0b", "a\ud800b"])
    def test_what_cannot_be_written(self, host: TmuxHost, tmp_path: Path, word: str) -> None:
        """A NUL, or half a character, is refused wherever it stands; nothing is cut off."""
        for one in (spec("bad", tmp_path, "echo", word), spec("bad", tmp_path, "echo")):
            with pytest.raises(TmuxError, match="holds a NUL or half a surrogate pair"):
                host.create(one._replace(options={"profile": word}))

    def test_a_name_of_ours_that_is_taken(self, host: TmuxHost, tmp_path: Path) -> None:
        """The error says whose the session is, and the session is untouched."""
        first = host.create(spec("twice", tmp_path, "sleep", "600"))
        with pytest.raises(SessionExists, match=f"'twice' exists already: agent 'ada' of {ROOT}"):
            host.create(spec("twice", tmp_path, "sleep", "601"))
        assert [one.pid for one in host.list()] == [first.pid]

    def test_a_name_of_a_stranger_that_is_taken(self, host: TmuxHost, tmp_path: Path) -> None:
        """A stranger's session is no reason to touch it."""
        outside(host, {}, "new-session", "-d", "-s", "twice", "sleep", "600")
        with pytest.raises(SessionExists, match="a stranger to tutti"):
            host.create(spec("twice", tmp_path, "sleep", "601"))

    def test_a_program_that_is_not_there(self, host: TmuxHost, tmp_path: Path) -> None:
        """A program that cannot be run is a dead session with the usual status, not a lost one."""
        host.create(spec("wrong", tmp_path, "/no/such/program"))
        until(lambda: host.list()[0].exit_status is not None)
        assert host.list()[0].exit_status == 127
