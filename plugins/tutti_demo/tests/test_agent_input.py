"""Keys and drafts: what was typed and pasted arrives as it was meant, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_demo.agent.composer import Composer
from tutti_demo.agent.input import Key, Keys

printable = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60)
pasted = st.text(st.characters(codec="utf-8"), max_size=60)
cuts = st.lists(st.integers(0, 400), max_size=12)
SEQUENCES = {
    b"\x1b[A": Key("key", "up"),
    b"\x1bOB": Key("key", "down"),
    b"\x1b\r": Key("key", "newline"),
    b"\r": Key("key", "enter"),
    b"\n": Key("key", "newline"),
    b"\x03": Key("key", "C-c"),
    b"\x04": Key("key", "C-d"),
    b"\x15": Key("key", "C-u"),
    b"\x7f": Key("key", "backspace"),
    b"\x1b[15;2~": Key("key", "M-[15;2~"),
}


def pieces(data: bytes, at: list[int]) -> list[bytes]:
    """Cut bytes at the places given."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[start:end] for start, end in pairwise(edges)]


def pressed(data: bytes, at: list[int]) -> tuple[str, list[str]]:
    """Give bytes to a composer, and return the draft and what the keys asked for."""
    keys, composer, asked = Keys(), Composer(), []
    for piece in pieces(data, at):
        asked += [composer.press(key) for key in keys.feed(piece)]
    return composer.text, [request for request in asked if request]


def settled(text: str) -> str:
    """Return a pasted text as a draft holds it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or not (char < " " or char == "\x7f"))


class TestKeys:
    @settings(max_examples=60, deadline=None)
    @given(printable, cuts)
    def test_typed_text_survives_any_cut(self, text: str, at: list[int]) -> None:
        """What is typed is the draft, also when a character's bytes arrive apart."""
        assert pressed(text.encode(), at) == (text, [])

    @settings(max_examples=60, deadline=None)
    @given(pasted, cuts)
    def test_a_paste_survives_any_cut_and_submits_nothing(self, text: str, at: list[int]) -> None:
        """A bracketed paste is one draft with its newlines, and no key in it counts as one."""
        body = settled(text)
        data = b"\x1b[200~" + body.replace("\n", "\r").encode() + b"\x1b[201~"
        assert pressed(data, at) == (body, [])

    @settings(max_examples=60, deadline=None)
    @given(pasted, printable, cuts)
    def test_a_paste_between_typing_and_enter(self, text: str, typed: str, at: list[int]) -> None:
        """Typing, a paste and Enter give one draft in order and one wish to submit."""
        body = settled(text)
        data = typed.encode() + b"\x1b[200~" + body.encode() + b"\x1b[201~" + typed.encode() + b"\r"
        assert pressed(data, at) == (typed + body + typed, ["submit"])

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=200), cuts)
    def test_no_bytes_are_too_strange(self, data: bytes, at: list[int]) -> None:
        """Any bytes at all can be decoded and given to a composer and its screen."""
        pressed(data, at)

    @pytest.mark.parametrize("data", SEQUENCES, ids=lambda data: data.hex())
    def test_a_key_may_arrive_in_two_pieces(self, data: bytes) -> None:
        """A key's bytes give the key wherever they are cut."""
        for cut in range(len(data)):
            keys = Keys()
            assert [*keys.feed(data[:cut]), *keys.feed(data[cut:])] == [SEQUENCES[data]]

    def test_a_lone_escape_is_a_key_after_a_pause(self) -> None:
        """The escape byte alone waits for more, and is the key when told that nothing came."""
        keys = Keys()
        assert keys.feed(b"\x1b") == []
        assert keys.lone_escape
        assert keys.flush() == [Key("key", "escape")]
        assert keys.flush() == []

    def test_two_escapes_are_two_keys(self) -> None:
        """Escape pressed twice quickly is not taken for one sequence."""
        keys = Keys()
        assert [*keys.feed(b"\x1b\x1b"), *keys.flush()] == [Key("key", "escape")] * 2

    def test_a_paste_is_not_flushed(self) -> None:
        """A pause in the middle of a paste, even after an escape byte, ends nothing."""
        keys = Keys()
        keys.feed(b"\x1b[200~one\x1b")
        assert keys.flush() == []
        assert keys.feed(b"[201~") == [Key("paste", "one")]

    def test_a_character_cut_off_for_good_is_marked(self) -> None:
        """Half a character followed by Enter shows as a replacement mark before the Enter."""
        keys = Keys()
        found = [*keys.feed(b"a\xc3"), *keys.feed(b"\r")]
        assert found == [Key("text", "a"), Key("text", "\ufffd"), Key("key", "enter")]


class TestComposer:
    def draft(self, *keys: Key) -> Composer:
        """Return a composer after some keys."""
        composer = Composer()
        for key in keys:
            composer.press(key)
        return composer

    def test_a_short_paste_is_shown_as_it_is(self) -> None:
        """Three lines of paste are shown in full."""
        assert self.draft(Key("paste", "a\nb\nc")).shown == "a\nb\nc"

    def test_a_long_paste_is_shown_as_a_label(self) -> None:
        """Five lines, or very many characters, are shown as a numbered label and kept whole."""
        composer = self.draft(Key("paste", "a\nb\nc\nd\ne"), Key("text", " then "))
        composer.press(Key("paste", "x" * 32_000))
        assert composer.shown == "[Pasted text #1 +4 lines] then [Pasted text #2]"
        assert composer.text == "a\nb\nc\nd\ne then " + "x" * 32_000

    def test_taking_the_draft_empties_it(self) -> None:
        """A draft is given out once."""
        composer = self.draft(Key("text", "once"))
        assert (composer.take(), composer.text) == ("once", "")

    @pytest.mark.parametrize(
        ("key", "left"), [("backspace", "one tw"), ("C-w", "one "), ("C-u", "")]
    )
    def test_erasing(self, key: str, left: str) -> None:
        """Backspace takes a character, C-w a word, C-u everything."""
        assert self.draft(Key("text", "one two"), Key("key", key)).text == left

    def test_a_label_is_erased_whole(self) -> None:
        """Backspace after a long paste takes all of it and nothing else."""
        composer = self.draft(Key("text", "a "), Key("paste", "x\n" * 9), Key("key", "backspace"))
        assert composer.text == "a "

    def test_erasing_nothing(self) -> None:
        """Erasing in an empty draft leaves it empty."""
        erased = [self.draft(Key("key", name)).text for name in ("backspace", "C-w", "C-u")]
        assert erased == ["", "", ""]

    def test_keys_ask_for_what_they_mean(self) -> None:
        """Keys that are no edits are handed on by name, unknown ones as unknown."""
        names = ["enter", "escape", "up", "C-c", "C-d", "C-l", "C-z"]
        asked = [Composer().press(Key("key", name)) for name in names]
        assert asked == ["submit", "escape", "recall", "cancel", "end", "redraw", "unknown"]
