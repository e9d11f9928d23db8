"""How the program takes what it is sent: prompts, queues, commands, answers."""

from __future__ import annotations

import json
import random
import time
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


def enter(agent: Agent, draft: str) -> str:
    """Press Enter and find out what became of a draft: lost, or sent."""
    agent.type("\r~")
    agent.until(lambda: f"❯ {draft}~\n──" in agent.screen.text or "❯ ~\n──" in agent.screen.text)
    outcome = "lost" if f"❯ {draft}~\n──" in agent.screen.text else "sent"
    agent.type("\x7f")
    agent.until(lambda: "~\n──" not in agent.screen.text)
    return outcome


class TestDelivery:
    def test_a_paste_of_several_lines_is_one_prompt(self, start: Start, tmp_path: Path) -> None:
        """Lines pasted in brackets are submitted once, whole, and were received as sent."""
        log_file = tmp_path / "bytes.jsonl"
        agent = start(environment={"TUTTI_DEMO_BYTES": str(log_file)})
        text = "first line\nsecond 漢字 line\n\nlast [[say ok]]"
        agent.prompt(text)
        agent.until("● ok")
        agent.until("Pondered")
        assert agent.prompts() == [text]
        lines = [json.loads(line) for line in log_file.read_text().splitlines()]
        received = b"".join(bytes.fromhex(line["hex"]) for line in lines).decode()
        assert received == f"\x1b[200~{text}\x1b[201~\r".replace("\n", "\r")
        assert all(abs(line["t"] - time.time()) < 60 for line in lines)

    def test_a_very_long_paste(self, start: Start) -> None:
        """32 KB are one draft behind a label, and one prompt."""
        agent = start()
        text = "\n".join(f"line {index} of a long prompt" for index in range(1200)) + "[[say ok]]"
        agent.paste(text)
        agent.until("❯ [Pasted text #1 +1199 lines]")
        agent.type("\r")
        agent.until("● ok")
        assert agent.prompts() == [text]

    def test_early_enter_is_lost_and_the_text_stays(self, start: Start) -> None:
        """In the first moments Enter does nothing; pressed again later it submits, once."""
        agent = start("--swallow", "1.2")
        agent.paste("[[say here]]")
        assert enter(agent, "[[say here]]") == "lost"
        assert (agent.status()["status"], agent.prompts()) == ("idle", [])
        agent.until(lambda: enter(agent, "[[say here]]") == "sent")
        agent.until("● here")
        assert agent.prompts() == ["[[say here]]"]

    def test_enter_is_lost_at_random_but_repeatably(self, start: Start) -> None:
        """With a chance to lose Enter, the same seed loses the same ones."""
        agent = start("--swallow-enter", "0.5", "--seed", "3")
        outcomes = []
        for number in range(8):
            agent.type("\x15")
            agent.paste(f"[[say reply {number}.]]")
            outcomes.append(enter(agent, f"[[say reply {number}.]]"))
            agent.until(lambda: agent.seen()[1] == "idle")
        dice = random.Random(3)
        assert outcomes == ["lost" if dice.random() < 0.5 else "sent" for _ in range(8)]

    def test_a_prompt_sent_while_busy_is_queued(self, start: Start) -> None:
        """A prompt waits visibly for the turn under way, and runs next."""
        agent = start("--mode", "accept")
        agent.prompt("[[bash until test -e go; do sleep 0.02; done]]")
        agent.until("Running…")
        agent.prompt("[[say second]]")
        agent.until("\n  ❯ [[say second]]\n──")
        agent.until("Press up to edit queued messages")
        assert agent.prompts()[1:] == []
        (agent.cwd / "go").touch()
        agent.until("● second")
        operations = [e["operation"] for e in agent.records() if e["type"] == "queue-operation"]
        assert operations == ["enqueue", "dequeue"]
        assert len(agent.prompts()) == 2

    def test_up_takes_a_queued_prompt_back(self, start: Start) -> None:
        """The key up brings the queue back into the draft, and nothing of it runs."""
        agent = start()
        agent.prompt("[[hang]]")
        agent.until("esc to interrupt")
        agent.prompt("again [[say no]]")
        agent.until("Press up to edit")
        agent.type("\x1b[A")
        agent.until("──\n❯ again [[say no]]\n──")
        assert len(agent.prompts()) == 1

    def test_a_prompt_on_the_command_line(self, start: Start) -> None:
        """A prompt given at the start runs by itself."""
        agent = start("--swallow", "9", "--", "hello", "[[say at once]]", ready="● at once")
        assert agent.prompts() == ["hello [[say at once]]"]

    def test_typed_newlines(self, start: Start) -> None:
        """M-Enter and C-j make a new line in the draft."""
        agent = start()
        agent.type("one\x1b\rtwo\nthree")
        agent.until("❯ one\n  two\n  three")
        assert agent.screen.cursor[1] == 7
        agent.type("\x15")
        agent.until("❯ Tell me what to do")


