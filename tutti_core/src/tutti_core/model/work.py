"""What a plugin can give that works: steps of workflows, services, sinks and verbs."""

from __future__ import annotations

# ruff: noqa: D102 -- a protocol's attributes are documented in its class docstring
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import attrs

from .attempt import Attempt
from .happening import Event

if TYPE_CHECKING:
    from ..team.context import Context


@runtime_checkable
class StepType(Protocol):
    """A kind of workflow step.

    What a run may be killed in the middle of must be found again: `run` notes what it is about to
    do, and `recover` compares that with what is there.

    It may have more that the engine goes by: ``fail_mode`` (``open`` or ``closed``, which counts
    without it), ``on_resume`` (``rerun``, ``skip`` or ``ask``), ``timeout_secs``, ``holds_agent``
    (whether no other step may have to do with its ``agent`` meanwhile), ``retries`` (whether
    `[resilience]` has it tried again), ``goes_on`` (whether a resumed run gives it the record of
    its failed attempt as ``earlier`` too), ``untrusted`` (whether what it leaves is an agent's own
    word, and is marked so on record), ``check(step, common, arrangement)``, which yields what is
    wrong with a step in its workflow, each a path such as ``.agent`` and a message, and
    ``leaves(step, common)``, which names the outputs that it leaves for later steps.

    Attributes:
        name: The word used as the step's ``type``.
        schema: The attrs class of its keys.
    """

    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> type: ...

    def plan(self, context: Context, step: Any) -> Mapping[str, Any]:
        """Say what `run` would do, JSON values only, without doing any of it."""

    def run(self, context: Context, step: Any, attempt: Attempt) -> Mapping[str, Any]:
        """Do it and return its output, JSON values only; end early when the attempt says so."""

    def recover(
        self, context: Context, step: Any, record: Mapping[str, Any]
    ) -> Literal["done", "redo", "continue", "unknown"]:
        """Say what became of an attempt that was interrupted, by looking, without effects.

        The record has the attempt's ``token``, its ``number`` and its ``notes``; whatever was not
        on disk in time is missing; ``cancelled`` is in it if `run` ended early because it had to.
        What is under way, or has ended and only has to be collected, continues: `run` gets the
        record as the attempt's ``earlier`` and does nothing twice.
        """


@runtime_checkable
class Service(Protocol):
    """Work done in the background by the workspace's one watcher.

    Attributes:
        name: Its name; also names its cursor into the journal.
        events: Names of the events it wants; empty for none.
        every: Seconds between ticks; 0 for none.
    """

    @property
    def name(self) -> str: ...
    @property
    def events(self) -> Sequence[str]: ...
    @property
    def every(self) -> float: ...

    def handle(self, context: Context, event: Event | None) -> None:
        """Handle one event, or a tick when the event is None; the cursor advances afterwards."""


@runtime_checkable
class Sink(Protocol):
    """Receives every event after it is in the journal.

    Attributes:
        name: Its name.
    """

    @property
    def name(self) -> str: ...

    def receive(self, event: Event) -> None:
        """Take one event, in a thread of the sink's own and one at a time.

        Nobody waits for it. Of events that come faster than they are taken a thousand wait; the
        rest is dropped, counted and told in one `sink.dropped`. A process that ends waits two
        seconds. An exception is reported once, and the sink gets no further event.
        """


@attrs.frozen
class Verb:
    """A named operation: one definition for the command, the HTTP API, MCP and Python callers.

    Attributes:
        name: Its name, such as ``up``.
        request: The attrs class of what it takes.
        response: The attrs class of what it answers.
        run: The operation.
        summary: One line for people.
        reads: Whether it only reads.
    """

    name: str
    request: type
    response: type
    run: Callable[[Context, Any], Any]
    summary: str
    reads: bool = False
