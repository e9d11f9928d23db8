"""What the prompts to any agent CLI must stand, judged by what its model server was asked."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .stage import wait_for

if TYPE_CHECKING:
    from .model import ModelServer
    from .stage import Stage

LONG = "\n".join(f"Line {number} of a prompt of thirty kilobytes." for number in range(700))
LINES = "one\n\n  two\nthree"
THOUGHT = "half a thought"


def asked(model: ModelServer) -> list[str]:
    """Return the prompts that a model server was asked to answer, in order.

    Args:
        model: The server.
    """
    return [one.prompt.strip() for one in model.requests if one.prompt and not one.aux]


def through(stage: Stage, agent: str, text: str, *more: str) -> dict[str, Any]:
    """Send a prompt, wait until an agent is through with it, and return the receipt.

    Args:
        stage: The workspace.
        agent: The agent.
        text: The prompt.
        more: Further options of ``tt send``.

    Raises:
        AssertionError: It was not submitted, or nothing was answered.
    """
    words = ("send", agent, "--wait", "--output", "--json", *more)
    done: dict[str, Any] = stage.tt(*words, stdin=text).well().json()
    assert (done["outcome"], done["turn"]) == ("submitted", "done"), done
    assert done["captured_output"], done
    return done


def prompts_of_every_kind(
    stage: Stage, model: ModelServer, agent: str, commands: Sequence[str]
) -> None:
    """Hold an agent to what every prompt must stand: each arrives once, whole, as words.

    Long ones, of many lines, what the CLI would run by itself, while it is busy, in place of what
    it does, over a draft of somebody's, while somebody scrolls, from two at once.

    Args:
        stage: The workspace, with the agent up.
        model: The server behind it, which follows directives.
        agent: The agent.
        commands: What the CLI would run by itself; one makes a file ``armed``.

    Raises:
        AssertionError: One of them did not.
    """
    for text in (LONG, LINES, *commands):
        prompt = f"{text} [[say ok]]"
        through(stage, agent, prompt)
        assert sum(prompt in one for one in asked(model)) == 1, asked(model)
    assert not (stage.tree(agent) / "armed").exists()
    _while_it_is_busy(stage, model, agent)
    _in_place_of_what_it_does(stage, model, agent)
    _over_a_draft(stage, agent)
    _while_somebody_scrolls(stage, model, agent)
    _from_two_at_once(stage, model, agent)


def _while_it_is_busy(stage: Stage, model: ModelServer, agent: str) -> None:
    slow, then = "Take your time. [[slow 20 0.2]]", "Then this. [[say ok]]"
    stage.tt("send", agent, slow).well()
    through(stage, agent, then)
    assert asked(model)[-2:] == [slow, then], asked(model)


def _in_place_of_what_it_does(stage: Stage, model: ModelServer, agent: str) -> None:
    story, stop = "A long story, please. [[slow 300 0.2]]", "Stop. [[say Stopped.]]"
    stage.tt("send", agent, story).well()
    stage.until(agent, "working")
    assert wait_for(lambda: asked(model)[-1] == story), asked(model)
    through(stage, agent, stop, "--interrupt")
    assert asked(model)[-2:] == [story, stop], asked(model)


def _over_a_draft(stage: Stage, agent: str) -> None:
    def there() -> bool:
        return THOUGHT in stage.tt("peek", agent).stdout

    stage.press(agent, "-l", THOUGHT)
    assert wait_for(there)
    refused = stage.tt("send", agent, "No.", "--json").badly().json()
    assert refused["evidence"] == "somebody's draft stands in the composer", refused
    assert there()
    stage.press(agent, "C-u")
    assert wait_for(lambda: not there())


def _while_somebody_scrolls(stage: Stage, model: ModelServer, agent: str) -> None:
    text = "Back to the present. [[say ok]]"
    stage.scroll(agent)
    stage.until(agent, "idle")
    through(stage, agent, text)
    assert asked(model)[-1] == text, asked(model)


def _from_two_at_once(stage: Stage, model: ModelServer, agent: str) -> None:
    texts = [f"From sender {number}.\nAll of it. [[say ok]]" for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda text: through(stage, agent, text), texts))
    assert [asked(model).count(text) for text in texts] == [1, 1], asked(model)
