"""The conversations agents have had are listed, taken up again and forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing import Stage

TEAM = """
[workspace]
name = "talk"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[[agent]]
name = "api"
[[agent]]
name = "web"
"""


def tell(workspace: Stage, text: str) -> None:
    """Tell the agent something, and wait until it has answered."""
    workspace.tt("send", "api", text).well()
    workspace.until("api", "idle")


def listed(workspace: Stage, *words: str) -> list[dict[str, Any]]:
    """Return what `tt sessions` lists."""
    found: list[dict[str, Any]] = (
        workspace.tt("sessions", "list", *words, "--json").well().json()["sessions"]
    )
    return found


@pytest.fixture
def two(workspace: Stage) -> tuple[Stage, str, str]:
    """Give a workspace whose agent runs and has had two conversations, and their ids."""
    workspace.team(TEAM)
    ids = []
    for number, words in enumerate(("the first word is heron", "the second word is owl")):
        done = workspace.tt("up", "api", "--json", *(["--new"] if number else [])).well().json()
        ids.append(done["results"][0]["conversation"])
        workspace.until("api", "idle")
        tell(workspace, words)
        if not number:
            workspace.tt("down").well()
    return workspace, ids[0], ids[1]


def test_an_earlier_conversation_is_taken_up_again(two: tuple[Stage, str, str]) -> None:
    """The beginning of its id is enough; the one left for it is not lost."""
    workspace, first, second = two
    rows = listed(workspace)
    states = [(one["conversation"], one["state"]) for one in rows]
    assert states == [(second, "running"), (first, "earlier")]
    assert first[:8] in workspace.tt("sessions").well().stdout

    told = workspace.tt("sessions", "resume", "api", first[:8]).badly().stdout
    assert "tt down api first" in told
    assert "already" in workspace.tt("sessions", "resume", "api", second).well().stdout

    workspace.tt("down").well()
    assert "goes on" in workspace.tt("sessions", "resume", "api", first[:8]).well().stdout
    workspace.until("api", "idle")
    assert "heron" in workspace.tt("peek", "api").well().stdout
    states = [(one["conversation"], one["state"]) for one in listed(workspace, "api")]
    assert states == [(first, "running"), (second, "earlier")]


def test_a_conversation_is_forgotten(two: tuple[Stage, str, str]) -> None:
    """It is off the list and not taken up any more; its transcript stays."""
    workspace, first, second = two
    told = workspace.tt("sessions", "forget", "api", second).badly()
    assert "is in that conversation now" in told.stderr
    workspace.tt("sessions", "forget", "api", first).well()
    assert [one["conversation"] for one in listed(workspace)] == [second]
    assert list(workspace.home.glob(f"**/{first}.jsonl"))

    workspace.tt("down").well()
    workspace.tt("sessions", "forget", "api", second).well()
    assert "No conversation is known" in workspace.tt("sessions").well().stdout
    done = workspace.tt("up", "api", "--json").well().json()["results"][0]
    assert (done["resumed"], done["warnings"]) == (False, [])


def test_what_is_not_there_is_said(two: tuple[Stage, str, str]) -> None:
    """Unknown agents, unknown and ambiguous ids, and transcripts that are gone are named."""
    workspace, first, _ = two
    assert "no agent 'nobody'" in workspace.tt("sessions", "list", "nobody").badly().stderr
    assert "no conversation beginning with 'x'" in (
        workspace.tt("sessions", "resume", "api", "x").badly().stderr
    )
    assert "2 conversations beginning with ''" in (
        workspace.tt("sessions", "forget", "api", "").badly().stderr
    )
    workspace.tt("down").well()
    [transcript] = workspace.home.glob(f"**/{first}.jsonl")
    transcript.unlink()
    assert "cannot be taken up" in workspace.tt("sessions", "resume", "api", first).badly().stdout
    assert workspace.status()["api"]["state"] == "stopped"
