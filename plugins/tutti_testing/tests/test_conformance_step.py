"""The suite of steps finds each fault by the law it breaks, and accepts what has none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core import Attempt, Context
from tutti_testing import StepConformance, failures


@attrs.frozen
class Line:
    """What the step takes."""

    text: str = attrs.field(validator=attrs.validators.min_len(1))
    file: str = "notes.txt"
    seconds: float = 0.0


@attrs.frozen
class Loose:
    """The same, without saying what it takes."""

    text: Any
    file: str = "notes.txt"
    seconds: float = 0.0


def _vague(_: object, __: object, value: str) -> None:
    if not value:
        raise ValueError("must not be empty")


@attrs.frozen
class Vague:
    """The same, with a complaint that names no key."""

    text: str = attrs.field(validator=_vague)
    file: str = "notes.txt"
    seconds: float = 0.0


@attrs.frozen
class Typed(Line):
    """A schema with a key of the engine's."""

    type: str = "note"


class Plain:
    """A schema that is no attrs class."""

    def __init__(self, text: str) -> None:
        self.text, self.file, self.seconds = text, "notes.txt", 0.0


class Good:
    """A step that keeps the contract: it adds a line to a file. Each mutant breaks one thing."""

    name: str = "note"
    schema: type = Line

    def plan(self, context: Context, step: Line) -> Mapping[str, Any]:
        """Say which line would be added where."""
        return {"adds": step.text, "to": step.file}

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Wait, and add the line with its token, once."""
        self.wait(step, attempt)
        attempt.note({"file": step.file})
        attempt.check()
        self.add(context, step, attempt.token)
        attempt.note({"added": True})
        return {"lines": len(self.lines(context, step))}

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Look for the line with the token."""
        token = record.get("token")
        if not isinstance(token, str) or not token:
            return "unknown"
        return "done" if f"{step.text}  ({token})" in self.lines(context, step) else "redo"

    def wait(self, step: Line, attempt: Attempt) -> None:
        """Let time go by."""
        end = time.monotonic() + step.seconds
        attempt.check()
        while time.monotonic() < end:
            attempt.check()
            time.sleep(0.01)

    def add(self, context: Context, step: Line, token: str) -> None:
        """Add the line."""
        with (context.root / step.file).open("a") as file:
            file.write(f"{step.text}  ({token})\n")

    def lines(self, context: Context, step: Line) -> list[str]:
        """Read the lines."""
        path = context.root / step.file
        return path.read_text().splitlines() if path.exists() else []


class Hasty(Good):
    """It does it while it plans."""

    def plan(self, context: Context, step: Line) -> Mapping[str, Any]:
        """Do it."""
        self.add(context, step, "planned")
        return super().plan(context, step)


class Fickle(Good):
    """It plans something else each time."""

    def plan(self, context: Context, step: Line) -> Mapping[str, Any]:
        """Say when it was asked."""
        return {"at": time.monotonic_ns()}


class Opaque(Good):
    """It plans what JSON does not know."""

    def plan(self, context: Context, step: Line) -> Mapping[str, Any]:
        """Give a path."""
        return {"to": context.root / step.file}


class Mute(Good):
    """It runs and says nothing."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Any:
        """Give no output."""
        super().run(context, step, attempt)


class Unclear(Good):
    """Its output has keys that are no texts."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[Any, Any]:
        """Give numbers for keys."""
        return {1: super().run(context, step, attempt)["lines"]}


class Deaf(Good):
    """It goes on when it is cancelled, and when its time is up."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Never ask."""
        return super().run(context, step, attrs.evolve(attempt, deadline=None, stopped=bool))


class Late(Good):
    """It asks whether it may go on when it has done it."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Act, then ask."""
        self.add(context, step, attempt.token)
        attempt.check()
        return {"lines": 1}


class Patient(Good):
    """It asks before it waits, and not while it does."""

    def wait(self, step: Line, attempt: Attempt) -> None:
        """Wait to the end, within reason."""
        attempt.check()
        time.sleep(min(step.seconds, 5.6))
        attempt.check()


class Stubborn(Good):
    """It catches whatever would end it."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Go on after a kill."""
        try:
            return super().run(context, step, attempt)
        except BaseException:  # noqa: BLE001 -- the fault
            attempt.check()
            return {"lines": 0}


class Frail(Good):
    """It needs a whole record to recover."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Take for granted what may be missing."""
        return super().recover(context, step, {"token": record["token"]})


class Talkative(Good):
    """It answers with a word of its own."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Be polite."""
        return "perhaps"


class Tidy(Good):
    """It mends while it is asked to look."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Make the file."""
        (context.root / "mended").touch()
        return super().recover(context, step, record)


class Forgetful(Good):
    """It never finds what it did."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Ask for another."""
        return "redo"


class Resuming(Good):
    """It goes on with an attempt that was interrupted."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Add the line, unless the earlier attempt has."""
        if super().recover(context, step, attempt.earlier) == "done":
            return {"lines": len(self.lines(context, step))}
        return super().run(context, step, attempt)

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Say that it goes on, if there is anything to go on with."""
        token = record.get("token")
        return "continue" if isinstance(token, str) and token else "unknown"


class Restarting(Resuming):
    """It says that it goes on, and begins anew."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Forget what was before."""
        return super().run(context, step, attrs.evolve(attempt, earlier={}))


class Giving(Resuming):
    """It leaves something for later steps, and collects it when it goes on."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Leave the lines."""
        return {**super().run(context, step, attempt), "output": self.lines(context, step)}


class Losing(Giving):
    """It says that it is done, where what it leaves has to be collected."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Look for the line only."""
        return Good.recover(self, context, step, record)


