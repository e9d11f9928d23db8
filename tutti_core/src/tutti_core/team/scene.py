"""A workspace as the watch over it needs it: what to read, where to wait, how to tell and keep."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.find import FILE, global_path
from ..errors import StateError, TuttiError
from ..log import Log
from ..state.files import JsonFile, write_atomic
from ..state.lock import Lock
from ..terminal.host import TmuxHost
from ..terminal.ring import is_lost
from ..watching.logbook import Logbook
from ..watching.look import Voice, stopped
from ..watching.scribe import WINDOW, Scribe
from ..watching.settling import lines_of
from .context import Context
from .entry import complete, is_open, now, vanished
from .health import record as health_record
from .keeping import HISTORY
from .likeness import likeness_of
from .record import read_record

if TYPE_CHECKING:
    from ..model.session import Session
    from ..plugins import Plugins
    from ..watching.scenery import Entry


def opened(root: Path, plugins: Plugins | None = None) -> Context:
    """Open a workspace to be watched: one whose configuration is broken is watched all the same.

    Args:
        root: The workspace.
        plugins: The plugins to use; the installed ones by default.
    """
    try:
        return Context.open(root, plugins)
    except TuttiError as trouble:
        return Context.rescue(root, trouble, plugins)


class Scene:
    """What a watch needs of a workspace.

    Args:
        context: The workspace.
        log: The watch's own log.

    Attributes:
        context: The workspace, as its files say it is by now.
        root: Absolute path of it.
        likeness: What tells this watch from one by other plugins or rule files.
        reloaded: Called when those files were read again.
    """

    def __init__(self, context: Context, log: Log) -> None:
        self.context, self.root = context, context.root
        self._places, self._log = context.places, log
        self._records: dict[str, tuple[tuple[int, int, int], Mapping[str, Any]]] = {}
        self._scribes: dict[str, tuple[tuple[str, float], Scribe]] = {}
        self.likeness = likeness_of(context)
        self.reloaded: Callable[[], None] = lambda: None

    @property
    def deaths(self) -> Path:
        """The file to which the server appends a line when a process of ours ends."""
        return self._places.deaths

    def rules(self, runtime: str) -> Mapping[str, Any] | None:
        """Return a runtime's compiled rules, or None if it has none."""
        found: Mapping[str, Any] | None = self.context.digest["rules"].get(runtime)
        return found

    def detectors(self) -> Sequence[Any]:
        """Return the detectors beside the rules."""
        return self.context.detectors

    def record(self, agent: str) -> Mapping[str, Any]:
        """Return what was recorded at an agent's launch; read anew only when it has changed."""
        path = self._places.agent(agent)
        try:
            found = path.stat()
        except OSError:
            return {}
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        known = self._records.get(agent)
        if known is None or known[0] != stamp:
            known = self._records[agent] = stamp, read_record(path)
        return known[1]

    def stalls(self) -> float:
        """Return after how many seconds without progress an agent is stalled; 0 for never."""
        return float(self.context.digest.get("stalled_after_secs", 0.0))

    def files(self, agent: str, session: Session) -> Mapping[str, Path]:
        """Return the files that change when the agent does something, each by what it is."""
        record = self.record(agent)
        found = {"ring": self._places.ring(agent), "record": self._places.agent(agent)}
        live = record.get("live_status")
        if isinstance(live, str) and live:
            found["live"] = Path(live.replace("{pid}", str(session.pid)))
        return found

    def configured(self) -> Iterable[Path]:
        """Return the files from which the team is made."""
        return [self.root / FILE, global_path(), *map(Path, self.context.digest["files"])]

    def reload(self) -> None:
        """Read those again; while they are broken, what was known last stays.

        Raises:
            TuttiError: Saying what is broken.
        """
        context = Context.open(self.root, self.context.plugins)
        self.likeness = likeness_of(context)
        self.context = context
        self.reloaded()

    def emit(self, event: str, agent: str, data: Mapping[str, Any]) -> None:
        """Record an event about an agent."""
        act = f"probe-{time.time_ns() // 1_000_000}-{agent}-{event}"
        self.context.emit(event, agent, data, act)

    def begun(self, agent: str, session: Session) -> bool:
        """Return whether an agent's start was told; tell it if whoever started it cannot."""
        record = self.record(agent)
        if (record.get("pane"), record.get("pid")) == (session.pane, session.pid):
            return True
        return self._held(agent, lambda: complete(self.context, agent, session))

    def is_free(self, agent: str) -> bool:
        """Return whether nobody starts or ends an agent at this moment."""
        return Lock(self._places.lock(f"agent-{agent}")).holder() is None

    def vanished(self, agent: str) -> bool:
        """Tell that an agent's session has gone, unless that was done; False if it must wait."""
        return not is_open(self.context, agent) or self._held(
            agent, lambda: vanished(self.context, agent)
        )

    def expected(self) -> Iterable[str]:
        """Return the agents of which it is recorded that they run."""
        names = [path.stem for path in self._places.state.glob("*.json")]
        return [name for name in names if _is_record(self.record(name)) and self._is_open(name)]

    def seen(self, voice: Voice) -> None:
        """Keep how an agent is, in the contract's shape."""
        self.context.learning.learn([voice.agent])
        file = JsonFile(self._places.health(voice.agent))
        found = health_record(self.context.name, voice, _read(file))
        self._write(lambda: file.write(found, durable=False))

    def gone(self, agent: str) -> None:
        """Keep that an agent has no session."""
        self.seen(stopped(agent, str(self.record(agent).get("runtime") or "")))

    def tend(self, agent: str, session: Session) -> None:
        """Have an agent's output kept again if it is not, and look for files it began later."""
        ring = self._places.ring(agent)
        host = self.context.host
        if isinstance(host, TmuxHost) and is_lost(session, ring):
            with suppress(TuttiError):
                host.rearm(session, str(ring))
                self.note("kept again", agent=agent)
        self.context.learning.learn([agent])

    def keep(self, data: bytes) -> None:
        """Write the file with the readings."""
        self._write(lambda: write_atomic(self._places.readings, data, durable=False))

    def beat(self) -> None:
        """Give a sign of life."""
        with suppress(OSError):
            os.utime(self._places.readings)

    def log(self, entries: Sequence[Entry]) -> set[str]:
        """Write what agents show into their logs; return those that somebody else has in hand."""
        panes = [one.session.pane for one in entries]
        try:
            screens = dict(self.context.host.capture(panes, history=WINDOW))
        except TuttiError as error:
            self.note("logs not written", why=error.message)
            return {one.agent for one in entries}
        return {
            one.agent
            for one in entries
            if one.session.pane in screens and not self._logged(one, screens[one.session.pane])
        }

    def _logged(self, entry: Entry, text: str) -> bool:
        session = entry.session
        file = JsonFile(self._places.logged(entry.agent))
        known = self._scribes.get(entry.agent)
        if known is None or known[0] != (session.pane, session.created):
            book = Logbook(self._places.log(entry.agent))
            scribe = Scribe(book, file, session.pane, session.created)
            known = self._scribes[entry.agent] = (session.pane, session.created), scribe

        def write() -> None:
            shown = lines_of(text)
            if not known[1].reaches(shown):
                found = self.context.host.capture([session.pane], history=HISTORY)
                shown = lines_of(found.get(session.pane, text))
            known[1].look(shown, entry.at, now(), entry.status, quiet=entry.quiet)

        return self._held(entry.agent, lambda: self._write(write))

    def note(self, event: str, **facts: Any) -> None:
        """Write a line into the watch's own log."""
        if self._places.home.is_dir():
            self._log.note(event, **facts)

    def _is_open(self, agent: str) -> bool:
        return is_open(self.context, agent)

    def _held(self, agent: str, act: Any) -> bool:
        """Do something with an agent in our hands; False if it is in somebody else's."""
        lock = Lock(self._places.lock(f"agent-{agent}"), purpose="watching")
        if not lock.try_acquire():
            return False
        try:
            act()
        finally:
            lock.release()
        return True

    def _write(self, act: Any) -> None:
        """Write a file, but never the folders of a workspace that has gone."""
        if not self._places.state.is_dir():
            return
        try:
            act()
        except TuttiError as error:
            self.note("cannot be written", why=error.message)


def _read(file: JsonFile) -> Mapping[str, Any]:
    """Return what was kept before; what cannot be read is written anew."""
    try:
        found = file.read()
    except StateError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_record(record: Mapping[str, Any]) -> bool:
    return "session_name" in record or "launch" in record
