from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutti_core.terminal import processes, proctable
from tutti_core.terminal.processes import descendants, end, marked, parent, start_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Two processes that each start the other anew, in a session of its own, as soon as it is missing.
GUARDS = r"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder, me, other = sys.argv[1:]
def alive(name):
    try:
        os.kill(int(open(f"{folder}/{name}").read()), 0)
        return True
    except (OSError, ValueError):
        return False
with open(f"{folder}/{me}.part", "w") as file:
    file.write(str(os.getpid()))
os.replace(f"{folder}/{me}.part", f"{folder}/{me}")
with open(f"{folder}/all", "a") as file:
    file.write(f"{os.getpid()}\n")
while True:
    if not alive(other) and os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-I", "-S", sys.argv[0], folder, other, me])
        os._exit(0)
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        pass
    time.sleep(0.005)
"""


# A process with a child that hands over to a copy of itself, in a session of its own, every few
# milliseconds.
RELAY = r"""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    time.sleep(600)
while True:
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.008)
    if os.fork():
        os._exit(0)
    os.setsid()
"""


class Zoo:
    """Starts processes and sees to it that none outlives the test."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *argv: str) -> int:
        """Start a process that carries the mark."""
        env = {**os.environ, "TUTTI_ROOT": "/zoo", "TUTTI_AGENT": self.mark}
        self.started.append(subprocess.Popen(argv, env=env, start_new_session=True))
        return self.started[-1].pid

    def marks(self) -> dict[str, str]:
        """What everything started here carries."""
        return {"TUTTI_ROOT": "/zoo", "TUTTI_AGENT": self.mark}

    def close(self) -> None:
        """Kill what is left, without the code under test."""
        for process in self.started:
            process.kill()
            process.wait(timeout=10)
        entry = f"TUTTI_AGENT={self.mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if entry in (folder / "environ").read_bytes():
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue


@pytest.fixture
def zoo() -> Iterator[Zoo]:
    """A zoo that is closed afterwards."""
    zoo = Zoo()
    yield zoo
    zoo.close()


@pytest.fixture(params=["proc", "ps"])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to read the table of processes."""
    if request.param == "ps":
        monkeypatch.setattr(proctable, "PROC", "/nonexistent")
    return str(request.param)


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The signals sent, which are sent all the same."""
    sent: list[tuple[int, int]] = []
    send = processes._send

    def note(handle: int | None, pid: int, number: signal.Signals) -> None:
        sent.append((pid, number))
        send(handle, pid, number)

    monkeypatch.setattr(processes, "_send", note)
    return sent


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    stop = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < stop, "it never came"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def numbers(file: Path) -> list[int]:
    """The process numbers written in a file so far."""
    return sorted(map(int, file.read_text().split())) if file.exists() else []


