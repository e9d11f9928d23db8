"""`send`: what was typed and into what; the receipt says no more than was seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core.errors import PolicyError
from tutti_core.model.happening import Receipt, Verdict
from tutti_core.team import composing, proof, typist
from tutti_core.team.context import Context
from tutti_core.team.send import SendRequest, send
from tutti_core.team.up import UpRequest, up


@pytest.fixture
def typed(crew: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that is typed or pressed, in order; the agent then begins to work."""
    seen: list[str] = []
    real, press = crew.host.paste, crew.host.keys

    def paste(pane: str, text: str) -> None:
        seen.append(text)
        real(pane, text)

    monkeypatch.setattr(crew.host, "paste", paste)

    def keys(pane: str, *names: str) -> None:
        seen.extend(names)
        press(pane, *names)

    monkeypatch.setattr(crew.host, "keys", keys)
    monkeypatch.setattr(typist, "SETTLE_SECS", 0.0)
    monkeypatch.setattr(proof, "PROOF_SECS", 0.5)
    return seen


def running(crew: Any) -> Context:
    """Start one agent."""
    context: Context = crew.context("one", launch='mode = "safe"\nready_secs = 0.5')
    up(context, UpRequest())
    return context


def sent(context: Context, text: str = "go on", **more: Any) -> Receipt:
    """Send a prompt to the agent."""
    return send(context, SendRequest("one", text, **more))


def test_a_prompt_is_pasted_then_submitted(crew: Any, typed: list[str]) -> None:
    """The receipt names the source that proves it, and so does the journal."""
    context = running(crew)
    receipt = sent(context)
    assert (receipt.outcome, receipt.evidence) == ("submitted", "screen says working")
    assert typed == ["go on", "Enter"]
    assert ("prompt.submitted", "one") in crew.events(context)


def ends(crew: Any) -> None:
    crew.host.dies("one")


def vanishes(crew: Any) -> None:
    crew.host.made.clear()


def shows(screen: str) -> Callable[[Any], None]:
    def show(crew: Any) -> None:
        crew.host.screen = screen

    return show


@pytest.mark.parametrize(
    ("becomes", "why"),
    [
        (ends, "its process has ended (exit status 7)"),
        (vanishes, "not running"),
        (shows("may I"), "it waits for an answer (permission: may I)"),
        (shows("busy"), "it is working"),
        (shows("¿?"), "its state is starting"),
    ],
)
def test_nothing_is_typed_where_it_would_do_something_else(
    crew: Any, typed: list[str], becomes: Callable[[Any], None], why: str
) -> None:
    """Dead, gone, asking, busy or unknown: refused, with the reason and a next step."""
    context = running(crew)
    becomes(crew)
    receipt = sent(context, "rm -rf /", queue=False)
    assert (receipt.outcome, receipt.evidence, typed) == ("refused", why, [])
    assert receipt.hint


