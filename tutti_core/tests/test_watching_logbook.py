"""The readable log on disk: what goes in comes out, and it stays within its bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import StateError
from tutti_core.watching.logbook import Logbook, Piece

AT = "2026-11-22T12:00:00.000000Z"
HEAD = f"--- {AT} [Stopped] taken down ---"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=30)
HEADS = st.sampled_from([HEAD, f" {HEAD}", f"   {HEAD}", "--- x [y] ---", "---", "--- [ ---"])
WORDS = st.text("abc xyz-", max_size=12).map(lambda text: " ".join(text.split()))
PIECES = st.builds(Piece, st.just(AT), WORDS, WORDS, st.lists(TEXT | HEADS).map(tuple))


@given(pieces=st.lists(PIECES, max_size=5))
def test_what_goes_in_comes_out(
    pieces: list[Piece], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever an agent shows, lines that look like a head included, is read as it was written."""
    book = Logbook(tmp_path_factory.mktemp("log") / "a.log")
    for piece in pieces:
        book.add(piece)
    assert book.pieces() == pieces


def test_a_piece_is_text_below_its_head(tmp_path: Path) -> None:
    """The file is what other tools know, and open to its owner only."""
    book = Logbook(tmp_path / "logs" / "a.log")
    book.add(Piece(AT, "Stopped", "taken down", ("one", "", "日本")))
    assert book.path.read_text(encoding="utf-8") == f"{HEAD}\none\n\n日本\n"
    assert book.path.stat().st_mode & 0o777 == 0o600
    assert book.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_log_is_bounded(tmp_path: Path) -> None:
    """A full file becomes the part before, the one before that is gone, and nothing else is."""
    book = Logbook(tmp_path / "a.log", most=1000)
    for number in range(30):
        book.add(Piece(AT, "Stopped", f"piece {number}", ("x" * 100,) * 2))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.log", "a.log.1"]
    assert all(one.stat().st_size <= 1000 for one in tmp_path.iterdir())
    kept = [int(piece.why.split()[1]) for piece in book.pieces()]
    assert kept == list(range(kept[0], 30))
    assert len(kept) >= 3


def test_of_too_much_the_end_is_kept(tmp_path: Path) -> None:
    """A piece that is larger than a file loses its beginning, and says how much."""
    book = Logbook(tmp_path / "a.log", most=1000)
    book.add(Piece(AT, "Stopped", "", tuple(f"line {number:04}" for number in range(500))))
    (piece,) = book.pieces()
    gone = int(piece.lines[0].split()[1])
    assert piece.lines[0] == f"… {gone} lines before this were too many to keep"
    assert piece.lines[1:] == tuple(f"line {number:04}" for number in range(gone, 500))
    assert book.path.stat().st_size <= 1000


def test_a_line_that_was_not_finished_spoils_no_other(tmp_path: Path) -> None:
    """What a full disk cut off stays a line of its own."""
    book = Logbook(tmp_path / "a.log")
    book.path.write_bytes(f"{HEAD}\ncut o".encode())
    book.add(Piece(AT, "Stopped", "exited", ("next",)))
    assert [piece.lines for piece in book.pieces()] == [("cut o",), ("next",)]


def test_foreign_content_is_shown_without_a_time(tmp_path: Path) -> None:
    """Text without a head, a time that is none and bytes that are no text hide nothing."""
    book = Logbook(tmp_path / "a.log")
    book.path.write_bytes(b"hello\n--- yesterday [Idle] ---\n\xff\xfe\n")
    assert book.pieces() == [
        Piece("", "", "", ("hello",)),
        Piece("", "Idle", "", ("\ufffd\ufffd",)),
    ]


def test_times_are_read_in_any_form(tmp_path: Path) -> None:
    """A head with an offset means the same moment as one in UTC."""
    book = Logbook(tmp_path / "a.log")
    book.path.write_text("--- 2026-11-22T13:00:00+01:00 [Idle] ---\nx\n", encoding="utf-8")
    assert book.pieces()[0].at == AT


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """The error names the file."""
    (tmp_path / "a.log").mkdir()
    with pytest.raises(StateError, match=r"cannot write .*a\.log"):
        Logbook(tmp_path / "a.log").add(Piece(AT, "", "", ()))
