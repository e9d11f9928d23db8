"""The whole program in a pseudo-terminal: what a person, a title and a live status see."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutti_demo.agent.driver import Agent, agents

Start = Callable[..., Agent]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts an agent in a repository of its own, quick and attentive."""
    with agents(tmp_path, "--swallow", "0", "--speed", "20") as begin:
        yield begin


def log(agent: Agent) -> str:
    """Return the subjects of the commits in its folder."""
    command = ["git", "log", "--format=%s"]
    done = subprocess.run(
        command, cwd=agent.cwd, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


class TestStates:
    def test_idle(self, start: Start) -> None:
        """An idle agent says so in all three places, and bracketed paste is on."""
        agent = start("--name", "worker")
        assert agent.seen() == ("✳", "idle", None)
        assert "❯ Tell me what to do" in agent.screen.text
        assert "?2004" in agent.screen.modes
        assert agent.status()["pid"] == agent.process.pid

    def test_working_before_text(self, start: Start) -> None:
        """A thinking agent has a working line, a spinner that moves and the status busy."""
        agent = start("--speed", "1")
        agent.prompt("[[think 30]]")
        agent.until("✻ Pondering… (")
        agent.until("esc to interrupt")
        assert agent.seen() in {("⠂", "busy", None), ("⠐", "busy", None)}
        glyph = agent.screen.title[0]
        agent.until(lambda: agent.screen.title[0] in "⠂⠐" and agent.screen.title[0] != glyph)

    def test_streaming(self, start: Start) -> None:
        """A streaming agent has no working line, but is busy in title and status."""
        agent = start("--speed", "1")
        agent.prompt("[[slow 300]]")
        screen = agent.until("● word0 word1")
        assert "Pondering" not in screen
        assert "esc to interrupt" in screen
        assert agent.seen() in {("⠂", "busy", None), ("⠐", "busy", None)}

    def test_running_a_tool(self, start: Start) -> None:
        """A tool that runs is shown with its working line, and with its output when done."""
        agent = start("--mode", "accept")
        agent.prompt("[[bash until test -e go; do sleep 0.02; done; echo went]]")
        agent.until("  ⎿  Running…")
        agent.until("✻ Pondering…")
        assert agent.seen()[1] == "busy"
        (agent.cwd / "go").touch()
        agent.until("  ⎿  went")
        agent.until("✻ Pondered for 0s")
        agent.until(lambda: agent.seen() == ("✳", "idle", None))

    def test_waiting_for_a_permission(self, start: Start) -> None:
        """A permission dialog takes the composer's place; the title looks idle."""
        agent = start()
        agent.prompt("[[bash touch made]]")
        screen = agent.until("Do you want to proceed?")
        assert " Bash command\n" in screen
        assert "❯ 1. Yes\n   2. Yes, and always allow touch" in screen
        assert "shortcuts" not in screen
        assert agent.seen() == ("✳", "waiting", "permission prompt")
        assert not (agent.cwd / "made").exists()

    def test_waiting_for_an_answer(self, start: Start) -> None:
        """A question waits for input, a menu is a dialog; answered, both go on."""
        agent = start()
        agent.prompt("[[ask Which colour?|Red|Blue]] [[menu]] [[say fine]]")
        agent.until("❯ 1. Red")
        assert agent.seen() == ("✳", "waiting", "input needed")
        agent.type("\x1b[B\r")
        agent.until("· Which colour? → Blue")
        agent.until("What do you want to do?")
        assert agent.seen() == ("✳", "waiting", "dialog open")
        agent.type("\x1b")
        agent.until("● fine")

    def test_evidence_can_be_switched_off(self, start: Start) -> None:
        """Without live status and title there is only the screen."""
        agent = start("--no-live-status", "--no-title")
        agent.prompt("[[say hi]]")
        agent.until("Pondered")
        assert (agent.status(), agent.screen.title) == ({}, "")
        assert "\x1b]" not in agent.received

    def test_a_slow_start(self, start: Start) -> None:
        """Until its delay is over nothing is shown, and what was typed is in the draft then."""
        agent = start("--start-delay", "0.3", ready="")
        agent.type("early")
        assert agent.status() == {}
        agent.until("❯ early")


class TestOrdinaryTurns:
    def test_an_ordinary_prompt_gets_real_work(self, start: Start) -> None:
        """A prompt without directives is kept whole in a file, committed, and answered."""
        agent = start("--name", "Ada L.")
        text = "Please review\n```py\nx = 1\n```\n  and [this]"
        agent.prompt(text)
        agent.until('I read your request ("Please review")')
        agent.until("Pondered")
        notes = (agent.cwd / "notes/ada-l.md").read_text()
        assert f"````\n{text}\n````" in notes
        assert log(agent) == "Note: Please review"

    def test_several_prompts_share_the_file(self, start: Start) -> None:
        """Each prompt is added to the notes of the agent that the launcher named."""
        agent = start(environment={"TUTTI_AGENT": "backend"})
        for number in (1, 2):
            agent.prompt(f"task {number}")
            agent.until(f'I read your request ("task {number}")')
            agent.until(lambda: agent.seen()[1] == "idle")
        notes = (agent.cwd / "notes/backend.md").read_text()
        assert "task 1" in notes
        assert "## Prompt 2\n\n```\ntask 2\n```" in notes

    def test_what_it_does_not_understand_it_says(self, start: Start) -> None:
        """A misspelt directive is named, and the prompt taken for an ordinary one."""
        agent = start()
        agent.prompt("[[sya hello]]")
        agent.until("⚠ I know no directive [[sya]] and took it for text")
        agent.until("I read your request")

    def test_directives_do_real_work(self, start: Start) -> None:
        """Files and commits are real."""
        agent = start()
        agent.prompt("[[write a.txt one]] [[append a.txt two]] [[commit Add a]] [[say done]]")
        agent.until("● done")
        assert (agent.cwd / "a.txt").read_text() == "one\ntwo\n"
        assert log(agent) == "Add a"

    def test_a_script_decides(self, start: Start, tmp_path: Path) -> None:
        """With a script each prompt gets the script's next entry, then its own."""
        script = tmp_path / "script"
        script.write_text("[[say from the script]]\n-\n")
        agent = start("--script", str(script))
        for prompt, reply in (
            ("[[say a]]", "● from the script"),
            ("[[say own b]]", "● own b"),
            ("[[say own c]]", "● own c"),
        ):
            agent.prompt(prompt)
            agent.until(reply)
            agent.until(lambda: agent.seen()[1] == "idle")


class TestTheWindow:
    def test_another_size(self, start: Start) -> None:
        """When the window changes, the screen is drawn anew for its size."""
        agent = start()
        agent.prompt("[[say one two three four five six seven eight nine ten]]")
        agent.until("Pondered")
        agent.resize(24, 12)
        agent.until("─" * 24 + "\n  ? for shortcuts")
        assert all(len(line) <= 24 for line in agent.screen.lines)

    def test_the_conversation_scrolls(self, start: Start) -> None:
        """What leaves the window at the top is in the scrollback, in order and once."""
        agent = start(size=(60, 14))
        for number in range(6):
            agent.prompt(f"[[say reply number {number}]]")
            agent.until(f"● reply number {number}")
            agent.until(lambda: agent.seen()[1] == "idle")
        whole = [*agent.screen.history, *agent.screen.lines]
        replies = [line for line in whole if line.startswith("● reply")]
        assert replies == [f"● reply number {number}" for number in range(6)]
        assert len(agent.screen.history) > 20