def test_an_agent_that_ends_on_the_way_is_told_at_once(
    crew: Any, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for proof from a dead process, and none is claimed."""
    context = running(crew)
    monkeypatch.setattr(proof, "PROOF_SECS", 30.0)
    monkeypatch.setattr(crew.host, "keys", lambda pane, *names: crew.host.dies("one"))
    receipt = sent(context)
    assert receipt.outcome == "unknown"
    assert receipt.evidence == "it ended before it said anything (exit status 7)"


def test_another_process_proves_nothing(
    crew: Any, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that was restarted meanwhile may be at work, and not on this prompt."""
    context = running(crew)

    def restarted(pane: str, *names: str) -> None:
        ((name, session),) = crew.host.made.items()
        crew.host.made[name] = session._replace(pane="%99")
        crew.host.screens["%99"] = "busy"

    monkeypatch.setattr(crew.host, "keys", restarted)
    receipt = sent(context)
    assert (receipt.outcome, "its session is gone" in receipt.evidence) == ("unknown", True)


def test_without_proof_nothing_is_claimed(
    crew: Any, typed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that shows nothing new may or may not have the prompt."""
    context = running(crew)
    monkeypatch.setattr(crew.host, "paste", lambda pane, text: None)
    assert sent(context).outcome == "unknown"


def test_a_guard_is_asked_and_heard(crew: Any, typed: list[str]) -> None:
    """A warning comes with the receipt; a refusal types nothing."""
    verdicts = [Verdict("warn", "budget", reason="80 % spent")]
    crew.add("budget", tutti_guard=lambda action: verdicts[0] if action.name == "send" else None)
    context = running(crew)
    assert sent(context).warnings == ("80 % spent",)
    verdicts[0] = Verdict("refuse", "budget", reason="all spent", remedy="wait")
    crew.host.screens.clear()
    typed.clear()
    with pytest.raises(PolicyError, match="budget: all spent"):
        sent(context)
    assert typed == []


def test_a_command_of_the_cli_that_runs_is_disarmed(crew: Any, typed: list[str]) -> None:
    """By what the agent runs on, not by what the file says by now; `raw` means it."""
    running(crew)
    other = attrs.evolve(crew.echo, name="other")
    crew.add("other", tutti_runtimes=lambda: [other])
    crew.echo.capabilities = attrs.evolve(crew.echo.capabilities, commands="/", disarm="Say: ")
    context = crew.context("one: runtime = 'other'")
    sent(context, "/exit")
    crew.host.screens.clear()
    sent(context, "/exit", raw=True)
    assert typed == ["Say: /exit", "Enter", "/exit", "Enter"]


def test_a_prompt_too_long_for_the_cli_is_given_as_a_file(crew: Any, typed: list[str]) -> None:
    """What is typed says where it is, and it is there whole, for its owner alone."""
    context = running(crew)
    crew.echo.capabilities = attrs.evolve(crew.echo.capabilities, longest_paste=20)
    sent(context, "a word or two more than it takes")
    path = Path(typed[0].removeprefix("Read ").removesuffix(" and do what it says."))
    assert path.read_text() == "a word or two more than it takes"
    assert path.stat().st_mode & 0o777 == 0o600
    crew.host.screens.clear()
    sent(context, "short")
    assert typed[1:] == ["Enter", "short", "Enter"]


def test_a_backslash_at_the_end_does_not_ask_for_another_line(crew: Any, typed: list[str]) -> None:
    """Before Enter it would mean a new line."""
    sent(running(crew), "C:\\")
    assert typed == ["C:\\ ", "Enter"]


@pytest.mark.parametrize(
    ("screen", "outcome"), [("you: go on\n>", "submitted"), ("you: something else\n>", "unknown")]
)
def test_a_turn_too_short_to_be_seen_is_proven_by_the_screen(
    crew: Any, monkeypatch: pytest.MonkeyPatch, screen: str, outcome: str
) -> None:
    """What stood in the composer left it, and stands above it now; anything less proves nothing."""
    context = running(crew)
    composer = [""]

    def paste(pane: str, text: str) -> None:
        composer[0] = text

    def keys(pane: str, *names: str) -> None:
        composer[0] = ""
        crew.host.screens[pane] = screen

    monkeypatch.setattr(crew.host, "paste", paste)
    monkeypatch.setattr(crew.host, "keys", keys)
    monkeypatch.setattr(proof, "composer_of", lambda context, voice: composer[0])
    monkeypatch.setattr(composing, "composer_of", lambda context, voice: composer[0])
    monkeypatch.setattr(typist, "composer_rules", lambda context, voice: {})
    monkeypatch.setattr(proof, "PROOF_SECS", 1.0)
    receipt = sent(context)
    assert receipt.outcome == outcome, receipt


COMPOSES = """
[composer]
region = "composer"
prompt = "^❯ ?"

[[screen]]
id = "asks"
state = "waiting"
kind = "permission"
region = "modal:3"
all = ["Do you want"]

[[screen]]
id = "busy"
state = "working"
regex = "^busy"

[[screen]]
id = "idle"
state = "idle"
all = ["for help"]
"""
LINE = "─" * 40


def composer(draft: str, note: str = "? for help") -> str:
    """Return the screen of an agent to which the same was said before."""
    return f"❯ go on\n\n{LINE}\n❯ {draft}\n{LINE}\n  {note}\n"


@pytest.mark.parametrize(
    ("meanwhile", "outcome"),
    [
        (f"❯ go on\n\n{LINE}\n Do you want to go on?\n ❯ 1. Yes\n", "unsubmitted"),
        (composer("go on", "new version · ? for help"), "submitted"),
    ],
)
def test_enter_is_pressed_for_the_composer_or_not_at_all(
    crew: Any, monkeypatch: pytest.MonkeyPatch, meanwhile: str, outcome: str
) -> None:
    """Not for a dialog that came after the last look; what only changed its footer gets it next."""
    monkeypatch.setattr(type(crew.echo), "rules", lambda _: COMPOSES)
    monkeypatch.setattr(proof, "PROOF_SECS", 1.0)
    crew.host.screen = composer("")
    context, pressed, tried = running(crew), [], [0]

    def paste(pane: str, text: str) -> None:
        crew.host.screen = composer(text)

    def keys_while(pane: str, shows: Sequence[str], *names: str) -> bool:
        tried[0] += 1
        if tried[0] == 1:
            crew.host.screen = meanwhile
        if not {row.strip() for row in shows} <= set(map(str.strip, crew.host.screen.split("\n"))):
            return False
        pressed.extend(names)
        crew.host.screen = "busy"
        return True

    monkeypatch.setattr(crew.host, "paste", paste)
    monkeypatch.setattr(crew.host, "keys", lambda *_: pytest.fail("pressed without looking"))
    monkeypatch.setattr(crew.host, "keys_while", keys_while, raising=False)
    assert sent(context).outcome == outcome
    assert pressed == ["Enter"] * (outcome == "submitted")


def test_enter_is_not_pressed_again_while_one_waits_to_be_read(
    crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one could answer what the first brings up."""
    monkeypatch.setattr(type(crew.echo), "rules", lambda _: COMPOSES)
    monkeypatch.setattr(proof, "ENTER_AGAIN_SECS", (0.1, 0.2, 0.3))
    monkeypatch.setattr(proof, "HELD_SECS", 1.0)
    crew.host.screen = composer("")
    context, pressed = running(crew), []

    def paste(pane: str, text: str) -> None:
        crew.host.screen = composer(text)

    def keys_while(pane: str, shows: Sequence[str], *names: str) -> bool:
        pressed.extend(names)
        return True

    monkeypatch.setattr(crew.host, "paste", paste)
    monkeypatch.setattr(crew.host, "keys_while", keys_while, raising=False)
    monkeypatch.setattr(crew.host, "unread", lambda _: len(pressed), raising=False)
    assert sent(context).outcome == "unsubmitted"
    assert pressed == ["Enter"]
