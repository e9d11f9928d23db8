"""Feeds on disk: half a line is left for later, and what is new is read once."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.watching.feeds import Feed, Feeds, feeds_of, look_at
from tutti_core.watching.tails import TAIL_BYTES, parsed, tail


def lines(*records: Any) -> bytes:
    """Return records as they are written."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def append(path: Path, data: bytes) -> None:
    """Append to a file."""
    with path.open("ab") as file:
        file.write(data)


class TestTail:
    """One look at the end of a feed."""

    def test_what_is_there(self, tmp_path: Path) -> None:
        """Whole lines that are objects, the newest last; what is half written is left out."""
        path = tmp_path / "x"
        path.write_bytes(lines({"n": 1}) + b"rubbish\n[1]\n\n" + lines({"n": 2}) + b'{"n": 3')
        found = tail(str(path))
        assert list(found) == [{"n": 1}, {"n": 2}]
        assert (len(found), found[-1], next(reversed(found))) == (2, {"n": 2}, {"n": 2})

    def test_only_the_end_of_a_long_one(self, tmp_path: Path) -> None:
        """Of a feed that is too long, no line is taken for a whole one that is not."""
        path = tmp_path / "x"
        path.write_bytes(lines({"n": 0, "pad": "x" * TAIL_BYTES}, {"n": 1}))
        assert list(tail(str(path))) == [{"n": 1}]

    @pytest.mark.parametrize("name", ["missing", "folder", "pipe", "a\0b"])
    def test_what_is_no_file(self, tmp_path: Path, name: str) -> None:
        """Nothing is said by what cannot be read, and nobody waits for it."""
        (tmp_path / "folder").mkdir()
        os.mkfifo(tmp_path / "pipe")
        assert list(tail(f"{tmp_path}/{name}")) == []
        assert not Feed(f"{tmp_path}/{name}").read()

    def test_what_was_cut(self) -> None:
        """A character that was cut is left out, and half a pair of surrogates does no harm."""
        assert parsed('{"a": "naïve é'.encode()[:-1] + b'"}') == {"a": "naïve "}
        found = parsed(b'{"a": ["\\ud83d"]}')
        assert found["a"][0].encode() == b"?"

    @given(st.binary(max_size=200))
    def test_any_bytes(self, data: bytes) -> None:
        """Nothing raises, and what is found can be written down."""
        json.dumps(parsed(data), ensure_ascii=False).encode()


class TestFeed:
    """A feed that is followed."""

    def test_only_what_is_new(self, tmp_path: Path) -> None:
        """A line is taken in once, when it is whole."""
        path = tmp_path / "x"
        feed = Feed(str(path))
        assert not feed.read()
        append(path, lines({"n": 1}) + b'{"n": ')
        assert feed.read()
        assert not feed.read()
        append(path, b"2}\n")
        assert feed.read()
        assert feed.records == ({"n": 1}, {"n": 2})

    def test_truncated_and_replaced(self, tmp_path: Path) -> None:
        """What is begun anew is read from its start, and what was before is forgotten."""
        path = tmp_path / "x"
        path.write_bytes(lines({"n": 1}, {"n": 2}))
        feed = Feed(str(path))
        feed.read()
        path.write_bytes(lines({"n": 3}))
        assert feed.read()
        assert feed.records == ({"n": 3},)
        other = tmp_path / "y"
        other.write_bytes(lines({"n": 4}, {"n": 5}, {"n": 6}))
        other.replace(path)
        assert feed.read()
        assert feed.records == ({"n": 4}, {"n": 5}, {"n": 6})

    def test_bounded(self, tmp_path: Path) -> None:
        """Only as many records are kept as the end of a feed holds."""
        path = tmp_path / "x"
        feed = Feed(str(path))
        for number in range(40):
            append(path, lines({"n": number, "pad": "x" * (TAIL_BYTES // 10)}))
            feed.read()
        assert len(feed.records) <= 10
        assert feed.records[-1]["n"] == 39

    @given(st.lists(st.integers(0, 40), max_size=6))
    def test_however_it_is_written(self, cuts: list[int]) -> None:
        """Wherever a write is cut in two, the records are the same."""
        import tempfile

        data = lines({"n": 1}, {"é": "ü"}, {"n": 3})
        marks = sorted({0, *cuts, len(data)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x"
            feed = Feed(str(path))
            for begin, end in pairwise(marks):
                append(path, data[begin:end])
                feed.read()
            assert feed.records == ({"n": 1}, {"é": "ü"}, {"n": 3})


class TestFeeds:
    """All feeds of one agent, where each is by now."""

    RULES: dict[str, Any] = {"follow": {"transcript": "hooks:session.transcript"}}  # noqa: RUF012

    def test_one_says_where_another_goes_on(self, tmp_path: Path) -> None:
        """A look and whoever watches find the same file, once it is told."""
        hooks, old, new = (tmp_path / name for name in ("hooks", "old", "new"))
        old.write_bytes(lines({"n": 1}))
        new.write_bytes(lines({"n": 2}))
        paths = {"transcript": str(old), "hooks": str(hooks)}
        feeds = Feeds(paths, self.RULES)
        assert feeds.read()
        assert list(feeds.records["transcript"]) == list(look_at(paths, self.RULES)["transcript"])
        assert feeds.records["transcript"] == ({"n": 1},)
        append(hooks, lines({"session": {"transcript": str(new)}}, {"session": {}}))
        assert feeds.read()
        assert feeds.records["transcript"] == ({"n": 2},)
        assert feeds.paths == {"transcript": str(new), "hooks": str(hooks)}
        assert list(look_at(paths, self.RULES)["transcript"]) == [{"n": 2}]
        assert not feeds.read()

    def test_what_is_learned(self, tmp_path: Path) -> None:
        """A file that is found out later is read from then on."""
        feeds = Feeds({}, None)
        assert not feeds.read()
        (tmp_path / "x").write_bytes(lines({"n": 1}))
        feeds.learn({"rollout": str(tmp_path / "x")})
        assert feeds.read()
        assert feeds.records == {"rollout": ({"n": 1},)}

    @pytest.mark.parametrize("feeds", [None, [], {"x": 1}, {"x": "relative"}, "text"])
    def test_what_was_recorded_otherwise(self, feeds: Any) -> None:
        """A record that says something else of feeds names none."""
        assert feeds_of({"feeds": feeds}) == {}
