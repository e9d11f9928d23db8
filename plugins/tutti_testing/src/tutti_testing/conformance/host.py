"""What every session host must do, with real programs in real sessions."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tutti_core import SessionHost
from tutti_core.errors import TuttiError

from .theatre import BEGIN, END, Theatre, end_all, ends, lives, pids, theatre, until

STRANGE = (
    "one\ntwo\n\nthree",
    'it\'s "quoted" `twice` $(touch x) ${HOME} \\ \\n',
    "; rm -rf x & | > < * ? ~ #{pane_id} %1 {",
    "-p --help",
    "smörgås 漢字 🎻 e\u0301",
    "\ttabs\tand trailing blanks   ",
    "Enter",
    "x" * 5000,
)
ODD_WORDS = (
    "",
    "two words",
    "it's",
    '"',
    "$HOME",
    "`x`",
    "#{pane_id}",
    "%7",
    ";",
    "\\",
    "é🎻",
    "a\nb",
)
OF_TERMINALS = {
    *("TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM", "TMUX", "TMUX_PANE"),
    *("PWD", "OLDPWD", "SHLVL", "_", "COLUMNS", "LINES", "LC_CTYPE"),
}
"""What a host may set for a program's terminal; the last one is set by Python itself."""

LEAVER = """
import os, time
os.setsid()
with open("pids", "a") as file: print(os.getpid(), file=file)
time.sleep(600)
"""


