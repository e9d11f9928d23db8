"""The lock between processes: who gets it, what the others are told, what a crash leaves."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tutti_core.state
from tutti_core.errors import StateError
from tutti_core.state.holder import Holder
from tutti_core.state.lock import Lock, LockHeld

HOLD = """
import sys
from pathlib import Path
from tutti_core.state.holder import Holder
from tutti_core.state.lock import Lock
lock = Lock(Path(sys.argv[1]), purpose="a long job")
lock.acquire()
{then}
print("held", flush=True)
sys.stdin.read()
"""
DEADLINE = 60.0


@contextmanager
def holding(path: Path, then: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds a lock until it is killed or its input ends."""
    source = str(Path(tutti_core.state.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(then=then), str(path)],
        env={**os.environ, "PYTHONPATH": source},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()
            watchdog.cancel()


def test_holder_is_known_while_it_holds(tmp_path: Path) -> None:
    """Inside the block the holder is this process with its purpose, outside there is none."""
    lock = Lock(tmp_path / "x.lock", purpose="testing")

    with lock:
        holder = lock.holder()
        assert holder is not None
        assert (holder.pid, holder.purpose) == (os.getpid(), "testing")
        assert holder.since.endswith("Z")

    assert lock.holder() is None


def test_asking_makes_no_file(tmp_path: Path) -> None:
    """Nobody holds a lock that was never taken, and asking leaves nothing behind."""
    assert Lock(tmp_path / "x.lock").holder() is None
    assert list(tmp_path.iterdir()) == []


def test_lock_makes_its_private_folder(tmp_path: Path) -> None:
    """The first lock in a workspace makes the folder it needs, open to the owner only."""
    path = tmp_path / "state" / "x.lock"

    with Lock(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o600


def test_timeout_names_the_other_process(tmp_path: Path) -> None:
    """Who waits in vain learns pid and purpose of the holder, in words and as data."""
    path = tmp_path / "x.lock"

    with holding(path) as other:
        with pytest.raises(LockHeld) as caught:
            Lock(path, timeout=0.05).acquire()

        assert f"pid {other.pid} (a long job)" in caught.value.message
        assert str(path) in caught.value.message
        assert caught.value.holder
        assert caught.value.holder.pid == other.pid
        assert not Lock(path).try_acquire()


def test_killed_holder_frees_the_lock_at_once(tmp_path: Path) -> None:
    """After kill -9 the lock is free although its file still carries the dead process's name."""
    path = tmp_path / "x.lock"
    with holding(path) as other:
        other.kill()
        other.wait(DEADLINE)

        lock = Lock(path)
        assert str(other.pid) in path.read_text()
        assert lock.holder() is None
        assert lock.try_acquire()
        lock.release()


CHILDREN = {
    # A program started with every descriptor that may be inherited.
    "exec": "import subprocess; subprocess.Popen(['cat'], close_fds=False)",
    # A copy of the holder itself, which even lets go what it believes to hold.
    "fork": """import os
ours, theirs = os.pipe()
if os.fork() == 0:
    lock.release()
    os.write(theirs, b"alive")
    sys.stdin.read()
    os._exit(0)
os.close(theirs)
assert os.read(ours, 5) == b"alive" """,
}


@pytest.mark.parametrize("how", CHILDREN)
def test_children_do_not_inherit_the_lock(tmp_path: Path, how: str) -> None:
    """A child neither frees its parent's lock nor keeps it when the parent is killed."""
    path = tmp_path / "x.lock"
    with holding(path, CHILDREN[how]) as parent:
        lock = Lock(path)
        assert not lock.try_acquire()

        parent.kill()
        parent.wait(DEADLINE)
        # The child still lives: its end of the pipe is the one that keeps ours from ending.
        assert lock.try_acquire()
        lock.release()


def test_waiter_gets_the_lock_when_it_is_let_go(tmp_path: Path) -> None:
    """Who waits for another process gets the lock when that process ends."""
    path = tmp_path / "x.lock"
    with holding(path) as other:
        threading.Timer(0.05, other.kill).start()
        with Lock(path, timeout=DEADLINE) as lock:
            holder = lock.holder()

    assert holder is not None
    assert holder.pid == os.getpid()


def test_second_take_by_the_same_thread_is_refused(tmp_path: Path) -> None:
    """Taking a lock twice fails at once with the reason of the first, and the first stays."""
    lock = Lock(tmp_path / "x.lock", timeout=DEADLINE, purpose="the first")
    with lock:
        for again in (lock, Lock(tmp_path / "x.lock", timeout=DEADLINE)):
            with pytest.raises(StateError, match=r"already held by this very thread \(the first\)"):
                again.acquire()
        assert not lock.try_acquire()
        assert lock.holder() is not None


def test_second_path_to_one_lock_is_the_same_lock(tmp_path: Path) -> None:
    """A lock reached over a link is recognised as the one this thread holds."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    with (
        Lock(tmp_path / "real" / "x.lock"),
        pytest.raises(StateError, match="already held"),
    ):
        Lock(tmp_path / "link" / "x.lock", timeout=DEADLINE).acquire()


def test_other_thread_waits_its_turn(tmp_path: Path) -> None:
    """Another thread is told to wait rather than refused, and gets the lock afterwards."""
    lock, outcome = Lock(tmp_path / "x.lock", timeout=DEADLINE), list[str]()

    def take() -> None:
        with pytest.raises(LockHeld):
            Lock(lock.path, timeout=0.01).acquire()
        ready.set()
        with lock:
            outcome.append("got it")

    ready, thread = threading.Event(), threading.Thread(target=take)
    with lock:
        thread.start()
        assert ready.wait(DEADLINE)
        assert outcome == []
    thread.join(DEADLINE)

    assert outcome == ["got it"]


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    """Many threads on one lock object never are in the block at once."""
    lock, inside, most = Lock(tmp_path / "x.lock", timeout=DEADLINE), [0], [0]

    def work() -> None:
        for _ in range(20):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                (tmp_path / "busy").touch()
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)

    assert not any(thread.is_alive() for thread in threads)
    assert most == [1]
    assert lock.holder() is None


def used(path: Path, left_by: str) -> Lock:
    """Give a lock that somebody held before."""
    lock = Lock(path)
    with holding(path) if left_by == "a kill" else lock:
        pass
    return lock


@pytest.mark.parametrize("left_by", ["a release", "a kill"])
def test_asking_does_not_disturb_a_try(tmp_path: Path, left_by: str) -> None:
    """A try outlasts somebody who only asks, however slowly that goes."""
    lock = used(tmp_path / "x.lock", left_by)
    asker = os.open(lock.path, os.O_RDONLY)
    fcntl.flock(asker, fcntl.LOCK_SH)
    assert lock.holder() is None
    threading.Timer(0.05, os.close, [asker]).start()

    assert lock.try_acquire()
    lock.release()


def test_no_file_stays_open(tmp_path: Path) -> None:
    """Taking, trying in vain, asking and releasing leave no descriptor behind."""
    lock = Lock(tmp_path / "x.lock")

    def use() -> int:
        for _ in range(3):
            with lock:
                Lock(lock.path).try_acquire()
                lock.holder()
        return len(list(Path("/dev/fd").iterdir()))

    assert use() == use()


def test_try_does_not_wait_for_a_living_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tries a lock that a living process signed for is told at once."""

    def refuse(_: float) -> None:
        raise AssertionError("a try has waited")

    with holding(tmp_path / "x.lock"):
        monkeypatch.setattr("tutti_core.state.lock.time.sleep", refuse)
        assert not Lock(tmp_path / "x.lock").try_acquire()


@pytest.mark.parametrize("left_by", ["a release", "a kill"])
def test_nobody_is_named_for_a_lock_that_is_not_signed_yet(tmp_path: Path, left_by: str) -> None:
    """Between taking and signing, the signature of the one before is not taken for the holder's."""
    lock = used(tmp_path / "x.lock", left_by)
    other = os.open(lock.path, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)

    assert lock.holder() == Holder(0, "", "")
    with pytest.raises(LockHeld, match="held by another process"):
        Lock(lock.path, timeout=0).acquire()
    os.close(other)


def test_release_twice_is_harmless(tmp_path: Path) -> None:
    """Letting go what is not held, or held through another object, changes nothing."""
    one, other = Lock(tmp_path / "x.lock"), Lock(tmp_path / "x.lock")
    one.release()
    with other:
        pass

    with one:
        other.release()
        assert one.holder() is not None
    one.release()

    assert other.try_acquire()
    other.release()


def test_removed_lock_file_is_made_anew(tmp_path: Path) -> None:
    """A deleted lock file does not live on as a ghost: the next one locks a real file."""
    lock = Lock(tmp_path / "x.lock")
    with lock:
        lock.path.unlink()

    with lock:
        assert lock.path.exists()
        assert not Lock(lock.path).try_acquire()


def test_lock_file_removed_while_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock on a file that was deleted just before is worth nothing, and is taken again."""
    path, real, calls = tmp_path / "x.lock", fcntl.flock, list[int]()

    def late(fd: int, kind: int) -> None:
        if not calls:
            path.unlink()
        calls.append(kind)
        real(fd, kind)

    monkeypatch.setattr(fcntl, "flock", late)
    with Lock(path):
        assert path.exists()
        assert not Lock(path).try_acquire()


@pytest.mark.parametrize("text", ["", "not json\n", "[]\n", '{"held":1,"pid":"x"}\n'])
def test_unsigned_lock_is_held_by_somebody(tmp_path: Path, text: str) -> None:
    """A held lock whose text says nothing useful is still reported as held."""
    lock = Lock(tmp_path / "x.lock")
    with lock:
        lock.path.write_text(text)
        assert lock.holder() == Holder(0, "", "")
        with pytest.raises(StateError, match="already held"):
            lock.acquire()


def test_short_signature_leaves_nothing_of_a_long_one(tmp_path: Path) -> None:
    """The lock file holds exactly one line, that of the last holder."""
    path = tmp_path / "x.lock"
    with Lock(path, purpose="a very long purpose " * 10):
        pass
    with Lock(path, purpose="short"):
        pass

    assert path.read_text().count("\n") == 1
    assert path.read_text().endswith("}\n")


def test_unusable_lock_file_is_an_error(tmp_path: Path) -> None:
    """Where the lock file cannot be opened, here a folder, the error names it."""
    with pytest.raises(StateError, match=f"cannot lock {tmp_path}"):
        Lock(tmp_path).acquire()


def test_waiting_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """Whoever waits for a lock that is held stops as soon as it may, and is told who holds it."""
    path, over = tmp_path / "x.lock", threading.Event()
    raised: list[LockHeld] = []

    def wait() -> None:
        try:
            Lock(path, timeout=300, unless=over.is_set).acquire()
        except LockHeld as error:
            raised.append(error)

    with Lock(path, purpose="the first"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        over.set()
        waiting.join(timeout=10)
        assert not waiting.is_alive()
    assert "the first" in raised[0].message
