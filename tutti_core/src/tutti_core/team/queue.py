"""Prompts on disk: those that wait for their agent, the one being typed, those that went astray.

Each is a file of its own, written before anything is typed. Its `state` is changed under one short
lock, so that a prompt is taken by one process and cancelled by nobody then. Whoever is killed with
one in hand leaves it there, and `team/recovering.py` says what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import StateError
from ..state.files import JsonFile
from ..state.lock import Lock
from .facts import facts_of, publish_facts

if TYPE_CHECKING:
    from .places import Places

WAITING = "waiting"
IN_HAND = frozenset(("typing", "pasted"))
"""States of a prompt that a process types right now, or was killed with."""
ASTRAY = frozenset(("refused", "unsubmitted", "unknown"))
"""Ends after which a prompt is kept until a person has seen it."""


@attrs.frozen
class Entry:
    """One prompt on its way to an agent.

    Attributes:
        number: Its number in the workspace, never given twice.
        agent: The agent's name.
        text: The prompt as it was given.
        correlation_id: What its events bear.
        at: Epoch seconds at which it was given.
        state: ``waiting`` for the agent; ``typing`` claimed, and perhaps pasted; ``pasted`` in the
            composer, and perhaps submitted; else its outcome.
        why: Why it waits, or what its outcome stands on.
        hint: What the user can do.
        queued: Whether it waited in the queue.
        raw: Whether a leading ``/`` or ``!`` is meant as the CLI's own command.
        without: Unowned tables to go on without.
        seq: Number of the last event before it was written down.
        typed_at: Epoch seconds at which it was typed, once it was.
        pane: The pane it was typed into, and `pid` the process in it.
        ms: Milliseconds that the typing took.
        keep: Whether it is kept if it goes astray, because nobody has its receipt.
        told: Whether it is kept, and the event of its outcome is in the journal.
    """

    number: int
    agent: str
    text: str
    correlation_id: str
    at: float
    state: str = WAITING
    why: str = ""
    hint: str = ""
    queued: bool = True
    raw: bool = False
    without: tuple[str, ...] = ()
    seq: int = 0
    typed_at: float | None = None
    pane: str = ""
    pid: int = 0
    ms: int = 0
    keep: bool = False
    told: bool = False


class Queue:
    """The prompts of one workspace.

    Args:
        places: Where its files are.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.folder = places.queue
        self._lock = Lock(places.lock("queue"), purpose="changing the queue")

    def all(self) -> list[Entry]:
        """Return every prompt in the order they were given in; what is no entry is left out."""
        found = [_read(path) for path in self._paths()]
        return sorted((one for one in found if one), key=lambda one: one.number)

    def waiting(self, agent: str | None = None) -> list[Entry]:
        """Return the prompts that wait, of one agent or of all, oldest first."""
        return [one for one in self.all() if one.state == WAITING and agent in (None, one.agent)]

    def get(self, number: int) -> Entry | None:
        """Return the prompt of a number, if it still is there."""
        return next((one for one in self.all() if one.number == number), None)

    def put(self, entry: Entry) -> Entry:
        """Write a prompt down and give it its number.

        Args:
            entry: The prompt; its number does not matter.
        """
        with self._changing():
            counter = JsonFile(self.folder / "last")
            last = counter.read({})
            last = last.get("last", 0) if isinstance(last, dict) else 0
            number = max([last, *(one.number for one in self.all())]) + 1
            counter.write({"last": number})
            made = attrs.evolve(entry, number=number)
            self._write(made)
        return made

    def claim(self, entry: Entry, **changes: Any) -> Entry | None:
        """Take a prompt that waits in hand; None if somebody else has it, or it was cancelled.

        Args:
            entry: The prompt as it was read.
            changes: What is known of the typing.
        """
        with self._changing():
            now = _read(self._path(entry))
            if now is None or now.state != WAITING:
                return None
            taken = attrs.evolve(now, state="typing", why="", **changes)
            self._write(taken)
        return taken

    def note(self, entry: Entry, **changes: Any) -> Entry:
        """Change a prompt that is in this process's hand.

        Args:
            entry: The prompt.
            changes: Its new attributes.
        """
        noted = attrs.evolve(entry, **changes)
        self._write(noted)
        return noted

    def settle(self, entry: Entry, **changes: Any) -> Entry:
        """As `note`, for a change that others see beside the agent."""
        with self._changing():
            return self.note(entry, **changes)

    def explain(self, entry: Entry, why: str, hint: str) -> None:
        """Write down why a prompt waits, unless that is there or it does not wait any more."""
        if (entry.why, entry.hint) == (why, hint):
            return
        with self._changing():
            now = _read(self._path(entry))
            if now is not None and now.state == WAITING:
                self._write(attrs.evolve(now, why=why, hint=hint))

    def cancel(self, number: int) -> Entry | None:
        """Take a prompt back that waits or went astray; None if there is none to take back.

        Args:
            number: Its number.
        """
        with self._changing():
            entry = self.get(number)
            if entry is None or not (
                entry.state == WAITING or (entry.state in ASTRAY and entry.told)
            ):
                return None
            cancelled = attrs.evolve(entry, state="cancelled", told=False)
            self._write(cancelled)
        return cancelled

    def remove(self, entry: Entry) -> None:
        """Forget a prompt whose end is in the journal."""
        with self._changing():
            self._path(entry).unlink(missing_ok=True)

    def unreadable(self) -> list[Path]:
        """Return the files that are no entry: somebody's prompt may be in them."""
        return [path for path in self._paths() if _read(path) is None and path.exists()]

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
            self._publish()

    def _publish(self) -> None:
        """Say beside each agent how many prompts wait for it, and how many went astray."""
        entries = self.all()
        facts: dict[str, list[dict[str, Any]]] = {}
        for label, states in (("queued", {WAITING}), ("undelivered", ASTRAY)):
            for agent in sorted({one.agent for one in entries if one.state in states}):
                count = sum(one.agent == agent and one.state in states for one in entries)
                fact = {"key": label, "label": label, "value": count, "at": time.time()}
                facts.setdefault(agent, []).append(fact)
        if facts or _is_published(self.places.root):
            publish_facts(self.places.root, "queue", facts)

    def _paths(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.name[:1].isdigit()]
        except OSError:
            return []

    def _path(self, entry: Entry) -> Path:
        return self.folder / f"{entry.number:06d}-{entry.agent}.json"

    def _write(self, entry: Entry) -> None:
        JsonFile(self._path(entry)).write(attrs.asdict(entry))


