"""`logs`: what an agent showed and what happened to it, in one order, as far as times are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import RuntimeFailure
from ..state.instants import micros_of, text_of
from ..watching.logbook import Logbook, Piece
from ..watching.settling import lines_of, tidy
from .ending import session_now
from .keeping import HISTORY, not_logged
from .record import read_record

if TYPE_CHECKING:
    from ..model.session import Session
    from .context import Context

CHANGE = ("source", "runtime", "state", "previous", "confidence")
"""What goes without saying beside from which state to which an agent went; the data has it."""
BEFORE_SECS = 5.0
"""A session is begun so long at most after what is recorded of its start."""


@attrs.frozen
class LogsRequest:
    """What `logs` takes.

    Attributes:
        agent: The agent's name.
        lines: How many of the last; all of them if None.
        since: Only what is later than this RFC 3339 time, or whose time is not known.
    """

    agent: str
    lines: int | None = 50
    since: str | None = None


@attrs.frozen
class Entry:
    """One line of a log.

    Attributes:
        source: ``event`` something happened to the agent; ``log`` what it showed before it was
            ended, as kept in its log; ``screen`` what it shows now.
        text: A line the agent showed, or in a few words what happened.
        at: The time, as the journal writes it; None for a line of a screen, which has none.
        event: The event's name; None if this is no event.
        data: The event's data.
        seq: The event's number.
    """

    source: str
    text: str
    at: str | None = None
    event: str | None = None
    data: Mapping[str, Any] | None = None
    seq: int | None = None


@attrs.frozen
class LogsResponse:
    """What `logs` answers.

    Attributes:
        workspace: The workspace's name.
        agent: The agent's name.
        entries: The lines, oldest first.
    """

    workspace: str
    agent: str
    entries: tuple[Entry, ...]


def logs(context: Context, request: LogsRequest) -> LogsResponse:
    """Return what an agent showed and what happened to it; nothing is written.

    Args:
        context: The workspace.
        request: Whose, and how much of it.

    Raises:
        ConfigError: If there is no such agent, and nothing of one.
        RuntimeFailure: If it never ran here.
    """
    require_known(context, request.agent)
    session = session_now(context, request.agent)
    found = entries(context, request, session, showing(context, session))
    if not found and session is None and not has_run(context, request.agent):
        raise RuntimeFailure(f"{request.agent} has never run here", hint=f"tt up {request.agent}")
    return LogsResponse(context.name, request.agent, found)


def entries(
    context: Context, request: LogsRequest, session: Session | None, shown: Sequence[str]
) -> tuple[Entry, ...]:
    """Return the log of an agent as it is after a look at its terminal.

    Args:
        context: The workspace.
        request: Whose, and how much of it.
        session: The agent's session, or None.
        shown: What its terminal shows.
    """
    since = text_of(micros_of(request.since)) if request.since else ""
    pieces = Logbook(context.places.log(request.agent)).pieces()
    pieces = [piece for piece in pieces if piece.at >= since]
    left = not_logged(context, session, shown) if session is not None else list(shown)
    screen, most = tidy(left), request.lines
    after = since or _begin(pieces, screen, session, most)
    found = [*_dated(context, request.agent, pieces, after), *told(screen, "screen")]
    return tuple(found if most is None else found[max(0, len(found) - most) :])


def require_known(context: Context, name: str) -> None:
    """Refuse a name that is neither configured nor that of an agent which ran here.

    Raises:
        ConfigError: It is neither.
    """
    if not has_run(context, name) and session_now(context, name) is None:
        context.agent(name)


def showing(context: Context, session: Session | None) -> list[str]:
    """Return all lines that a session's terminal has; none without a session."""
    if session is None:
        return []
    return lines_of(context.host.capture([session.pane], history=HISTORY).get(session.pane, ""))


def happened(line: Mapping[str, Any]) -> Entry:
    """Return a line of the journal as an entry."""
    data = line.get("data")
    facts = data.items() if isinstance(data, Mapping) else ()
    plain = CHANGE if isinstance(data, Mapping) and {"from", "to"} <= data.keys() else ()
    shown = ((key, value) for key, value in facts if key not in plain and value not in (None, ""))
    text = "  ".join(f"{key}={value}" for key, value in shown)
    known = data if isinstance(data, Mapping) else None
    return Entry("event", text, line["timestamp"], str(line.get("event")), known, line["seq"])


def told(lines: Sequence[str], source: str) -> Iterator[Entry]:
    """Yield lines as entries without a time."""
    return (Entry(source, line) for line in lines)


def of_piece(piece: Piece) -> Iterator[Entry]:
    """Yield what was kept of a session as entries, the first one with its time."""
    if piece.at:
        yield Entry("log", piece.why or piece.status, piece.at)
    yield from told(tidy(piece.lines), "log")


def _dated(context: Context, name: str, pieces: Sequence[Piece], after: str | None) -> list[Entry]:
    """Return the kept pieces and the events in the order of their times."""
    dated = [(piece.at, of_piece(piece)) for piece in pieces]
    events = (one for one in context.journal.read(after=after) if one.get("agent") == name)
    dated += [(line["timestamp"], iter([happened(line)])) for line in events]
    dated.sort(key=lambda one: one[0])
    return [entry for _, found in dated for entry in found]


def _begin(
    pieces: Sequence[Piece], screen: Sequence[str], session: Session | None, most: int | None
) -> str | None:
    """Return the time before which nothing wanted happened; None if that is not known.

    A journal may be long, and is read from there on only.
    """
    if most is None:
        return None
    wanted = most - len(screen)
    if session is not None and wanted <= 0:
        return text_of(int((session.created - BEFORE_SECS) * 1_000_000))
    for earlier, piece in reversed([*pairwise(pieces)]):
        wanted -= len(tidy(piece.lines))
        if wanted <= 0:
            return earlier.at or None
    return None


def has_run(context: Context, name: str) -> bool:
    """Return whether an agent of that name has run here."""
    return bool(read_record(context.places.agent(name)))
