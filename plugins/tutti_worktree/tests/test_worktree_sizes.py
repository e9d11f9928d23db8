"""Sizes and ages as people write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tutti_core.errors import UsageError
from tutti_worktree.gc.sizes import disk_used, human, seconds_of


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("30d", 2592000), ("12h", 43200), ("2w", 1209600), ("0", 0), ("7", 604800), ("90s", 90)],
)
def test_an_age(age: str, seconds: int) -> None:
    """A bare number is days."""
    assert seconds_of(age) == seconds


@pytest.mark.parametrize("age", ["", "d", "-1d", "1y", "1 d", "٣d", "1.5d"])
def test_what_is_no_age_is_refused(age: str) -> None:
    """Rather than taken for another one: what is older goes."""
    with pytest.raises(UsageError, match="is not an age"):
        seconds_of(age)


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5120.0 GiB")]
)
def test_a_size(size: int, said: str) -> None:
    """As people say it."""
    assert human(size) == said


def test_the_room_of_a_folder(tmp_path: Path) -> None:
    """What a link leads to is not in it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "large").write_bytes(os.urandom(1 << 20))
    before = disk_used(tmp_path / "in")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "large")
    assert disk_used(tmp_path / "in") - before < 1 << 16
    assert disk_used(tmp_path) >= 1 << 20
    assert disk_used(tmp_path / "none") == 0
