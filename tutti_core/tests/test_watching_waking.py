"""Which of many files changed: told at once, wherever they come from and however they go."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.watching import folders, inotify, waking
from tutti_core.watching.inotify import Inotify
from tutti_core.watching.waking import Waker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINUX = sys.platform.startswith("linux")


@pytest.fixture(params=[True, False], ids=["inotify", "polling"])
def waker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waker[str]]:
    """A waker of either kind; where there is no inotify, both poll."""
    monkeypatch.setattr(waking, "POLL_SECONDS", 0.02)
    with Waker[str](inotify=request.param) as waker:
        yield waker


@pytest.fixture
def told() -> Iterator[Waker[str]]:
    """A waker that is told by the system, and looks at nothing by itself for the time of a test."""
    if not LINUX:
        pytest.skip("no inotify")
    with Waker[str]() as waker:
        yield waker


def wakes(waker: Waker[str], seconds: float = 60.0) -> set[str]:
    """What changes, in one wake-up, and whatever goes with it."""
    found = waker.changed(seconds)
    return found | waker.changed(0.0)


def append(path: Path, text: str) -> None:
    """Add to a file as a hook does."""
    with path.open("a") as file:
        file.write(text)


class TestAFile:
    """Whatever happens to it is told, and it alone."""

    def test_that_is_added_to(self, waker: Waker[str], tmp_path: Path) -> None:
        """One of three files: only its tag; without a change nothing."""
        for name in ("a", "b", "c"):
            (tmp_path / name).write_text("old")
        for name in ("a", "b", "c"):
            waker.watch(tmp_path / name, name)
        assert waker.changed(0.05) == set()
        append(tmp_path / "b", "new")
        assert wakes(waker) == {"b"}
        assert waker.changed(0.05) == set()

    def test_that_does_not_exist_yet(self, waker: Waker[str], tmp_path: Path) -> None:
        """Neither it nor any of its folders: its first line wakes."""
        file = tmp_path / "one" / "two" / "three" / "spool"
        waker.watch(file, "late")
        file.parent.mkdir(parents=True)
        assert wakes(waker, 0.1) == set()
        file.write_text("first")
        assert wakes(waker) == {"late"}
        append(file, "second")
        assert wakes(waker) == {"late"}

    def test_whose_folder_comes_with_it(self, waker: Waker[str], tmp_path: Path) -> None:
        """A folder that is moved into place has its files by then."""
        waker.watch(tmp_path / "there" / "deep" / "file", "it")
        (tmp_path / "made" / "deep").mkdir(parents=True)
        (tmp_path / "made" / "deep" / "file").write_text("x")
        (tmp_path / "made").rename(tmp_path / "there")
        assert wakes(waker) == {"it"}
        append(tmp_path / "there" / "deep" / "file", "y")
        assert wakes(waker) == {"it"}

    def test_that_is_replaced(self, waker: Waker[str], tmp_path: Path) -> None:
        """A rename onto it wakes, and so does what is written to the new one."""
        file, new = tmp_path / "status.json", tmp_path / "status.json.part"
        file.write_text("{}")
        waker.watch(file, "status")
        for _ in range(3):
            new.write_text("{1}")
            new.replace(file)
            assert wakes(waker) == {"status"}
            append(file, "x")
            assert wakes(waker) == {"status"}

    def test_that_is_truncated(self, waker: Waker[str], tmp_path: Path) -> None:
        """A ring that is begun anew wakes."""
        file = tmp_path / "ring"
        file.write_text("much")
        waker.watch(file, "ring")
        os.truncate(file, 0)
        assert wakes(waker) == {"ring"}

    def test_that_is_moved_away_and_made_again(self, waker: Waker[str], tmp_path: Path) -> None:
        """The part before wakes nobody once it has gone; the new one does."""
        file, before = tmp_path / "ring", tmp_path / "ring.1"
        file.write_text("old")
        waker.watch(file, "ring")
        file.rename(before)
        assert wakes(waker) == {"ring"}
        append(before, "more")
        assert waker.changed(0.05) == set()
        file.write_text("new")
        assert wakes(waker) == {"ring"}

    def test_that_is_deleted(self, waker: Waker[str], tmp_path: Path) -> None:
        """Going is a change as well."""
        file = tmp_path / "file"
        file.write_text("x")
        waker.watch(file, "file")
        file.unlink()
        assert wakes(waker) == {"file"}

    def test_whose_folder_is_made_again(self, waker: Waker[str], tmp_path: Path) -> None:
        """Deleting all of it and making it again ends nothing, as often as it happens."""
        file = tmp_path / "one" / "two" / "file"
        waker.watch(file, "file")
        for _ in range(3):
            file.parent.mkdir(parents=True)
            file.write_text("x")
            assert wakes(waker) == {"file"}
            shutil.rmtree(tmp_path / "one")
            assert wakes(waker) == {"file"}

    def test_whose_folder_is_moved(self, waker: Waker[str], tmp_path: Path) -> None:
        """What is written in the folder that went is another file's; the new folder counts."""
        folder, gone = tmp_path / "logs", tmp_path / "gone"
        folder.mkdir()
        (folder / "file").write_text("x")
        waker.watch(folder / "file", "file")
        folder.rename(gone)
        assert wakes(waker) == {"file"}
        append(gone / "file", "y")
        assert waker.changed(0.05) == set()
        folder.mkdir()
        (folder / "file").write_text("z")
        assert wakes(waker) == {"file"}

    def test_that_is_reached_by_a_link(self, waker: Waker[str], tmp_path: Path) -> None:
        """What is written where it leads wakes, and so does a link that leads elsewhere."""
        real, other, link = tmp_path / "real", tmp_path / "other", tmp_path / "link" / "file"
        link.parent.mkdir()
        real.mkdir()
        (real / "file").write_text("x")
        link.symlink_to(real / "file")
        waker.watch(link, "file")
        append(real / "file", "y")
        assert wakes(waker) == {"file"}
        other.write_text("another")
        link.with_name("new").symlink_to(other)
        link.with_name("new").replace(link)
        assert wakes(waker) == {"file"}
        append(other, "more")
        assert wakes(waker) == {"file"}

    def test_in_a_folder_that_is_a_link(self, waker: Waker[str], tmp_path: Path) -> None:
        """A linked home makes no difference; nor does a link that leads nowhere yet."""
        (tmp_path / "linked").symlink_to(tmp_path / "real")
        waker.watch(tmp_path / "linked" / "file", "file")
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "file").write_text("x")
        assert wakes(waker) == {"file"}
        append(tmp_path / "real" / "file", "y")
        assert wakes(waker) == {"file"}

    @pytest.mark.parametrize(
        "name", ["a b\n'\"", "日", os.fsdecode(b"\xff\xfe"), "%{}#", "x" * 255]
    )
    def test_of_any_name(self, waker: Waker[str], tmp_path: Path, name: str) -> None:
        """Bytes that are no text and the longest name there may be."""
        waker.watch(tmp_path / name, name)
        (tmp_path / name).write_text("x")
        assert wakes(waker) == {name}

    @pytest.mark.parametrize("path", ["/", "\0", "/no\0where/x", "x" * 5000, "/dev/null/x/y", ""])
    def test_that_cannot_be(self, waker: Waker[str], path: str) -> None:
        """A path that no file can have is never told of, and raises nothing."""
        waker.watch(path, "it")
        assert waker.changed(0.05) <= {"it"}
        waker.forget(path)

    def test_of_several(self, waker: Waker[str], tmp_path: Path) -> None:
        """Each who watches it is told; one who forgets it does not take it from the other."""
        file = tmp_path / "spool"
        waker.watch(file, "ada")
        waker.watch(str(file), "bob")
        file.write_text("1")
        assert wakes(waker) == {"ada", "bob"}
        waker.forget(file, "ada")
        append(file, "2")
        assert wakes(waker) == {"bob"}
        waker.forget(file)
        append(file, "3")
        assert waker.changed(0.05) == set()
        waker.forget(file)

    def test_of_which_no_word_can_come(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the system watches no more folders, the file is looked at instead."""

        def refuse(self: Inotify, folder: str, mask: int) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(waking, "POLL_SECONDS", 0.02)
        monkeypatch.setattr(Inotify, "add", refuse)
        with Waker[str]() as waker:
            assert waker.pace() > 1
            waker.watch(tmp_path / "file", "file")
            assert waker.pace() <= 0.02
            (tmp_path / "file").write_text("x")
            assert wakes(waker) == {"file"}


class TestAWakeUp:
    """What it costs, and what it can be waited for with."""

    def test_tells_of_four_hundred_at_once(self, waker: Waker[str], tmp_path: Path) -> None:
        """In four folders; each is told of, and none twice."""
        files = {f"{n}": tmp_path / f"{n % 4}" / f"{n}.raw" for n in range(400)}
        for tag, file in files.items():
            file.parent.mkdir(exist_ok=True)
            waker.watch(file, tag)
        for file in files.values():
            file.write_text("x")
        found: set[str] = set()
        _until(lambda: found.update(waker.changed(0.1)) or found == set(files))
        assert waker.changed(0.05) == set()

    def test_wakes_a_selector(self, told: Waker[str], tmp_path: Path) -> None:
        """Its descriptor can be read exactly as long as there is something to tell."""
        told.watch(tmp_path / "file", "file")
        assert not select.select([told], [], [], 0)[0]
        (tmp_path / "file").write_text("x")
        assert select.select([told], [], [], 10)[0]
        assert told.changed() == {"file"}
        assert not select.select([told], [], [], 0)[0]

    def test_reads_once(
        self, told: Waker[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A thousand writes are one read, however many the kernel tells of."""
        told.watch(tmp_path / "file", "file")
        (tmp_path / "file").write_text("x")
        other = tmp_path / "other"
        for _ in range(1000):
            append(tmp_path / "file", "x")
            other.write_text("x")
        reads: list[int] = []
        real = os.read
        monkeypatch.setattr(os, "read", lambda *given: (reads.append(1), real(*given))[1])
        assert told.changed(1.0) == {"file"}
        assert len(reads) == 1

    def test_waits_no_longer_than_it_may(self, waker: Waker[str], tmp_path: Path) -> None:
        """Files next to it that change all the time neither wake nor keep it."""
        waker.watch(tmp_path / "file", "file")
        stop = threading.Event()

        def chatter() -> None:
            while not stop.is_set():
                (tmp_path / "other").write_text("x")

        thread = threading.Thread(target=chatter)
        thread.start()
        try:
            begun = time.monotonic()
            assert waker.changed(0.2) == set()
            assert 0.2 <= time.monotonic() - begun < 5
        finally:
            stop.set()
            thread.join()

    def test_finds_what_no_word_came_of(
        self, told: Waker[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Now and then all files are looked at; one that was told of is not told of again."""
        for name in ("lost", "told", "quiet"):
            told.watch(tmp_path / name, name)
        (tmp_path / "lost").write_text("x")
        monkeypatch.setattr(folders.Folders, "read", lambda self: iter(()))
        assert told.changed() == set()
        monkeypatch.undo()
        while told._inotify and told._inotify.read():
            pass
        (tmp_path / "told").write_text("x")
        assert told.changed(5) == {"told"}
        monkeypatch.setattr(waking, "RECHECK_SECONDS", 0.0)
        assert told.pace() == 0
        assert told.changed() == {"lost"}

    def test_survives_more_than_the_kernel_keeps(self, told: Waker[str], tmp_path: Path) -> None:
        """When word was lost, every file is told of."""
        for name in ("a", "b"):
            told.watch(tmp_path / name, name)
        overflow = inotify.Happening(-1, inotify.OVERFLOW, b"")
        assert told._inotify is not None
        told._inotify.read = lambda: [overflow]  # type: ignore[method-assign]
        (tmp_path / "a").write_text("x")
        assert "a" in told.changed(5)

    def test_notices_a_folder_that_was_swapped_without_a_word(
        self, told: Waker[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The folder above it was moved and made again: found when all are looked at."""
        file = tmp_path / "home" / "project" / "logs" / "file"
        file.parent.mkdir(parents=True)
        told.watch(file, "file")
        (tmp_path / "home").rename(tmp_path / "away")
        file.parent.mkdir(parents=True)
        monkeypatch.setattr(waking, "RECHECK_SECONDS", 0.0)
        told.changed()
        monkeypatch.undo()
        file.write_text("x")
        assert told.changed(5) == {"file"}

    def test_leaks_nothing(self, told: Waker[str], tmp_path: Path) -> None:
        """Files that come, go and are forgotten leave no watch and no descriptor."""
        before = len(os.listdir("/proc/self/fd"))
        for number in range(100):
            file = tmp_path / f"folder-{number}" / "deep" / "file"
            told.watch(file, "file")
            file.parent.mkdir(parents=True)
            file.write_text("x")
            assert "file" in told.changed(5)
            shutil.rmtree(file.parent.parent)
            told.changed(5)
            told.forget(file)
        assert len(os.listdir("/proc/self/fd")) == before
        info = Path(f"/proc/self/fdinfo/{told.fileno()}").read_text()
        assert "inotify wd" not in info

    def test_is_closed_for_good(self, tmp_path: Path) -> None:
        """Closing twice does no harm, and no descriptor is left."""
        before = len(os.listdir("/proc/self/fd")) if LINUX else 0
        for kind in (True, False):
            waker = Waker[str](inotify=kind)
            waker.watch(tmp_path / "x", "x")
            waker.close()
            waker.close()
        assert not LINUX or len(os.listdir("/proc/self/fd")) == before

    def test_is_light(self) -> None:
        """Importing it loads nothing that `tt status` would wait for."""
        code = "import sys, tutti_core.watching.waking; print('ctypes' in sys.modules)"
        said = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
        )
        assert said.stdout.strip() == "False"


STEPS = st.lists(
    st.sampled_from(["write", "append", "replace", "delete", "rmdir", "mkdir", "rotate", "link"]),
    max_size=14,
)


@pytest.mark.skipif(not LINUX, reason="no inotify")
@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_no_change_is_missed(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Whatever is done to a file and its folder, each change is told, and it is watched still."""
    home = tmp_path_factory.mktemp("any")
    file = home / "one" / "two" / "file"
    with Waker[str]() as waker:
        waker.watch(file, "it")
        for step in steps:
            before = waking._look(str(file))
            _do(step, file, home)
            found = waker.changed(0.0)
            assert "it" in found or waking._look(str(file)) == before, step
        _do("mkdir", file, home)
        append(file, "the end")
        assert "it" in waker.changed(5)


def _do(step: str, file: Path, home: Path) -> None:
    acts: dict[str, Callable[[], object]] = {
        "write": lambda: file.write_text("x"),
        "append": lambda: append(file, "y"),
        "replace": lambda: (
            file.with_name("new").write_text("z"),
            file.with_name("new").replace(file),
        ),
        "delete": file.unlink,
        "rmdir": lambda: shutil.rmtree(home / "one"),
        "mkdir": lambda: file.parent.mkdir(parents=True),
        "rotate": lambda: file.rename(file.with_name("file.1")),
        "link": lambda: (
            file.unlink(),
            (home / "target").write_text("t"),
            file.symlink_to(home / "target"),
        ),
    }
    try:
        acts[step]()
    except OSError:
        return


def _until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
