"""The registry in the user's own file: entries come and go, and nothing else in it moves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core.config.find import global_path
from tutti_core.config.registered import Entry, entries
from tutti_core.config.registering import register_workspace, unregister_workspaces
from tutti_core.errors import ConfigError


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = global_path()
    path.parent.mkdir(parents=True)
    return path


def numbered(*numbers: int) -> Callable[[Sequence[Entry]], list[Entry]]:
    """A choice of entries by their numbers."""
    return lambda found: [one for one in found if one.number in numbers]


THREE = """\
# Mine.
[[registered_workspace]]
name = "a" # first
path = "/a"

# About the profile.
[[profile]]
name = "p"
provider = "x"
command = "x"

[[registered_workspace]]
name = "b"
# inside of b
path = "/b"
# below b
[[registered_workspace]]
name = "c"
path = "/c"
"""


def test_an_entry_goes_and_what_is_around_it_stays(file: Path) -> None:
    """Byte for byte, comments above and below included."""
    file.write_text(THREE)
    (gone,) = unregister_workspaces(numbered(1))
    assert (gone.name, gone.path, gone.line) == ("b", "/b", 12)
    cut = '[[registered_workspace]]\nname = "b"\n# inside of b\npath = "/b"\n'
    assert file.read_text() == THREE.replace(cut, "")
    assert file.stat().st_mode & 0o777 == 0o600


def test_nothing_chosen_is_nothing_written(file: Path) -> None:
    """Who takes nothing out leaves no trace."""
    assert unregister_workspaces(numbered(0)) == []
    assert not file.exists()
    file.write_text(THREE)
    os.utime(file, ns=(1, 1))
    assert unregister_workspaces(numbered(7)) == []
    assert file.stat().st_mtime_ns == 1


@pytest.mark.parametrize(
    "text",
    [
        'registered_workspace = [{name = "a", path = "/a"}, {name = "b", path = "/b"}] # mine\n',
        (
            "registered_workspace = [ # mine\n"
            '  {name = "a", path = "/a"},\n  {name = "b", path = "/b"}, # of b\n]\n'
        ),
        (
            '[[registered_workspace]]\nname = "a"\npath = """/a"""\n'
            '[[registered_workspace]]\r\nname = "b"\r\npath = "/b"\r\n# mine\r\n'
        ),
        (
            '# mine\n[["registered_workspace"]]\nname = "a"\npath = """\n# no comment\n"""\n'
            '[[registered_workspace]]\nname = "b"\npath = "/b"\n'
            "[registered_workspace.more]\nx = 1\n"
        ),
    ],
)
@pytest.mark.parametrize("number", [0, 1])
def test_whatever_form_the_registry_has_it_shrinks(file: Path, text: str, number: int) -> None:
    """In brackets, with other line ends, with odd headers: one entry less, and no comment."""
    file.write_bytes(text.encode())
    wanted = tomli.loads(file.read_bytes().decode())["registered_workspace"]
    del wanted[number]
    unregister_workspaces(numbered(number))
    left = file.read_bytes().decode()
    assert tomli.loads(left)["registered_workspace"] == wanted
    assert "# mine" in left


def test_what_cannot_be_taken_out_alone_is_left(file: Path) -> None:
    """Where something else would go with it, the file is not touched."""
    odd = (
        '[[registered_workspace]]\nname = "a"\npath = "/a"\n[x]\ny = 1\n'
        "[registered_workspace.more]\nz = 1\n"
    )
    file.write_text(odd)
    with pytest.raises(ConfigError) as caught:
        unregister_workspaces(numbered(0))
    assert "by hand" in caught.value.hint
    assert file.read_text() == odd


