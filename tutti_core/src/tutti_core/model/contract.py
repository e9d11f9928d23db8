"""What a plugin can give: small protocols and frozen declarations, no base class with state."""

from __future__ import annotations

# ruff: noqa: D102 -- a protocol's attributes are documented in its class docstring
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import attrs

from .attempt import Attempt
from .happening import Event, Finding
from .launch import Capabilities, Kept, Launch, LaunchRequest, Past
from .reading import Evidence, Observation
from .session import Ended, Session, SessionSpec

if TYPE_CHECKING:
    from ..plugins import Plugins
    from ..team.context import Context
    from .arrangement import Arrangement


@runtime_checkable
class Runtime(Protocol):
    """One kind of agent CLI: how to start it and how to read it.

    A complete one::

        class Echo:
            name = "echo"
            title = "Echo"
            program = "echo-agent"
            capabilities = Capabilities(prompt="paste")

            def launch(self, request: LaunchRequest) -> Launch:
                return Launch(
                    argv=request.command,
                    paste=request.prompt,
                    enforcement="unsupported" if request.constrained else "prompt",
                )

            def rules(self) -> str:
                return '''
                [[screen]]
                id = "prompt"
                state = "idle"
                region = "bottom:1"
                regex = "^>$"
                '''

    Attributes:
        name: The name used in `tutti.toml`.
        title: The name people know it by.
        program: Its command, looked up on PATH unless a profile names another.
        capabilities: What it can do.

    A runtime whose rules come from files of the user's has `sources` too, their absolute paths:
    the rules are asked for again once one of them changes.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def program(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...

    def launch(self, request: LaunchRequest) -> Launch:
        """Say exactly which process to start; called once per attempt, must not have effects."""

    def rules(self) -> str:
        """Return the rule file, TOML text, by which its title, status file and screen are read."""


@runtime_checkable
class Recalls(Protocol):
    """A runtime that can say which conversation an earlier launch left.

    A runtime that can take up conversations has this too if it can look for them; without it the
    id that was chosen at the launch is tried.
    """

    def recall(self, past: Past) -> Kept:
        """Look for the conversation in the CLI's own files; must not change anything, nor raise.

        What cannot be looked up is not kept: the user is told why, and a new one is begun.
        """


@runtime_checkable
class Learns(Protocol):
    """A runtime that finds out later which files its agent writes.

    Whoever watches asks it until it answers, and records what it says beside the feeds of the
    launch.
    """

    def learn(self, past: Past) -> Mapping[str, str]:
        """Return absolute paths by the names of feeds; must not change anything, nor raise.

        What is not known yet is left out.
        """


@runtime_checkable
class Quotes(Protocol):
    """A runtime whose agent's words stand in its transcript, but in no feed.

    It is asked where its rules do not say in which feed the answers are.
    """

    def quote(self, transcript: Path, prompt: str, since: float) -> str:
        """Return what the agent said to a prompt; must not change anything, nor raise.

        The transcript is the one of its launch; what was written before `since`, in epoch seconds,
        is about other prompts. The words are whole, or they are not given: then it is empty.
        """


@runtime_checkable
class Detector(Protocol):
    """A pure function from what was seen to what it means.

    Attributes:
        name: Its name, shown as the evidence's source.
        runtime: The runtime whose agents it reads; empty for every runtime.
    """

    @property
    def name(self) -> str: ...
    @property
    def runtime(self) -> str: ...

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Return evidence, or nothing; must not raise, look at a clock or open a file."""


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


@runtime_checkable
class SessionHost(Protocol):
    """Where sessions live.

    Attributes:
        name: Its name, such as ``tmux``.
    """

    @property
    def name(self) -> str: ...

    def create(self, spec: SessionSpec) -> Session:
        """Start the process as the session's own and return the session.

        The process gets the arguments byte for byte, and the caller's environment as the spec
        amends it. A name that is taken is refused with a `TuttiError`.
        """

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of ours, all of them or those of one workspace, in one call."""

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Return the text of several panes in one call; a vanished pane is absent."""

    def paste(self, pane: str, text: str) -> None:
        """Put text into the program's input as one paste, without submitting it.

        Control characters that could end the paste are left out. Where nothing alive can take it a
        `TuttiError` says so.
        """

    def keys(self, pane: str, *names: str) -> None:
        """Press keys by their names; a word that is no key is refused, never typed."""

    def leave_copy_mode(self, pane: str) -> None:
        """Return a pane that somebody scrolled to the program."""

    def end(
        self, session: Session, *, grace: float = 3.0, closing: Callable[[], None] | None = None
    ) -> Ended:
        """End every process of a session, those included that left it, then the session.

        In between, while the last screen can be read, `closing` is called, once and in any case. A
        session that is gone already is no error, and no other is ended in its place.
        """

    def attach_argv(self, session: Session) -> Sequence[str]:
        """Return the command that shows a session to a person, from where they are."""


