"""The sessions that a state folder keeps, read from OpenClaw's own database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

ANSWER_SECS = 2.0
# A session that nothing was said in has no line of a transcript.
SPOKEN = """
    SELECT session_key FROM session_nodes AS node
    WHERE EXISTS (SELECT 1 FROM transcript_events WHERE session_id = node.current_session_id)
    ORDER BY updated_at DESC
"""


def database(state: Path, agent: str) -> Path:
    """Return where the sessions of an agent are kept.

    Args:
        state: The state folder.
        agent: The agent's name within OpenClaw.
    """
    return state / "agents" / agent / "agent" / "openclaw-agent.sqlite"


def spoken(path: Path, agent: str) -> Iterator[str]:
    """Yield the sessions that something was said in, the latest first, without the agent's name.

    Args:
        path: The database; nothing is written to it.
        agent: The agent's name within OpenClaw.

    Raises:
        OSError: If it cannot be read, or keeps its sessions in another way.
    """
    import sqlite3

    if not path.is_file():
        return
    mark = f"agent:{agent}:"
    try:
        where = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(where, uri=True, timeout=ANSWER_SECS)) as opened:
            keys = [str(key) for (key,) in opened.execute(SPOKEN)]
    except sqlite3.Error as error:
        raise OSError(f"{path}: {error}") from error
    yield from (key.removeprefix(mark) for key in keys if key.startswith(mark))
