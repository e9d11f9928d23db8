"""Agents go on with what they were told before, after whatever ended them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tutti_testing import Stage, wait_for

TEAM = """
[workspace]
name = "talk"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
[[agent]]
name = "api"
prompt = "You own the API."
[[agent]]
name = "web"
"""


def results(workspace: Stage, *words: str) -> dict[str, dict[str, Any]]:
    """Return what `tt up` says of each agent."""
    done = workspace.tt("up", *words, "--json").well().json()
    return {one["agent"]: one for one in done["results"]}


def tell(workspace: Stage, agent: str, text: str) -> None:
    """Send a prompt, and wait until it is answered."""
    workspace.tt("send", agent, text).well()
    workspace.until(agent, "idle")


def transcripts(workspace: Stage, conversation: str) -> list[Path]:
    """Return the files of a conversation."""
    return list(workspace.home.glob(f"**/{conversation}.jsonl"))


def said(workspace: Stage, conversation: str) -> list[str]:
    """Return the prompts of a conversation."""
    [file] = transcripts(workspace, conversation)
    lines = map(json.loads, file.read_text().splitlines())
    told = [one["message"]["content"] for one in lines if one["type"] == "user"]
    return [text for text in told if isinstance(text, str)]


def test_down_and_up_go_on_where_they_were(workspace: Stage) -> None:
    """After `tt down` each agent has its own conversation, and its first prompt is not repeated."""
    workspace.team(TEAM)
    first = results(workspace)
    assert not first["api"]["resumed"]
    workspace.until("api", "idle")
    tell(workspace, "web", "remember the word 'heron'")
    workspace.tt("down").well()

    again = results(workspace)
    for name in ("api", "web"):
        assert again[name]["resumed"], again
        assert again[name]["conversation"] == first[name]["conversation"]
        workspace.until(name, "idle")
    assert "heron" in workspace.tt("peek", "web").well().stdout
    assert said(workspace, first["api"]["conversation"]).count("You own the API.") == 1


def test_a_dead_server_costs_no_conversation(workspace: Stage) -> None:
    """When tmux is killed like at a reboot, `up --restore` brings back exactly those who ran."""
    workspace.team(TEAM)
    first = results(workspace, "web")
    tell(workspace, "web", "remember the word 'heron'")
    workspace.reboot()

    again = results(workspace, "--restore")
    assert list(again) == ["web"]
    assert again["web"]["conversation"] == first["web"]["conversation"]
    workspace.until("web", "idle")
    assert "heron" in workspace.tt("peek", "web").well().stdout


def test_the_team_that_was_ended_comes_back_as_it_was(workspace: Stage) -> None:
    """`up --restore` after `down` starts those who ran, with the mode each had."""
    workspace.team(TEAM)
    results(workspace, "web", "--mode", "unattended", "--policy", "bypass")
    workspace.tt("down").well()
    again = results(workspace, "--restore")
    assert [(name, one["enforcement"]) for name, one in again.items()] == [("web", "bypass")]
    assert "names" in workspace.tt("up", "--restore", "web").badly(2).stderr


def test_nothing_to_restore_is_said(workspace: Stage) -> None:
    """Where nobody ever ran there is no team to bring back."""
    workspace.team(TEAM)
    assert "no team is known" in workspace.tt("up", "--restore").badly().stderr


def test_a_new_conversation_when_asked_for(workspace: Stage) -> None:
    """`--new` begins again, first prompt included; the last conversation is remembered."""
    workspace.team(TEAM)
    first = results(workspace)["api"]["conversation"]
    workspace.until("api", "idle")
    workspace.tt("down").well()
    again = results(workspace, "api", "--new")["api"]
    assert (again["resumed"], again["conversation"] == first) == (False, False)
    workspace.until("api", "idle")
    assert said(workspace, again["conversation"]) == ["You own the API."]
    known = json.loads(
        (workspace.root / ".tutti" / "state" / "conversations" / "api.json").read_text()
    )
    assert [one["conversation"] for one in known] == [first]


def test_who_said_nothing_begins_anew_and_says_so(workspace: Stage) -> None:
    """A conversation in which nothing was said cannot be taken up, and nobody fails over it."""
    workspace.team(TEAM)
    results(workspace, "web")
    workspace.tt("down").well()
    again = results(workspace, "web")["web"]
    assert (again["ok"], again["resumed"]) == (True, False)
    assert "begins a new conversation" in " ".join(again["warnings"])


def test_a_conversation_the_cli_will_not_take_up_is_no_dead_end(workspace: Stage) -> None:
    """Where the CLI refuses its own conversation, the agent begins a new one and says why."""
    workspace.team(TEAM)
    first = results(workspace, "api")["api"]["conversation"]
    workspace.until("api", "idle")
    workspace.tt("down").well()
    [kept] = transcripts(workspace, first)
    kept.unlink()
    kept.mkdir()
    again = results(workspace, "api")["api"]
    assert (again["ok"], again["resumed"]) == (True, False), again
    assert "could not be taken up" in " ".join(again["warnings"]), again


def test_a_tree_made_anew_has_a_new_conversation(workspace: Stage) -> None:
    """What `down --clean` took away is not talked about as if it were still there."""
    workspace.team(TEAM)
    first = results(workspace, "api")["api"]["conversation"]
    workspace.until("api", "idle")
    workspace.tt("down", "--clean").well()
    again = results(workspace, "api")["api"]
    assert not again["resumed"]
    assert again["conversation"] != first


@pytest.mark.timeout(180)
def test_an_old_error_is_not_the_present_state(workspace: Stage) -> None:
    """What failed before a restart is over; what fails in the first turn after it is read."""
    workspace.team(TEAM)
    results(workspace, "web")
    workspace.until("web", "idle")
    workspace.tt("send", "web", "[[http 529]]").well()
    workspace.until("web", "provider_down")

    def again() -> None:
        workspace.tt("down").well()
        done = results(workspace, "web")["web"]
        assert (done["ok"], done["resumed"], done["state"]) == (True, True, "idle"), done
        assert "API Error: 529" in workspace.tt("peek", "web").well().stdout

    again()
    workspace.tt(
        "send", "web", "--wait", "--timeout-secs", "15", "--no-queue", "say something"
    ).well()
    assert workspace.status()["web"]["state"] == "idle"
    workspace.tt("send", "web", "[[http 429]]").well()
    workspace.until("web", "rate_limited")
    # A person types the next one: whoever watches sees the turn begin.
    workspace.env["TUTTI_WATCHER"] = "on"
    again()
    assert wait_for(lambda: workspace.status()["web"]["source"] == "watcher")
    session = workspace.status()["web"]["session"]
    pane = ("tmux", "-L", workspace.env["TUTTI_TMUX_SOCKET"], "send-keys", "-t", f"={session}:")
    workspace.run(*pane, "-l", "[[think 4]] [[http 529]]").well()

    def begins() -> bool:
        # An Enter that comes right behind the text is a part of it to the agent.
        workspace.run(*pane, "Enter").well()
        return bool(workspace.status()["web"]["state"] == "working")

    assert wait_for(begins)
    workspace.until("web", "provider_down")
    workspace.tt("down").well()
