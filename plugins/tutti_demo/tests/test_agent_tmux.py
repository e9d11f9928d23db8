"""The program in real tmux: what a launcher sees of it there, and how it takes what it is sent."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import tutti_demo.agent.driver

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
SOURCE = Path(tutti_demo.agent.driver.__file__).parents[2]


class Tmux:
    """A tmux server on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {**os.environ, "TMUX_TMPDIR": str(folder), "HOME": str(folder)}
        self._environment.pop("TMUX", None)
        self._socket = f"demo-{uuid4().hex[:12]}"

    def __call__(self, *args: str, given: str = "") -> str:
        """Run a tmux command and return what it printed."""
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", os.devnull, *args],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return done.stdout

    def start(self, *options: str) -> None:
        """Start the agent as the pane's own process, the pane to stay when it ends."""
        agent = [sys.executable, "-m", "tutti_demo.agent", "--speed", "20", *options]
        variables = {"TUTTI_DEMO_HOME": str(self.folder / "home"), "PYTHONPATH": str(SOURCE)}
        environment = [word for item in variables.items() for word in ("-e", "=".join(item))]
        where = ["-c", str(self.folder), "-x", "90", "-y", "30"]
        command = f"exec {shlex.join(agent)}"
        keep = (";", "set-option", "-g", "remain-on-exit", "on")
        self("new-session", "-d", "-s", "a", *where, *environment, command, *keep)

    def screen(self) -> str:
        """Return what the pane shows."""
        return self("capture-pane", "-p", "-t", "=a:")

    def pane(self, name: str) -> str:
        """Return one of the pane's variables."""
        return self("display-message", "-p", "-t", "=a:", f"#{{{name}}}").rstrip("\n")

    def exit_status(self) -> str:
        """Return the exit status of a dead pane; empty while it lives."""
        if self.pane("pane_dead") == "1":
            # Before 3.5 tmux loses the word of a child's death now and then, and never asks
            # again by itself; the death of a command of its own makes it collect them all.
            self("run-shell", "true")
        return self.pane("pane_dead_status")

    def paste(self, text: str) -> None:
        """Paste as a launcher does: bracketed, from a buffer."""
        self("load-buffer", "-b", "x", "-", given=text)
        self("paste-buffer", "-p", "-d", "-b", "x", "-t", "=a:")

    def until(self, wanted: str | Callable[[], object], seconds: float = 60) -> str:
        """Wait until the pane shows a text, or a condition holds."""
        late = time.monotonic() + seconds
        while not (wanted in self.screen() if isinstance(wanted, str) else wanted()):
            assert time.monotonic() < late, f"no {wanted!r}:\n{self.screen()}"
        return self.screen()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """Return a private tmux server, ended after the test."""
    server = Tmux(tmp_path)
    yield server
    server("kill-server")


def transcript(tmux: Tmux) -> str:
    """Return all of the agent's transcripts."""
    return "".join(path.read_text() for path in tmux.folder.glob("home/projects/*/*.jsonl"))


def test_states_in_tmux(tmux: Tmux) -> None:
    """Screen and title say idle, working and waiting; the pane's process is the agent."""
    tmux.start("--name", "worker", "--swallow", "0")
    tmux.until("? for shortcuts")
    assert tmux.pane("pane_title") == "✳ worker"
    assert (tmux.folder / "home/sessions" / f"{tmux.pane('pane_pid')}.json").exists()
    tmux.paste("[[hang]]")
    tmux("send-keys", "-t", "=a:", "Enter")
    tmux.until("esc to interrupt")
    assert tmux.pane("pane_title") in {"⠂ worker", "⠐ worker"}
    tmux("send-keys", "-t", "=a:", "Escape")
    tmux.until("⎿  Interrupted · What should I do instead?")
    tmux.paste("[[bash touch made]]")
    tmux("send-keys", "-t", "=a:", "Enter")
    tmux.until("❯ 1. Yes")
    assert tmux.pane("pane_title") == "✳ worker"
    tmux("send-keys", "-t", "=a:", "1")
    tmux.until((tmux.folder / "made").exists)


def test_a_paste_of_many_lines(tmux: Tmux) -> None:
    """A bracketed paste of 32 KB is one prompt, with its newlines."""
    tmux.start("--swallow", "0")
    tmux.until("? for shortcuts")
    text = "\n".join(f"line {index} of a rather long prompt" for index in range(1000))
    tmux.paste(f"{text}\n[[say got it]]")
    tmux.until("❯ [Pasted text #1 +1000 lines]")
    tmux("send-keys", "-t", "=a:", "Enter")
    tmux.until("● got it")
    found = transcript(tmux)
    assert found.count('"type": "user"') == 1
    assert "line 998 of a rather long prompt\\nline 999" in found


def test_enter_is_lost_at_the_start(tmux: Tmux) -> None:
    """What is pasted while the agent starts stays in the draft; its Enter is lost."""
    tmux.start("--swallow", "1.2")
    tmux.until("? for shortcuts")
    tmux.paste("[[say late]]")
    tmux("send-keys", "-t", "=a:", "Enter", "x")
    tmux.until("❯ [[say late]]x\n")
    assert transcript(tmux) == ""

    def pressed() -> bool:
        tmux("send-keys", "-t", "=a:", "Enter")
        return "● late" in tmux.screen()

    tmux.until(pressed)
    assert transcript(tmux).count('"type": "user"') == 1


def test_leaving_in_tmux(tmux: Tmux) -> None:
    """After /exit the pane is dead with code 0 and shows how to resume."""
    tmux.start("--swallow", "0")
    tmux.until("? for shortcuts")
    tmux("send-keys", "-t", "=a:", "/exit", "Enter")
    tmux.until(lambda: tmux.exit_status() == "0")
    assert "Resume this session with:\npython -m tutti_demo.agent --resume" in tmux.screen()
    assert tmux.pane("pane_title") == ""


def test_the_window_may_change(tmux: Tmux) -> None:
    """After a resize the screen is drawn for the new size."""
    tmux.start("--swallow", "0", "--", "[[say one two three]]")
    tmux.until("Pondered")
    tmux("resize-window", "-t", "=a:", "-x", "40", "-y", "12")
    tmux.until(lambda: "\n" + "─" * 40 + "\n  ? for shortcuts\n" in tmux.screen())


def test_the_conversation_is_in_the_scrollback(tmux: Tmux) -> None:
    """What scrolled off is in tmux's own history, in order and once."""
    tmux.start("--swallow", "0")
    tmux.until("? for shortcuts")
    for number in range(9):
        tmux.paste(f"[[say reply {number}.]]")
        tmux("send-keys", "-t", "=a:", "Enter")
        tmux.until(f"● reply {number}.\n\n✻ Pondered for 0s")
    whole = tmux("capture-pane", "-p", "-S", "-", "-t", "=a:").splitlines()
    replies = [line for line in whole if line.startswith("● reply")]
    assert replies == [f"● reply {number}." for number in range(9)]
