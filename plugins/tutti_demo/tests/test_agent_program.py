"""The whole program in a pseudo-terminal: what a person, a title and a live status say of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tutti_demo.agent.driver import Agent

SESSION = "12345678-1234-4123-8123-123456789abc"
Start = Callable[..., Agent]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a function that starts an agent in a repository of its own, quick and attentive."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.delenv("TUTTI_AGENT", raising=False)
    work = tmp_path / "work"
    subprocess.run(["git", "init", "-q", str(work)], timeout=30, check=True)
    with ExitStack() as stack:

        def begin(*options: str, ready: str = "? for shortcuts", **more: object) -> Agent:
            given = [*options] if "--swallow" in options else ["--swallow", "0", *options]
            given = given if "--speed" in given else ["--speed", "20", *given]
            agent = Agent(*given, cwd=work, home=tmp_path / "home", **more)  # type: ignore[arg-type]
            stack.enter_context(agent)
            agent.until(ready)
            return agent

        yield begin


def seen(agent: Agent) -> tuple[str, object, object]:
    """Return the title's glyph, the status and what it waits for."""
    status = agent.status()
    return agent.screen.title[:1], status.get("status"), status.get("waitingFor")


def prompts(agent: Agent) -> list[object]:
    """Return what the transcript says the user said."""
    messages = [entry["message"] for entry in agent.records() if entry["type"] == "user"]
    contents = [message["content"] for message in messages if isinstance(message, dict)]
    return [content for content in contents if isinstance(content, str)]


