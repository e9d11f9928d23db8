"""Which worktrees tutti made: without a line here, a tree is somebody else's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

from tutti_core.errors import GitError
from tutti_core.git.names import check_agent


class Record(NamedTuple):
    """What tutti wrote down of one worktree.

    Attributes:
        path: Where it was made.
        branch: The branch it was made on.
        created_at: When it was finished, RFC 3339; None while it is being made.
    """

    path: str
    branch: str
    created_at: str | None


class Records:
    """The file ``worktrees.json``: agent name to record. Written under the repository's lock.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Record]:
        """Return all records.

        Raises:
            StateError: The file is not JSON.
            GitError: It is JSON of another shape.
        """
        from tutti_core.state.files import JsonFile

        found = JsonFile(self.path).read({})
        try:
            return {agent: _record(agent, value) for agent, value in found.items()}
        except (AttributeError, KeyError, TypeError) as error:
            raise GitError(
                f"{self.path} does not say which worktrees are tutti's: {error!r}",
                hint="Mend that file; tutti touches no worktree it has no record of.",
            ) from error

    def begin(self, agent: str, path: Path, branch: str) -> None:
        """Write down that a worktree is about to be made."""
        # For people to read: the place follows from the name, also in a root that was moved.
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        self._write({**self.read(), agent: Record(shown, branch, None)})

    def adopt(self, agent: str, path: Path, branch: str) -> None:
        """Write down, in one step, that a worktree which is whole is an agent's."""
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        self._write({**self.read(), agent: Record(shown, branch, _now())})

    def finish(self, agent: str) -> None:
        """Write down that the worktree of an agent is whole."""
        records = self.read()
        records[agent] = records[agent]._replace(created_at=_now())
        self._write(records)

    def forget(self, agent: str) -> None:
        """Write down that an agent has no worktree any more."""
        records = self.read()
        if records.pop(agent, None):
            self._write(records)

    def _write(self, records: dict[str, Record]) -> None:
        from tutti_core.state.files import JsonFile

        JsonFile(self.path).write({agent: records[agent]._asdict() for agent in sorted(records)})


class Branches:
    """The file ``branches.json``: which branches tutti made, and where each began.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        """Return the commit each branch began at; what somebody edited is passed over."""
        from tutti_core.state.files import JsonFile

        found = JsonFile(self.path).read({})
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: start for name, start in pairs if isinstance(start, str)}

    def note(self, branch: str, start: str) -> None:
        """Write down that a branch was made."""
        from tutti_core.state.files import JsonFile

        JsonFile(self.path).write({**self.read(), branch: start})

    def forget(self, branch: str) -> None:
        """Write down that a branch is gone, or is not tutti's any more."""
        from tutti_core.state.files import JsonFile

        left = {name: start for name, start in self.read().items() if name != branch}
        JsonFile(self.path).write(left)


def _record(agent: str, value: dict[str, Any]) -> Record:
    # The name becomes a path: a file somebody edited must not lead out of the worktrees' folder.
    check_agent(agent)
    created = value["created_at"]
    return Record(
        str(value["path"]), str(value["branch"]), None if created is None else str(created)
    )


def _now() -> str:
    from tutti_core.state.instants import text_of

    return text_of(time.time_ns() // 1000)
