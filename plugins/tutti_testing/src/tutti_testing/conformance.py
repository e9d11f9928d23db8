"""Suites that a plugin's tests inherit: subclass one as ``TestX`` and name what is to be tested.

Tests ask what a thing says it can do, never who it is. A property is checked by an inner function,
because Hypothesis does not let one inherited test be run by several classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_core import (
    STATES,
    Agent,
    Arrangement,
    Detector,
    Event,
    Launch,
    LaunchRequest,
    Observation,
    Reading,
    Runtime,
    Screen,
    Sink,
    Workspace,
    compile_rules,
    gather,
    judge,
)

from .corpus import NOW, Case, cases

ROOT = Path("/somewhere/a project")
CONVERSATION = "7d1b6a3e-4d0f-4c8e-9a53-2f6f0f2c9b11"
RULES = ("git status", "Edit")
HOSTILE = (
    "one\ntwo\n\nthree",
    'it\'s "quoted" `twice` $(touch x) ${HOME} \\',
    "--help",
    "-p",
    "; rm -rf x & | > < * ? ~ #{pane_id} %1",
    "smörgås 漢字 🎻",
)


class RuntimeConformance:
    """What every runtime must do.

    A whole test file::

        class TestMine(RuntimeConformance):
            runtime = Mine()
            corpus = Path(__file__).parent / "corpus"

    Attributes:
        runtime: The runtime.
        corpus: Folder of saved screens, ``<state>/<version>-<what>.txt``; None while there is none.
        detectors: Detectors that come with the runtime.
        version: The version its CLI is said to report.
    """

    runtime: ClassVar[Runtime]
    corpus: ClassVar[Path | None] = None
    detectors: ClassVar[Sequence[Detector]] = ()
    version: ClassVar[str | None] = None

    def request(self, **changes: object) -> LaunchRequest:
        """Return a request for this runtime, with changes."""
        team = Arrangement(root=ROOT, workspace=Workspace("work"))
        known = self.runtime.capabilities.resume == "chosen"
        asked = LaunchRequest(
            agent=Agent("voice"),
            arrangement=team,
            cwd=ROOT / ".tutti" / "worktrees" / "voice",
            command=(self.runtime.program,),
            mode="safe",
            conversation=CONVERSATION if known else None,
            version=self.version,
            files=ROOT / ".tutti" / "state" / "runtime-settings" / "voice",
        )
        return attrs.evolve(asked, **changes)  # type: ignore[arg-type]  # names are LaunchRequest's

    def launch(self, **changes: object) -> Launch:
        """Return the launch for a request with changes."""
        return self.runtime.launch(self.request(**changes))

    def read(self, seen: Observation) -> Reading:
        """Return what the runtime's rules and detectors make of an observation."""
        evidence = gather(compile_rules(self.runtime.rules(), self.runtime.name), seen)
        for detector in self.detectors:
            evidence += detector.detect(seen)
        return judge(seen, evidence)

    def saved(self) -> list[Case]:
        """Return the saved screens."""
        return list(cases(self.corpus)) if self.corpus is not None else []

    def test_it_is_a_runtime(self) -> None:
        """It has what the contract asks for, under a name that can stand in a file."""
        assert isinstance(self.runtime, Runtime)
        assert self.runtime.name.replace("-", "").replace("_", "").isalnum()
        assert self.runtime.title
        assert self.runtime.program

    def test_the_command_asked_for_is_started(self) -> None:
        """A profile's command is used whole, ahead of everything else."""
        command = ("wrapper", "--with", "its own words")
        assert self.launch(command=command).argv[: len(command)] == command

    def test_the_prompt_arrives_verbatim(self) -> None:
        """A prompt is one argument or one paste, byte for byte, whatever stands in it."""

        @settings(max_examples=50)
        @given(st.sampled_from(HOSTILE) | st.text(min_size=1))
        def check(prompt: str) -> None:
            started = self.launch(prompt=prompt)
            if self.runtime.capabilities.prompt == "paste":
                assert started.paste == prompt
            else:
                assert _carried(started.argv, prompt), f"not one argument: {prompt!r}"
                assert started.paste is None

        check()

    def test_a_prompt_is_never_an_option(self) -> None:
        """A prompt that begins with a dash stands behind ``--``, or in the option it belongs to."""
        if self.runtime.capabilities.prompt == "paste":
            return
        for prompt in ("--version", "-h"):
            argv = self.launch(prompt=prompt).argv
            place = next(at for at, word in enumerate(argv) if word.endswith(prompt))
            assert "--" in argv[:place] or argv[place] != prompt

    def test_nothing_is_made_up_without_a_prompt(self) -> None:
        """Without a prompt there is no empty argument and nothing to paste."""
        started = self.launch(prompt=None)
        assert "" not in started.argv
        assert not started.paste

    def test_asking_has_no_effect(self, tmp_path: Path) -> None:
        """The same request gets the same launch, and nothing is written."""
        asked = self.request(files=tmp_path, prompt="x", mode="auto", rules=RULES)
        assert self.runtime.launch(asked) == self.runtime.launch(asked)
        assert list(tmp_path.iterdir()) == []

    def test_the_mode_is_kept(self) -> None:
        """Safe asks a person, constrained is held as declared, bypass only where declared."""
        held = {"hard": "hard", "shim": "hard_shim", "none": "unsupported"}
        able = self.runtime.capabilities
        safe = self.launch(mode="safe")
        constrained = self.launch(mode="auto", policy="constrained", rules=RULES)
        assert safe.enforcement == "prompt"
        assert constrained.enforcement == held[able.constrain]
        if able.constrain != "none":
            assert (constrained.argv, constrained.env) != (safe.argv, safe.env)
        if able.bypass:
            bypassed = self.launch(mode="unattended", policy="bypass")
            assert bypassed.enforcement == "bypass"
            assert bypassed.argv not in (safe.argv, constrained.argv)

    def test_the_policy_reaches_it(self) -> None:
        """Each rule of a policy stands in a file or an argument of a constrained launch."""
        if self.runtime.capabilities.constrain == "none":
            return
        started = self.launch(mode="auto", policy="constrained", rules=RULES)
        said = "\n".join([*started.files.values(), *started.argv])
        assert [rule for rule in RULES if rule not in said] == []

    def test_a_conversation_is_begun_and_taken_up(self) -> None:
        """An id that is chosen is given at the start, and again, otherwise, to take it up."""
        resume = self.runtime.capabilities.resume
        begun = self.launch()
        assert begun.conversation == (CONVERSATION if resume == "chosen" else None)
        if resume != "none":
            taken = self.launch(conversation=CONVERSATION, resume=True)
            assert any(CONVERSATION in word for word in taken.argv)
            assert taken.argv != begun.argv
        if resume == "chosen":
            assert any(CONVERSATION in word for word in begun.argv)

    def test_standing_instructions_are_kept_apart(self) -> None:
        """Instructions go by a way of their own, and leave the prompt alone."""
        if not self.runtime.capabilities.memory:
            return
        started = self.launch(memory="Mind the gap.", prompt="go")
        said = "\n".join([*started.files.values(), *started.argv])
        assert "Mind the gap." in said
        assert _carried(started.argv, "go") or started.paste == "go"

    def test_the_live_status_names_the_process(self) -> None:
        """A live-status file is an absolute path that depends on the process."""
        path = self.launch().live_status
        assert path is None or (Path(path).is_absolute() and "{pid}" in path)

    def test_every_saved_screen_reads_as_its_folder_says(self) -> None:
        """The corpus is read right, kinds of waiting included."""
        wrong = [one for one in map(self._misread, self.saved()) if one]
        assert wrong == []

    def test_blank_space_changes_nothing(self) -> None:
        """Rows below and blanks behind the text have no meaning."""
        for case in self.saved():
            padded = "\n".join(row + "   " for row in case.text.splitlines()) + "\n\n\n"
            plain = self.read(case.observed(self.runtime.name))
            other = self.read(case.observed(self.runtime.name, text=padded))
            assert (plain.state, plain.kind) == (other.state, other.kind), case.path

    def test_nothing_on_a_screen_breaks_it(self) -> None:
        """Any text at all gives a known state; blank screens never give a confident one."""

        @settings(max_examples=100)
        @given(st.text(), st.text())
        def check(text: str, title: str) -> None:
            seen = Observation(
                NOW, self.runtime.name, session=True, alive=True, title=title, screen=Screen(text)
            )
            assert self.read(seen).state in STATES

        check()
        blank = Observation(NOW, self.runtime.name, session=True, alive=True, screen=Screen("\n\n"))
        assert self.read(blank).state in ("starting", "unknown")

    def _misread(self, case: Case) -> str:
        reading = self.read(case.observed(self.runtime.name))
        kind = case.facts.get("kind") or reading.kind
        if (reading.state, reading.kind) == (case.state, kind):
            return ""
        said = ", ".join(f"{one.source}/{one.rule}={one.state}" for one in reading.evidence)
        found = f"{reading.state} {reading.kind}".strip()
        return f"{case.path.parent.name}/{case.path.name}: {found} ({said or 'no evidence'})"


