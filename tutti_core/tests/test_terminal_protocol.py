"""What tmux says in control mode, whole again however its bytes were cut."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.terminal.protocol import OutOfStep, Reply, Said, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a screen may show that looks like a part of the protocol.
ALIKE = st.sampled_from(
    [
        b"%end 1 2 0", b"%end 1700000000 1 1", b"%error 1 1 1", b"%begin 1 1 1", b" %end 7 7 1",
        b"%exit", b"%output %1 \\033[0m", b"%", b"", b"%end", b"\\012\\045end", b"\xff\xfe",
    ]
)  # fmt: skip
LINES = ALIKE | st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b""))
NOTICES = st.sampled_from(
    [
        "%sessions-changed",
        "%exit server exited",
        "%unlinked-window-close @7",
        "%begin",
        "%end 1 2 0",
    ]
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """A reply with any lines, or with bytes that do not end a line."""
    body = b"".join(line + b"\n" for line in draw(st.lists(LINES, max_size=6)))
    return Reply(draw(st.booleans()), body, draw(st.booleans()))


CONVERSATIONS = st.lists(replies() | NOTICES, max_size=8)


def written(said: Sequence[Said], start: int = 100) -> bytes:
    """What tmux writes to say that; no line of a screen has the numbers of its own reply."""
    return b"".join(_written(one, number) for one, number in zip(said, itertools.count(start)))


def _written(one: Said, number: int) -> bytes:
    if isinstance(one, str):
        return one.encode() + b"\n"
    numbers = b"1763800000 %d %d" % (number, one.asked)
    word = b"%end" if one.ok else b"%error"
    return b"%%begin %s\n%s%s %s\n" % (numbers, one.body, word, numbers)


def cut(data: bytes, at: Sequence[int]) -> list[bytes]:
    """Bytes in pieces."""
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[one:two] for one, two in itertools.pairwise(places)]


def heard(pieces: Sequence[bytes]) -> list[Said]:
    """What a stream makes of pieces."""
    stream = Stream()
    return [one for piece in pieces for one in stream.feed(piece)]


def check_cut(said: list[Said], at: list[int]) -> None:
    """What is said is heard, wherever it is cut."""
    assert heard(cut(written(said), at)) == said


def check_anything(pieces: list[bytes]) -> None:
    """Whatever arrives is taken, or refused as out of step; nothing else is raised."""
    with suppress(OutOfStep):
        heard(pieces)


class TestAStream:
    """Replies and notices come out as they went in."""

    @settings(max_examples=300, deadline=None)
    @given(CONVERSATIONS, st.lists(st.integers(0, 10_000), max_size=12))
    def test_is_whole_wherever_it_is_cut(self, said: list[Said], at: list[int]) -> None:
        """Screens that show the protocol itself, errors and no text at all stay what they are."""
        check_cut(said, at)

    @pytest.mark.soak
    @settings(max_examples=10_000, deadline=None)
    @given(CONVERSATIONS, st.lists(st.integers(0, 10_000), max_size=12))
    def test_is_whole_ten_thousand_times(self, said: list[Said], at: list[int]) -> None:
        """The same, at full size."""
        check_cut(said, at)

    @settings(max_examples=100, deadline=None)
    @given(CONVERSATIONS)
    def test_is_whole_byte_by_byte(self, said: list[Said]) -> None:
        """A connection that gives one byte at a time says the same."""
        data = written(said)
        assert heard([data[at : at + 1] for at in range(len(data))]) == said

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.binary(max_size=40) | LINES.map(lambda line: line + b"\n"), max_size=8))
    def test_takes_anything(self, pieces: list[bytes]) -> None:
        """Bytes that tmux would never send end in one kind of error or in nothing."""
        check_anything(pieces)

    @pytest.mark.soak
    @settings(max_examples=10_000, deadline=None)
    @given(st.lists(st.binary(max_size=40) | LINES.map(lambda line: line + b"\n"), max_size=8))
    def test_takes_anything_ten_thousand_times(self, pieces: list[bytes]) -> None:
        """The same, at full size."""
        check_anything(pieces)

    def test_tells_a_reply_only_once_it_is_whole(self) -> None:
        """Until the last newline of its last line is there, it may be a line of a screen."""
        stream = Stream()
        assert stream.feed(b"%begin 5 6 1\nhello\n%end 5 6 1") == []
        assert stream.feed(b"7\n") == []  # it was another number
        assert stream.feed(b"%end 5 6 1\n") == [Reply(True, b"hello\n%end 5 6 17\n", True)]

    def test_refuses_text_between_replies(self) -> None:
        """What follows a line that may not be there cannot be trusted."""
        with pytest.raises(OutOfStep, match="nothing of the kind"):
            heard([b"%sessions-changed\nhello\n"])

    def test_takes_a_flood_in_time_that_grows_with_it(self) -> None:
        """A reply of many megabytes in small pieces is looked at once, not once for each piece."""
        body = b"%end of a line that is not the end\n" * 200_000
        data = written([Reply(True, body, True)])
        pieces = [data[at : at + 256] for at in range(0, len(data), 256)]
        begun = time.process_time()
        assert heard(pieces) == [Reply(True, body, True)]
        assert time.process_time() - begun < 3
