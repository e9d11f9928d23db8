"""What a runtime may be asked to look for, where nothing was ever said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tutti_core import Kept, Past, Recalls

ODD = (None, "", "-1", "../../x", "*", "x\0y", "x" * 5000, "\udcff")


def pasts(folder: Path, known: str, hostile: Sequence[str]) -> Iterator[Past]:
    """Yield launches that may have left something, and did not.

    Args:
        folder: An empty folder, for the home and the files.
        known: A conversation's id.
        hostile: Texts that are none.
    """
    home, files, junk = folder / "home", folder / "files", folder / "junk"
    home.mkdir()
    files.mkdir()
    junk.write_bytes(b"\0no folder, and nothing that an agent wrote\n")
    env = {"HOME": str(home)}
    for one in (known, *ODD, *hostile):
        yield Past(folder, env, one, 0.0, True, files)
        yield Past(folder, env, one, 0.0, False, files)
    for gone in (folder / "gone", junk, folder / ("x" * 300)):
        yield Past(gone, env, known, 1e12, True, gone)
        yield Past(gone, {"HOME": str(gone)}, known, 1e12, True, gone)


def recalled(runtime: Recalls, past: Past) -> Kept:
    """Return what a runtime finds.

    Raises:
        AssertionError: If it raises, or answers something else.
    """
    try:
        kept = runtime.recall(past)
    except Exception as error:
        raise AssertionError(
            f"recall() raises {error!r} for {past}: answer Kept(why=...) where it cannot look"
        ) from error
    assert isinstance(kept, Kept), f"recall() answers {kept!r}: a Kept is wanted"
    return kept


def contents(folder: Path) -> dict[Path, bytes]:
    """Return everything in a folder: each path, and what is in it if it is a file."""
    return {one: one.read_bytes() if one.is_file() else b"" for one in folder.rglob("*")}
