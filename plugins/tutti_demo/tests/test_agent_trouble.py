"""What goes wrong: refusals of the provider, retries, crashes, hangs, misleading prose."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutti_demo.agent.driver import Agent, agents
from tutti_demo.agent.transcript import WINDOW

Start = Callable[..., Agent]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts an agent in a repository of its own, quick and attentive."""
    with agents(tmp_path, "--swallow", "0", "--speed", "20") as begin:
        yield begin


def failures(agent: Agent) -> list[tuple[object, object]]:
    """Return the kind and the HTTP status of each API error in the transcript."""
    errors = [entry for entry in agent.records() if entry.get("isApiErrorMessage")]
    return [(entry["error"], entry["apiErrorStatus"]) for entry in errors]


def idle(agent: Agent) -> bool:
    """Tell whether title and live status both say idle."""
    return agent.screen.title.startswith("✳") and agent.status().get("status") == "idle"


class TestRefusals:
    @pytest.mark.parametrize(
        ("directive", "text", "failure"),
        [
            (
                "http 401",
                "  ⎿  Invalid API key · Fix external API key",
                ("authentication_failed", 401),
            ),
            (
                "http 403",
                "● Please run /login · API Error: 403",
                ("authentication_failed", 403),
            ),
            ("http 429", "● API Error: Request rejected (429) · ", ("rate_limit", 429)),
            ("http 429 30", " · retry after 30s", ("rate_limit", 429)),
            (
                "limit 12:20pm (UTC)",
                "  ⎿  You've hit your session limit · resets 12:20pm (UTC)",
                ("rate_limit", 429),
            ),
            ("http 503", "● API Error: 503 Service unavailable", ("server_error", 503)),
            ("http 529", "● API Error: 529 Overloaded", ("server_error", 529)),
            ("http 400", "  ⎿  Credit balance too low", ("billing_error", 400)),
            ("http 418", "● API Error: 418", ("unknown", 418)),
        ],
    )
    def test_a_refusal_ends_the_turn(
        self, start: Start, directive: str, text: str, failure: tuple[str, int]
    ) -> None:
        """A refusal is shown and recorded with its kind; what was to follow is not done."""
        agent = start(size=(110, 30))
        agent.prompt(f"[[{directive}]] [[write never x]]")
        agent.until(text)
        agent.until("✻ Pondered for 0s")
        agent.until(lambda: idle(agent))
        assert failures(agent) == [failure]
        assert agent.records()[-1]["subtype"] == "turn_duration"
        assert not (agent.cwd / "never").exists()

    def test_after_a_refusal_it_works_again(self, start: Start) -> None:
        """The next prompt is an ordinary one again."""
        agent = start()
        agent.prompt("[[http 529]]")
        agent.until("Pondered")
        agent.prompt("[[say well again]]")
        agent.until("● well again")

    def test_retries_are_shown_and_not_recorded(self, start: Start) -> None:
        """Attempts stand in the working line while it is busy; then it goes on."""
        agent = start("--speed", "5")
        agent.prompt("[[retry 2]] [[say recovered]]")
        agent.until("✻ API error · Retrying in 1s · attempt 1/2")
        assert agent.status()["status"] == "busy"
        agent.until("✻ API error · Retrying in 1s · attempt 2/2")
        agent.until("● recovered")
        assert "Retrying" not in agent.screen.text
        assert failures(agent) == []

    def test_unreachable(self, start: Start) -> None:
        """Without a connection it tries twice, and fails with no HTTP status."""
        agent = start("--speed", "5", size=(110, 30))
        agent.prompt("[[unreachable]]")
        agent.until("✻ Unable to connect to API (ConnectionRefused) · Retrying in 1s · attempt 2/2")
        agent.until("● API Error: Unable to connect to API (ConnectionRefused)")
        agent.until(lambda: idle(agent))
        assert failures(agent) == [("server_error", None)]


