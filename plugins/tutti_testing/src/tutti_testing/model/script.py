"""The script: which step answers which request."""

from __future__ import annotations

import threading
from collections import Counter, deque

from tutti_testing.model.directives import joined, rounds
from tutti_testing.model.request import Request
from tutti_testing.model.steps import CLOSING_TEXT, STEPS, Error, Say, Step, Tool, fails

_CLOSING = Say(CLOSING_TEXT)


class Script:
    """Chooses the answers; the first of these that applies decides.

    1. The standing mode, if one is set. Auxiliary calls share it only if it is an error, because an
       outage spares nobody. A standing tool is asked for once a turn, or the turn would never end.
    2. An auxiliary call gets an answer of its own and takes no step from anybody.
    3. The directives of the prompt that began the turn.
    4. The queue of the session, then the queue for all; agents of a task take nothing from either.
    5. A short text.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mode: Step | None = None
        self._queues: dict[str | None, deque[Step]] = {}
        self._failures: Counter[tuple[str, str, int, str]] = Counter()

    @property
    def mode(self) -> Step | None:
        """The standing step that answers everything, or None."""
        with self._lock:
            return self._mode

    @mode.setter
    def mode(self, step: Step | None) -> None:
        if step is not None:
            _check(step)
        with self._lock:
            self._mode = step

    def enqueue(self, *steps: Step, session: str | None = None) -> None:
        """Append steps to the queue of one session, or to the queue for all.

        Args:
            steps: Each answers one request.
            session: The session's id; None for whoever asks first.

        Raises:
            TypeError: One of them is not a step.
        """
        for step in steps:
            _check(step)
        with self._lock:
            self._queues.setdefault(session, deque()).extend(steps)

    def pending(self, session: str | None = None) -> list[Step]:
        """Return the steps that still wait in one queue, first one first."""
        with self._lock:
            return list(self._queues.get(session, ()))

    def clear(self) -> None:
        """Forget the mode, the queues and which directives have failed already."""
        with self._lock:
            self._mode = None
            self._queues.clear()
            self._failures.clear()

    def choose(self, request: Request, aside: Step) -> Step:
        """Take the step that answers a request.

        Args:
            request: The request.
            aside: What to answer if it is an auxiliary call of the client.
        """
        with self._lock:
            step = self._standing(request)
            if step is None and request.aux:
                step = aside
            return step or self._directed(request) or self._queued(request) or _plain(request)

    def _standing(self, request: Request) -> Step | None:
        if request.aux and not isinstance(self._mode, Error):
            return None
        if isinstance(self._mode, Tool) and request.tool_results:
            return None
        return self._mode

    def _directed(self, request: Request) -> Step | None:
        """Return the round of the turn, found from the conversation itself.

        Counting the answers in the conversation survives clients that send a request twice; only
        failures leave no trace there and are counted here.
        """
        turn = request.turn
        plan = rounds(turn.prompt, request.tools)
        if not plan:
            return None
        key = (request.session, request.agent, turn.start, turn.prompt)
        index = turn.round + self._failures[key]
        over = request.one_answer and turn.round > 0
        if over or index >= len(plan):
            return plan[-1] if fails(plan[-1]) else _CLOSING
        if request.one_answer and not fails(plan[index]):
            return joined(plan[index:])
        self._failures[key] += fails(plan[index])
        return plan[index]

    def _queued(self, request: Request) -> Step | None:
        if request.agent:
            return None
        queue = self._queues.get(request.session) or self._queues.get(None)
        return queue.popleft() if queue else None


def _plain(request: Request) -> Step:
    return Say() if request.turn.round == 0 else _CLOSING


def _check(step: object) -> None:
    if not isinstance(step, STEPS):
        raise TypeError(f"a script is made of steps, not of {step!r}")
