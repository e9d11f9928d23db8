"""A session: the place where one agent's process lives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class SessionSpec(NamedTuple):
    """What a host needs to start an agent.

    Attributes:
        name: The session's name, a label only.
        root: Absolute path of the workspace.
        agent: The agent's name.
        workspace: The workspace's name.
        cwd: Absolute path of the folder to start in.
        argv: The command, never seen by a shell.
        env: Variables to add to the caller's environment.
        unset: Variables to take out of it.
        options: Further labels to keep with the session, such as ``runtime`` and ``profile``.
        width: Columns.
        height: Rows.
        ring: Absolute path of a file for the last of what it prints, in a folder that is there;
            empty for none. A host that cannot keep it does without.
        deaths: Absolute path of a file that gets a line when the process ends, in a folder that is
            there; empty for none. A host that cannot tell does without.
    """

    name: str
    root: str
    agent: str
    workspace: str
    cwd: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    unset: tuple[str, ...] = ()
    options: Mapping[str, str] = {}
    width: int = 200
    height: int = 50
    ring: str = ""
    deaths: str = ""


class Session(NamedTuple):
    """A session of ours as the host reports it.

    Attributes:
        name: Its name.
        pane: The host's exact handle, such as ``%7``.
        pid: Process id of the agent, which leads the pane.
        dead: Whether that process has ended.
        exit_status: Its exit status, once dead and if known.
        exit_signal: The signal that ended it, if one did.
        title: The title the program set.
        width: Columns.
        height: Rows.
        in_mode: Whether a person is scrolling or copying in the pane.
        alternate: Whether the alternate screen is on.
        created: Epoch seconds at which it was made.
        activity: Epoch seconds of the last output.
        attached: Number of people looking at it.
        root: Absolute path of the workspace that owns it.
        agent: The agent's name.
        workspace: The workspace's name.
        runtime: Name of the agent's runtime.
        profile: Name of the profile it was started with, or empty.
        cursor: The row in which the cursor is shown, 0 for the topmost; None if it is hidden or
            not known.
        piped: Whether what it prints goes into its ring; a host that cannot say says it does.
        ended: Epoch seconds at which its process ended, once dead and if known.
    """

    name: str
    pane: str
    pid: int
    dead: bool
    exit_status: int | None
    exit_signal: str | None
    title: str
    width: int
    height: int
    in_mode: bool
    alternate: bool
    created: float
    activity: float
    attached: int
    root: str
    agent: str
    workspace: str
    runtime: str = ""
    profile: str = ""
    cursor: int | None = None
    piped: bool = True
    ended: float | None = None


class Ended(NamedTuple):
    """How the processes of a session ended.

    Attributes:
        terminated: Process ids that left when asked (SIGTERM).
        killed: Process ids that had to be killed (SIGKILL).
        left: Process ids that are still there; empty when all went well.
    """

    terminated: tuple[int, ...] = ()
    killed: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