class SinkConformance:
    """What every sink must do.

    Attributes:
        make: Makes a fresh sink; a plain function must be wrapped in ``staticmethod``.
    """

    make: ClassVar[Callable[[], Sink]]

    def test_it_is_a_sink(self) -> None:
        """It has what the contract asks for."""
        sink = type(self).make()
        assert isinstance(sink, Sink)
        assert sink.name

    def test_it_takes_any_event(self) -> None:
        """Events it has never heard of are no reason to raise."""

        @settings(max_examples=50)
        @given(_events())
        def check(event: Event) -> None:
            type(self).make().receive(event)

        check()

    def test_it_leaves_events_alone(self) -> None:
        """What it was given is the same afterwards: others receive it too."""
        data = {"outcome": "submitted", "more": {"deep": [1, 2]}}
        event = Event("prompt.submitted", "work", "voice", data=data, timestamp=_TIME, seq=7)
        type(self).make().receive(event)
        assert event.data == {"outcome": "submitted", "more": {"deep": [1, 2]}}

    def test_it_takes_an_event_twice(self) -> None:
        """An event may come again after a crash."""
        sink = type(self).make()
        event = Event("agent.idle", "work", "voice", timestamp=_TIME, seq=1)
        sink.receive(event)
        sink.receive(event)


def failures(suite: type) -> dict[str, BaseException]:
    """Run a suite without pytest and return what failed; for tests of suites.

    Args:
        suite: A subclass of a suite, with everything it needs.

    Returns:
        The failures by name of the test.
    """
    import tempfile

    found: dict[str, BaseException] = {}
    for name in [name for name in dir(suite) if name.startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            wants = "tmp_path" in getattr(suite, name).__code__.co_varnames[:2]
            arguments = [Path(folder)] if wants else []
            try:
                getattr(suite(), name)(*arguments)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is the finding
                found[name] = error
    return found


_TIME = "2026-01-01T00:00:00.000000Z"


def _carried(argv: Sequence[str], prompt: str) -> bool:
    """Return whether one argument is the prompt, or is an option with the prompt glued to it."""
    whole = [word for word in argv if word == prompt]
    glued = [word for word in argv if word.startswith("--") and word.endswith(f"={prompt}")]
    return bool(whole or glued)


def _events() -> st.SearchStrategy[Event]:
    values = st.none() | st.booleans() | st.integers() | st.text()
    data = st.none() | st.dictionaries(st.text(), values)
    return st.builds(Event, st.text(), st.text(), st.none() | st.text(), st.text(), data)
