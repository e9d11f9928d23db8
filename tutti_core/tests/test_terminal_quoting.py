from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.terminal.quoting import line, literal, quote, row, rows
from tutti_core.terminal.tmux import Tmux

if TYPE_CHECKING:
    from collections.abc import Iterator

# What tmux, its formats, its listings and a shell give a meaning to, and what only looks like text.
HOSTILE = "a0 ;\\'\"$`~#{}%|&*=:-@\n\t\r\x01\x1b\x7f\x9fé日🎉\u200b\ue000\udcff"
WORDS = st.text(
    st.sampled_from(HOSTILE) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
).filter(lambda text: os.fsdecode(os.fsencode(text)) == text)


@pytest.fixture(scope="module")
def server() -> Iterator[Tmux]:
    """A real server of our own with one session, `quoting`."""
    folder = tempfile.mkdtemp(prefix="tt-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMUX_TMPDIR", folder)
        tmux = Tmux("quoting")
        tmux.checked(
            tmux.feed(line(["new-session", "-d", "-s", "quoting", "sleep", "600"]), start=True),
            "new-session",
        )
        yield tmux
        tmux.call("kill-server")
    shutil.rmtree(folder)


class TestQuoting:
    """Words survive tmux's own language."""

    @pytest.mark.parametrize(
        ("word", "written"),
        [
            ("", '""'),
            ("new-session", "new-session"),
            ("=api:", '"=api:"'),
            ("a;", '"a\\073"'),
            ("$HOME ~", '"\\044HOME \\176"'),
            ("x\n  # y", '"x\\012  \\043 y"'),
            ("é", '"\\303\\251"'),
            ("\udcff", '"\\377"'),
        ],
    )
    def test_is_written(self, word: str, written: str) -> None:
        """Everything that could mean something to tmux becomes an octal escape."""
        assert quote(word) == written

    def test_commands_share_a_line(self) -> None:
        """Commands of a line are separated so that the second depends on the first."""
        assert line(["a", ";"], ["b"]) == 'a "\\073" ; b\n'

    def test_a_format_is_made_harmless(self, server: Tmux) -> None:
        """A text that looks like a format stands for itself where tmux expands formats."""
        assert server.run("display-message", "-p", literal("#{pid} ##")) == "#{pid} ##\n"

    @settings(max_examples=60, deadline=None)
    @given(values=st.tuples(WORDS, WORDS))
    def test_comes_back(self, server: Tmux, values: tuple[str, str]) -> None:
        """What goes in as words of a script comes out of a listing byte for byte."""
        given_as = [["set-option", "-t", "=quoting:", f"@v{at}", v] for at, v in enumerate(values)]
        asked = ["list-panes", "-t", "=quoting:", "-F", row(["pane_id", "@v0", "@v1"])]
        listed = server.checked(server.feed(line(*given_as, asked)), "set-option")
        assert [tuple(map(os.fsdecode, one[1:])) for one in rows(listed.stdout, 3)] == [values]

    def test_in_any_locale(self, server: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
        """Text comes back whole even where the caller's locale knows ASCII only."""
        for name in ("LC_ALL", "LC_CTYPE", "LANG"):
            monkeypatch.setenv(name, "C")
        given_as = ["set-option", "-t", "=quoting:", "@v0", "é 日本 🎉"]
        asked = ["list-panes", "-t", "=quoting:", "-F", row(["pane_id", "@v0"])]
        listed = server.checked(server.feed(line(given_as, asked)), "set-option")
        assert rows(listed.stdout, 2)[0][1].decode() == "é 日本 🎉"


class TestRows:
    """Listings are read by the count of fields."""

    def test_older_tmux_prints_newlines_as_they_are(self) -> None:
        """A newline inside a value does not end the row."""
        assert rows(b"%1 a\\ \nb  \n%2 \\\\  \n", 3) == [
            [b"%1", b"a \nb", b""],
            [b"%2", b"\\", b""],
        ]

    def test_newer_tmux_prints_escapes(self) -> None:
        """Escapes are undone, and a backslash of the value's own is not one."""
        assert rows(b"\\\\n\\n\\t\\033\\\\033 \\$a\\#\n", 1) == [[b"\\n\n\t\x1b\\033"]]

    def test_nothing_is_no_row(self) -> None:
        """An empty listing has no rows."""
        assert rows(b"", 3) == []


def test_the_server_is_the_private_one(server: Tmux) -> None:
    """The tests speak to a server in a folder of their own."""
    assert Path(server.socket_path()).is_socket()
    assert Path(server.socket_path()).parent.parent.name.startswith("tt-")
