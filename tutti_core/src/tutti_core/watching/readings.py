"""What whoever watches has seen last, in one file: how ``tt status`` answers without looking.

The file is for what can be seen again, so it is replaced whole and never brought to the disk by
force. Its time of change is the heartbeat of who writes it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..model.reading import Evidence, Observation, Option, Reading
from ..model.session import Session
from ..version import VERSION
from .look import Voice
from .saying import Said

FORMAT = 1
STALE_SECS = 15.0
"""Who has not said for so long that it is there is not believed any more."""

STANDING = frozenset("TtZX")
"""States of a process that does nothing any more, see proc(5)."""


class Readings(NamedTuple):
    """What stands in the file.

    Attributes:
        pid: Who wrote it.
        version: Of which release that was.
        plugins: A mark of the plugins and the rule files that it goes by.
        seq: The number of the last event that is taken into account.
        at: The time of that event; empty if there was none.
        mode: ``control`` if it sees with a lasting connection, ``poll`` if it makes do without.
        trouble: What went wrong when it looked last; empty if nothing did.
        voices: Its last reading of each agent that has a session.
        said: What had been said of each agent.
        beat: Epoch seconds at which it was there last.
    """

    pid: int
    version: str
    plugins: str
    seq: int
    at: str
    mode: str
    trouble: str
    voices: Mapping[str, Voice]
    said: Mapping[str, Said]
    beat: float


class Head(NamedTuple):
    """What stands in the file before the voices; see `Readings`."""

    pid: int
    plugins: str
    seq: int
    at: str
    mode: str
    trouble: str


def written(head: Head, voices: Mapping[str, str], said: Mapping[str, Said]) -> bytes:
    """Return the content of the file, a line for each agent.

    Args:
        head: What stands before the voices.
        voices: The voices, each as `line_of` gives it.
        said: What was said of each agent.
    """
    about = {"format": FORMAT, "version": VERSION, **head._asdict()}
    lines = [json.dumps(about, ensure_ascii=False)[:-1] + ',"voices":{']
    lines.append(",\n".join(f"{json.dumps(name)}:{line}" for name, line in voices.items()))
    lines.append('},"said":{')
    told = {name: json.dumps(one._asdict(), ensure_ascii=False) for name, one in said.items()}
    lines.append(",\n".join(f"{json.dumps(name)}:{line}" for name, line in told.items()))
    return ("\n".join(lines) + "\n}}\n").encode("utf-8", "replace")


def line_of(voice: Voice) -> str:
    """Return a voice as one line, without its screen.

    Args:
        voice: The voice; it has a session.
    """
    session = voice.session._asdict() if voice.session else None
    known = {"runtime": voice.runtime, "at": voice.seen.now, "session": session}
    known["reading"] = plain(voice.reading)
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"), default=str)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: named tuples by the names of their fields."""
    if hasattr(value, "_asdict"):
        return {name: plain(one) for name, one in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value


def read_readings(path: Path) -> Readings | None:
    """Return what stands in the file; None if it is not there or makes no sense.

    Args:
        path: The file.
    """
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read())
            beat = os.fstat(file.fileno()).st_mtime
        return _readings(data, beat)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def beats(found: Readings, now: float | None = None) -> bool:
    """Return whether who wrote the file was there a moment ago, and is not stopped.

    Args:
        found: What stands in the file.
        now: Epoch seconds.
    """
    age = (time.time() if now is None else now) - found.beat
    return -STALE_SECS <= age <= STALE_SECS and not _stands_still(found.pid)


def _stands_still(pid: int) -> bool:
    """Return whether a process was stopped, or is gone, where the system can tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in STANDING
    except FileNotFoundError:
        return os.path.isdir("/proc/self")
    except (OSError, IndexError):
        return False


def _readings(data: Mapping[str, Any], beat: float) -> Readings | None:
    if data["format"] != FORMAT:
        return None
    voices = {name: _voice(name, one) for name, one in data["voices"].items()}
    said = {name: Said(**_known(Said, one)) for name, one in data["said"].items()}
    keys = ("version", "plugins", "at", "mode", "trouble")
    version, plugins, at, mode, trouble = (str(data[key]) for key in keys)
    return Readings(
        int(data["pid"]), version, plugins, int(data["seq"]), at, mode, trouble, voices, said, beat
    )


def _voice(name: str, one: Mapping[str, Any]) -> Voice:
    session = Session(**_known(Session, one["session"])) if one["session"] else None
    seen = Observation(
        float(one["at"]), one["runtime"], session=session is not None, alive=_lives(session)
    )
    since = max(0.0, time.time() - seen.now)
    return Voice(name, one["runtime"], session, seen, aged(reading_of(one["reading"]), since))


def _lives(session: Session | None) -> bool:
    return session is not None and not session.dead


def reading_of(one: Mapping[str, Any]) -> Reading:
    """Return a reading from plain values.

    Args:
        one: The values by the names of its fields; unknown ones are left out.
    """
    known = _with_options(_known(Reading, one))
    known["evidence"] = tuple(
        Evidence(**_with_options(_known(Evidence, each))) for each in known.get("evidence", ())
    )
    return Reading(**known)


def _with_options(known: dict[str, Any]) -> dict[str, Any]:
    options = tuple(Option(**_known(Option, each)) for each in known.get("options", ()))
    return {**known, "options": options}


def aged(reading: Reading, seconds: float) -> Reading:
    """Return a reading as it is some time later: whatever it stands on is older by that.

    Args:
        reading: The reading.
        seconds: How much later.
    """
    older = [
        one if one.age is None else one._replace(age=one.age + seconds) for one in reading.evidence
    ]
    return reading._replace(evidence=tuple(older))


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a kind of tuple knows: another release may have written more."""
    return {name: values[name] for name in kind._fields if name in values}