class TestLooking:
    """Processes are told by number and beginning, and found by parentage and by marks."""

    def test_a_beginning_names_a_process(self, zoo: Zoo, table: str) -> None:
        """A process keeps its beginning, another has a different one, a missing one has none."""
        one = zoo.start("sleep", "600")
        assert start_time(one) == start_time(one) is not None
        assert start_time(one) != start_time(1)
        zoo.started[0].kill()
        zoo.started[0].wait()
        assert start_time(one) is None

    def test_a_parent(self, zoo: Zoo, table: str) -> None:
        """The parent of what we start is us."""
        assert parent(zoo.start("sleep", "600")) == os.getpid()
        assert parent(2**22 + 1) is None

    def test_a_name_with_brackets(self, zoo: Zoo, tmp_path: Path) -> None:
        """A program whose name looks like the rest of the table's line is read correctly."""
        program = tmp_path / "a) S 1 (b"
        program.write_text("#!/bin/sh\nsleep 600\n")
        program.chmod(0o755)
        pid = zoo.start(str(program))
        until(lambda: (found := proctable.look(pid)) and found.command == "a) S 1 (b")
        assert parent(pid) == os.getpid()

    def test_descendants(self, zoo: Zoo, table: str) -> None:
        """Children and theirs are descendants; the process itself and its neighbours are not."""
        neighbour = zoo.start("sleep", "600")
        pid = zoo.start("sh", "-c", "sleep 601 & sh -c 'sleep 602; :'; :")
        until(lambda: len(descendants(pid)) == 3)
        assert not {pid, neighbour, os.getpid()} & set(descendants(pid))

    def test_orphans_of_a_terminal_session(self, zoo: Zoo, tmp_path: Path) -> None:
        """Who lost its parent but stayed in the leader's terminal session is a descendant."""
        note = tmp_path / "pid"
        pid = zoo.start("sh", "-c", f"(sleep 601 & echo $! > {note}); exec sleep 602")
        until(lambda: numbers(note) and numbers(note) == [*descendants(pid)])
        until(lambda: parent(numbers(note)[0]) != pid)

    def test_marked(self, zoo: Zoo, table: str, tmp_path: Path) -> None:
        """A process that left parent and terminal behind is found by what it was started with."""
        zoo.start("sh", "-c", f"(setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 600' &)")
        until(lambda: numbers(tmp_path / "pid"))
        until(lambda: set(numbers(tmp_path / "pid")) <= set(marked(zoo.marks())))

    def test_all_marks_must_match(self, zoo: Zoo, table: str) -> None:
        """One mark that differs, or only begins the same, is no match; nor are no marks at all."""
        pid = zoo.start("sleep", "600")
        until(lambda: [*marked(zoo.marks())] == [pid])
        assert [*marked({**zoo.marks(), "TUTTI_ROOT": "/zo"})] == []
        assert [*marked({**zoo.marks(), "OTHER": "1"})] == []
        assert [*marked({"UTTI_AGENT": zoo.mark})] == []
        assert [*marked({})] == []

    def test_a_tmux_server_is_never_marked(self, zoo: Zoo, tmp_path: Path) -> None:
        """A tmux that an agent started holds sessions, and is neither found nor ended."""
        socket = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
        zoo.start(*socket, "new-session", "-d", "sleep", "600")
        zoo.started[0].wait(timeout=10)
        asked = subprocess.run(
            [*socket, "display-message", "-p", "#{pid} #{pane_pid}"],
            capture_output=True, check=True, timeout=10,
        )  # fmt: skip
        server, pane = map(int, asked.stdout.split())
        until(lambda: [*marked(zoo.marks())] == [pane])
        assert end([server], grace=0.1) == ((), (), ())
        assert alive(server)
        subprocess.run([*socket, "kill-server"], check=True, timeout=10)