def _is_published(root: Path) -> bool:
    """Return whether something is said of the queue beside any agent."""
    known = facts_of(root).values()
    return any(fact["plugin"] == "queue" for facts in known for fact in facts)


def unsettled(places: Places) -> bool:
    """Return whether a prompt is in hand, or its end is not told.

    Args:
        places: Where the workspace's files are.
    """
    return any(one.state != WAITING and not one.told for one in Queue(places).all())


def _read(path: Path) -> Entry | None:
    """Return the entry in a file; None if it is gone, or is none."""
    try:
        found = JsonFile(path).read()
    except StateError:
        return None
    if not isinstance(found, Mapping):
        return None
    known = {one.name: found[one.name] for one in attrs.fields(Entry) if one.name in found}
    sound = {"without": tuple(known.pop("without", ()) or ())}
    try:
        entry = Entry(**{**known, **sound})
    except TypeError:
        return None
    return entry if _is_sound(entry) else None


def _is_sound(entry: Entry) -> bool:
    words: tuple[object, ...] = (entry.agent, entry.text, entry.correlation_id, entry.state)
    numbers: tuple[object, ...] = (entry.number, entry.seq, entry.at)
    return all(isinstance(one, str) for one in words) and all(
        isinstance(one, (int, float)) for one in numbers
    )
