"""The suite of verbs accepts the core's, and finds each fault by the law it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core import Context, Plugins, Verb
from tutti_core.errors import ConfigError
from tutti_testing import VerbConformance, failures

TEAM = '[workspace]\nname = "w"\n[[agent]]\nname = "ada"\nruntime = "demo"\n'


@attrs.frozen
class Ask:
    """What the verb takes."""

    agent: str = ""
    times: int = 1
    more: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Answer:
    """What the verb answers."""

    said: tuple[str, ...] = ()
    more: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.define
class Loose:
    """A request that can be changed."""

    agent: str = ""


class Plain:
    """A request that is no attrs class."""


@attrs.frozen
class Pathy:
    """A request with a path in it."""

    path: Path = Path("x")


def _louder(text: str) -> str:
    return f"{text}!"


@attrs.frozen
class Spaced:
    """A request that comes back another."""

    agent: str = attrs.field(default=" ada", converter=_louder)


def run(context: Context, request: Ask) -> Answer:
    """Answer, or refuse an agent that is not there."""
    if request.agent and context.arrangement.named(request.agent) is None:
        raise ConfigError(f"no agent {request.agent!r}", hint="see tt status")
    return Answer((context.name,), {"times": request.times})


GOOD = Verb("ask", Ask, Answer, run, "Ask.", reads=True)


def other(**changes: Any) -> Verb:
    """The verb with something else about it."""
    return attrs.evolve(GOOD, **changes)


def suite(verb: Verb, **members: Any) -> type:
    """A suite for a verb."""
    given = {"requests": (verb.request(),), "refused": (), "team": TEAM, **members}
    return type("Suite", (VerbConformance,), {"verb": verb, **given})


def writes(context: Context, request: Ask) -> Answer:
    """Leave a file."""
    (context.root / "left").touch()
    return run(context, request)


def records(context: Context, request: Ask) -> Answer:
    """Leave an event."""
    context.emit("agent.asked")
    return run(context, request)


def fragile(context: Context, request: Ask) -> Answer:
    """Trip over an agent that is not there."""
    return Answer((request.agent and context.arrangement.named(request.agent).name,))  # type: ignore[union-attr]


def curt(context: Context, request: Ask) -> Answer:
    """Refuse without advice."""
    raise ConfigError("no")


def wordy(context: Context, request: Ask) -> Any:
    """Answer with a text."""
    return "yes"


def pathy(context: Context, request: Ask) -> Answer:
    """Answer with a path."""
    return Answer(more={"root": context.root})


NOBODY = (Ask("nobody"),)
FAULTS = {
    "two words": (suite(other(name="ask me")), "test_it_is_a_verb"),
    "no summary": (suite(other(summary=" ")), "test_it_is_a_verb"),
    "a long summary": (suite(other(summary="One.\nTwo.")), "test_it_is_a_verb"),
    "no operation": (suite(other(run=None)), "test_it_is_a_verb"),
    "a plain request": (suite(other(request=Plain)), "test_what_it_takes_and_answers_are_values"),
    "a loose request": (suite(other(request=Loose)), "test_what_it_takes_and_answers_are_values"),
    "no request": (suite(GOOD, requests=()), "test_a_request_comes_from_json"),
    "another's request": (suite(GOOD, requests=(Loose(),)), "test_a_request_comes_from_json"),
    "a path to ask with": (suite(other(request=Pathy)), "test_a_request_comes_from_json"),
    "a request that changes": (suite(other(request=Spaced)), "test_a_request_comes_from_json"),
    "another answer": (suite(other(run=wordy)), "test_an_answer_goes_to_json"),
    "a path to answer with": (suite(other(run=pathy)), "test_an_answer_goes_to_json"),
    "writing": (suite(other(run=writes)), "test_it_reads_only_if_it_says_so"),
    "recording": (suite(other(run=records)), "test_it_reads_only_if_it_says_so"),
    "no refusal": (suite(GOOD, refused=(Ask(),)), "test_what_it_refuses_is_told"),
    "a traceback": (suite(other(run=fragile), refused=NOBODY), "test_what_it_refuses_is_told"),
    "no advice": (suite(other(run=curt), refused=NOBODY), "test_what_it_refuses_is_told"),
    "tripping": (suite(other(run=fragile)), "test_any_request_is_answered_or_refused"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_verb_is_found(fault: str) -> None:
    """Each seeded fault breaks the law made for it."""
    faulty, law = FAULTS[fault]
    assert set(failures(faulty, only={law})) == {law}


def test_a_good_verb_breaks_no_law() -> None:
    """The suite accepts what keeps the contract."""
    assert failures(suite(GOOD, refused=NOBODY)) == {}


def test_a_verb_that_acts_may_leave_something() -> None:
    """What does not say that it only reads is not held to it."""
    assert failures(suite(other(run=writes, reads=False))) == {}


@pytest.mark.parametrize("name", ["status", "health", "doctor"])
def test_the_verbs_of_the_core_keep_the_contract(name: str) -> None:
    """What holds for a stranger's verb holds for those that read in the core."""
    assert failures(suite(Plugins.installed().verbs()[name])) == {}


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(VerbConformance) if name.startswith("test_")}
    assert laws == {law for _, law in FAULTS.values()}
