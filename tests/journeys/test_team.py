"""Teams: names that begin alike, dependencies, two people at once, trouble of one agent."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tutti_testing import Stage, wait_for
from tutti_testing.stage import carrying

HEAD = '[workspace]\nname = "team"\n[defaults]\nruntime = "demo"\n'
BYPASS = '[launch]\nmode = "unattended"\npolicy = "bypass"\n'


def team(*agents: str, head: str = HEAD + BYPASS) -> str:
    """Return a team of agents by name, each with further lines after a colon."""
    tables = []
    for agent in agents:
        name, _, rest = agent.partition(":")
        tables.append(f'[[agent]]\nname = "{name}"\n{rest}\n')
    return head + "\n".join(tables)


def test_no_command_on_one_ever_reaches_the_other(workspace: Stage) -> None:
    """`api` and `api-tests` are two, whichever of them runs."""
    workspace.team(team("api", "api-tests"))
    workspace.tt("up", "api-tests").well()
    assert workspace.status()["api"]["state"] == "stopped"
    assert workspace.tt("down", "api").well().stdout == "No running agents to stop.\n"
    refused = workspace.tt("send", "api", "hello").badly()
    assert "not running" in refused.stdout
    assert "not running" in workspace.tt("peek", "api").badly().stderr
    assert carrying(workspace.root, ["api-tests"])

    workspace.tt("up", "api").well()
    workspace.tt("send", "api", "[[write mine.txt x]]").well()
    workspace.until("api", "idle")
    assert (workspace.tree("api") / "mine.txt").exists()
    assert not (workspace.tree("api-tests") / "mine.txt").exists()
    workspace.tt("down", "api").well()
    assert not carrying(workspace.root, ["api"])
    assert carrying(workspace.root, ["api-tests"])


def test_dependencies_wait_until_the_others_are_ready(workspace: Stage) -> None:
    """An agent starts after what it depends on can be talked to, not merely after its start."""
    slow = 'env = { TUTTI_DEMO_HOME = "/nonexistent/on-purpose" }'
    workspace.team(team("late:depends_on = ['early']", "early", f"broken:{slow}"))
    done = workspace.tt("up", "early", "late", "--json").well().json()
    assert [one["agent"] for one in done["results"]] == ["early", "late"]
    started = [event["agent"] for event in workspace.events() if event["event"] == "agent.started"]
    assert started == ["early", "late"]


def test_one_agents_failure_hides_nobody(workspace: Stage) -> None:
    """A failing agent is told with its reason; its dependents wait, and the others run."""
    workspace.team(
        team("bad:branch = 'not..a..branch'", "after:depends_on = ['bad']", "good").replace(
            "branch = 'not..a..branch'", "memory = 'missing.md'"
        )
    )
    done = workspace.tt("up", "--json").badly().json()
    outcomes = {one["agent"]: one for one in done["results"]}
    assert outcomes["bad"]["outcome"] == "failed"
    assert "missing.md" in outcomes["bad"]["detail"]
    assert outcomes["after"]["outcome"] == "blocked"
    assert outcomes["good"]["ok"]
    assert workspace.status()["good"]["running"]


def test_two_people_start_the_team_at_once(workspace: Stage) -> None:
    """Every agent runs once, and both are told the truth."""
    workspace.team(team("one", "two", "three", "four"))
    argv = [sys.executable, "-m", "tutti_core", "up", "--json"]
    both = [
        subprocess.Popen(
            argv,
            cwd=workspace.root,
            env=workspace.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], answers
    started = [event["agent"] for event in workspace.events() if event["event"] == "agent.started"]
    assert sorted(started) == ["four", "one", "three", "two"]
    assert all(row["running"] for row in workspace.status().values())


def test_down_leaves_no_process_behind(workspace: Stage) -> None:
    """Children, grandchildren and a daemon that left the terminal end with the agent."""
    workspace.team(team("parent"))
    workspace.tt("up").well()
    workspace.tt("send", "parent", "[[spawn 2]]").well()
    assert wait_for(lambda: len(carrying(workspace.root)) >= 3)
    workspace.tt("down", "--grace", "1").well()
    assert carrying(workspace.root) == []
    (stopped,) = [one for one in workspace.events() if one["event"] == "agent.stopped"]
    assert stopped["data"]["reason"] == "manual"


def test_an_agent_that_ended_is_known_and_started_again(workspace: Stage) -> None:
    """A dead agent is exited with its status, gets no prompt, and up brings it back."""
    workspace.team(team("mortal"))
    workspace.tt("up").well()
    workspace.tt("send", "mortal", "[[exit 7]]")
    row = workspace.until("mortal", "exited")
    assert row["detail"] == "exit status 7"
    assert not row["running"]
    refused = workspace.tt("send", "mortal", "rm -rf /").badly()
    assert "its process has ended" in refused.stdout
    done = workspace.tt("up", "--json").well().json()
    assert done["results"][0]["outcome"] == "launched"


def test_an_agent_no_longer_in_the_file_is_shown_and_ended(workspace: Stage) -> None:
    """Removing an agent from the file does not hide its session."""
    workspace.team(team("kept", "dropped"))
    workspace.tt("up").well()
    workspace.team(team("kept"))
    assert workspace.status()["dropped"]["running"]
    workspace.tt("down").well()
    assert carrying(workspace.root) == []


def test_a_dialog_gets_no_prompt(workspace: Stage) -> None:
    """A prompt to an agent that asks for permission is refused, and answers nothing."""
    workspace.team(team("asker", head=HEAD + '[launch]\nmode = "safe"\n'))
    workspace.tt("up").well()
    workspace.tt("send", "asker", "[[bash touch allowed]]").well()
    row = workspace.until("asker", "waiting")
    assert (row["kind"], row["status"]) == ("permission", "Working")
    refused = workspace.tt("send", "asker", "1", "--json").badly().json()
    assert refused["outcome"] == "refused"
    assert workspace.status()["asker"]["state"] == "waiting"
    assert not (workspace.tree("asker") / "allowed").exists()


def test_enter_is_pressed_again_only_for_our_own_text(workspace: Stage) -> None:
    """An Enter swallowed in the first second is noticed, and the prompt arrives once."""
    workspace.team(team("sleepy"))
    workspace.tt("up").well()
    for number in range(3):
        receipt = workspace.tt("send", "sleepy", f"prompt {number}", "--json").well().json()
        assert receipt["outcome"] == "submitted", receipt
        workspace.until("sleepy", "idle")
    notes = (workspace.tree("sleepy") / "notes" / "sleepy.md").read_text()
    assert [notes.count(f"prompt {number}") for number in range(3)] == [1, 1, 1]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_fifty_agents_up_and_down(workspace: Stage) -> None:
    """Fifty agents run side by side, and none is left afterwards."""
    workspace.team(team(*[f"voice-{number}" for number in range(50)]))
    done = workspace.tt("up", "--json", timeout=400).well().json()
    assert sum(one["ok"] for one in done["results"]) == 50
    assert sum(row["running"] for row in workspace.status().values()) == 50
    workspace.tt("down", timeout=400).well()
    assert carrying(workspace.root) == []