class HostConformance:
    """What every session host must do.

    A whole test file::

        class TestMine(HostConformance):
            make = Mine

    Attributes:
        make: Makes a host whose sessions nobody else has; ``HOME``, ``TMUX_TMPDIR`` and
            ``TUTTI_TMUX_SOCKET`` are the test's own when it is called. A plain function must be
            wrapped in ``staticmethod``.
    """

    make: ClassVar[Callable[[], SessionHost]]

    def test_it_is_a_host(self, tmp_path: Path) -> None:
        """It has what the contract asks for, and no sessions to begin with."""
        with self._theatre(tmp_path) as place:
            assert isinstance(place.host, SessionHost), (
                "a host has `name`, `create`, `list`, `capture`, `paste`, `keys`, "
                "`leave_copy_mode`, `end` and `attach_argv`: add what is missing"
            )
            assert place.host.name, "`name` is empty"
            assert place.host.list() == (), "list() has sessions before any was created"

    def test_what_is_created_is_listed(self, tmp_path: Path) -> None:
        """A session is listed with its labels, its process and its size, under its workspace."""
        with self._theatre(tmp_path) as place:
            made = place.witness("ada", width=120, height=40)
            listed = place.of("ada")
            assert listed.pane == made.session.pane, "create() and list() name different panes"
            assert (listed.agent, listed.workspace, listed.root, listed.runtime) == (
                *("ada", "stage", str(place.folder), "witness"),
            ), "list() has other labels than the spec: keep name, root, agent, workspace, options"
            assert (listed.width, listed.height) == (120, 40), "it has not the size of the spec"
            assert (listed.dead, listed.pid) == (False, made.told()["pid"]), (
                "`pid` is not the program's own process: start it without a shell in between"
            )
            assert [one.name for one in place.host.list(str(place.folder))] == ["ada"]
            assert place.host.list(f"{place.folder}-other") == (), (
                "list(root) has a session of another workspace: compare the whole root"
            )

    def test_arguments_and_folder_are_exact(self, tmp_path: Path) -> None:
        """The program gets its arguments byte for byte, in the folder asked for."""
        with self._theatre(tmp_path) as place:
            cwd = place.folder / "a folder; with $odd 'name'"
            cwd.mkdir()
            told = place.witness("ada", *ODD_WORDS, cwd=str(cwd)).told()
            assert tuple(told["argv"]) == ODD_WORDS, "a shell or the host changed the arguments"
            assert told["cwd"] == str(cwd), "it was started in another folder"

    def test_the_environment_is_exact(self, tmp_path: Path) -> None:
        """The program sees the caller's variables as the spec changes them, and no others."""
        with self._theatre(tmp_path) as place:
            os.environ.update(FIRST="of the first caller", GONE="to be taken out")
            place.witness("first")
            del os.environ["FIRST"]  # so that what a server remembers shows
            env = {"ODD": "a\nb 'c' $HOME #{x} é", "EMPTY": ""}
            told = place.witness("ada", env=env, unset=("GONE",)).told()["env"]
            wanted = {name: value for name, value in os.environ.items() if name != "GONE"}
            wanted |= env | {"TUTTI_ROOT": str(place.folder), "TUTTI_AGENT": "ada"}
            wanted |= {"TUTTI_WORKSPACE": "stage"}
            names = (set(told) | set(wanted)) - OF_TERMINALS
            other = {name for name in names if told.get(name) != wanted.get(name)}
            assert not other, (
                f"these variables are not as the spec and the caller say: {sorted(other)}; give "
                "the program env and TUTTI_*, less unset, and nothing a server remembers"
            )

    def test_screens_are_read_together(self, tmp_path: Path) -> None:
        """One call reads any number of panes, each under its own name, as they are shown."""
        with self._theatre(tmp_path) as place:
            shown = {"ada": "漢字 🎻 #{pane_id} %1", "bob": "two  blanks\tand more"}
            made = {
                name: place.shell(
                    name, 'printf "%s\\n" "$TEXT"; exec sleep 600', env={"TEXT": text}
                )
                for name, text in shown.items()
            }
            panes = [one.pane for one in made.values()]
            assert until(lambda: all(t.strip() for t in place.host.capture(panes).values()))
            screens = place.host.capture(panes)
            for name, session in made.items():
                first = screens[session.pane].splitlines()[0].split()
                assert first == shown[name].split(), f"the screen of {name!r} reads {first}"
            assert place.host.capture([]) == {}, "no pane was asked for"

    def test_a_pane_that_went_is_absent(self, tmp_path: Path) -> None:
        """A pane that is gone is missing from the answer, and no reason to raise."""
        with self._theatre(tmp_path) as place:
            kept, gone = place.witness("kept").session, place.witness("gone").session
            place.host.end(gone)
            try:
                screens = place.host.capture([gone.pane, kept.pane])
            except Exception as error:
                raise AssertionError(
                    f"capture() raised {error!r} because one of two panes was gone: leave it out"
                ) from error
            assert set(screens) == {kept.pane}, "capture() is to have the panes that are there"
            assert "ready" in screens[kept.pane]

    def test_text_is_pasted_verbatim(self, tmp_path: Path) -> None:
        """Whatever stands in a text arrives as one paste, byte for byte, and is not submitted."""
        with self._theatre(tmp_path) as place:
            ada = place.witness("ada")
            heard = wanted = b""
            for text in STRANGE:
                before, wanted = len(wanted), wanted + BEGIN + text.encode() + END
                place.host.paste(ada.session.pane, text)
                heard = ada.hears(wanted, newlines=True)
                assert heard == wanted, (
                    f"pasted {text[:60]!r}, and the program was given {heard[before:][:80]!r}: it "
                    "is to be one bracketed paste, without Enter, not read as keys or by a shell"
                )

    def test_a_text_cannot_leave_its_paste(self, tmp_path: Path) -> None:
        """A text with the end of a paste and keys in it presses no keys."""
        with self._theatre(tmp_path) as place:
            ada = place.witness("ada")
            place.host.paste(ada.session.pane, "safe\x1b[201~\r\x03rm -rf x")
            place.host.paste(ada.session.pane, "last")
            heard = ada.hears(b"last" + END)
            inner = heard.removeprefix(BEGIN).partition(END)[0]
            assert b"rm -rf x" in inner and b"\x03" not in heard, (  # noqa: PT018 -- one promise
                f"the program was given {heard!r}: take control characters out of what is pasted"
            )

    def test_keys_are_pressed(self, tmp_path: Path) -> None:
        """Keys are pressed by their names, and what is no key is refused, not typed."""
        with self._theatre(tmp_path) as place:
            ada = place.witness("ada")
            place.host.keys(ada.session.pane, "Enter", "Escape", "C-c", "2")
            heard = ada.hears(b"2")
            assert heard == b"\r\x1b\x032", f"Enter, Escape, C-c and 2 arrived as {heard!r}"
            assert self._refuses(lambda: place.host.keys(ada.session.pane, "rm -rf")), (
                "keys() took 'rm -rf', which is no key: refuse it, or its letters are typed"
            )
            place.host.keys(ada.session.pane, "3")
            assert ada.hears(b"3") == b"\r\x1b\x0323", "a name that is no key was typed"

    def test_names_with_one_beginning_are_never_mixed(self, tmp_path: Path) -> None:
        """Of `api` and `api-tests` each gets its own text, keys and end."""
        with self._theatre(tmp_path) as place:
            longer, shorter = place.witness("api-tests"), place.witness("api")
            place.host.paste(shorter.session.pane, "for api")
            assert shorter.hears(END) == BEGIN + b"for api" + END
            assert longer.heard() == b"", "the text for `api` went to `api-tests`"
            place.host.end(shorter.session)
            assert place.names() == {"api-tests"}, "end() of `api` ended something else"
            assert lives(longer.told()["pid"]), "end() of `api` ended the agent of `api-tests`"
            place.host.end(shorter.session)  # ended already: its name is the beginning of another
            assert place.names() == {"api-tests"}, "end() of a session that is gone ended another"

    def test_a_name_is_taken_once(self, tmp_path: Path) -> None:
        """A second session of a name is refused, and the first one is left alone."""
        with self._theatre(tmp_path) as place:
            first = place.witness("ada")
            assert self._refuses(lambda: place.shell("ada", "exec sleep 600")), (
                "create() made a second session called 'ada': refuse it with a TuttiError"
            )
            assert lives(first.told()["pid"]), "create() ended the session that had the name"

    def test_an_end_is_known(self, tmp_path: Path) -> None:
        """A program that ended is listed as dead, with its exit status, and its last screen."""
        with self._theatre(tmp_path) as place:
            # It waits to be read: a terminal may drop what a program says as it ends.
            made = place.shell("ada", "echo last words; read over; exit 3")
            until(lambda: "last words" in place.host.capture([made.pane]).get(made.pane, ""))
            place.host.keys(made.pane, "Enter")
            assert until(lambda: place.of("ada").dead), "the program ended and is not listed so"
            assert until(lambda: place.of("ada").exit_status == 3), (
                f"it ended with 3, and is listed with {place.of('ada').exit_status}"
            )
            assert "last words" in place.host.capture([made.pane]).get(made.pane, ""), (
                "the last screen went with the program: keep the pane until end()"
            )

    def test_a_kill_is_known(self, tmp_path: Path) -> None:
        """A program that a signal ended is listed with that signal, or at least as dead."""
        with self._theatre(tmp_path) as place:
            os.kill(place.witness("ada").told()["pid"], signal.SIGKILL)
            assert until(lambda: place.of("ada").dead), "the program was killed; list() denies it"
            listed = place.of("ada")
            assert listed.exit_status != 0, "it was killed, and is listed as having ended well"

    def test_the_dead_take_no_input(self, tmp_path: Path) -> None:
        """Text and keys for a program that ended are refused, and nobody else gets them."""
        with self._theatre(tmp_path) as place:
            other = place.witness("other")
            pane = place.shell("ada", "exit 0").pane
            assert until(lambda: place.of("ada").dead)
            assert self._refuses(lambda: place.host.paste(pane, "hello")), (
                "paste() took a text for a dead pane: raise a TuttiError"
            )
            assert self._refuses(lambda: place.host.keys(pane, "Enter")), (
                "keys() took keys for a dead pane: raise a TuttiError"
            )
            assert other.heard() == b"", "input for a dead pane went to another"
            assert lives(other.told()["pid"]), "input for a dead pane ended another session"

    def test_copy_mode_is_left_quietly(self, tmp_path: Path) -> None:
        """To leave a copy mode that nobody is in presses no key."""
        with self._theatre(tmp_path) as place:
            ada = place.witness("ada")
            place.host.leave_copy_mode(ada.session.pane)
            place.host.keys(ada.session.pane, "x")
            assert ada.hears(b"x") == b"x", "leave_copy_mode() pressed keys in the program"

    def test_the_end_of_a_session_ends_all_of_it(self, tmp_path: Path) -> None:
        """Children that ignore SIGTERM, and children that left the terminal, end as well."""
        with self._theatre(tmp_path) as place:
            file = place.folder / "pids"
            script = (
                "sh -c 'trap \"\" TERM HUP; echo $$ >> pids; while :; do sleep 1; done' & "
                '"$PYTHON" -I -S -c "$LEAVER" & echo $$ >> pids; wait'
            )
            env = {"PYTHON": sys.executable, "LEAVER": LEAVER}
            session = place.shell("ada", script, env=env)
            try:
                assert until(lambda: len(pids(file)) == 3), "the program did not start"
                ended = place.host.end(session, grace=0.3)
                left = [pid for pid in pids(file) if not ends(pid)]
                assert not left, f"end() left {len(left)} of 3 processes: end every descendant"
                assert ended.left == (), f"end() says that {ended.left} are left"
                assert set(ended.killed) | set(ended.terminated), "end() does not say whom it ended"
            finally:
                end_all(pids(file))

    def test_the_last_screen_can_be_kept(self, tmp_path: Path) -> None:
        """Between the end of the processes and that of the session, `closing` reads the screen."""
        with self._theatre(tmp_path) as place:
            script = "trap 'echo farewell; exit' TERM; echo begun > up; while :; do sleep 0.1; done"
            session = place.shell("ada", script)
            assert until((place.folder / "up").exists), "the program did not start"
            kept: list[str] = []

            def closing() -> None:
                kept.append(place.host.capture([session.pane]).get(session.pane, ""))

            place.host.end(session, grace=3.0, closing=closing)
            assert len(kept) == 1, f"end() called `closing` {len(kept)} times"
            assert "farewell" in kept[0], "`closing` was called before or after the last screen"

    def test_it_leaves_nothing(self, tmp_path: Path) -> None:
        """After the end of its last session there is none, and to end it again does no harm."""
        with self._theatre(tmp_path) as place:
            ada = place.witness("ada")
            place.host.end(ada.session)
            assert place.host.list() == (), "end() left the session in the list"
            assert not lives(ada.told()["pid"]), "end() left the program running"
            assert place.host.end(place.host.create(place.spec("ada", "true"))).left == ()
            assert place.host.list() == ()

    def test_a_person_can_be_shown_a_session(self, tmp_path: Path) -> None:
        """The command to attach is a program that is there, and words."""
        with self._theatre(tmp_path) as place:
            argv = list(place.host.attach_argv(place.witness("ada").session))
            assert argv, "attach_argv() is empty"
            assert all(isinstance(word, str) for word in argv), "attach_argv() gives words"
            assert shutil.which(argv[0]), f"attach_argv() begins with {argv[0]!r}: there is none"

    def _refuses(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except (TuttiError, ValueError):
            return True
        return False

    @contextmanager
    def _theatre(self, folder: Path) -> Iterator[Theatre]:
        with theatre(type(self).make, folder) as place:
            yield place
