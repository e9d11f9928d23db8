"""What every runtime must do."""

from __future__ import annotations

from collections.abc import Sequence
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
    Launch,
    LaunchRequest,
    Observation,
    Reading,
    Recalls,
    Runtime,
    Screen,
    Workspace,
    compile_rules,
    gather,
    judge,
)

from ..corpus import NOW, Case, cases
from .looking import contents, pasts, recalled

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
    " \t blanks at both ends \n ",
)
NOISE = ("smörgås 漢字 🎻", "\x1b[31m\0\x7f", "[" * 3000, "1\r2\n\n\t3", "٣½", "\u202e\ufeff")


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
        assert isinstance(self.runtime, Runtime), (
            "a runtime has `name`, `title`, `program`, `capabilities`, `launch` and `rules`: add "
            "what is missing"
        )
        assert self.runtime.name.replace("-", "").replace("_", "").isalnum(), (
            f"{self.runtime.name!r} cannot stand in a file: letters, digits, '-' and '_'"
        )
        assert self.runtime.title, "`title` is empty: it is what people call the CLI"
        assert self.runtime.program, "`program` is empty: it is looked up on PATH"

    def test_the_command_asked_for_is_started(self) -> None:
        """A profile's command is used whole, ahead of everything else."""
        command = ("wrapper", "--with", "its own words")
        argv = self.launch(command=command).argv
        assert argv[: len(command)] == command, (
            f"`argv` begins with {argv[: len(command)]}: begin it with request.command, whole"
        )

    def test_the_prompt_arrives_verbatim(self) -> None:
        """A prompt is one argument or one paste, byte for byte, whatever stands in it."""
        for prompt in HOSTILE:
            self._arrives(prompt)

        @settings(max_examples=50)
        @given(st.text(min_size=1))
        def check(prompt: str) -> None:
            self._arrives(prompt)

        check()

    def test_a_prompt_is_never_an_option(self) -> None:
        """A prompt that begins with a dash stands behind ``--``, or in the option it belongs to."""
        if self.runtime.capabilities.prompt == "paste":
            return
        for prompt in ("--version", "-h"):
            argv = self.launch(prompt=prompt).argv
            place = next(at for at, word in enumerate(argv) if word.endswith(prompt))
            assert "--" in argv[:place] or argv[place] != prompt, (
                f"the CLI would take {prompt!r} for an option in {argv}: put '--' before it, or "
                "glue it to its own option"
            )

    def test_nothing_is_made_up_without_a_prompt(self) -> None:
        """Without a prompt there is no empty argument and nothing to paste."""
        started = self.launch(prompt=None)
        assert "" not in started.argv, f"an empty argument stands in {started.argv}: leave it out"
        assert not started.paste, f"{started.paste!r} is pasted, and there is no prompt"

    def test_asking_has_no_effect(self, tmp_path: Path) -> None:
        """The same request gets the same launch, and nothing is written."""
        asked = self.request(files=tmp_path, prompt="x", mode="auto", rules=RULES)
        assert self.runtime.launch(asked) == self.runtime.launch(asked), (
            "launch() answers the same request differently: keep nothing between calls"
        )
        assert list(tmp_path.iterdir()) == [], (
            "launch() wrote files: put them into Launch.files, and the core writes them"
        )

    def test_the_mode_is_kept(self) -> None:
        """Safe asks a person, constrained is held as declared, bypass only where declared."""
        held = {"hard": "hard", "shim": "hard_shim", "none": "unsupported"}
        able = self.runtime.capabilities
        safe = self.launch(mode="safe")
        constrained = self.launch(mode="auto", policy="constrained", rules=RULES)
        assert safe.enforcement == "prompt", (
            f"in safe mode a person is asked: enforcement='prompt', not {safe.enforcement!r}"
        )
        assert constrained.enforcement == held[able.constrain], (
            f"with constrain={able.constrain!r} a constrained launch is "
            f"{held[able.constrain]!r}, not {constrained.enforcement!r}"
        )
        if able.constrain != "none":
            assert _said(constrained) != _said(safe), (
                "a constrained launch is the same as one in safe mode: tell the CLI, or declare "
                "constrain='none'"
            )
        if able.bypass:
            bypassed = self.launch(mode="unattended", policy="bypass")
            assert bypassed.enforcement == "bypass", (
                f"with bypass=True an unattended launch is 'bypass', not {bypassed.enforcement!r}"
            )
            assert _said(bypassed) not in (_said(safe), _said(constrained)), (
                "a launch with bypass is the same as one without: tell the CLI, or declare "
                "bypass=False"
            )

    def test_the_policy_reaches_it(self) -> None:
        """Each rule of a policy stands in a file or an argument of a constrained launch."""
        if self.runtime.capabilities.constrain == "none":
            return
        started = self.launch(mode="auto", policy="constrained", rules=RULES)
        said = "\n".join([*started.files.values(), *started.argv])
        lost = [rule for rule in RULES if rule not in said]
        assert not lost, (
            f"the rules {lost} are in no argument and no file: give the CLI all of request.rules, "
            "or declare constrain='none'"
        )

    def test_a_conversation_is_begun_and_taken_up(self) -> None:
        """An id that is chosen is given at the start, and again, otherwise, to take it up."""
        resume = self.runtime.capabilities.resume
        begun = self.launch()
        assert begun.conversation == (CONVERSATION if resume == "chosen" else None), (
            f"with resume={resume!r}, Launch.conversation is not to be {begun.conversation!r}"
        )
        if resume != "none":
            taken = self.launch(conversation=CONVERSATION, resume=True)
            assert any(CONVERSATION in word for word in taken.argv), (
                "to take a conversation up, its id is to be in `argv`; or declare resume='none'"
            )
            assert taken.argv != begun.argv, "a conversation is taken up as if it were begun"
        if resume == "learned":
            assert isinstance(self.runtime, Recalls), (
                "an id that the CLI chooses is found by `recall`: add it, or declare resume='none'"
            )
        if resume == "chosen":
            assert any(CONVERSATION in word for word in begun.argv), (
                "an id that is chosen is to be in `argv` at the start; or declare resume='learned'"
            )

    def test_a_past_is_looked_for_without_harm(self, tmp_path: Path) -> None:
        """Whatever a launch may have left, it answers, claims nothing and writes nothing."""
        if not isinstance(self.runtime, Recalls):
            return
        for past in pasts(tmp_path, CONVERSATION, HOSTILE):
            before = contents(tmp_path)
            kept = recalled(self.runtime, past)
            assert kept.conversation is None, (
                f"recall() says that {kept.conversation!r} is kept where nothing is: look for it, "
                "and answer Kept(why=...) if it is not there"
            )
            assert kept.why, "recall() found nothing and does not say why: give Kept(why=...)"
            assert contents(tmp_path) == before, "recall() changed files: it may only read them"

    def test_standing_instructions_are_kept_apart(self) -> None:
        """Instructions go by a way of their own, and leave the prompt alone."""
        if not self.runtime.capabilities.memory:
            return
        started = self.launch(memory="Mind the gap.", prompt="go")
        said = "\n".join([*started.files.values(), *started.argv])
        assert "Mind the gap." in said, (
            "request.memory is in no argument and no file: pass it on, or declare memory=False"
        )
        assert _carried(started.argv, "go") or started.paste == "go", (
            "standing instructions changed the prompt: the core puts them before it where "
            "memory=False"
        )

    def test_the_live_status_names_the_process(self) -> None:
        """A live-status file is an absolute path that depends on the process."""
        path = self.launch().live_status
        assert path is None or (Path(path).is_absolute() and "{pid}" in path), (
            f"`live_status` is {path!r}: an absolute path with '{{pid}}' in it, or None"
        )

    def test_every_saved_screen_reads_as_its_folder_says(self) -> None:
        """The corpus is read right, kinds of waiting included."""
        wrong = [one for one in map(self._misread, self.saved()) if one]
        assert not wrong, "misread: " + "; ".join(wrong)

    def test_blank_space_changes_nothing(self) -> None:
        """Rows below and blanks behind the text have no meaning."""
        for case in self.saved():
            padded = "\n".join(row + "   " for row in case.text.splitlines()) + "\n\n\n"
            plain = self.read(case.observed(self.runtime.name))
            other = self.read(case.observed(self.runtime.name, text=padded))
            assert (plain.state, plain.kind) == (other.state, other.kind), (
                f"{case.path} reads {plain.state}, and {other.state} with blanks around it: anchor "
                "the rules to the text"
            )

    def test_nothing_on_a_screen_breaks_it(self) -> None:
        """Any text at all gives a known state; blank screens never give a confident one."""
        for noise in NOISE:
            assert self._state(noise, noise) in STATES, "a reading has a known state"

        @settings(max_examples=100)
        @given(st.text(), st.text())
        def check(text: str, title: str) -> None:
            assert self._state(text, title) in STATES, "a reading has a known state"

        check()
        state = self._state("\n\n")
        assert state in ("starting", "unknown"), (
            f"a blank screen reads {state}: a rule matches where nothing stands"
        )

    def _arrives(self, prompt: str) -> None:
        started = self.launch(prompt=prompt)
        if self.runtime.capabilities.prompt == "paste":
            assert started.paste == prompt, (
                f"{prompt!r} is pasted as {started.paste!r}: with prompt='paste', `paste` is "
                "request.prompt as it is"
            )
            return
        assert _carried(started.argv, prompt), (
            f"{prompt!r} is not one argument of {started.argv}: give it whole, or glued to "
            "its option, or declare prompt='paste'"
        )
        assert started.paste is None, (
            "with prompt='argument' the prompt is in `argv`: leave `paste` out"
        )

    def _state(self, text: str, title: str | None = None) -> str:
        shown = Screen(text)
        seen = Observation(
            NOW, self.runtime.name, session=True, alive=True, title=title, screen=shown
        )
        return self.read(seen).state

    def _misread(self, case: Case) -> str:
        reading = self.read(case.observed(self.runtime.name))
        kind = case.facts.get("kind") or reading.kind
        if (reading.state, reading.kind) == (case.state, kind):
            return ""
        said = ", ".join(f"{one.source}/{one.rule}={one.state}" for one in reading.evidence)
        found = f"{reading.state} {reading.kind}".strip()
        return f"{case.path.parent.name}/{case.path.name}: {found} ({said or 'no evidence'})"


def _carried(argv: Sequence[str], prompt: str) -> bool:
    """Return whether one argument is the prompt, or is an option with the prompt glued to it."""
    whole = [word for word in argv if word == prompt]
    glued = [word for word in argv if word.startswith("--") and word.endswith(f"={prompt}")]
    return bool(whole or glued)


def _said(launch: Launch) -> tuple[object, ...]:
    """Return all that a launch tells the CLI, by whatever way."""
    return launch.argv, dict(launch.env), dict(launch.files)
