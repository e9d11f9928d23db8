"""Linux' word for a change in a folder, taken straight from the C library."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ctypes

# <sys/inotify.h>; the same on every architecture.
MODIFY, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, UNMOUNT, OVERFLOW, IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
_ONLYDIR, _MASK_ADD = 0x0100_0000, 0x2000_0000

ENTRIES = MOVED_FROM | MOVED_TO | CREATE | DELETE
ITSELF = DELETE_SELF | MOVE_SELF | UNMOUNT | IGNORED

_HEAD = struct.Struct("iIII")
_CHUNK = 1 << 16


class Happening(NamedTuple):
    """Something that happened in a folder.

    Attributes:
        folder: The folder's number.
        mask: What happened.
        name: The entry it happened to; empty for the folder itself.
    """

    folder: int
    mask: int
    name: bytes


class Inotify:
    """An inotify instance.

    Raises:
        OSError: There is no inotify here, or no more instances may be made.
    """

    def __init__(self) -> None:
        self._c = _library()
        self._file = self._checked(self._c.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, folder: str, mask: int) -> int:
        """Ask for what happens in a folder, in addition to what was asked for before.

        Args:
            folder: Its path; links are followed.
            mask: What to tell.

        Returns:
            The folder's number, the same for each of its paths.

        Raises:
            OSError: It is no folder, cannot be read, or there are too many (ENOSPC).
        """
        mask |= _ONLYDIR | _MASK_ADD
        found = self._c.inotify_add_watch(self._file, os.fsencode(folder), mask)
        return self._checked(found)

    def remove(self, folder: int) -> None:
        """Ask no more; a folder that is gone is no error.

        Args:
            folder: Its number.
        """
        self._c.inotify_rm_watch(self._file, folder)

    def read(self) -> list[Happening]:
        """Return what has happened, oldest first, as far as one read gives it; never wait."""
        try:
            data = os.read(self._file, _CHUNK)
        except BlockingIOError:
            return []
        return _happenings(data)

    def fileno(self) -> int:
        """Give the descriptor that can be read when something has happened."""
        return self._file

    def close(self) -> None:
        """Let everything go."""
        os.close(self._file)

    def _checked(self, result: int) -> int:
        if result < 0:
            import ctypes

            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


def _library() -> ctypes.CDLL:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "inotify_init1"):
        raise OSError("this system has no inotify")
    library.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
    return library


def _happenings(data: bytes) -> list[Happening]:
    found, at = [], 0
    while at < len(data):
        folder, mask, _, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        found.append(Happening(folder, mask, data[at : at + length].rstrip(b"\0")))
        at += length
    return found
