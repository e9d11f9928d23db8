from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tomli
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st
from tomlkit import TOMLDocument

from tutti_core.config.edit import START, add_missing_table, edit_global
from tutti_core.config.find import global_path
from tutti_core.config.problems import ConfigProblems
from tutti_core.config.registering import register_workspace
from tutti_core.errors import ConfigError, PluginError

KEPT = """\
# My own words.

[[profile]] # the one I pay for
name = "work"
provider = "anthropic"
command = "claude"

[user]
name = "Ada" # me

[unheard.of]
keys = [
  1, # one
  2,
]
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return global_path()


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def entries(file: Path) -> list[tuple[str, str]]:
    found = tomli.loads(file.read_text())["registered_workspace"]
    return [(one["name"], one["path"]) for one in found]


def named(document: TOMLDocument) -> None:
    document.setdefault("user", tomlkit.table())["name"] = "Grace"


# Any change.


def test_a_change_keeps_every_comment_and_the_order(file: Path) -> None:
    """Only what was changed differs, byte for byte."""
    write(file, KEPT)
    assert edit_global(named) == file
    assert file.read_text() == KEPT.replace('"Ada"', '"Grace"')


def test_a_file_that_is_not_there_begins_with_what_it_is_for(file: Path) -> None:
    """A new file explains itself, and is the owner's only."""
    edit_global(named)
    text = file.read_text()
    assert text.startswith(START)
    assert tomli.loads(text) == {"user": {"name": "Grace"}}
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_no_change_writes_nothing(file: Path) -> None:
    """A function that finds nothing to do leaves no trace, not even the file."""
    assert edit_global(lambda _: False) == file
    assert not file.exists()
    write(file, KEPT)
    os.utime(file, ns=(1, 1))
    edit_global(lambda _: False)
    assert file.stat().st_mtime_ns == 1


def test_a_file_that_others_can_read_is_closed(file: Path) -> None:
    """It may hold tokens: whoever changes it makes it private."""
    write(file, KEPT)
    file.chmod(0o644)
    edit_global(named)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_does_not_parse_is_not_touched(file: Path) -> None:
    """Its problem is named with its line; nothing is rewritten."""
    write(file, "[user\nname = 1\n")
    with pytest.raises(ConfigProblems, match=r"config\.toml:1: is not TOML"):
        edit_global(named)
    with pytest.raises(ConfigProblems):
        register_workspace("w", file.parent)
    with pytest.raises(ConfigProblems):
        add_missing_table("permissions", "[permissions]\n")
    assert file.read_text() == "[user\nname = 1\n"


def test_a_change_that_fails_leaves_the_file(file: Path) -> None:
    """When the function raises, what it did is forgotten."""
    write(file, KEPT)

    def failing(document: TOMLDocument) -> None:
        named(document)
        raise LookupError

    with pytest.raises(LookupError):
        edit_global(failing)
    assert file.read_text() == KEPT


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    """Who keeps the file in a repository of dotfiles finds the change there."""
    target = tmp_path / "dotfiles" / "tutti.toml"
    write(target, KEPT)
    file.parent.mkdir(parents=True)
    file.symlink_to(target)
    edit_global(named)
    assert file.is_symlink()
    assert '"Grace"' in target.read_text()


def test_comments_are_not_moved_behind_ones_back(file: Path) -> None:
    """Where the order could not be kept, the file is left alone and the reason given."""
    mixed = "[[a]]\nx = 1\n[[b]]\nx = 2\n# of the third\n[[a]]\nx = 3\n"
    write(file, mixed)
    with pytest.raises(ConfigError, match="without moving its comments"):
        edit_global(named)
    assert file.read_text() == mixed


def test_a_change_that_is_not_read_again_as_it_was_meant_is_refused(file: Path) -> None:
    """What would be written is read once more and compared before anything is replaced."""
    write(file, KEPT)

    def odd(document: TOMLDocument) -> None:
        # Not a number is not even equal to itself, as a value lost in writing would not be.
        document["odd"] = float("nan")

    with pytest.raises(ConfigError, match="cannot be changed as it is written"):
        edit_global(odd)
    assert file.read_text() == KEPT


# The registry.


def test_a_workspace_is_noted_once(file: Path, tmp_path: Path) -> None:
    """Noting it again changes nothing; everything else in the file stays."""
    write(file, KEPT)
    assert register_workspace("shop", tmp_path) is True
    first = file.read_text()
    assert register_workspace("shop", tmp_path) is False
    assert file.read_text() == first
    assert first.startswith(KEPT)
    assert entries(file) == [("shop", str(tmp_path))]


def test_two_checkouts_of_one_name_are_two_workspaces(file: Path, tmp_path: Path) -> None:
    """The path tells workspaces apart, and not the name."""
    for place in ("one", "two"):
        assert register_workspace("shop", tmp_path / place) is True
    assert entries(file) == [("shop", f"{tmp_path}/one"), ("shop", f"{tmp_path}/two")]


