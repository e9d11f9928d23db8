"""Directives that go wrong: http, limit, retry, unreachable, exit, crash, hang."""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

from tutti_demo.agent.desk import Desk, Failed, Leave, Turn
from tutti_demo.agent.script import Directive
from tutti_demo.agent.state import Block

FOREVER = 3600.0


class Problem(NamedTuple):
    """How an answer of the provider is shown and recorded.

    Attributes:
        error: The kind, as the transcript names it.
        text: What the user sees.
        reply: Whether it is shown as if the agent had said it, or as a result under the prompt.
    """

    error: str
    text: str
    reply: bool = True


_PROBLEMS = {
    400: Problem("billing_error", "Credit balance too low · Add funds to go on", reply=False),
    401: Problem("authentication_failed", "Invalid API key · Fix external API key", reply=False),
    403: Problem("authentication_failed", "Please run /login · API Error: 403 Forbidden"),
    429: Problem(
        "rate_limit",
        "API Error: Request rejected (429) · This account sends more requests than its rate allows",
    ),
    500: Problem("server_error", "API Error: 500 Internal server error. The provider failed"),
    503: Problem("server_error", "API Error: 503 Service unavailable. Usually over in a moment"),
    529: Problem("server_error", "API Error: 529 Overloaded. The provider has too much to do"),
}


def http(desk: Desk, found: Directive) -> Turn:
    """``[[http CODE [RETRY_AFTER]]]``: the provider answers so, and the turn is over."""
    code = found.count()
    problem = _PROBLEMS.get(code, Problem("unknown", f"API Error: {code} Unexpected answer"))
    after = f" · retry after {found.number(1):g}s" if len(found.args) > 1 else ""
    yield desk.pause(0.1)
    _fail(desk, problem._replace(text=problem.text + after), code)


def limit(desk: Desk, found: Directive) -> Turn:
    """``[[limit RESET]]``: the account's session limit is reached until RESET."""
    yield desk.pause(0.1)
    text = f"You've hit your session limit · resets {found.text}"
    _fail(desk, Problem("rate_limit", text, reply=False), 429)


def retry(desk: Desk, found: Directive) -> Turn:
    """``[[retry N]]``: N failed attempts a second apart, then it goes on."""
    count = found.count()
    yield from _attempts(desk, "API error", count)


def unreachable(desk: Desk, _: Directive) -> Turn:
    """``[[unreachable]]``: no connection, twice, and the turn is over."""
    text = "Unable to connect to API (ConnectionRefused)"
    yield from _attempts(desk, text, 2)
    _fail(desk, Problem("server_error", f"API Error: {text}"), None)


def _attempts(desk: Desk, text: str, count: int) -> Turn:
    for attempt in range(1, count + 1):
        desk.state.status = f"{text} · Retrying in 1s · attempt {attempt}/{count}"
        yield desk.pause(1)
    desk.state.status = ""


def leave(desk: Desk, found: Directive) -> Turn:
    """``[[exit CODE]]``: the program ends."""
    yield desk.pause(0.02)
    raise Leave(found.count(default=0) % 256)


def crash(desk: Desk, _: Directive) -> Turn:
    """``[[crash]]``: the process kills itself, cleaning nothing up."""
    yield desk.pause(0.02)
    die()


def hang(desk: Desk, _: Directive) -> Turn:
    """``[[hang]]``: busy until somebody presses Esc."""
    while True:
        yield desk.pause(FOREVER)


def die() -> None:
    """End this process at once, as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(desk: Desk, problem: Problem, status: int | None) -> None:
    desk.add(Block("say" if problem.reply else "result", problem.text))
    desk.record.api_error(problem.text, problem.error, status)
    raise Failed
