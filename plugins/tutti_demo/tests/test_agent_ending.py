"""How turns are stopped and sessions end, and how they go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutti_demo.agent.driver import Agent, agents, alive

SESSION = "12345678-1234-4123-8123-123456789abc"
Start = Callable[..., Agent]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts an agent in a repository of its own, quick and attentive."""
    with agents(tmp_path, "--swallow", "0", "--speed", "20") as begin:
        yield begin


class TestInterrupting:
    def test_esc_while_streaming(self, start: Start) -> None:
        """Esc ends the turn; what was said stays said."""
        agent = start("--speed", "1")
        agent.prompt("[[slow 300]] [[say never]]")
        agent.until("word3")
        agent.type("\x1b")
        agent.until("  ⎿  Interrupted · What should I do instead?")
        assert agent.seen() == ("✳", "idle", None)
        assert "Pondered" not in agent.screen.text
        kinds = [entry["type"] for entry in agent.records()]
        assert kinds == ["user", "assistant", "user"]

    def test_esc_ends_a_command(self, start: Start) -> None:
        """Esc ends the command that runs, and its children."""
        agent = start("--mode", "accept")
        agent.prompt("[[bash sleep 60 & echo $! > child; wait]]")
        agent.until(lambda: (agent.cwd / "child").exists() and (agent.cwd / "child").read_text())
        child = int((agent.cwd / "child").read_text())
        agent.type("\x1b")
        agent.until("● Bash(sleep 60 & echo $! > child; wait)\n  ⎿  Interrupted")
        agent.until(lambda: not alive(child))

    def test_esc_gives_queued_prompts_back(self, start: Start) -> None:
        """After Esc what was queued is in the draft, before what was typed meanwhile."""
        agent = start()
        agent.prompt("[[hang]]")
        agent.until("esc to interrupt")
        agent.prompt("queued")
        agent.until("  ❯ queued")
        agent.type("typed")
        agent.until("❯ typed")
        agent.type("\x1b")
        agent.until("❯ queued\n  typed")

    def test_a_command_has_a_deadline(self, start: Start) -> None:
        """A command that runs too long is ended, and the turn goes on."""
        agent = start("--mode", "accept", "--deadline", "0.2")
        agent.prompt("[[bash echo begun; sleep 60]] [[say after]]")
        agent.until("  ⎿  Error: Timed out after 0.2s\n     begun")
        agent.until("● after")


class TestEnding:
    @pytest.mark.parametrize("keys", ["/exit\r", "\x04", "\x03\x03", "draft\x03\x03"])
    def test_leaving_in_order(self, start: Start, keys: str) -> None:
        """However one leaves, the terminal is as it was and the way back is printed."""
        agent = start("--session-id", SESSION)
        agent.type(keys)
        assert agent.ended() == 0
        assert "Resume this session with:" in agent.screen.text
        assert f"--resume {SESSION}" in agent.screen.text
        assert (agent.status(), agent.screen.title) == ({}, "")
        assert "?2004" not in agent.screen.modes
        assert agent.modes() == agent.modes_before

    def test_one_interrupt_only_clears(self, start: Start) -> None:
        """C-c once clears the draft and says what a second one does, for a second."""
        agent = start()
        agent.type("draft")
        agent.until("❯ draft")
        agent.type("\x03")
        agent.until("Press Ctrl-C again to exit")
        agent.until("❯ Tell me what to do")
        agent.until("? for shortcuts")
        assert agent.process.poll() is None

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_ends_it_in_order(self, start: Start, number: signal.Signals) -> None:
        """Told to end in the middle of a command, it restores the terminal and takes it along."""
        agent = start("--mode", "accept")
        agent.prompt("[[bash sleep 60 & echo $! > child; wait]]")
        agent.until(lambda: (agent.cwd / "child").exists() and (agent.cwd / "child").read_text())
        child = int((agent.cwd / "child").read_text())
        agent.process.send_signal(number)
        assert agent.ended() == 128 + number
        assert (agent.modes(), agent.status()) == (agent.modes_before, {})
        agent.until(lambda: not alive(child))

    def test_without_a_terminal_it_says_so(self, tmp_path: Path) -> None:
        """Started with no terminal it does nothing, with a reason."""
        done = subprocess.run(
            [sys.executable, "-m", "tutti_demo.agent"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "TUTTI_DEMO_HOME": str(tmp_path)},
        )
        assert (done.returncode, "needs a terminal" in done.stderr) == (2, True)


class TestResuming:
    def test_a_session_goes_on(self, start: Start) -> None:
        """A resumed session shows and remembers what was said, and appends to its transcript."""
        agent = start("--session-id", SESSION, "--", "My name is Ada [[say hello Ada]]")
        agent.until("Pondered")
        agent.type("/exit\r")
        assert agent.ended() == 0
        again = start("--resume", SESSION, ready="● hello Ada")
        again.prompt("What did I tell you?")
        again.until("1. My name is Ada")
        again.until("Pondered")
        assert len(again.prompts()) == 2
        assert again.status()["sessionId"] == SESSION

    def test_an_unknown_session(self, start: Start) -> None:
        """A session that never was cannot be resumed."""
        agent = start("--resume", SESSION, ready="No conversation found with session ID")
        assert agent.ended() == 1

    def test_a_session_id_is_used_once(self, start: Start) -> None:
        """A new session cannot have the id of an old one."""
        start("--session-id", SESSION).type("\x04")
        agent = start("--session-id", SESSION, ready="already in use")
        assert agent.ended() == 1

    def test_instructions_are_known(self, start: Start) -> None:
        """What it was told at its launch it can be asked for."""
        agent = start("--append-system", "You are the reviewer.")
        agent.prompt("What are your instructions?")
        agent.until("● You are the reviewer.")
