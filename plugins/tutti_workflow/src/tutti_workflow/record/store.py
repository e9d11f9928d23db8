"""One run on disk: its journal, who owns it, and the state that the journal tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

from tutti_core import ConfigError, Context, GitError, Journal, Lock, StateError, exclude

from .files import Files, checked, new_run_id, private
from .redacting import Redactor
from .state import RunState

CLEANED = frozenset({"result", "failure", "value"})
"""Keys of a journal's lines that hold what steps and hooks said; the rest a resumed run needs."""


class Store:
    """A run of which this process is the owner.

    Args:
        context: The workspace.
        run_id: The run.
        lock: What it is owned by, held already.

    Attributes:
        state: How the run is.
        files: Where its files are.
        history: What the journal held when this process became its owner.
        redactor: Leaves secrets out of what is put on record.
    """

    def __init__(self, context: Context, run_id: str, lock: Lock) -> None:
        self.context = context
        self.files = Files(context)
        self.state = RunState(run_id)
        self.history: list[dict[str, Any]] = []
        self.redactor = Redactor.of(context)
        self._journal = Journal(self.files.journal(run_id))
        self._lock = lock
        self._mutex = RLock()

    @classmethod
    def begin(cls, context: Context, header: Mapping[str, Any]) -> Store:
        """Begin a run: from here on it is on disk, and resumable.

        Args:
            context: The workspace.
            header: What it is begun with; `steps` among it.
        """
        files = Files(context)
        if not files.runs.exists():
            with suppress(GitError):  # a folder of ours that git lists is no reason not to run
                exclude(context)
        private(files.runs)
        while True:
            run_id = str(header.get("run_id") or new_run_id())
            try:
                files.run(run_id).mkdir(mode=0o700)
                break
            except FileExistsError as error:
                if header.get("run_id"):
                    raise StateError(f"there is a run {run_id!r} already") from error
        store = cls(context, run_id, _owned(files, run_id, str(header.get("workflow"))))
        with _released(store):
            store.history = store.write({"kind": "begun", **header, "run_id": run_id})
        return store

    @classmethod
    def take(cls, context: Context, run_id: str) -> Store:
        """Become the owner of a run that is there.

        Args:
            context: The workspace.
            run_id: The run.

        Raises:
            ConfigError: If there is none.
            StateError: If another process owns it.
        """
        files = Files(context)
        found = read(context, run_id)
        if found is None:
            raise no_run(run_id)
        lock = _owned(files, run_id, found.workflow)
        store = cls(context, run_id, lock)
        # Read again: until the lock was held, somebody else may have written.
        with _released(store):
            for line in _lines(files, run_id):
                store.state.fold(line)
                store.history.append(line)
        return store

    def write(self, *lines: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Write lines; once this returns nothing can lose them.

        Args:
            lines: What happened, in order.

        Returns:
            The lines with their times.
        """
        clean = self.redactor.clean
        told = [
            {key: clean(value) if key in CLEANED else value for key, value in line.items()}
            for line in lines
        ]
        with self._mutex:
            kept = self._journal.append_many(told, durable=True)
            for line in kept:
                self.state.fold(line)
        return kept

    def mark(self, name: str, value: Any = True) -> None:
        """Keep that something was done at the end of the run.

        Args:
            name: What.
            value: What came of it, a JSON value.
        """
        self.write({"kind": "marked", "mark": name, "value": value})

    def release(self) -> None:
        """Own the run no more."""
        self._lock.release()


@contextmanager
def _released(store: Store) -> Iterator[None]:
    """Own a run no longer if the block fails: nobody would ever let it go."""
    try:
        yield
    except BaseException:
        store.release()
        raise


def _owned(files: Files, run_id: str, workflow: str) -> Lock:
    lock = Lock(files.owner(run_id), purpose=f"running {workflow}")
    if not lock.try_acquire():
        holder = lock.holder()
        raise StateError(
            f"run {run_id} is owned by {holder or 'another process'}",
            hint="wait until it ends, or end that process; then resume it",
        )
    return lock


def no_run(run_id: str) -> ConfigError:
    """Return the error that asking for a run is which is not there."""
    return ConfigError(f"run {run_id!r} not found", hint="tt runs lists those there are")


def read(context: Context, run_id: str) -> RunState | None:
    """Read how a run is.

    Args:
        context: The workspace.
        run_id: The run.

    Returns:
        Its state, or None if there is no such run, or one that never began.
    """
    files = Files(context)
    state = RunState(checked(run_id))
    for line in _lines(files, run_id):
        state.fold(line)
    if not state.started_at:
        return None
    if state.status == "running" and not is_owned(context, run_id):
        state.status = "interrupted"
    return state


def is_owned(context: Context, run_id: str) -> bool:
    """Return whether some process runs a run, or goes on with it.

    Args:
        context: The workspace.
        run_id: The run.
    """
    return bool(Lock(Files(context).owner(run_id)).holder())


def _lines(files: Files, run_id: str) -> Iterator[dict[str, Any]]:
    path = files.journal(run_id)
    if not path.parent.is_dir():
        return iter(())
    return Journal(path).read()


def run_ids(context: Context) -> list[str]:
    """Return the ids of the runs there are, the last first."""
    folder = Files(context).runs
    try:
        found = [one.name for one in folder.iterdir() if one.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(found, reverse=True)


def chosen(context: Context, reference: str) -> str:
    """Return the run that somebody means.

    Args:
        context: The workspace.
        reference: Its id, the beginning or the end of it if no other has that, or ``last``.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    ids = run_ids(context)
    if reference == "last":
        found = _last(context, ids)
        if found is None:
            raise ConfigError("nothing was run here yet", hint="tt run --list")
        return found
    checked(reference)
    if reference in ids:
        return reference
    fits = [one for one in ids if one.startswith(reference) or one.endswith(reference)]
    if not fits:
        raise no_run(reference)
    if len(fits) > 1:
        named = ", ".join(fits[:4]) + (" …" if len(fits) > 4 else "")
        raise ConfigError(f"{reference!r} may be any of {len(fits)} runs: {named}")
    return fits[0]


def _last(context: Context, ids: Sequence[str]) -> str | None:
    """Return the last run that no other began."""
    for run_id in ids:
        state = read(context, run_id)
        if state is not None and not state.header.get("parent"):
            return run_id
    return None