def test_entries_that_lead_nowhere_say_why(file: Path) -> None:
    """Each is there with its line; none hides another."""
    file.write_text(
        'registered_workspace = [\n3,\n{name = "a"},\n{path = "/b"},\n{name = "c", path = "c"},\n'
        '{name = "d", path = "/d\\u0000"},\n{name = "e", path = "/e/../f"},\n]\n'
    )
    found = entries()
    assert [one.line for one in found] == [2, 3, 4, 5, 6, 7]
    assert [one.fault for one in found][:4] == [
        "is no table",
        "has no path",
        "has no name",
        'its path "c" is not absolute',
    ]
    assert "is none" in found[4].fault
    assert (found[5].name, found[5].path, found[5].fault) == ("e", "/f", "")


def test_a_registry_that_is_none_is_said_to_be(file: Path) -> None:
    """Nobody takes it for an empty one."""
    file.write_text("registered_workspace = 3\n")
    with pytest.raises(ConfigError, match="no array of tables"):
        entries()


def test_an_entry_without_a_path_is_not_the_current_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What has no path is no place, wherever one stands."""
    monkeypatch.chdir(tmp_path)
    file.write_text('[[registered_workspace]]\nname = "x"\n')
    assert register_workspace("x", tmp_path) is True
    assert [one.path for one in entries()] == ["", str(tmp_path)]


blanks = st.sampled_from(["", "\n", "# a remark\n", "\n# [[registered_workspace]]\n\n"])
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
others = st.sampled_from(["", '[[profile]]\nname = "]"\n', "[user]\nname = '''\n[[x]]\n'''\n"])


@st.composite
def registries(draw: st.DrawFn) -> str:
    """A file with entries, comments and other tables in any order."""
    text, user = draw(blanks), False
    for _ in range(draw(st.integers(1, 5))):
        quoted = draw(names).replace("\\", "").replace('"', "")
        entry = f'[[registered_workspace]]\nname = "{quoted}"\npath = "/{quoted}"\n'
        other = draw(others)
        if other.startswith("[user]"):
            other, user = ("" if user else other), True
        text += entry + draw(blanks) + other + draw(blanks)
    return text


@settings(deadline=None, max_examples=150)
@given(registries(), st.sets(st.integers(0, 4)))
def test_any_entries_can_be_taken_out_of_any_file(text: str, numbers: set[int]) -> None:
    """What is left says the same as before without them, and has every remark."""
    path = global_path()
    path.write_text(text)
    wanted = tomli.loads(text)
    there = wanted["registered_workspace"]
    wanted["registered_workspace"] = [e for n, e in enumerate(there) if n not in numbers]
    taken = unregister_workspaces(numbered(*numbers))
    assert {one.number for one in taken} == {n for n in numbers if n < len(there)}
    left = path.read_text()
    assert {"registered_workspace": [], **tomli.loads(left)} == wanted
    assert left.count("# a remark") == text.count("# a remark")
    assert left.count("# [[") == text.count("# [[")


BOTH = """
import pathlib, sys
from tutti_core.config.registering import register_workspace, unregister_workspaces
print("ready", flush=True)
sys.stdin.read()
for n in range(8):
    place = pathlib.Path("/nowhere-at-all", sys.argv[1], str(n))
    register_workspace(sys.argv[1], place)
    if n % 2:
        unregister_workspaces(lambda found: [one for one in found if one.path == str(place)])
"""


def test_processes_that_add_and_remove_at_once_lose_nothing(file: Path) -> None:
    """Each finds its own work done, and nobody else's undone."""
    file.write_text("# Mine.\n")
    command = [sys.executable, "-c", BOTH]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen([*command, f"w{n}"], stdin=pipe, stdout=pipe, env=env) for n in range(3)
    ]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == b"ready\n"
        for one in running:
            one.communicate(timeout=60)
        assert [one.returncode for one in running] == [0, 0, 0]
    finally:
        for one in running:
            one.kill()
    expected = {f"/nowhere-at-all/w{n}/{m}" for n in range(3) for m in range(0, 8, 2)}
    assert {one.path for one in entries()} == expected
    assert len(entries()) == len(expected)
    assert file.read_text().startswith("# Mine.\n")
