"""Whether an agent that says it works gets anywhere; pure functions of what was seen, look by look.

Progress is what only work brings about: a screen that says something new, a record in one of its
feeds, a change of its live-status file, time of the processor. A spinner that turns and a clock
that counts are none, and the agent's own process draws these, so that of itself only hard work
counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from hashlib import blake2b
from typing import NamedTuple

from ..detection.regions import rows_of
from ..model.reading import Observation, Reading
from ..terminal.effort import Effort

OTHERS_SHARE = 0.01
"""This share of a processor, used by what the agent started, is work: a tool runs."""
OWN_SHARE = 0.5
"""This share of one, used by the agent itself, is work: drawing a spinner takes much less."""
SURE_SECS = 1.0
"""Time of the processor is compared over no less than this: its clock is coarse."""

# What moves by itself: spinners, and a clock that counts, whatever stands beside it.
_GLYPHS = re.compile("[⠀-⣿◐◓◑◒·•◦✢✳✶✻✽*░█⏺●○]")
_CLOCK = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|[smhd])\b|\b\d{1,2}:\d\d(?::\d\d)?\b")
# From the beginning of a word on: tried from within, a rule across the screen costs its square.
_VERB = re.compile(r"(?<!\S)\S+(?:…|\.\.\.)")


class Moves(NamedTuple):
    """When an agent was last seen to get anywhere, in epoch seconds.

    Attributes:
        since: Since when somebody has been looking.
        picture: What its screen said, spinners and clocks left out, as a hash.
        screen: When that changed; None if it has not since.
        words: The newest record of each feed, as hashes.
        feed: When a feed had a new one; None if none had since.
        source: The name of that feed.
        live: When its live-status file changed; None if there is none.
        effort: The time of the processor it had used; None if nobody asked yet.
        asked: When that was asked.
        worked: When it was seen to have used more than a spinner takes; None if never.
    """

    since: float
    picture: str
    screen: float | None = None
    words: tuple[tuple[str, str], ...] = ()
    feed: float | None = None
    source: str = ""
    live: float | None = None
    effort: Effort | None = None
    asked: float = 0.0
    worked: float | None = None


def moved(before: Moves | None, seen: Observation, effort: Effort | None = None) -> Moves:
    """Return what is known of an agent's progress after one more look.

    Args:
        before: What was known before it; None at the first one.
        seen: What was seen.
        effort: The time of the processor it has used, if that was asked: `is_quiet` says when.
    """
    picture, words = _picture(seen), _words(seen)
    now = before or Moves(seen.now, picture, words=words)
    if picture != now.picture:
        now = now._replace(picture=picture, screen=seen.now)
    if words != now.words:
        fresh = next((name for name, word in words if (name, word) not in now.words), "")
        now = now._replace(words=words, feed=seen.now, source=fresh)
    if effort is not None:
        now = _worked(now, effort, seen.now)
    return now._replace(live=seen.live_at if seen.live_at is not None else now.live)


def is_quiet(moves: Moves, now: float, after: float) -> bool:
    """Return whether an agent has been still for long enough to ask what time it uses.

    Args:
        moves: What is known of its progress.
        now: Epoch seconds.
        after: Seconds after which it counts as stalled; 0 for never.
    """
    return after > 0 and now - _last(moves) >= after / 2


def stalled(reading: Reading, moves: Moves, now: float, after: float) -> str:
    """Return what was last seen of an agent that works and gets nowhere; empty if it does not.

    Args:
        reading: How it is.
        moves: What is known of its progress.
        now: Epoch seconds.
        after: Seconds without progress after which it is stalled; 0 for never.
    """
    if reading.state != "working" or after <= 0 or now - _last(moves) < after:
        return ""
    told = sorted(_told(moves), key=lambda one: -one[0])
    return "; ".join(f"{what} at {_instant(at)}" for at, what in told)


def is_work(before: Effort, after: Effort, secs: float) -> bool:
    """Return whether more of the processor was used than a spinner takes.

    Args:
        before: What had been used.
        after: What has been; what ended meanwhile takes its time with it, and proves nothing.
        secs: The seconds between.
    """
    own, others = after.own - before.own, after.others - before.others
    return own > OWN_SHARE * secs or others > OTHERS_SHARE * secs


def still(text: str) -> str:
    """Return what a screen says without what moves by itself: spinners, and clocks that count."""
    return _GLYPHS.sub("", _VERB.sub("", _CLOCK.sub("", text)))


def _last(moves: Moves) -> float:
    return max(at for at, _ in _told(moves))


def _told(moves: Moves) -> Iterator[tuple[float, str]]:
    """Yield what was seen of its progress, with the time."""
    yield moves.since, "looked at first"
    if moves.screen is not None:
        yield moves.screen, "the screen changed"
    if moves.feed is not None:
        yield moves.feed, f"{moves.source or 'a feed'} spoke"
    if moves.live is not None:
        yield moves.live, "its status file changed"
    if moves.worked is not None:
        yield moves.worked, "it used the processor"


def _worked(moves: Moves, effort: Effort, now: float) -> Moves:
    before, spent = moves.effort, now - moves.asked
    if before is None:
        return moves._replace(effort=effort, asked=now)
    if spent < SURE_SECS:
        return moves
    worked = now if is_work(before, effort, spent) else moves.worked
    return moves._replace(effort=effort, asked=now, worked=worked)


def _picture(seen: Observation) -> str:
    return _hash(still("\n".join(rows_of(seen.screen.text)) if seen.screen else ""))


def _words(seen: Observation) -> tuple[tuple[str, str], ...]:
    feeds = getattr(seen, "feeds", None) or {}
    return tuple((name, _hash(repr(records[-1]))) for name, records in feeds.items() if records)


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
