"""Changes the user's own file, keeping every comment, the order and what others wrote meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tutti_core.errors import ConfigError, PluginError

from .document import parse
from .find import global_path, shown
from .problems import ConfigProblems

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

START = """\
# What tutti knows about you, for every workspace: the accounts your agents run on, and where your
# workspaces are. tutti adds to this file, and leaves what you write in it as it is.
#
# [[profile]]
# name = "claude-personal"
# provider = "anthropic"
# command = "claude"
"""


def edit_global(change: Callable[[TOMLDocument], bool | None]) -> Path:
    """Change the global file while no other tt does.

    Args:
        change: Is given the document and changes it in place; it returns False if there was
            nothing to change, and then nothing is written.

    Returns:
        The file, which may be absent if there was nothing to change.

    Raises:
        ConfigProblems: If the file is not TOML; it is not touched.
        ConfigError: If the change cannot be made without harm; the file is not touched.
        StateError: If the file cannot be locked or written.
    """
    edit_text(lambda text: changed(text, change))
    return global_path()


def add_missing_table(name: str, starter_text: str) -> bool:
    """Add a table to the global file unless it is there.

    Args:
        name: The table's name.
        starter_text: TOML text that holds the table, comments and all.

    Returns:
        Whether it was added.

    Raises:
        PluginError: If the text does not hold the table.
        ConfigError: As `edit_global`.
        StateError: As `edit_global`.
    """
    import tomli

    if name not in tomli.loads(starter_text):
        raise PluginError(f"the starter text of [{name}] does not hold that table")

    def add(text: str) -> str | None:
        return None if name in tomli.loads(text) else appended(text, starter_text)

    return edit_text(add)


def edit_text(change: Callable[[str], str | None]) -> bool:
    """Change the text of the global file while no other tt does.

    Args:
        change: Is given the text, and returns the new one, or None to leave it as it is.

    Returns:
        Whether it was changed.

    Raises:
        ConfigError: As `edit_global`.
        StateError: As `edit_global`.
    """
    from tutti_core.state.files import write_atomic
    from tutti_core.state.lock import Lock

    path = global_path()
    with Lock(path.with_name(f".{path.name}.lock"), purpose=f"changing {shown(path)}"):
        new = change(_text(path))
        if new is None:
            return False
        _must_be_toml(new, path)
        # A link, as into a repository of dotfiles, stays one: what it points to is replaced.
        write_atomic(path.resolve(), new.encode(), mode=0o600)
    return True


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return START
    except OSError as error:
        raise ConfigError(f"{shown(path)} cannot be read: {error.strerror}") from error
    problems = parse(raw, shown(path)).problems
    if problems:
        raise ConfigProblems(problems)
    return raw.decode("utf-8-sig")


def _must_be_toml(text: str, path: Path) -> None:
    problems = parse(text.encode(), shown(path)).problems
    if problems:
        raise ConfigError(
            f"{shown(path)} cannot be changed as it is written: {problems[0].message}",
            hint="make the change by hand",
        )


def changed(text: str, change: Callable[[TOMLDocument], bool | None]) -> str | None:
    """Return a text with a change made to what it says, its comments and order kept.

    Args:
        text: The text of the global file.
        change: As for `edit_global`.

    Raises:
        ConfigError: If the change cannot be made without harm.
    """
    import tomli
    import tomlkit

    document = tomlkit.parse(text)
    if tomlkit.dumps(document) != text:
        raise ConfigError(
            f"{shown(global_path())} cannot be changed without moving its comments",
            hint="keep the entries of each array of tables together, or change it by hand",
        )
    if change(document) is False:
        return None
    new = tomlkit.dumps(document)
    if tomli.loads(new) != document.unwrap():
        raise ConfigError(
            f"{shown(global_path())} cannot be changed as it is written",
            hint="make the change by hand",
        )
    return new


def appended(text: str, addition: str) -> str:
    """Return a text with another below it, a blank line between them."""
    gap = "\n" if text.strip() else ""
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}{gap}{addition.strip()}\n"