def test_a_workspace_that_was_renamed_is_renamed(file: Path, tmp_path: Path) -> None:
    """One path has one entry, under its newest name, with its comments."""
    register_workspace("shop", tmp_path / "one")
    register_workspace("other", tmp_path / "two")
    text = file.read_text().replace('name = "shop"', 'name = "shop" # mine')
    write(file, text)
    assert register_workspace("store", tmp_path / "one") is True
    assert file.read_text() == text.replace('"shop"', '"store"')


def test_links_to_a_workspace_are_that_workspace(file: Path, tmp_path: Path) -> None:
    """A path is noted as it is without links, however it was reached."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert register_workspace("w", tmp_path / "link") is True
    assert register_workspace("w", tmp_path / "real") is False
    assert entries(file) == [("w", f"{tmp_path}/real")]


@pytest.mark.parametrize(
    "before",
    [
        "registered_workspace = []\n[user]\n",
        'registered_workspace = [{name = "a", path = "/a"}] # mine\n',
        (
            '[[registered_workspace]]\nname = "a"\npath = "/a"\n[user]\n'
            '[[registered_workspace]]\nname = "b"\npath = "/b"\n# last words'
        ),
        "# only words",
        "",
    ],
)
def test_whatever_form_the_registry_has_it_grows(file: Path, tmp_path: Path, before: str) -> None:
    """An array in brackets, scattered entries or no registry at all: one more entry, no loss."""
    write(file, before)
    old = tomli.loads(before).get("registered_workspace", [])
    assert register_workspace("w", tmp_path) is True
    found = tomli.loads(file.read_text())["registered_workspace"]
    assert found == [*old, {"name": "w", "path": str(tmp_path)}]
    for comment in ("# mine", "# last words", "# only words"):
        assert (comment in before) == (comment in file.read_text())


@pytest.mark.parametrize("junk", ["registered_workspace = 3\n", "[registered_workspace]\nx = 1\n"])
def test_a_registry_that_is_none_is_left_alone(file: Path, tmp_path: Path, junk: str) -> None:
    """What cannot hold an entry is not replaced by one that can."""
    write(file, junk)
    with pytest.raises(ConfigError, match="cannot be changed as it is written"):
        register_workspace("w", tmp_path)
    assert file.read_text() == junk


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes UTF-8 file names only")
def test_a_path_that_toml_cannot_hold_is_refused(file: Path, tmp_path: Path) -> None:
    """A folder whose name is not UTF-8 is said to be one."""
    with pytest.raises(ConfigError, match="not UTF-8, and TOML cannot hold it"):
        register_workspace("w", tmp_path / os.fsdecode(b"\xff"))
    assert not file.exists()


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1))
def test_any_path_is_written_so_that_it_is_read_again(name: str) -> None:
    """Quotes, newlines and signs of every kind in a folder's name do no harm."""
    path = Path("/nowhere-at-all") / f"x{name}"[:60]
    register_workspace("w", path)
    assert str(path) in {one for _, one in entries(global_path())}


# Tables that are not there.


def test_a_missing_table_is_added_with_its_comments(file: Path) -> None:
    """The starter text is taken as it is, after what was there."""
    write(file, KEPT)
    starter = "# What agents may run.\n[permissions] # the policy\nallow = []\n"
    assert add_missing_table("permissions", starter) is True
    assert file.read_text() == f"{KEPT}\n{starter}"
    assert add_missing_table("permissions", "[permissions]\nallow = ['x']\n") is False
    assert file.read_text() == f"{KEPT}\n{starter}"


def test_a_starter_that_holds_another_table_is_the_plugins_mistake(file: Path) -> None:
    """A text that would be added again and again is refused."""
    with pytest.raises(PluginError, match=r"starter text of \[permissions\]"):
        add_missing_table("permissions", "# [permissions]\n")
    assert not file.exists()


# Several at once.

REGISTER = """
import pathlib, sys
from tutti_core.config.registering import register_workspace
print("ready", flush=True)
sys.stdin.read()
for n in range(10):
    register_workspace(sys.argv[1], pathlib.Path("/nowhere-at-all", sys.argv[1], str(n)))
"""


def test_processes_that_register_at_once_lose_nothing(file: Path) -> None:
    """Four processes noting ten workspaces each leave forty entries and every comment."""
    write(file, KEPT)
    path = os.pathsep.join(one for one in sys.path if one)
    command = [sys.executable, "-c", REGISTER]
    running = [
        subprocess.Popen(
            [*command, f"w{n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        for n in range(4)
    ]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == b"ready\n"
        for one in running:
            one.communicate(timeout=30)
        assert [one.returncode for one in running] == [0, 0, 0, 0]
    finally:
        for one in running:
            one.kill()
    expected = {(f"w{n}", f"/nowhere-at-all/w{n}/{m}") for n in range(4) for m in range(10)}
    assert set(entries(file)) == expected
    assert len(entries(file)) == 40
    assert file.read_text().startswith(KEPT)
    assert list(file.parent.glob("*.tmp")) == []
