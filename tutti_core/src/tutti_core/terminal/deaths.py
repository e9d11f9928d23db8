"""A file that gets a line when an agent's process ends: what is watched need not be asked.

A line is the time in epoch seconds, the pane, the session and the agent, a blank between two.
It is a wake-up, not a record: until 3.6 tmux may miss one death in ten, and this line with it,
until somebody lists the sessions. Nobody is told of a pane that was killed, and not its process.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from .quoting import line, literal

MOST_BYTES = 64_000
"""Size after which the file is begun anew."""

_SCRIPT = str(Path(__file__).with_name("deaths.sh"))


def arm(target: str, file: str, session: str, agent: str) -> list[str]:
    """Return the tmux command that has the deaths in a window written down.

    Args:
        target: The window, exactly.
        file: Absolute path of the file; `<file>.1` will hold what came before it.
        session: The session's name.
        agent: The agent's name.
    """
    before = ["/bin/sh", _SCRIPT, file, str(MOST_BYTES)]
    words = [*_quoted(before), "#{hook_pane}", *_quoted([session, agent])]
    # tmux would show what is printed, or a failure, on top of the last screen of the agent.
    shell = " ".join([*words, ">/dev/null", "2>&1", "||", ":"])
    return ["set-hook", "-t", target, "pane-died", line(["run-shell", "-b", shell]).strip()]


def _quoted(words: list[str]) -> list[str]:
    return [literal(shlex.quote(word)) for word in words]
