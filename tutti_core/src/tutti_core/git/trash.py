"""Throwing a folder away so that a crash at any instant leaves it whole or gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from tutti_core.errors import GitError

_DONE = ".done"
_AT_ONCE = 5000


class Trash:
    """A folder of folders on their way out.

    Only what was looked at again after it came here is sealed, and only what is sealed is ever
    deleted: a folder that a crash left unsealed stays for a person to look at.

    Args:
        folder: Where they go; on the same disk as the worktrees.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, path: Path) -> Path:
        """Move a folder here under a new name, in one step.

        Raises:
            GitError: It cannot be moved; it is where it was.
        """
        from tutti_core.state.disk import make_private

        try:
            make_private(self.folder)
            return path.rename(self.folder / f"{path.name}-{os.urandom(4).hex()}")
        except OSError as error:
            reason = error.strerror or error
            raise GitError(f"{path} cannot be moved to {self.folder}: {reason}") from error

    def stage(self, name: str) -> Path:
        """Return a new place in which a folder of that name can be put together.

        Raises:
            GitError: There can be none.
        """
        from tutti_core.state.disk import make_private

        place = self.folder / f"{name}-{os.urandom(4).hex()}.staged" / name
        try:
            make_private(place.parent)
        except OSError as error:
            raise GitError(f"{place} cannot be made: {error.strerror or error}") from error
        # Git writes real paths down, and is asked for them later.
        return place.resolve()

    def give_back(self, moved: Path, path: Path) -> None:
        """Move a folder back to where it came from.

        Raises:
            GitError: Something else is there by now.
        """
        try:
            moved.rename(path)
        except OSError as error:
            reason = error.strerror or error
            raise GitError(
                f"{path} cannot be put back: {reason}",
                hint=f"Nothing is lost: it is whole in {moved}; move it back by hand.",
            ) from error

    def seal(self, moved: Path) -> None:
        """Mark a folder as looked at: nothing in it is worth keeping."""
        moved.rename(moved.with_name(moved.name + _DONE))

    def empty(self) -> None:
        """Delete what is sealed, in the background if there is much of it.

        What resists (a mount, somebody else's file) is left; so is what a killed deletion left,
        until the next one.
        """
        for sealed in sorted(self.folder.glob(f"*{_DONE}")):
            if _is_large(sealed):
                _delete_in_background(sealed)
                continue
            shutil.rmtree(sealed, ignore_errors=True)
            if sealed.exists():
                _open_up(sealed)
                shutil.rmtree(sealed, ignore_errors=True)


def _is_large(folder: Path) -> bool:
    count = 0
    for _, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > _AT_ONCE:
            return True
    return False


def _delete_in_background(folder: Path) -> None:
    """Leave the deletion to a process that outlives this one; deleting twice does no harm."""
    script = '(chmod -R u+rwX "$1"; rm -rf "$1") >/dev/null 2>&1 &'
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        # The shell ends at once; what it left running belongs to nobody here.
        subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(folder)],
            check=False, timeout=10, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def _open_up(folder: Path) -> None:
    # Package caches are made of read-only folders, from which nothing can be removed.
    for current, names, _ in os.walk(folder):
        for name in (".", *names):
            inner = Path(current, name)
            if not inner.is_symlink():
                with contextlib.suppress(OSError):
                    inner.chmod(0o700)
