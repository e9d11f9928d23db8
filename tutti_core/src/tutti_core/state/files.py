"""Files that are never half written: atomic replacement, and JSON on top of it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from tutti_core.errors import StateError
from tutti_core.state.disk import explained, make_private, sync_folder, write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600, durable: bool = True) -> None:
    """Replace a file's content in one step: at any crash the old or the new is there, whole.

    Nothing of the old file is kept but its name: neither mode nor owner nor links.

    Args:
        path: The file; missing folders are made, open to the owner only.
        data: The new content.
        mode: The permissions of the new file, whatever the umask.
        durable: Whether that holds at a power failure too; without, it is for what can be seen
            again, and whoever reads it must bear an old one or an empty one.

    Raises:
        StateError: The file cannot be written; the old content is untouched.
    """
    with explained("write", path):
        make_private(path.parent)
        draft = path.with_name(f".{path.name[:200]}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
        try:
            _fill(draft, data, mode, durable=durable)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        if durable:
            sync_folder(path.parent)


def _fill(draft: Path, data: bytes, mode: int, *, durable: bool) -> None:
    """Write a new file, down to the disk if that is asked for."""
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.fchmod(fd, mode)
        write_all(fd, data)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


class JsonFile:
    """One JSON value in one file, replaced whole.

    Args:
        path: The file. Its lock is the same name with ``.lock`` added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        """Show the file."""
        return f"JsonFile({str(self.path)!r})"

    def read(self, default: Any = None) -> Any:
        """Read the value.

        Args:
            default: What to give when there is no file.

        Returns:
            The value, or the default.

        Raises:
            StateError: The file is there but cannot be read, or is not JSON.
        """
        with explained("read", self.path):
            try:
                data = self.path.read_bytes()
            except FileNotFoundError:
                return default
        try:
            return json.loads(data.decode())
        except (ValueError, RecursionError) as problem:
            raise StateError(
                f"{self.path} is not valid JSON: {problem}",
                hint="mend the file, or move it away: tt then starts that file afresh",
            ) from problem

    def write(self, value: Any, *, durable: bool = True) -> None:
        """Replace the value.

        Args:
            value: Anything JSON can hold.
            durable: As for `write_atomic`.

        Raises:
            StateError: The value is not JSON, or the file cannot be written. The old value stays.
        """
        try:
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
            data = f"{text}\n".encode()
        except (TypeError, ValueError, RecursionError) as problem:
            raise StateError(f"this cannot be written to {self.path}: {problem}") from problem
        write_atomic(self.path, data, durable=durable)

    def update(self, change: Callable[[Any], Any], *, default: Any = None) -> Any:
        """Read, change and write the value while nobody else does.

        Args:
            change: Gets the value, gives the new one; it may change the value in place and return
                it. If it raises, nothing is written.
            default: What it gets when there is no file.

        Returns:
            The new value.

        Raises:
            StateError: The file cannot be locked, read or written, or the result is not JSON.
        """
        # Whoever only reads, as `tt status` does, need not wait for this to be imported.
        from tutti_core.state.lock import Lock

        lock_path = self.path.with_name(f"{self.path.name}.lock")
        with Lock(lock_path, purpose=f"updating {self.path.name}"):
            value = change(self.read(default))
            self.write(value)
            return value
