"""The queue: each prompt is delivered once, in order, or somebody is told why not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelled_agent import PROMPT, Plan, World, world_of
from tutti_core.model.happening import Receipt, Verdict
from tutti_core.team import ends, typist
from tutti_core.team.courier import Courier, Rests, carry
from tutti_core.team.facts import facts_of
from tutti_core.team.places import Places
from tutti_core.team.queue import Entry, Queue
from tutti_core.team.queueing import CancelRequest, QueueRequest, cancel, queue
from tutti_core.team.send import SendRequest, send


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
def world(crew: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a workspace in which an agent runs that is a model, quiet and quick."""
    made = world_of(crew, monkeypatch)
    made.begin(Plan(thinks=0.5))
    return made


def queued(world: World, *texts: str) -> list[Receipt]:
    """Queue prompts for the agent, in a row."""
    return [send(world.context, SendRequest("one", text, queue=True)) for text in texts]


def carried(world: World, secs: float = 60.0) -> None:
    """Let the courier come every second for a while."""
    rests = Rests()
    for _ in range(int(secs)):
        world.clock.sleep(1.0)
        if not Queue(world.context.places).waiting():
            return
        carry(world.context, "one", rests)


def killed(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], object]
) -> None:
    """Do something, killed where it would call a function."""

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies)
        with pytest.raises(Killed):
            act()


def told(world: World) -> list[str]:
    """Return the second words of the events of prompts, in order."""
    events = world.context.journal.read()
    return [one["event"].removeprefix("prompt.") for one in events if "prompt." in one["event"]]


def test_they_are_delivered_in_order_each_once(world: World) -> None:
    """Whoever was queued first comes first, and nothing of it stays behind."""
    receipts = queued(world, "first", "second", "third")
    assert [(one.outcome, one.entry) for one in receipts] == [
        ("queued", 1),
        ("queued", 2),
        ("queued", 3),
    ]
    carried(world)
    assert world.agents[0].said == ["first", "second", "third"]
    assert told(world) == ["queued"] * 3 + ["delivered"] * 3
    assert Queue(world.context.places).all() == []


def test_what_is_queued_comes_before_what_is_sent_later(world: World) -> None:
    """A prompt is queued behind those that wait, unless it is to be now or never."""
    queued(world, "first")
    later = send(world.context, SendRequest("one", "later"))
    assert (later.outcome, later.evidence) == ("queued", "a prompt is queued before it")
    now = send(world.context, SendRequest("one", "now", queue=False))
    assert now.outcome == "submitted"
    carried(world)
    assert world.agents[0].said == ["now", "first", "later"]


def test_the_number_of_those_that_wait_is_a_fact(world: World) -> None:
    """`tt status` shows it beside the agent, and no more once they are through."""
    queued(world, "first", "second")
    (fact,) = facts_of(world.context.root)["one"]
    assert (fact["label"], fact["value"]) == ("queued", 2)
    carried(world)
    assert facts_of(world.context.root) == {}


HOLDS = [
    (Plan(asks_at=0.0), "it waits for an answer (permission: may I)"),
    (Plan(types_at=0.0), "somebody's draft stands in the composer"),
    (Plan(dies_at=0.0), "its process has ended"),
]


@pytest.mark.parametrize(("plan", "why"), HOLDS)
def test_one_that_cannot_be_delivered_waits_and_says_why(
    world: World, plan: Plan, why: str
) -> None:
    """A dialog, a draft, an agent that is down: nothing is typed, and it goes on afterwards."""
    world.begin(plan)
    queued(world, PROMPT)
    carried(world, 5)
    (entry,) = queue(world.context, QueueRequest()).entries
    assert entry["state"] == "waiting"
    assert (entry["why"], entry["delivering"]) == (why, False)
    assert (world.agents[0].said, world.agents[0].answered) == ([], [])
    world.begin(Plan())
    carried(world)
    assert world.agents[0].said == [PROMPT]


def test_a_guard_that_refuses_is_reported_and_the_text_is_kept(world: World) -> None:
    """The budget may be spent by then; the prompt is neither delivered nor forgotten."""
    queued(world, PROMPT)
    refuse = Verdict("refuse", "budget", reason="all spent", remedy="wait")
    world.crew.add("budget", tutti_guard=lambda action: refuse if action.name == "send" else None)
    carried(world)
    (entry,) = queue(world.context, QueueRequest()).entries
    assert (entry["state"], entry["why"], entry["text"]) == ("refused", "budget: all spent", PROMPT)
    assert world.agents[0].said == []
    assert told(world) == ["queued", "refused"]
    assert cancel(world.context, CancelRequest(all=True)).cancelled == (1,)
    assert Queue(world.context.places).all() == []


def test_an_agent_that_is_in_the_team_no_more(world: World) -> None:
    """Its prompts are refused and kept: nobody knows whom they are for."""
    queued(world, PROMPT)
    other = world.crew.context("other")
    carry(other, "one", Rests())
    (entry,) = queue(other, QueueRequest()).entries
    assert (entry["state"], entry["why"]) == ("refused", "one is not in tutti.toml any more")


