"""What is seen of an agent, and what is made of it.

These are read on the path of ``tt status``, so they are named tuples: attrs would cost more to
import than the whole command may take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

STATES = (
    "starting",
    "idle",
    "working",
    "waiting",
    "auth_failed",
    "rate_limited",
    "provider_down",
    "exited",
    "stopped",
    "unknown",
)
"""``starting`` it was begun, and no source has spoken yet; ``idle`` it takes a prompt; ``working``
it is busy with one; ``waiting`` it needs an answer, see `KINDS`; ``auth_failed`` its login was
rejected; ``rate_limited`` its subscription gives no more for now; ``provider_down`` its provider
cannot be reached; ``exited`` its process has ended by itself, and its last screen is kept;
``stopped`` it has no session; ``unknown`` nothing tells."""

KINDS = ("permission", "question", "dialog", "trust")
"""``permission`` whether it may do something; ``question`` something it wants to know; ``dialog``
any other menu; ``trust`` whether its folder can be trusted."""

CONTRACT_WORDS: Mapping[str, tuple[str, str, str]] = {
    "starting": ("working", "ok", "Working"),
    "working": ("working", "ok", "Working"),
    "idle": ("idle", "ok", "Idle"),
    "waiting": ("working", "ok", "Working"),
    "auth_failed": ("unknown", "failed", "Auth Failed"),
    "rate_limited": ("unknown", "ok", "Unknown"),
    "provider_down": ("unknown", "ok", "Unknown"),
    "exited": ("stopped", "unknown", "Stopped"),
    "stopped": ("stopped", "unknown", "Stopped"),
    "unknown": ("unknown", "unknown", "Unknown"),
}
"""For each state the words of the contract: ``activity_state``, ``auth_state``, ``status``."""


REASONS: Mapping[str, tuple[str, str]] = {
    "rate_limited": ("rate_limit: ", "its limit is reached"),
    "provider_down": ("provider_down: ", "it cannot be reached"),
}
"""For the states that the contract knows by a ``reason`` only: how that begins, and what it says
where nothing else is known."""


class Screen(NamedTuple):
    """A pane as text.

    Attributes:
        text: The visible rows, joined by newlines, without styles.
        width: Columns of the pane.
        height: Rows of the pane.
        alternate: Whether the program uses the alternate screen.
        cursor: The row in which the cursor is shown, 0 for the topmost; None if it is hidden or
            not known.
        whole: Whether it is all that the pane shows; a saved text may be a piece of that.
    """

    text: str
    width: int = 200
    height: int = 50
    alternate: bool = False
    cursor: int | None = None
    whole: bool = True


class Option(NamedTuple):
    """One line of a dialog that can be chosen.

    Attributes:
        key: The key that chooses it, such as ``1``; empty if it has none of its own.
        text: What it says.
    """

    key: str
    text: str


class Observation(NamedTuple):
    """Everything seen of one agent at one moment; detectors are pure functions of it.

    Attributes:
        now: Epoch seconds of the observation.
        runtime: Name of the agent's runtime.
        session: Whether a session of ours exists for the agent.
        alive: Whether the process in its pane lives.
        exit_status: Exit status of a dead process, if known.
        exit_signal: Name or number of the signal that ended it, if one did.
        started: Epoch seconds at which the session was made.
        title: The pane's title, as the program set it.
        screen: The visible screen, or None if it was not captured.
        live: The runtime's own live-status file, parsed, if it is there and is this process's.
        live_at: Epoch seconds of the last change of that file.
        feeds: By the feed's name, the newest records that somebody wrote down since this launch,
            the newest last: ``hooks`` by hooks that were given at the launch, ``transcript`` the
            CLI's own.
        resumed: Whether the launch took up an earlier conversation, so that what its screen shows
            of one may be older than the launch.
        turned: Epoch seconds at which a turn is known to have begun since the launch, if one is.
        ended: Epoch seconds at which its process or its session ended, if that is known.
        before: What stood for it at the look before, for whoever goes on looking.
        printed: Epoch seconds at which a limit on the screen was seen first, by the words that say
            when it ends.
    """

    now: float
    runtime: str
    session: bool
    alive: bool = False
    exit_status: int | None = None
    exit_signal: str | None = None
    started: float | None = None
    title: str | None = None
    screen: Screen | None = None
    live: Mapping[str, Any] | None = None
    live_at: float | None = None
    feeds: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    resumed: bool = False
    turned: float | None = None
    ended: float | None = None
    before: Reading | None = None
    printed: Mapping[str, float] = {}


class Evidence(NamedTuple):
    """One source's word about an agent's state.

    Attributes:
        source: ``process``, ``live``, ``title``, ``screen``, a feed's name such as ``hooks`` or
            ``transcript``, or a detector's own name.
        state: One of `STATES`.
        kind: What would have to be answered, one of `KINDS`; empty if nothing would.
        rule: Identifier of the rule that spoke.
        detail: What was matched, for people to read.
        confidence: From 0 to 1.
        age: Seconds since the source last changed; None when it is as fresh as the observation.
        priority: Strength among pieces of evidence; higher wins.
        resets: When a limit ends, as it is printed; empty if that is not said.
        options: The lines of a dialog that can be chosen.
        answers: What to press for an answer, by ``allow``, ``always`` and ``deny``.
        spoken: Whether it stands in the conversation, which may be older than the launch.
        fades: The age in seconds from which on it is a guess only; None if it is not to fade.
    """

    source: str
    state: str
    kind: str = ""
    rule: str = ""
    detail: str = ""
    confidence: float = 1.0
    age: float | None = None
    priority: int = 0
    resets: str = ""
    options: tuple[Option, ...] = ()
    answers: Mapping[str, str] = {}
    spoken: bool = False
    fades: float | None = None


class Reading(NamedTuple):
    """The state of an agent, with what it stands on.

    Attributes:
        state: One of `STATES`.
        kind: What would have to be answered before anything else; empty if nothing would.
        detail: A short explanation, such as the exit status or the error's text.
        confidence: From 0 to 1.
        confirmed: False when a second look is needed before anything is built on it.
        since: Epoch seconds since when the state holds, if a source says so.
        evidence: Every piece considered, the decisive one first.
        resets: When a limit ends, as it was printed; empty if that is not said.
        resets_at: The same in epoch seconds, if it can be told from what was printed.
        options: The lines of the dialog that can be chosen, if it is one and they can be read.
        answers: What to press to answer the dialog, by ``allow``, ``always`` and ``deny``; only
            what the dialog offers.
        context: How full its context is, in percent used; None if nothing says so.
        stalled: Empty, or what was last seen of an agent that has been at work for long without a
            sign of progress; only whoever watches can say so.
        until: Epoch seconds at which the same evidence means something else, because it has grown
            old or a limit has ended; None if time alone changes nothing.
    """

    state: str
    kind: str = ""
    detail: str = ""
    confidence: float = 0.0
    confirmed: bool = True
    since: float | None = None
    evidence: tuple[Evidence, ...] = ()
    resets: str = ""
    resets_at: float | None = None
    options: tuple[Option, ...] = ()
    answers: Mapping[str, str] = {}
    context: int | None = None
    stalled: str = ""
    until: float | None = None

    @property
    def activity_state(self) -> str:
        """The contract's ``activity_state``: ``working``, ``idle``, ``stopped`` or ``unknown``."""
        return CONTRACT_WORDS[self.state][0]

    @property
    def auth_state(self) -> str:
        """The contract's ``auth_state``: ``ok``, ``failed`` or ``unknown``."""
        return CONTRACT_WORDS[self.state][1]

    @property
    def reason(self) -> str | None:
        """The contract's ``reason``: the detail, where the state is an error behind its prefix."""
        prefix, otherwise = REASONS.get(self.state, ("", ""))
        return f"{prefix}{self.detail or otherwise}" or None

    @property
    def status(self) -> str:
        """The contract's ``status`` word, such as ``Working`` or ``Auth Failed: …``."""
        word = CONTRACT_WORDS[self.state][2]
        return f"{word}: {self.detail}" if self.state == "auth_failed" and self.detail else word