def log(agent: Agent) -> str:
    """Return the subjects of the commits in its folder."""
    command = ["git", "log", "--format=%s"]
    done = subprocess.run(
        command, cwd=agent.cwd, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def enter(agent: Agent, draft: str) -> str:
    """Press Enter and find out what became of a draft: lost, or sent."""
    agent.type("\r~")
    agent.until(lambda: f"❯ {draft}~\n──" in agent.screen.text or "❯ ~\n──" in agent.screen.text)
    outcome = "lost" if f"❯ {draft}~\n──" in agent.screen.text else "sent"
    agent.type("\x7f")
    agent.until(lambda: "~\n──" not in agent.screen.text)
    return outcome


class TestStates:
    def test_idle(self, start: Start) -> None:
        """An idle agent says so in all three places, and bracketed paste is on."""
        agent = start("--name", "worker")
        assert seen(agent) == ("✳", "idle", None)
        assert "❯ Tell me what to do" in agent.screen.text
        assert "?2004" in agent.screen.modes
        assert agent.status()["pid"] == agent.process.pid

    def test_working_before_text(self, start: Start) -> None:
        """A thinking agent has a working line, a spinner that moves and the status busy."""
        agent = start("--speed", "1")
        agent.prompt("[[think 30]]")
        agent.until("✻ Pondering… (")
        agent.until("esc to interrupt")
        assert seen(agent) in {("⠂", "busy", None), ("⠐", "busy", None)}
        glyph = agent.screen.title[0]
        agent.until(lambda: agent.screen.title[0] in "⠂⠐" and agent.screen.title[0] != glyph)

    def test_streaming(self, start: Start) -> None:
        """A streaming agent has no working line, but is busy in title and status."""
        agent = start("--speed", "1")
        agent.prompt("[[slow 300]]")
        screen = agent.until("● word0 word1")
        assert "Pondering" not in screen
        assert "esc to interrupt" in screen
        assert seen(agent) in {("⠂", "busy", None), ("⠐", "busy", None)}

    def test_running_a_tool(self, start: Start) -> None:
        """A tool that runs is shown with its working line, and with its output when done."""
        agent = start("--mode", "accept")
        agent.prompt("[[bash until test -e go; do sleep 0.02; done; echo went]]")
        agent.until("  ⎿  Running…")
        agent.until("✻ Pondering…")
        assert seen(agent)[1] == "busy"
        (agent.cwd / "go").touch()
        agent.until("  ⎿  went")
        agent.until("✻ Pondered for 0s")
        agent.until(lambda: seen(agent) == ("✳", "idle", None))

    def test_waiting_for_a_permission(self, start: Start) -> None:
        """A permission dialog takes the composer's place; the title looks idle."""
        agent = start()
        agent.prompt("[[bash touch made]]")
        screen = agent.until("Do you want to proceed?")
        assert " Bash command\n" in screen
        assert "❯ 1. Yes\n   2. Yes, and always allow touch" in screen
        assert "shortcuts" not in screen
        assert seen(agent) == ("✳", "waiting", "permission prompt")
        assert not (agent.cwd / "made").exists()

    def test_waiting_for_an_answer(self, start: Start) -> None:
        """A question waits for input, a menu is a dialog; answered, both go on."""
        agent = start()
        agent.prompt("[[ask Which colour?|Red|Blue]] [[menu]] [[say fine]]")
        agent.until("❯ 1. Red")
        assert seen(agent) == ("✳", "waiting", "input needed")
        agent.type("\x1b[B\r")
        agent.until("· Which colour? → Blue")
        agent.until("What do you want to do?")
        assert seen(agent) == ("✳", "waiting", "dialog open")
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


class TestDelivery:
    def test_a_paste_of_several_lines_is_one_prompt(self, start: Start, tmp_path: Path) -> None:
        """Lines pasted in brackets are submitted once, whole, and were received as sent."""
        log_file = tmp_path / "bytes.jsonl"
        agent = start(environment={"TUTTI_DEMO_BYTES": str(log_file)})
        text = "first line\nsecond 漢字 line\n\nlast [[say ok]]"
        agent.prompt(text)
        agent.until("● ok")
        agent.until("Pondered")
        assert prompts(agent) == [text]
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
        assert prompts(agent) == [text]

    def test_early_enter_is_lost_and_the_text_stays(self, start: Start) -> None:
        """In the first moments Enter does nothing; pressed again later it submits, once."""
        agent = start("--swallow", "1.2")
        agent.paste("[[say here]]")
        assert enter(agent, "[[say here]]") == "lost"
        assert (agent.status()["status"], prompts(agent)) == ("idle", [])
        agent.until(lambda: enter(agent, "[[say here]]") == "sent")
        agent.until("● here")
        assert prompts(agent) == ["[[say here]]"]

    def test_enter_is_lost_at_random_but_repeatably(self, start: Start) -> None:
        """With a chance to lose Enter, the same seed loses the same ones."""
        agent = start("--swallow-enter", "0.5", "--seed", "3")
        outcomes = []
        for number in range(8):
            agent.type("\x15")
            agent.paste(f"[[say reply {number}.]]")
            outcomes.append(enter(agent, f"[[say reply {number}.]]"))
            agent.until(lambda: seen(agent)[1] == "idle")
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
        assert prompts(agent)[1:] == []
        (agent.cwd / "go").touch()
        agent.until("● second")
        operations = [e["operation"] for e in agent.records() if e["type"] == "queue-operation"]
        assert operations == ["enqueue", "dequeue"]
        assert len(prompts(agent)) == 2

    def test_up_takes_a_queued_prompt_back(self, start: Start) -> None:
        """The key up brings the queue back into the draft, and nothing of it runs."""
        agent = start()
        agent.prompt("[[hang]]")
        agent.until("esc to interrupt")
        agent.prompt("again [[say no]]")
        agent.until("Press up to edit")
        agent.type("\x1b[A")
        agent.until("──\n❯ again [[say no]]\n──")
        assert len(prompts(agent)) == 1

    def test_a_prompt_on_the_command_line(self, start: Start) -> None:
        """A prompt given at the start runs by itself."""
        agent = start("--swallow", "9", "--", "hello", "[[say at once]]", ready="● at once")
        assert prompts(agent) == ["hello [[say at once]]"]

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
        assert prompts(agent) == []

    def test_a_slash_is_a_command(self, start: Start) -> None:
        """A prompt that begins with / is a command, mostly unknown."""
        agent = start()
        agent.prompt("/home/me is a folder")
        agent.until("● Unknown command: /home/me")
        agent.prompt("/status")
        agent.until("· default · idle ·")
        agent.prompt("?")
        agent.until("Enter sends · ")
        assert prompts(agent) == []

    @pytest.mark.parametrize("text", [" !touch armed [[say fine]]", " /exit [[say fine]]"])
    def test_a_space_disarms(self, start: Start, text: str) -> None:
        """With a space before it, either is an ordinary prompt."""
        agent = start()
        agent.prompt(text)
        agent.until("● fine")
        assert not (agent.cwd / "armed").exists()
        assert prompts(agent) == [text]


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
        agent.until(lambda: seen(agent) == ("✳", "idle", None))
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


class TestInterrupting:
    def test_esc_while_streaming(self, start: Start) -> None:
        """Esc ends the turn; what was said stays said."""
        agent = start("--speed", "1")
        agent.prompt("[[slow 300]] [[say never]]")
        agent.until("word3")
        agent.type("\x1b")
        agent.until("  ⎿  Interrupted · What should I do instead?")
        assert seen(agent) == ("✳", "idle", None)
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
        assert len(prompts(again)) == 2
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
            agent.until(lambda: seen(agent)[1] == "idle")
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
            agent.until(lambda: seen(agent)[1] == "idle")


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
            agent.until(lambda: seen(agent)[1] == "idle")
        whole = [*agent.screen.history, *agent.screen.lines]
        replies = [line for line in whole if line.startswith("● reply")]
        assert replies == [f"● reply number {number}" for number in range(6)]
        assert len(agent.screen.history) > 20