def test_a_prompt_is_taken_back(world: World) -> None:
    """It is never typed; of one that is gone or was never there one is told so."""
    queued(world, "first", "second")
    done = cancel(world.context, CancelRequest((1, 7)))
    assert done.cancelled == (1,)
    assert done.kept == {"7": "there is no such prompt in the queue any more"}
    carried(world)
    assert world.agents[0].said == ["second"]
    assert told(world) == ["queued", "queued", "cancelled", "delivered"]


def test_one_that_is_being_typed_cannot_be_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is first has it: the courier here, and cancelling says so."""
    queued(world, PROMPT)
    answers: list[Any] = []
    real = typist._submitted

    def late(*words: Any) -> Any:
        answers.append(cancel(world.context, CancelRequest((1,))))
        return real(*words)

    monkeypatch.setattr(typist, "_submitted", late)
    carried(world)
    assert answers[0].kept == {"1": "it is being typed into one"}
    assert told(world) == ["queued", "delivered"]


POINTS: list[tuple[Any, str]] = [
    (typist, "_typed"),  # claimed, and nothing typed
    (typist, "_submitted"),  # pasted, and no Enter
    (typist, "press_enter"),  # the same, and seen in the composer
    (typist, "prove"),  # Enter was pressed
    (typist, "end"),  # it is proven, and not written down
    (ends, "tell"),  # it is written down, and not told
    (ends, "_finish"),  # it is told, and not done with
]


@pytest.mark.parametrize("deaf", [0, 1])
@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize(("module", "name"), POINTS)
def test_killed_at_any_point(
    world: World,
    module: Any,
    name: str,
    *,
    direct: bool,
    deaf: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Never twice, never lost: it is submitted, or reported as unknown with its text kept."""
    agent = world.begin(Plan(deaf=deaf))
    if not direct:
        queued(world, PROMPT)
    act = (lambda: send(world.context, SendRequest("one", PROMPT))) if direct else None
    killed(monkeypatch, module, name, act or (lambda: carried(world)))
    world.clock.sleep(5.0)
    receipt = send(world.context, SendRequest("one", "next", queue=False))
    ended = [one for one in told(world) if one not in ("queued", "refused")]
    kept = {one.text: one.state for one in Queue(world.context.places).all()}
    assert agent.said.count(PROMPT) <= 1
    if ended[0] in ("submitted", "delivered"):
        assert agent.said[0] == PROMPT
        assert kept == {}
    else:
        assert (ended[0], kept) == ("unknown", {PROMPT: "unknown"})
    assert ended[1:] == (["submitted"] if receipt.outcome == "submitted" else [])
    carry(world.context, "one", Rests())
    assert agent.said.count(PROMPT) <= 1


def test_what_was_left_in_the_composer_is_submitted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between paste and Enter: it stands there whole, so that Enter is all it needs."""
    agent = world.begin(Plan())
    act = lambda: send(world.context, SendRequest("one", PROMPT))  # noqa: E731
    killed(monkeypatch, typist, "press_enter", act)
    world.clock.sleep(5.0)
    Courier().handle(world.context, None)
    assert agent.said == [PROMPT]
    assert told(world) == ["submitted"]


def test_an_agent_started_anew_has_not_what_the_other_was_typed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the composer of another process is not what was typed into that one."""
    act = lambda: send(world.context, SendRequest("one", PROMPT))  # noqa: E731
    killed(monkeypatch, typist, "press_enter", act)
    ((name, session),) = world.crew.host.made.items()
    world.crew.host.made[name] = session._replace(pid=session.pid + 1)
    world.clock.sleep(5.0)
    carry(world.context, "one", Rests())
    assert told(world) == ["unknown"]


def test_only_one_takes_a_prompt(tmp_path: Any) -> None:
    """Of many who claim or cancel one at once, one has it."""
    (tmp_path / ".tutti").mkdir()
    places = Places(tmp_path)
    entry = Queue(places).put(Entry(0, "one", PROMPT, "c-1", 0.0))
    taken: list[Entry | None] = []
    acts: list[Callable[[], Entry | None]] = [
        lambda: Queue(places).claim(entry),
        lambda: Queue(places).cancel(entry.number),
    ]
    threads = [threading.Thread(target=lambda n=n: taken.append(acts[n % 2]())) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in taken) == 1


def test_numbers_are_never_given_twice(tmp_path: Any) -> None:
    """Also not once the queue was empty in between: whoever cancels means one prompt."""
    places = Places(tmp_path)
    numbers = []
    for _ in range(3):
        entry = Queue(places).put(Entry(0, "one", PROMPT, "c", 0.0))
        numbers.append(entry.number)
        Queue(places).remove(entry)
    assert numbers == [1, 2, 3]


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
@settings(deadline=None)  # a disk may be slow
def test_no_file_makes_it_raise(tmp_path_factory: Any, content: bytes | str) -> None:
    """What is no prompt is named, and stands in nobody's way."""
    places = Places(tmp_path_factory.mktemp("w"))
    places.queue.mkdir(parents=True)
    path = places.queue / "000003-one.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert (Queue(places).all(), Queue(places).unreadable()) == ([], [path])
    assert Queue(places).put(Entry(0, "one", PROMPT, "c", 0.0)).number >= 1