@runtime_checkable
class PressesWhile(Protocol):
    """A session host that can look at a screen and press a key with nothing in between.

    Where a host cannot, an answer is pressed right after a look.
    """

    def keys_while(self, pane: str, shows: Sequence[str], *names: str) -> bool:
        """Press keys, but nothing if the pane does not show all of the rows at that moment.

        Blanks around the words of a row do not matter. A word that is no key is refused, never
        typed.
        """


@runtime_checkable
class PastesWhile(Protocol):
    """A session host that can look at a screen and paste with nothing in between.

    Where a host cannot, no dialog is answered in one's own words.
    """

    def paste_while(self, pane: str, shows: Sequence[str], text: str) -> bool:
        """Paste as `SessionHost.paste` does, but nothing if the pane does not show all the rows."""


@runtime_checkable
class CountsUnread(Protocol):
    """A session host that knows whether a program has read what was typed into its terminal.

    Where a host does not, no key is pressed a second time.
    """

    def unread(self, pane: str) -> int | None:
        """Return how many bytes its program has not read yet; None if nobody can say."""


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


@attrs.frozen
class Table:
    """A TOML table that a plugin owns.

    Attributes:
        name: The table's name, such as ``permissions``.
        type: The attrs class of its content.
        scope: Which file it may stand in.
        many: Whether it is an array of tables; the value is then a tuple.
        starter: TOML text that `tt init` offers when the table is not there.
        check: Looks at the converted value and yields problems, each a path below the table and a
            message.
        across: Looks at the whole arrangement, once each of its tables is sound by itself, with the
            plugins at work; yields problems of `tutti.toml`, each a path from its top, such as
            ``workflow[0].step[2].agent``, and a message.
    """

    name: str
    type: type
    scope: Literal["workspace", "global", "both"] = "workspace"
    many: bool = False
    starter: str = ""
    check: Callable[[Any], Iterable[tuple[str, str]]] | None = None
    across: Callable[[Arrangement, Plugins], Iterable[tuple[str, str]]] | None = None


@attrs.frozen
class Keys:
    """Single keys that a plugin adds to a table of the core's.

    Attributes:
        table: The table's name, such as ``agent``.
        type: The attrs class whose fields are the keys; every field needs a default.
    """

    table: str
    type: type


@attrs.frozen
class Check:
    """One of the doctor's checks.

    Attributes:
        name: Its name; findings may have finer identifiers.
        run: Looks and yields findings; must not change anything.
    """

    name: str
    run: Callable[[Context], Iterable[Finding]]


@attrs.frozen
class Template:
    """A team to begin with.

    Attributes:
        name: Its name, for ``tt init --template``.
        version: Its version, noted in the file it makes.
        description: One line for people.
        body: The `tutti.toml` it makes; ``{{project_name}}`` and ``{{runtime}}`` are replaced.
        detect: File names, any of which in the project speaks for this template.
        detect_all: File names that must all be there.
        author: Who made it.
        roles: What each of its roles runs on, for people.
    """

    name: str
    version: str
    description: str
    body: str
    detect: tuple[str, ...] = ()
    detect_all: tuple[str, ...] = ()
    author: str = ""
    roles: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Command:
    """A command of ``tt``, by reference, so that listing it imports nothing.

    Attributes:
        name: The word after ``tt``.
        target: ``module:attribute`` of a click command.
        help: One line for the list of commands.
        hidden: Whether the list leaves it out.
    """

    name: str
    target: str
    help: str
    hidden: bool = False