class TestArming:
    def test_an_exclamation_mark_runs_a_command(self, start: Start) -> None:
        """A prompt that begins with ! is a shell command, run without a question in any mode."""
        agent = start("--mode", "dontask")
        agent.prompt("!echo armed > file; cat file")
        agent.until("! echo armed > file; cat file\n  ⎿  armed")
        assert (agent.cwd / "file").read_text() == "armed\n"
        assert agent.prompts() == []

    def test_a_slash_is_a_command(self, start: Start) -> None:
        """A prompt that begins with / is a command, mostly unknown."""
        agent = start()
        agent.prompt("/home/me is a folder")
        agent.until("● Unknown command: /home/me")
        agent.prompt("/status")
        agent.until("· default · idle ·")
        agent.prompt("?")
        agent.until("Enter sends · ")
        assert agent.prompts() == []

    @pytest.mark.parametrize("text", [" !touch armed [[say fine]]", " /exit [[say fine]]"])
    def test_a_space_disarms(self, start: Start, text: str) -> None:
        """With a space before it, either is an ordinary prompt."""
        agent = start()
        agent.prompt(text)
        agent.until("● fine")
        assert not (agent.cwd / "armed").exists()
        assert agent.prompts() == [text]


class TestDialogs:
    @pytest.mark.parametrize("keys", ["1", "\r", "\x1b[B\x1b[A\r", "\x1b[200~1\x1b[201~"])
    def test_yes(self, start: Start, keys: str) -> None:
        """A digit, Enter, arrows, and treacherously a paste, answer the dialog."""
        agent = start()
        agent.prompt("[[bash touch made]]")
        agent.until("proceed?")
        agent.type(keys)
        agent.until("✻ Pondered")
        assert (agent.cwd / "made").exists()

    @pytest.mark.parametrize("keys", ["3", "\x1b", "\x1b[A\r", "\x03"])
    def test_no(self, start: Start, keys: str) -> None:
        """No and Esc run nothing and end the turn."""
        agent = start()
        agent.prompt("[[bash touch made]] [[say never]]")
        agent.until("proceed?")
        agent.type(keys)
        agent.until("  ⎿  Interrupted · What should I do instead?")
        agent.until(lambda: agent.seen() == ("✳", "idle", None))
        assert not (agent.cwd / "made").exists()
        assert "never" not in agent.screen.text.replace("[[say never]]", "")
        assert "[Request interrupted by user for tool use]" in json.dumps(agent.records())

    def test_always(self, start: Start) -> None:
        """Allowed for good, the same program is not asked about again."""
        agent = start()
        agent.prompt("[[bash touch one]]")
        agent.until("proceed?")
        agent.type("2")
        agent.until("Pondered")
        agent.prompt("[[bash touch two]]")
        agent.until((agent.cwd / "two").exists)

    def test_a_key_that_answers_nothing_says_so(self, start: Start) -> None:
        """Letters in a dialog change nothing, and are not kept for later."""
        agent = start()
        agent.prompt("[[ask Sure?|Yes|No]]")
        agent.until("❯ 1. Yes")
        agent.type("hello 9")
        agent.until("That answers nothing")
        agent.type("2")
        agent.until("· Sure? → No")
        agent.until("❯ Tell me what to do")

    def test_dontask_refuses_visibly(self, start: Start, tmp_path: Path) -> None:
        """In dontask only what the settings allow runs; the rest is refused on the screen."""
        settings = tmp_path / "settings.json"
        settings.write_text('{"permissions": {"allow": ["Bash(echo:*)"]}}')
        agent = start("--mode", "dontask", "--settings", str(settings))
        agent.prompt("[[bash touch made]] [[bash echo allowed]]")
        agent.until("⎿  Denied: the permissions do not allow touch made")
        agent.until("⎿  allowed")
        assert not (agent.cwd / "made").exists()

    def test_a_blind_enter_at_the_question_of_trust_leaves(self, start: Start) -> None:
        """The default is to leave; there is no live status and no title before the answer."""
        agent = start("--trust", ready="❯ No, exit")
        assert (agent.status(), agent.screen.title) == ({}, "")
        agent.type("\r")
        assert agent.ended() == 1

    def test_trust_is_asked_for_once(self, start: Start) -> None:
        """A folder that was trusted is not asked about again."""
        agent = start("--trust", ready="Accessing workspace:")
        agent.type("\x1b[B")
        agent.until("❯ Yes, I trust this folder")
        agent.type("\r")
        agent.until("? for shortcuts")
        start("--trust")