class TestEnding:
    """Processes are asked, then killed, with all their offspring and nobody else."""

    def test_who_goes_when_asked(self, zoo: Zoo, table: str) -> None:
        """A process that follows SIGTERM is terminated, not killed, and waited for no longer."""
        pid = zoo.start("sleep", "600")
        began = time.monotonic()
        assert end([pid], grace=20.0) == ((pid,), (), ())
        assert time.monotonic() - began < 10
        assert not alive(pid)

    def test_who_does_not(self, zoo: Zoo, table: str) -> None:
        """A process that ignores SIGTERM is killed after the grace."""
        pid = zoo.start("sh", "-c", "trap '' TERM; echo; while :; do read x </dev/zero; done")
        until(lambda: _ignores(pid, signal.SIGTERM))
        assert end([pid], grace=0.2) == ((), (pid,), ())
        assert not alive(pid)

    def test_has_time_to_finish(self, zoo: Zoo, tmp_path: Path) -> None:
        """A process that cleans up within the grace is let do so, as are its helpers in that."""
        save = "sh -c 'echo > helping; sleep 0.5; echo > saved'"
        script = f'cd {tmp_path}; trap "{save}; exit 0" TERM; echo > up; while :; do :; done'
        pid = zoo.start("sh", "-c", script)
        until((tmp_path / "up").exists)
        ended = end([pid], grace=20.0)
        assert pid in ended.terminated
        assert ended.killed == ended.left == ()
        assert (tmp_path / "saved").exists()

    def test_who_is_stopped(self, zoo: Zoo) -> None:
        """A stopped process is woken, so that it can follow."""
        pid = zoo.start("sleep", "600")
        os.kill(pid, signal.SIGSTOP)
        assert end([pid], grace=20.0) == ((pid,), (), ())

    def test_a_whole_tree(self, zoo: Zoo, tmp_path: Path) -> None:
        """Child, grandchild and a daemon that left everything behind all end."""
        program = tmp_path / "tree.sh"
        program.write_text(
            f"echo $$ >> {tmp_path}/pids\n"
            "case $1 in\n"
            "  root) sh $0 child & (setsid sh $0 daemon &); wait; wait ;;\n"
            "  child) sh $0 grandchild & wait ;;\n"
            "esac\n"
            "exec sleep 600\n"
        )
        pid = zoo.start("sh", str(program), "root")
        until(lambda: len(numbers(tmp_path / "pids")) == 4)
        ended = end([pid], also=lambda: marked(zoo.marks()))
        assert {pid, *numbers(tmp_path / "pids")} <= set(ended.terminated)
        assert ended.left == ()
        assert not any(map(alive, ended.terminated))

    def test_who_starts_again(self, zoo: Zoo, tmp_path: Path) -> None:
        """Processes that ignore SIGTERM and keep starting each other anew end for good."""
        program = tmp_path / "guard.py"
        program.write_text(GUARDS)
        pid = zoo.start(sys.executable, "-I", "-S", str(program), str(tmp_path), "a", "b")
        until(lambda: len(numbers(tmp_path / "all")) >= 2)
        os.kill(int((tmp_path / "b").read_text()), signal.SIGKILL)
        until(lambda: len(numbers(tmp_path / "all")) >= 3)  # they do start again
        ended = end([pid], grace=0.3, also=lambda: marked(zoo.marks()))
        assert ended.left == ()
        assert len(ended.killed) >= 2
        assert [*marked(zoo.marks())] == []

    def test_who_lives_only_to_start_the_next(self, zoo: Zoo, tmp_path: Path) -> None:
        """A process that is followed by another every few milliseconds is caught."""
        program = tmp_path / "relay.py"
        program.write_text(RELAY)
        pid = zoo.start(sys.executable, "-I", "-S", str(program), str(tmp_path / "all"))
        until(lambda: len(numbers(tmp_path / "all")) >= 5)
        ended = end([pid], grace=0.2, also=lambda: marked(zoo.marks()))
        assert ended.left == ()
        assert pid in ended.killed
        assert [*marked(zoo.marks())] == []

    def test_looks_twice_before_saying_nobody(self, zoo: Zoo) -> None:
        """Someone who came while we looked elsewhere is found by looking again."""
        pid = zoo.start("sleep", "600")
        looks = iter(((), (pid,)))
        assert end([], also=lambda: next(looks, ())).terminated == (pid,)

    def test_looks_harder_once_somebody_slipped_away(self, zoo: Zoo) -> None:
        """If someone was seen and gone at once, a few looks in vain are not the end of it."""
        first, last = zoo.start("sleep", "600"), zoo.start("sleep", "601")

        def slip() -> Iterator[int]:
            yield first
            zoo.started[0].kill()
            zoo.started[0].wait(timeout=10)

        looks = iter((slip(), (), (), (last,)))
        assert end([], also=lambda: next(looks, ())).terminated == (first, last)

    def test_all_are_frozen_before_one_is_killed(
        self, zoo: Zoo, signals: list[tuple[int, int]]
    ) -> None:
        """No member of a tree can start another while its neighbour is being killed."""
        script = "trap '' TERM; (sleep 600; :) & (sleep 600; :) & while :; do sleep 600; done"
        pid = zoo.start("sh", "-c", script)
        until(lambda: len(descendants(pid)) == 5)
        tree = {pid, *descendants(pid)}
        assert set(end([pid], grace=0.0).killed) == tree
        numbers = [number for _, number in signals]
        assert {one for one, number in signals if number == signal.SIGSTOP} == tree
        assert signal.SIGSTOP not in numbers[numbers.index(signal.SIGKILL) :]

    def test_who_is_marked_is_frozen_on_sight(
        self, zoo: Zoo, signals: list[tuple[int, int]]
    ) -> None:
        """Whoever may be gone by the end of the search is stopped in the middle of it."""
        pid = zoo.start("sleep", "600")
        stopped: list[bool] = []

        def search() -> Iterator[int]:
            yield pid
            stopped.append((pid, signal.SIGSTOP) in signals)

        end([], grace=0.0, also=search)
        assert stopped[:2] == [False, True]  # first asked, then forced

    def test_who_starts_others_when_asked(self, zoo: Zoo, tmp_path: Path) -> None:
        """A newcomer that appears only because of the asking is asked as well."""
        late, asked = tmp_path / "late.sh", tmp_path / "asked.sh"
        late.write_text(f"echo $$ > {tmp_path}/late\nexec sleep 600\n")
        asked.write_text(
            f"trap '(setsid sh {late} &); exit 0' TERM\ntouch {tmp_path}/up\nwhile :; do :; done\n"
        )
        pid = zoo.start("sh", str(asked))
        until((tmp_path / "up").exists)

        def also() -> Iterator[int]:
            if not alive(pid):
                until(lambda: numbers(tmp_path / "late"))
            return marked(zoo.marks())

        ended = end([pid], also=also)
        assert set(numbers(tmp_path / "late")) <= set(ended.terminated)
        assert [*marked(zoo.marks())] == []

    def test_who_stays_on_with_newcomers(self, zoo: Zoo, tmp_path: Path) -> None:
        """Newcomers of one that will not go are asked too before the grace is over."""
        script = (
            f"cd {tmp_path}; trap 'sleep 600 & echo $! > late.part; mv late.part late' TERM;"
            " echo > up; while :; do :; done"
        )
        pid = zoo.start("sh", "-c", script)
        until((tmp_path / "up").exists)
        ended = end([pid], grace=2.0)
        assert set(numbers(tmp_path / "late")) <= set(ended.terminated)
        assert ended.killed == (pid,)

    def test_who_is_gone_already(self, zoo: Zoo) -> None:
        """Nobody is neither terminated nor left."""
        assert end([2**22 + 1]) == ((), (), ())
        assert end([]) == ((), (), ())

    def test_a_zombie_is_gone(self, zoo: Zoo) -> None:
        """A process that has ended and was not collected is nobody to wait for."""
        pid = zoo.start("true")
        until(lambda: not alive(pid))
        assert end([pid], grace=20.0) == ((), (), ())

    def test_never_the_caller(self, zoo: Zoo) -> None:
        """Whoever ends its own tree is left out of it, and so is the first process."""
        assert end([os.getpid(), 1], grace=0.0) == ((), (), ())

    def test_who_may_not_be_ended_is_left(self, zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process that cannot be signalled is told as left, not as ended."""

        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(processes, "_send", refuse)
        monkeypatch.setattr(processes, "_KILL_SECONDS", 0.1)
        pid = zoo.start("sleep", "600")
        assert end([pid], grace=0.1).left == (pid,)
        assert alive(pid)

    @pytest.mark.parametrize("held", [True, False], ids=["pidfd", "number"])
    def test_never_who_took_over_a_number(
        self, zoo: Zoo, monkeypatch: pytest.MonkeyPatch, held: bool
    ) -> None:
        """A process that has the number of one we met, but began later, is not signalled."""
        sent: list[int] = []
        pid = zoo.start("sleep", "600")
        found = proctable.look(pid)
        assert found is not None
        if not held:
            monkeypatch.delattr(os, "pidfd_open", raising=False)
        with monkeypatch.context() as patch:
            patch.setattr(processes, "_send", lambda _handle, pid, _number: sent.append(pid))
            processes._signal(found._replace(started="1"), signal.SIGKILL)
            processes._signal(found._replace(pid=2**22 + 1), signal.SIGKILL)
        assert sent == []
        processes._signal(found, signal.SIGKILL)
        assert zoo.started[0].wait(timeout=10) == -signal.SIGKILL


def _ignores(pid: int, number: int) -> bool:
    ignored = Path(f"/proc/{pid}/status").read_text().split("SigIgn:")[1].split()[0]
    return bool(int(ignored, 16) >> (number - 1) & 1)
