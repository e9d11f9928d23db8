"""Changes the user's own file, keeping every comment, the order and what others wrote meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutti_core.errors import ConfigError, PluginError

from . import shapes
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

REGISTRY = "registered_workspace"


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
    _edit(lambda text: _changed(text, change))
    return global_path()


def register_workspace(name: str, path: Path) -> bool:
    """Note a workspace in the global file, once for each path.

    Args:
        name: Its name.
        path: Its root.

    Returns:
        Whether the file had to be changed.

    Raises:
        ConfigError: As `edit_global`.
        StateError: As `edit_global`.
    """
    root = str(path.resolve())
    return _edit(lambda text: _registered(text, name, root))


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
        return None if name in tomli.loads(text) else _appended(text, starter_text)

    return _edit(add)


def _edit(change: Callable[[str], str | None]) -> bool:
    """Change the file's text under the lock; return whether it was changed."""
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


def _changed(text: str, change: Callable[[TOMLDocument], bool | None]) -> str | None:
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


def _registered(text: str, name: str, root: str) -> str | None:
    """Return the text with a workspace in it; None if it is there already."""
    import tomli
    import tomlkit

    data = tomli.loads(text)
    entry = {"name": name, "path": _writable(root)}
    for index, one in shapes.tables(data, REGISTRY):
        if str(Path(shapes.text(one, "path") or "").resolve()) == root:
            return None if one.get("name") == name else _renamed(text, index, name)
    lines = [f"{key} = {tomlkit.item(value).as_string()}" for key, value in entry.items()]
    new = _appended(text, "\n".join([f"[[{REGISTRY}]]", *lines]))
    if isinstance(data.get(REGISTRY), list) and parse(new.encode(), REGISTRY).problems:
        # The registry is written as one array in brackets, to which no header can add.
        return _changed(text, lambda document: document[REGISTRY].append(entry))
    return new


def _renamed(text: str, index: int, name: str) -> str | None:
    def rename(document: Any) -> None:
        document[REGISTRY][index]["name"] = name

    return _changed(text, rename)


def _writable(root: str) -> str:
    try:
        root.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"the path {os.fsencode(root)!r} is not UTF-8, and TOML cannot hold it",
            hint="rename the folder",
        ) from error
    return root


def _appended(text: str, addition: str) -> str:
    gap = "\n" if text.strip() else ""
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}{gap}{addition.strip()}\n"
