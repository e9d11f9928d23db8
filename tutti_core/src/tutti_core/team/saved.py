"""Screens on disk: judged without a terminal or a workspace, and saved as cases to judge."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..config.find import find_root
from ..config.slug import is_slug
from ..detection.composer import draft, unstyled
from ..errors import ConfigError, StateError, TuttiError
from ..model.reading import Observation, Reading, Screen
from ..plugins import Plugins
from ..watching.look import Voice, read
from .compiled import compiled
from .loading import load_global
from .places import Places
from .rules import FOLDER, layered_over, rules_of

if TYPE_CHECKING:
    from ..detection.layers import Layered

# What moves the cursor or sets a mode; what sets a style says something and is left.
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-ln-~]|[()][0AB]|[=>78cM])")
LONGEST = 200_000
"""Bytes of a saved text that are looked at, the last ones: many times what any terminal shows."""
DEAD = re.compile(r"Pane is dead \((?:status (\d+)|signal \w+)")


class Knowledge(NamedTuple):
    """What screens of one runtime are judged by.

    Attributes:
        runtime: Its name.
        rules: Its compiled rules, None if it is not known.
        detectors: Detectors beside the rules.
        left_out: What people put over the rules and cannot be used.
    """

    runtime: str
    rules: Mapping[str, Any] | None
    detectors: Sequence[Any]
    left_out: tuple[str, ...] = ()


def knowledge(runtime: str) -> Knowledge:
    """Return what is known of a runtime here: in the workspace around, if there is one.

    Args:
        runtime: Its name; one that nobody gives is no error, and nothing is known of it.

    Raises:
        ConfigError: If its rules cannot be used.
    """
    plugins = Plugins.installed()
    detectors = tuple(plugins.detectors().values())
    root, team = _around()
    if team["rules"].get(runtime):
        left_out = tuple(team["left_out"].get(runtime, ()))
        return Knowledge(runtime, team["rules"][runtime], detectors, left_out)
    found = _installed(plugins, runtime, root)
    if found is None:
        return Knowledge(runtime, None, detectors)
    return Knowledge(runtime, found.rules, detectors, found.left_out)


def _around() -> tuple[Path | None, Mapping[str, Any]]:
    """Return the workspace one is in and what is known of its team, if there is one in order."""
    try:
        root = find_root()
        return root, compiled(root)
    except TuttiError:
        return None, {"rules": {}, "left_out": {}}


class Judged(NamedTuple):
    """What a saved screen shows.

    Attributes:
        seen: What was seen then, as far as it is known.
        reading: The state that is.
    """

    seen: Observation
    reading: Reading


def judged(path: Path, known: Knowledge, title: str | None = None) -> Judged:
    """Return what a saved screen shows.

    Args:
        path: The screen as text, with or without styles. What was known beside it, as `record`
            saves it, is taken from the file of that name that ends in ``.json``, if there is one.
        known: What to judge it by.
        title: The pane's title then.

    Raises:
        StateError: If it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror or error}") from error
    facts = _facts(path.with_suffix(".json"))
    title = facts.get("title") if title is None else title
    seen = seen_in(raw, known, title, facts)
    return Judged(seen, read(seen, known.rules, known.detectors))


def seen_in(
    raw: bytes,
    known: Knowledge,
    title: str | None = None,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Observation:
    """Return what an observer would have seen of a saved screen.

    Args:
        raw: The screen, or a piece of one, with or without styles.
        known: What it is judged by.
        title: The pane's title then.
        facts: What was noted beside it.
    """
    text = unstyled(_text(raw))
    now, live = time.time(), facts.get("live")
    rows = text.rstrip().split("\n")
    status = facts.get("exit_status", _ended(rows[-1]))
    size = (max(map(len, rows)), text.count("\n") + 1)
    cursor = facts["cursor"] if "cursor" in facts else _cursor(text, rows, known)
    # Whoever noted the pane's size beside it had all of the pane.
    screen = Screen(text, *size, facts.get("alternate") is True, cursor, "height" in facts)
    return Observation(
        now,
        known.runtime,
        session=True,
        alive=not isinstance(status, int),
        exit_status=status if isinstance(status, int) else None,
        title=title if isinstance(title, str) else None,
        screen=screen,
        live=live if isinstance(live, dict) else None,
        live_at=now if isinstance(live, dict) else None,
    )


def corpus_of(places: Places, runtime: str) -> Path:
    """Return where cases of a runtime are saved if nobody says where.

    Args:
        places: The workspace's places.
        runtime: The runtime's name.
    """
    return places.home / FOLDER / "corpus" / (runtime if is_slug(runtime) else "unknown")


def save(voice: Voice, version: str, what: str, folder: Path) -> Path:
    """Save an agent's screen as a case ``<state>/<version>-<what>.txt``; nothing is overwritten.

    Args:
        voice: The agent as it was seen.
        version: The version of its CLI; empty if it is not known.
        what: What the screen shows, in a word.
        folder: The corpus.

    Returns:
        The file. What was seen beside the screen is in the one that ends in ``.json``.

    Raises:
        ConfigError: If the word is not one, or the case is there already.
        StateError: If it cannot be written.
    """
    from ..state.files import JsonFile

    if not is_slug(what):
        raise ConfigError(f"{what!r} cannot name a case", hint="letters, digits, '-' and '_'")
    seen, known = voice.seen, re.sub(r"[^0-9A-Za-z.+]+", "", version) or "unknown"
    path = folder / voice.reading.state / f"{known}-{what}.txt"
    if seen.screen is None:
        raise StateError(f"the screen of {voice.agent} could not be read")
    if path.exists():
        raise _there(path)
    facts = {
        "title": seen.title,
        "live": seen.live,
        "kind": voice.reading.kind or None,
        "width": seen.screen.width,
        "height": seen.screen.height,
        "cursor": seen.screen.cursor,
        "alternate": seen.screen.alternate,
        "exit_status": seen.exit_status,
    }
    _write_new(path, seen.screen.text.encode("utf-8", "replace"))
    JsonFile(path.with_suffix(".json")).write(facts)
    return path


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole; of two at once only one can."""
    from ..state.files import write_atomic

    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write_atomic(fresh, content, mode=0o600)
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise StateError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        fresh.unlink(missing_ok=True)


def _there(path: Path) -> ConfigError:
    return ConfigError(f"{path} is there already", hint="give it another name")


def _installed(plugins: Plugins, name: str, root: Path | None) -> Layered | None:
    """Return the rules of a runtime outside of any workspace, or those known for its name."""
    settings = load_global(plugins)
    found = plugins.runtimes({}, settings.source, Path.cwd()).get(name)
    if found is not None:
        return rules_of(found, root)
    text = plugins.rules().get(name)
    return layered_over(text, name, root) if text else None


def _cursor(text: str, rows: Sequence[str], known: Knowledge) -> int | None:
    """Return where the cursor may have been: at the end of the text, unless words stand there.

    A CLI that hides it while it works leaves the same words behind as somebody who types them.
    """
    typed = draft(text, known.rules.get("composer") if known.rules else None)
    return None if typed else len(rows) - 1


def _ended(row: str) -> int | None:
    """Return the exit status that tmux itself writes under the last screen of a process."""
    found = DEAD.match(row)
    return int(found[1] or -1) if found else None


def _text(raw: bytes) -> str:
    text = raw[-LONGEST:].decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return CONTROL.sub("", text) if "\x1b" in text else text


def _facts(path: Path) -> dict[str, Any]:
    """Return what is noted beside a screen; a file about something else says nothing."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
