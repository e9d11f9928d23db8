"""A suite counts only if it rejects what is wrong: each fault is found by the law it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core import (
    Capabilities,
    Evidence,
    Kept,
    Launch,
    LaunchRequest,
    Observation,
    Past,
    Runtime,
)
from tutti_testing import RuntimeConformance, failures

CAN = Capabilities(prompt="argument", resume="chosen", constrain="hard", bypass=True, memory=True)
RULES = """
[[screen]]
id = "dialog"
state = "waiting"
kind = "permission"
region = "bottom:3"
all = ["Allow this?"]

[[screen]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = "^>"
"""


@attrs.frozen
class Good:
    """A runtime that keeps the contract; each mutant below breaks one thing of it."""

    name: str = "good"
    title: str = "Good"
    program: str = "good-agent"
    capabilities: Capabilities = CAN

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it as asked."""
        mode = "bypass" if request.bypassed else "held" if request.constrained else "ask"
        words = [*request.command, "--mode", mode, *self.policy(request)]
        words += ["--resume" if request.resume else "--session", str(request.conversation)]
        words += ["--system", request.memory] if request.memory else []
        words += ["--", request.prompt] if request.prompt else []
        held = {"bypass": "bypass", "held": "hard", "ask": "prompt"}
        return Launch(
            tuple(words),
            conversation=request.conversation,
            live_status="/home/x/status/{pid}.json",
            enforcement=held[mode],  # type: ignore[arg-type]  # one of the three words
        )

    def policy(self, request: LaunchRequest) -> list[str]:
        """Return the policy as arguments."""
        return [f"--allow={rule}" for rule in request.rules or ()] if request.constrained else []

    def rules(self) -> str:
        """Return the rule file."""
        return RULES


Change = Callable[[Launch, LaunchRequest], Launch]


@attrs.frozen
class Mutant(Good):
    """A runtime whose launch is changed afterwards."""

    change: Change = lambda launch, _request: launch

    def launch(self, request: LaunchRequest) -> Launch:
        """Start it wrongly."""
        return self.change(super().launch(request), request)


def argv(change: Callable[[tuple[str, ...], LaunchRequest], Iterable[str]]) -> Mutant:
    """Return a runtime whose arguments are changed."""
    return Mutant(
        change=lambda launch, request: attrs.evolve(
            launch, argv=tuple(change(launch.argv, request))
        )
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Give a small corpus."""
    for state, text in (("idle", "hello\n> "), ("waiting", "x\nAllow this?\n> 1. Yes")):
        (tmp_path / state).mkdir()
        (tmp_path / state / "1.0-plain.txt").write_text(text)
    return tmp_path


def broken_laws(runtime: Runtime, corpus: Path, detectors: tuple[Any, ...] = ()) -> set[str]:
    """Return the laws that a runtime breaks."""
    members = {"runtime": runtime, "corpus": corpus, "detectors": detectors}
    return set(failures(type("Suite", (RuntimeConformance,), members)))


def test_a_good_runtime_breaks_no_law(corpus: Path) -> None:
    """The suite accepts what keeps the contract."""
    assert broken_laws(Good(), corpus) == set()


def _cut(words: tuple[str, ...], request: LaunchRequest) -> list[str]:
    """Split whatever has a blank in it, as a shell would."""
    return [part for word in words for part in (word.split() or [word])]


MUTANTS = {
    "drops the prompt": (
        argv(lambda words, request: words[:-2] if request.prompt else words),
        "test_the_prompt_arrives_verbatim",
    ),
    "splits its arguments": (argv(_cut), "test_the_prompt_arrives_verbatim"),
    "trims the prompt": (
        argv(lambda words, request: [word.strip() for word in words]),
        "test_the_prompt_arrives_verbatim",
    ),
    "takes a prompt for an option": (
        argv(lambda words, request: [word for word in words if word != "--"]),
        "test_a_prompt_is_never_an_option",
    ),
    "ignores the command": (
        argv(lambda words, request: ("good-agent", *words[len(request.command) :])),
        "test_the_command_asked_for_is_started",
    ),
    "ignores the mode": (
        argv(
            lambda words, request: ["ask" if word in ("held", "bypass") else word for word in words]
        ),
        "test_the_mode_is_kept",
    ),
    "claims what it does not hold": (
        Mutant(change=lambda launch, _: attrs.evolve(launch, enforcement="hard")),
        "test_the_mode_is_kept",
    ),
    "forgets the policy": (
        argv(lambda words, request: [word for word in words if not word.startswith("--allow")]),
        "test_the_policy_reaches_it",
    ),
    "resumes wrongly": (
        argv(lambda words, request: ["--session" if w == "--resume" else w for w in words]),
        "test_a_conversation_is_begun_and_taken_up",
    ),
    "forgets the conversation": (
        Mutant(change=lambda launch, _: attrs.evolve(launch, conversation=None)),
        "test_a_conversation_is_begun_and_taken_up",
    ),
    "learns no conversation": (
        Mutant(
            capabilities=attrs.evolve(CAN, resume="learned"),
            change=lambda launch, request: attrs.evolve(
                launch, conversation=request.conversation if request.resume else None
            ),
        ),
        "test_a_conversation_is_begun_and_taken_up",
    ),
    "swallows the instructions": (
        argv(lambda words, request: [word for word in words if word != request.memory]),
        "test_standing_instructions_are_kept_apart",
    ),
    "has one status for all": (
        Mutant(change=lambda launch, _: attrs.evolve(launch, live_status="/home/x/status.json")),
        "test_the_live_status_names_the_process",
    ),
    "pastes nothing": (
        Mutant(change=lambda launch, _: attrs.evolve(launch, paste="hello?")),
        "test_nothing_is_made_up_without_a_prompt",
    ),
}


@pytest.mark.parametrize("fault", MUTANTS)
def test_a_fault_of_launching_is_found(fault: str, corpus: Path) -> None:
    """Each seeded fault breaks the law made for it."""
    runtime, law = MUTANTS[fault]
    assert law in broken_laws(runtime, corpus)


def test_a_launch_with_effects_is_found(corpus: Path) -> None:
    """Writing a file while being asked breaks a law."""

    def writes(launch: Launch, request: LaunchRequest) -> Launch:
        if request.files.is_dir():
            (request.files / "written").write_text("early")
        return launch

    assert "test_asking_has_no_effect" in broken_laws(Mutant(change=writes), corpus)


def lost(past: Past) -> Kept:
    """Look where nothing is, as a good runtime does."""
    return Kept(why=f"{past.files} keeps none of it")


@attrs.frozen
class Recalling(Good):
    """A runtime that looks for what an earlier launch left, in one way or another."""

    look: Callable[[Past], Any] = lost

    def recall(self, past: Past) -> Any:
        """Look for it."""
        return self.look(past)


def _reads_a_folder(past: Past) -> Kept:
    """Look in a folder that may not be there."""
    return Kept(why=f"none of {len(list(Path(past.env['HOME']).iterdir()))} is it")


def _opens_by_its_id(past: Past) -> Kept:
    """Open the file that the id names, and take only a missing one for nothing."""
    try:
        return Kept(past.conversation, (past.files / str(past.conversation)).read_text())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return lost(past)


def _keeps_an_index(past: Past) -> Kept:
    """Note what was asked for."""
    if past.files.is_dir():
        (past.files / "index").write_text("asked")
    return lost(past)


LOOKS: dict[str, Callable[[Past], Any]] = {
    "raises without a folder": _reads_a_folder,
    "raises on a text that is no id": _opens_by_its_id,
    "raises without an id": lambda past: Kept(why=past.conversation.upper()),  # type: ignore[union-attr]
    "claims what is not there": lambda past: Kept(past.conversation),
    "claims something in an empty folder": lambda past: Kept("last" if past.alone else None, "no"),
    "gives no reason": lambda past: Kept(),
    "gives nothing": lambda past: None,
    "gives a bare id": lambda past: past.conversation,
    "writes": _keeps_an_index,
}


def test_one_that_looks_in_vain_breaks_no_law(corpus: Path) -> None:
    """To find nothing and to say so is what is wanted."""
    assert broken_laws(Recalling(), corpus) == set()


@pytest.mark.parametrize("fault", LOOKS)
def test_a_fault_of_looking_back_is_found(fault: str, corpus: Path) -> None:
    """Each breaks the law of a past that is looked for without harm, and no other."""
    laws = broken_laws(Recalling(look=LOOKS[fault]), corpus)
    assert laws == {"test_a_past_is_looked_for_without_harm"}


@attrs.frozen
class Misreads(Good):
    """A runtime that takes every screen for idle, dialogs included."""

    def rules(self) -> str:
        """Return rules that look away."""
        return '[[screen]]\nid = "any"\nstate = "idle"\nregex = "(?s).*"\n'


def test_idle_on_a_dialog_is_found(corpus: Path) -> None:
    """Calling a dialog idle breaks the corpus, and a blank screen breaks another law."""
    laws = broken_laws(Misreads(), corpus)
    assert "test_every_saved_screen_reads_as_its_folder_says" in laws
    assert "test_nothing_on_a_screen_breaks_it" in laws


@attrs.frozen
class Raises:
    """A detector that cannot stand noise."""

    name: str = "raises"
    runtime: str = ""

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Read a number where there may be none."""
        text = observation.screen.text if observation.screen else ""
        return [] if text.isascii() else [Evidence("raises", "idle", detail=str(int(text)))]


def test_raising_on_noise_is_found(corpus: Path) -> None:
    """A detector that raises breaks a law."""
    assert "test_nothing_on_a_screen_breaks_it" in broken_laws(Good(), corpus, (Raises(),))
