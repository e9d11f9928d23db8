from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tutti_core.config import cache
from tutti_core.config.cache import cache_path, read_compiled, stamp_of, write_compiled
from tutti_core.config.find import global_path

DATA = {"workspace": "w", "agents": [{"name": "api"}], "odd": "ü\n"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a user's own file beside it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    global_path().parent.mkdir(parents=True)
    global_path().write_text("[user]\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tutti.toml").write_text("[workspace]\n")
    return folder


def test_what_was_kept_is_read_again(root: Path) -> None:
    """While nothing changes, the value comes back as it was."""
    assert read_compiled(root, "plugins") is None
    assert write_compiled(root, "plugins", DATA) is True
    assert read_compiled(root, "plugins") == DATA


def test_it_is_private_and_where_the_reference_says(root: Path) -> None:
    """The file is the owner's only, below `.tutti/state/cache/`."""
    write_compiled(root, "plugins", DATA)
    path = root / ".tutti" / "state" / "cache" / "arrangement.json"
    assert cache_path(root) == path
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def changed_in_size(path: Path) -> None:
    path.write_text(path.read_text() + "#")


def changed_in_time(path: Path) -> None:
    about = path.stat()
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))


def changed_in_content_only(path: Path) -> None:
    about = path.stat()
    path.write_text(path.read_text().swapcase())
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    "change", [changed_in_size, changed_in_time, changed_in_content_only, removed]
)
@pytest.mark.parametrize("of_user", [True, False])
def test_any_change_of_either_file_ends_it(root: Path, change: object, of_user: bool) -> None:
    """A longer, newer, different or absent file is never taken for the one that was compiled."""
    write_compiled(root, "plugins", DATA)
    assert callable(change)
    change(global_path() if of_user else root / "tutti.toml")
    assert read_compiled(root, "plugins") is None


def test_a_users_file_that_comes_to_be_ends_it(root: Path) -> None:
    """The absence of the user's file is something the value was made from, too."""
    global_path().unlink()
    write_compiled(root, "plugins", DATA)
    assert read_compiled(root, "plugins") == DATA
    global_path().write_text("[user]\n")
    assert read_compiled(root, "plugins") is None


def test_another_users_file_ends_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy elsewhere may become another file at any time."""
    write_compiled(root, "plugins", DATA)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(root / "elsewhere"))
    assert read_compiled(root, "plugins") is None


def test_other_plugins_or_another_core_end_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compiled by other code is compiled again."""
    write_compiled(root, "plugins", DATA)
    assert read_compiled(root, "others") is None
    monkeypatch.setattr(cache, "VERSION", "99")
    assert read_compiled(root, "plugins") is None


def test_a_workspace_that_was_copied_or_moved_compiles_anew(root: Path) -> None:
    """What was compiled may name absolute paths of the old place."""
    write_compiled(root, "plugins", DATA)
    moved = root.rename(root.with_name("moved"))
    assert read_compiled(moved, "plugins") is None


def test_a_change_during_the_load_is_not_missed(root: Path) -> None:
    """With the stamp taken before loading, what changed meanwhile makes the value stale."""
    stamp = stamp_of(root)
    changed_in_size(root / "tutti.toml")
    write_compiled(root, "plugins", DATA, stamp=stamp)
    assert read_compiled(root, "plugins") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b"{}", b"\xff", b'{"key": 1}', b"[" * 100_000]
)
def test_a_damaged_file_is_as_good_as_none(root: Path, content: bytes) -> None:
    """Whatever is in its place, the commands compile again instead of failing."""
    write_compiled(root, "plugins", DATA)
    cache_path(root).write_bytes(content)
    assert read_compiled(root, "plugins") is None


def test_a_value_of_another_kind_is_as_good_as_none(root: Path) -> None:
    """Only a table of values was ever kept."""
    write_compiled(root, "plugins", DATA)
    kept = json.loads(cache_path(root).read_bytes())
    cache_path(root).write_text(json.dumps({**kept, "data": [1]}))
    assert read_compiled(root, "plugins") is None


def test_where_nothing_can_be_written_nothing_fails(root: Path) -> None:
    """A file in place of the folder costs the cache, and no more."""
    (root / ".tutti").write_text("in the way")
    assert write_compiled(root, "plugins", DATA) is False
    assert read_compiled(root, "plugins") is None


def test_reading_it_imports_nothing_heavy() -> None:
    """The path of `tt status` stays free of everything slow to import."""
    heavy = "attrs attr cattrs tomli tomlkit pluggy structlog libtmux importlib.metadata asyncio"
    code = (
        "import sys, pathlib, tutti_core.config.cache as cache;"
        "cache.read_compiled(pathlib.Path('/nowhere'), 'k');"
        f"print([one for one in {heavy.split()} if one in sys.modules])"
    )
    path = os.pathsep.join(one for one in sys.path if one)
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ran.stdout == "[]\n"