class TestEnds:
    def test_exit(self, start: Start) -> None:
        """It ends with the code asked for, in order but with no word of farewell."""
        agent = start()
        agent.prompt("[[exit 7]]")
        assert agent.ended() == 7
        assert (agent.status(), agent.modes()) == ({}, agent.modes_before)
        assert "Resume" not in agent.screen.text

    def test_crash(self, start: Start) -> None:
        """Killed, it cleans nothing up: the live status is left, and stale."""
        agent = start()
        agent.prompt("[[crash]]")
        assert agent.ended() == -signal.SIGKILL
        assert agent.status()["status"] == "busy"

    def test_crash_after_some_turns(self, start: Start) -> None:
        """Asked for at the start, the crash comes when that turn has ended."""
        agent = start("--crash-after", "2")
        agent.prompt("[[say one]]")
        agent.until(lambda: "Pondered" in agent.screen.text and idle(agent))
        agent.prompt("[[say two]]")
        assert agent.ended() == -signal.SIGKILL
        ends = [entry for entry in agent.records() if entry.get("subtype") == "turn_duration"]
        assert len(ends) == 2

    def test_hang(self, start: Start) -> None:
        """It is busy, with a spinner that moves, until Esc."""
        agent = start()
        agent.prompt("[[hang]]")
        agent.until("✻ Pondering… (")
        glyph = agent.screen.title[0]
        agent.until(lambda: agent.screen.title[0] in "⠂⠐" and agent.screen.title[0] != glyph)
        assert agent.status()["status"] == "busy"
        agent.type("\x1b")
        agent.until("⎿  Interrupted")
        agent.until(lambda: idle(agent))


class TestOddities:
    def test_children_outlive_the_agent(self, start: Start) -> None:
        """It leaves children; the last one, in a session of its own, survives even a hang-up."""
        agent = start()
        agent.prompt("[[spawn 2]]")
        agent.until("Pondered")
        line = next(line for line in agent.screen.lines if "Started 2 children" in line)
        first, daemon = (int(word) for word in line.split()[-2:])
        try:
            assert os.getsid(first) == os.getsid(agent.process.pid)
            assert os.getsid(daemon) == daemon
            agent.type("/exit\r")
            assert agent.ended() == 0
            assert os.getsid(daemon) == daemon
        finally:
            for child in (first, daemon):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    def test_context(self, start: Start) -> None:
        """The context left is shown from then on, and usage agrees with it."""
        agent = start()
        agent.prompt("[[context 12]] [[say so]]")
        agent.until("Context left until auto-compact: 12%")
        agent.until("Pondered")
        (reply,) = [entry for entry in agent.records() if entry["type"] == "assistant"]
        assert isinstance(reply["message"], dict)
        usage = reply["message"]["usage"]
        used = usage["input_tokens"] + usage["cache_read_input_tokens"]
        assert round(100 * used / WINDOW) == 88

    def test_prose_is_only_prose(self, start: Start) -> None:
        """A paragraph full of telling words is neither an error nor a state."""
        agent = start(size=(110, 30))
        agent.prompt("[[prose]]")
        screen = agent.until("the turn ends well.")
        for words in ("rate limit", "401 Unauthorized", "esc to interrupt", "permission", "⠂ ⠐"):
            assert words in screen.replace("\n ", "")
        agent.until(lambda: idle(agent))
        assert failures(agent) == []

    def test_an_unknown_key_is_named(self, start: Start) -> None:
        """A key that means nothing is not swallowed in silence."""
        agent = start()
        agent.type("\x1b[15~")
        agent.until("M-[15~ means nothing here")
        agent.type("\x1a")
        agent.until("C-z means nothing here")

    def test_a_garbled_screen_can_be_drawn_anew(self, start: Start) -> None:
        """C-l draws everything again."""
        agent = start()
        agent.screen.feed("\x1b[2J")
        assert agent.screen.text == ""
        agent.type("\x0c")
        agent.until("? for shortcuts")