class Slipping(Giving):
    """It goes on, and does not collect what it had left."""

    def run(self, context: Context, step: Line, attempt: Attempt) -> Mapping[str, Any]:
        """Leave the lines in a first attempt only."""
        found = super().run(context, step, attempt)
        return {"lines": found["lines"]} if attempt.earlier else found


class Boastful(Good):
    """It calls done what never was."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Claim it."""
        return "done"


class Trusting(Good):
    """It believes its notes, and notes only afterwards."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """Read what was noted, without looking."""
        notes = record.get("notes")
        return "done" if isinstance(notes, Mapping) and notes.get("added") else "redo"


def of(kind: type, **changes: Any) -> type:
    """A suite for a step."""
    members = {
        "step": kind(),
        "examples": ('text = "hello"', 'text = "é"\nfile = "other.txt"'),
        "refused": (('text = ""', "text"), ('text = "x"\nseconds = "long"', "seconds")),
        "slow": 'text = "late"\nseconds = 60.0',
        **changes,
    }
    return type("Suite", (StepConformance,), members)


def with_(**members: Any) -> type:
    """A step that differs in what it has."""
    return type("Other", (Good,), members)


FAULTS = {
    "has a name that is two words": (of(with_(name="a note")), "test_it_is_a_step_type"),
    "has no schema": (of(with_(schema=Plain)), "test_it_is_a_step_type"),
    "takes the engine's key": (of(with_(schema=Typed)), "test_it_is_a_step_type"),
    "has no example": (of(Good, examples=()), "test_it_is_a_step_type"),
    "takes anything": (of(with_(schema=Loose)), "test_its_keys_come_from_toml"),
    "refuses its example": (of(Good, examples=("text = 3",)), "test_its_keys_come_from_toml"),
    "takes nothing too": (
        of(with_(schema=Loose), refused=(('text = ""', "text"),)),
        "test_it_refuses_what_it_cannot_do",
    ),
    "blames another key": (
        of(Good, refused=(('text = ""', "file"),)),
        "test_it_refuses_what_it_cannot_do",
    ),
    "blames nobody": (
        of(with_(schema=Vague), refused=(('text = ""', "text"),)),
        "test_it_refuses_what_it_cannot_do",
    ),
    "acts while it plans": (of(Hasty), "test_planning_has_no_effect"),
    "plans differently": (of(Fickle), "test_planning_has_no_effect"),
    "plans no JSON": (of(Opaque), "test_planning_has_no_effect"),
    "says nothing": (of(Mute), "test_running_says_what_it_did"),
    "has numbers for keys": (of(Unclear), "test_running_says_what_it_did"),
    "is deaf when cancelled": (of(Deaf), "test_a_step_that_is_cancelled_does_nothing"),
    "is deaf when late": (of(Deaf), "test_a_step_without_time_does_nothing"),
    "asks too late": (of(Late), "test_a_step_that_is_cancelled_does_nothing"),
    "waits on": (of(Patient), "test_a_step_that_waits_can_be_cancelled"),
    "waits over its time": (of(Patient), "test_a_step_that_waits_keeps_its_time"),
    "needs a whole record": (of(Frail), "test_recovering_only_looks"),
    "answers otherwise": (of(Talkative), "test_recovering_only_looks"),
    "mends while it looks": (of(Tidy), "test_recovering_only_looks"),
    "forgets": (of(Forgetful), "test_what_was_done_is_not_done_again"),
    "begins anew": (of(Restarting), "test_what_was_done_is_not_done_again"),
    "loses what it left": (of(Losing), "test_what_it_leaves_for_others_is_not_lost"),
    "leaves it no more": (of(Slipping), "test_what_it_leaves_for_others_is_not_lost"),
    "boasts": (of(Boastful), "test_what_was_not_done_is_not_called_done"),
    "survives a kill": (of(Stubborn), "test_killed_at_any_note_it_is_done_once"),
    "believes its notes": (of(Trusting), "test_killed_at_any_note_it_is_done_once"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_step_is_found(fault: str) -> None:
    """Each seeded fault breaks the law made for it."""
    suite, law = FAULTS[fault]
    assert set(failures(suite, only={law})) == {law}


def test_a_good_step_breaks_no_law() -> None:
    """The suite accepts what keeps the contract."""
    assert failures(of(Good)) == {}


class Waiter(Good):
    """A step without an effect, which may always be done again."""

    def add(self, context: Context, step: Line, token: str) -> None:
        """Add nothing."""

    def recover(self, context: Context, step: Line, record: Mapping[str, Any]) -> str:
        """It does no harm to wait again."""
        return "redo"


@pytest.mark.soak
def test_a_step_without_effects_may_be_done_again() -> None:
    """To ask for another run is right where another run changes nothing."""
    assert failures(of(Waiter)) == {}


@pytest.mark.soak
def test_a_step_may_go_on_where_it_was_interrupted() -> None:
    """To continue is right where what was done is collected and not done twice."""
    assert failures(of(Resuming)) == {}
    assert failures(of(Giving)) == {}


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(StepConformance) if name.startswith("test_")}
    assert laws == {law for _, law in FAULTS.values()}


@pytest.mark.soak
def test_what_the_step_prepares_is_there(tmp_path: Path) -> None:
    """A suite can put files into the workspace, and they are no effects of the step's."""

    class Suite(of(Good)):  # type: ignore[misc]  # the class is made for it
        def prepare(self, context: Context) -> None:
            """Put a file there."""
            (context.root / "notes.txt").write_text("first\n")

    assert failures(Suite) == {}
