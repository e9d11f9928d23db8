"""Files that a step is to leave: noticed by a change, read only when whole, kept with the run."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tutti_core.errors import StateError

LARGEST_BYTES = 64 * 1024 * 1024


class OutputError(StateError):
    """A file that a step was to leave is not there, or not what it was to be."""


def fingerprint(path: Path) -> str:
    """Return what tells one content and one writing of a file from another; empty without a file.

    Args:
        path: The file.
    """
    try:
        status = path.stat()
        if not path.is_file() or status.st_size > LARGEST_BYTES:
            return f"{status.st_mtime_ns}:{status.st_size}"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
    return f"{status.st_mtime_ns}:{status.st_size}:{digest}"


def fingerprints(paths: Iterable[Path]) -> dict[str, str]:
    """Return the fingerprints of files by their paths.

    Args:
        paths: The files.
    """
    return {str(path): fingerprint(path) for path in paths}


def read_json(path: Path, key: str = "output_json") -> Any:
    """Return the JSON value in a file.

    Args:
        path: The file.
        key: The key it was given under, for the error.

    Raises:
        OutputError: If it is not there, too large, or no JSON.
    """
    data = _read(path, key)
    try:
        return json.loads(data.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        hint = "write one JSON value, in UTF-8, and nothing else"
        raise OutputError(f"{key} {path} is no JSON: {error}", hint=hint) from error


def read_text(path: Path, key: str) -> str:
    """Return the text in a file.

    Args:
        path: The file.
        key: The key it was given under, for the error.

    Raises:
        OutputError: If it is not there, too large, or no text.
    """
    try:
        return _read(path, key).decode()
    except UnicodeDecodeError as error:
        raise OutputError(f"{key} {path} is no text in UTF-8: {error}") from error


def _read(path: Path, key: str) -> bytes:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OutputError(f"{key} {path} is no file")
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
        raise OutputError(f"{key} {path}: {why}", hint="the step has to write it") from error
    if len(data) > LARGEST_BYTES:
        raise OutputError(f"{key} {path} has more than {LARGEST_BYTES} bytes")
    return data


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def pattern_of(text: str, names: Mapping[str, str]) -> str:
    """Return a glob with its places filled in.

    Args:
        text: The glob; ``~`` at its beginning is the home folder, ``{workspace}``, ``{agent}`` and
            ``{slug}`` are replaced.
        names: What they stand for.
    """
    for name, value in names.items():
        text = text.replace("{" + name + "}", glob.escape(value))
    home, rest = glob.escape(os.path.expanduser("~")), text[1:]
    return home + rest if text == "~" or text.startswith("~/") else text


def matches(pattern: str, top: Path) -> list[Path]:
    """Return the files that a glob finds, in order.

    Args:
        pattern: The glob.
        top: The folder it is relative to.
    """
    found = glob.iglob(os.path.join(glob.escape(str(top)), pattern), recursive=True)
    return sorted(Path(one) for one in found if Path(one).is_file())


def changed(before: Mapping[str, str], now: Iterable[Path]) -> list[Path]:
    """Return the files that are new or were written since, the one written last first.

    Args:
        before: Their fingerprints before.
        now: The files there are now.
    """
    new = [path for path in now if before.get(str(path)) != fingerprint(path)]
    return sorted(new, key=lambda path: (-_written(path), str(path)))


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
