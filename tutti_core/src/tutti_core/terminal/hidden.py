"""The hidden session that a client of control mode is attached to, and how such a client begins.

It shows no agent, so that none is resized. It ends with its client, however that ends, and with
the last session that is not hidden: no watcher keeps a server alive.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .quoting import line
from .tmux import CONFIG, TmuxError, TmuxMissing, client_environment, version_of

if TYPE_CHECKING:
    import subprocess

    from .tmux import Tmux

HIDDEN = "@tutti_hidden"
"""The option that marks a hidden session."""

SAFE_SINCE = (3, 7)
"""The first tmux that survives whatever happens while it accepts a client of control mode."""

ONLY_HIDDEN = f"#{{?#{{exit-empty}},#{{?#{{S:#{{?#{{{HIDDEN}}},,x}}}},,1}},}}"
"""A format: true while the server would end by itself if there were no hidden sessions."""

# Every client sets the same one: a number that nobody else is likely to use.
_HOOK = "session-closed[88488]"


class ControlLost(TmuxError):
    """The connection is gone, or cannot be trusted any more; whoever needs one makes another."""


class ControlUnsafe(ControlLost):
    """A connection might end the server."""


def refuse_unsafe(tmux: Tmux) -> None:
    """Ask the server itself: it may be older than the tmux that is installed by now.

    Raises:
        ControlUnsafe: It is older than :data:`SAFE_SINCE`.
        ControlLost: There is none.
    """
    asked = tmux.call("display-message", "-p", "#{version}")
    if asked.code != 0:
        said = asked.stderr.strip()
        raise ControlLost(f"connection to tmux lost: {said} (socket {tmux.socket})", stderr=said)
    if version_of(asked.text) < SAFE_SINCE:
        raise ControlUnsafe(
            f"tmux {asked.text.strip()} might crash if a client of control mode came",
            hint="tmux 3.7 or newer is watched at less cost",
        )


def client(tmux: Tmux) -> subprocess.Popen[bytes]:
    """Start a client; nothing that ends the terminal of who asks may end it.

    Raises:
        TmuxMissing: No tmux.
    """
    import subprocess

    try:
        started = subprocess.Popen(
            _argv(tmux),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=client_environment(),
            cwd="/",
            start_new_session=True,
        )
    except FileNotFoundError:
        raise TmuxMissing from None
    assert started.stdin is not None
    os.set_blocking(started.stdin.fileno(), False)
    return started


def _argv(tmux: Tmux) -> list[str]:
    name = f"_tutti-{os.getpid()}-{os.urandom(4).hex()}"
    target = f"={name}:"
    # `cat` says nothing and ends with its terminal; two words keep tmux from using a shell.
    commands = [
        ["new-session", "-E", "-s", name, "-c", "/", "-f", "no-output,ignore-size",
         "/usr/bin/env", "cat"],
        ["set-option", "-t", target, HIDDEN, "1"],
        ["set-option", "-t", target, "detach-on-destroy", "on"],
        # destroy-unattached would do it while the client is still on its way out: the server then
        # crashes when it asks that client for its window.
        ["set-option", "-t", target, "destroy-unattached", "off"],
        ["set-hook", "-t", target, "client-detached", _written("kill-session", "-t", f"={name}")],
        ["set-hook", "-g", _HOOK, _written("if-shell", "-F", ONLY_HIDDEN, "kill-server")],
    ]  # fmt: skip
    words = [word for command in commands for word in (*command, ";")]
    return ["tmux", "-u", "-L", tmux.socket, "-f", CONFIG, "-N", "-C", *words[:-1]]


def _written(*command: str) -> str:
    return line(command).strip()
