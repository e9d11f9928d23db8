"""One line of a journal: what makes a record a line, and what makes bytes a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tutti_core.errors import StateError
from tutti_core.state.instants import is_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_RECORD = 1 << 20
"""The most bytes a record may have as JSON."""

_RESERVED = ("seq", "timestamp")
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode(record: Mapping[str, Any]) -> bytes:
    """Write a record as compact JSON, still without its number and time.

    Args:
        record: The caller's own fields.

    Returns:
        One JSON object in UTF-8, without a line break.

    Raises:
        StateError: The record is not JSON, is too long, or has a field that the journal gives.
    """
    for name in _RESERVED:
        if name in record:
            raise StateError(f"a record cannot bring its own {name!r}: the journal gives it")
    try:
        body = _encoder.encode(dict(record)).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise StateError(f"this record is not JSON: {problem}") from problem
    if len(body) > LONGEST_RECORD:
        raise StateError(
            f"a record of {len(body)} bytes is too long: the journal takes {LONGEST_RECORD}",
            hint="write the long text to a file of its own and name that file in the record",
        )
    return body


def assemble(seq: int, stamp: str, body: bytes) -> bytes:
    """Put the number and the time before an encoded record.

    Args:
        seq: The line's number.
        stamp: The line's time, as `instants.text_of` writes it.
        body: What `encode` gave.

    Returns:
        The line with its line break.
    """
    head = f'{{"seq":{seq},"timestamp":"{stamp}"'.encode()
    separator = b"," if body != b"{}" else b""
    return b"".join((head, separator, body[1:], b"\n"))


def decode(line: bytes) -> dict[str, Any] | None:
    """Read a line back.

    Args:
        line: The bytes of one line, with or without its line break.

    Returns:
        The record, or None if this is not a whole line of a journal.
    """
    try:
        record = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return record if _is_record(record) else None


def _is_record(value: Any) -> bool:
    """Say whether a JSON value is a record with a number and a time."""
    if type(value) is not dict:
        return False
    seq, stamp = value.get("seq"), value.get("timestamp")
    return type(seq) is int and seq > 0 and type(stamp) is str and is_stamp(stamp)
