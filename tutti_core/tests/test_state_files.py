"""Files that are never half written: what is there afterwards, and what an error says."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import StateError
from tutti_core.state.files import JsonFile, write_atomic
from tutti_core.state.lock import Lock

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # A lone surrogate is no text in UTF-8; it has a test of its own.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé\n"), inner),
    max_leaves=10,
)


def mode_of(path: Path) -> int:
    """Give the permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def test_write_makes_private_file_in_private_folders(tmp_path: Path) -> None:
    """The file is 0600 and every folder made for it 0700, whatever the umask."""
    path = tmp_path / "a" / "b" / "c.bin"
    before, old_umask = mode_of(tmp_path), os.umask(0)
    try:
        write_atomic(path, b"content")
    finally:
        os.umask(old_umask)

    assert path.read_bytes() == b"content"
    assert mode_of(path) == 0o600
    assert [mode_of(path.parent), mode_of(path.parent.parent)] == [0o700, 0o700]
    assert mode_of(tmp_path) == before


def test_mode_is_exact_under_any_umask(tmp_path: Path) -> None:
    """An asked mode is given in full, even where the umask would take bits away."""
    old_umask = os.umask(0o077)
    try:
        write_atomic(tmp_path / "shim", b"#!/bin/sh\n", mode=0o755)
    finally:
        os.umask(old_umask)

    assert mode_of(tmp_path / "shim") == 0o755


def test_replacing_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    """After a second write there is the new content, the new mode and no draft."""
    path = tmp_path / "x"
    write_atomic(path, b"old", mode=0o644)

    write_atomic(path, b"new")

    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path: Path) -> None:
    """Whoever has the file open while it is replaced reads the old content to its end."""
    path = tmp_path / "x"
    write_atomic(path, b"old" * 1000)

    with path.open("rb") as reader:
        write_atomic(path, b"new")
        assert reader.read() == b"old" * 1000


@pytest.mark.parametrize("step", ["write", "fsync", "fchmod"])
def test_failure_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """When a step fails, the old content stays, the draft goes, the error names the file."""
    path = tmp_path / "x"
    write_atomic(path, b"old")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(StateError) as caught:
            write_atomic(path, b"new")

    assert str(path) in caught.value.message
    assert "space" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_also_removes_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a write leaves neither a draft nor a changed file."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "x", b"new")

    assert list(tmp_path.iterdir()) == []


def test_write_in_the_way_of_a_file(tmp_path: Path) -> None:
    """A folder that is a file is an error that names what was to be written."""
    (tmp_path / "a").write_text("a file")

    with pytest.raises(StateError, match=r"cannot write .*/a/b"):
        write_atomic(tmp_path / "a" / "b", b"")


def test_everything_is_written_when_the_system_takes_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that the system cuts short is continued to the last byte."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data[:7])))

    write_atomic(tmp_path / "x", bytes(range(100)))

    assert (tmp_path / "x").read_bytes() == bytes(range(100))


@given(value=JSON)
def test_json_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Any JSON value is read back equal, and the file ends with a line break."""
    file = JsonFile(tmp_path_factory.getbasetemp() / "any.json")

    file.write(value)

    assert file.read() == value
    assert file.path.read_bytes().endswith(b"\n")


def test_json_is_for_people_too(tmp_path: Path) -> None:
    """A value is written indented, in its own order and in its own letters."""
    file = JsonFile(tmp_path / "x.json")

    file.write({"name": "Zoë", "at": [1]})

    assert file.path.read_text("utf-8") == '{\n  "name": "Zoë",\n  "at": [\n    1\n  ]\n}\n'


def test_missing_file_gives_the_default(tmp_path: Path) -> None:
    """Where there is no file, reading gives the default and makes nothing."""
    file = JsonFile(tmp_path / "none" / "x.json")

    assert file.read() is None
    assert file.read(default=[]) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b'{"a":', b"\xff\xfe", b"[" * 100_000, b"{} {}"])
def test_corrupt_file_is_an_error_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    """A file that is not JSON is never taken for missing: the error says what to do."""
    file = JsonFile(tmp_path / "x.json")
    file.path.write_bytes(content)

    with pytest.raises(StateError) as caught:
        file.read(default={})

    assert str(file.path) in caught.value.message
    assert "move it away" in caught.value.hint


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """What cannot be read, here a folder, is an error that names it."""
    with pytest.raises(StateError, match=f"cannot read {tmp_path}"):
        JsonFile(tmp_path).read()


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object(), "\ud800", {"a": b"x"}])
def test_what_is_not_json_is_refused_before_writing(tmp_path: Path, value: Any) -> None:
    """A value JSON cannot hold is an error, and the old value stays."""
    file = JsonFile(tmp_path / "x.json")
    file.write("old")

    with pytest.raises(StateError, match=r"x\.json"):
        file.write(value)

    assert file.read() == "old"


def test_update_changes_and_gives_the_value(tmp_path: Path) -> None:
    """An update starts from the default, then from what the last one left."""
    file = JsonFile(tmp_path / "deep" / "x.json")

    def count(value: dict[str, int]) -> dict[str, int]:
        value["n"] += 1
        return value

    assert file.update(count, default={"n": 0}) == {"n": 1}
    assert file.update(count, default={"n": 0}) == {"n": 2}
    assert json.loads(file.path.read_text()) == {"n": 2}


def test_update_that_raises_writes_nothing_and_frees_the_lock(tmp_path: Path) -> None:
    """A change that fails leaves the old value and no lock behind."""
    file = JsonFile(tmp_path / "x.json")
    file.write(1)

    with pytest.raises(ZeroDivisionError):
        file.update(lambda value: value / 0)

    assert file.read() == 1
    assert Lock(tmp_path / "x.json.lock").holder() is None


def test_update_holds_the_lock_of_its_file(tmp_path: Path) -> None:
    """While a change runs, the lock beside the file is held, with the reason."""
    file, lock = JsonFile(tmp_path / "x.json"), Lock(tmp_path / "x.json.lock")

    holder = file.update(lambda _: list(lock.holder() or ()))

    assert holder[:2] == [os.getpid(), "updating x.json"]


def test_folder_that_cannot_be_synced_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that refuses to sync a folder does not keep anybody from writing."""
    real = os.fsync

    def refuse_folders(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(fd)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomic(tmp_path / "x", b"new")

    assert (tmp_path / "x").read_bytes() == b"new"


def test_names_in_the_folder_are_synced_after_the_replacement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file goes to the disk before it gets its name, the name before the write returns."""
    done: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(fd: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        real_fsync(fd)

    def replace(self: Path, target: Path) -> Path:
        done.append("replace")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_atomic(tmp_path / "x", b"new")

    assert done == ["file", "replace", "folder"]
