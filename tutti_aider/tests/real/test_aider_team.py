"""Real Aider agents work side by side, and their states are read right."""

from __future__ import annotations

from typing import Any

import pytest

from tutti_testing import wait_for
from tutti_testing.model import Delay, ModelServer
from tutti_testing.stage import carrying

AGENTS = ("one", "two")
FAILURES = {"429": "rate_limited", "503": "provider_down", "529": "provider_down"}

pytestmark = pytest.mark.real


def committed(stage: Any, agent: str) -> list[str]:
    """Return the subjects of an agent's own commits."""
    log = stage.run("git", "log", "--format=%s", f"main..tutti/{agent}").well()
    return log.stdout.splitlines()


def test_a_day_of_two_agents(stage: Any, model: ModelServer) -> None:
    """Every state is read right on the way from up to down, and the work is on two branches."""
    stage.aiders("safe", *AGENTS)
    stage.tt("up", "--no-wait").well()
    assert {row["state"] for row in stage.status().values()} == {"starting"}
    early = "Early bird. [[say Good morning.]]"
    receipt = stage.tt("send", "one", early, "--json").well().json()
    assert receipt["outcome"] == "submitted", receipt
    for agent in AGENTS:
        stage.until(agent, "idle")
    assert _asked(model) == [early]

    for agent in AGENTS:
        text = f"A longer answer, please.\nIn more than one line. [[slow 40]]\nThis is {agent}."
        receipt = stage.tt("send", agent, "--json", stdin=text).well().json()
        assert receipt["outcome"] == "submitted", receipt
        stage.until(agent, "working")
        busy = stage.tt("send", agent, "One more thing", "--no-queue").badly()
        assert "it is working" in busy.stdout
    for agent in AGENTS:
        stage.until(agent, "idle")

    for agent in AGENTS:
        work = f"Write it down:\n[[write notes-{agent}.txt hello]]\n[[commit Notes of {agent}]]"
        stage.tt("send", agent, stdin=work).well()
    for agent in AGENTS:
        row = stage.until(agent, "waiting")
        assert (row["kind"], row["detail"]) == ("permission", "Create new file?")
        refused = stage.tt("send", agent, "y").badly()
        assert "waits for an answer" in refused.stdout
    for agent in AGENTS:
        stage.choose(agent, "y", "Enter")
        assert wait_for(lambda agent=agent: committed(stage, agent) == [f"Notes of {agent}"])
        stage.until(agent, "idle")
        assert (stage.tree(agent) / f"notes-{agent}.txt").read_text() == "hello\n"

    stage.tt("send", "one", "--raw", "/exit")
    stage.until("one", "exited")
    refused = stage.tt("send", "one", "hello?").badly()
    assert "process has ended" in refused.stdout
    stage.tt("down").well()
    assert carrying(stage.root) == []
    assert {row["state"] for row in stage.status().values()} == {"stopped"}


def test_it_leaves_no_dirt(stage: Any) -> None:
    """What Aider keeps for itself is no work of the agent's, nor a change to the user's files."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "[[say Understood.]]").well()
    stage.until("one", "idle")
    assert stage.run("git", "status", "--porcelain", cwd=stage.tree("one")).stdout == ""
    assert stage.run("git", "status", "--porcelain").stdout == "?? tutti.toml\n"
    assert "Your Name" not in (stage.root / ".git" / "config").read_text()
    (kept,) = (stage.root / ".tutti" / "state" / "runtime-settings" / "one").glob("*.history.*.md")
    assert "Understood." in kept.read_text()


def test_the_first_prompt_is_the_prompt(stage: Any, model: ModelServer) -> None:
    """A prompt of the arrangement is pasted once it is ready, and reaches the model whole."""
    (stage.root / "house.md").write_text("Mind the gap.\n")
    prompt = "--message this\n  'quotes' and $(this)\n\n[[say Understood.]]"
    stage.aiders("safe", "one", more=f'memory = "house.md"\nprompt = """\n{prompt}"""\n')
    stage.tt("up").well()
    assert wait_for(lambda: prompt in _asked(model)), _asked(model)
    stage.until("one", "idle")
    assert "Mind the gap." in repr([dict(one.body) for one in model.requests])


def test_what_it_would_run_itself_is_only_words(stage: Any, model: ModelServer) -> None:
    """Prompts that look like its own commands reach the model."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    for prompt in ("!touch not-run; : [[slow 10 0.3]]", "/exit [[slow 10 0.3]]", "{end"):
        model.mode = Delay(2.0) if prompt == "{end" else None
        stage.tt("send", "one", prompt).well()
        assert wait_for(lambda prompt=prompt: prompt in _asked(model)), _asked(model)
        stage.until("one", "idle")
    assert not (stage.tree("one") / "not-run").exists()


def test_a_constrained_agent_asks_nobody_and_runs_nothing(stage: Any) -> None:
    """It writes and commits in its worktree; the user is told what does not hold it."""
    stage.settings('[permissions]\nallow = ["git add", "git commit"]\n')
    stage.aiders("auto", "one")
    assert "cannot be held" in repr(stage.tt("up").well())
    stage.until("one", "idle")
    work = "[[delay 1]] [[write a.txt one]] [[bash touch not-run]] [[commit Allowed]]"
    stage.tt("send", "one", work).well()
    assert wait_for(lambda: committed(stage, "one") == ["Allowed"])
    stage.until("one", "idle")
    assert not (stage.tree("one") / "not-run").exists()


def test_a_free_agent_does_what_it_is_asked(stage: Any) -> None:
    """With bypass it writes and commits, and nothing waits for an answer."""
    stage.aiders("safe", "one")
    stage.tt("up", "--mode", "unattended", "--policy", "bypass").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "[[delay 1]] [[write a.txt one]] [[commit Free]]").well()
    assert wait_for(lambda: committed(stage, "one") == ["Free"])
    stage.until("one", "idle")


def test_a_rejected_key_waits_for_a_person(stage: Any) -> None:
    """The page that Aider offers is a question: no prompt is taken for its answer."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "[[delay 1]] [[http 401]]").well()
    row = stage.until("one", "auth_failed")
    assert "AuthenticationError" in row["detail"]
    assert wait_for(lambda: stage.status()["one"]["kind"] == "question")
    refused = stage.tt("send", "one", "yes").badly()
    assert "waits for an answer" in refused.stdout
    stage.press("one", "d", "Enter")
    assert wait_for(lambda: stage.status()["one"]["kind"] == "")
    assert stage.until("one", "auth_failed")
    stage.tt("send", "one", "[[say Better now.]]").well()
    stage.until("one", "idle")


def test_failures_are_told_apart(stage: Any, model: ModelServer) -> None:
    """A limit, a provider that is down or not there, and a crash; after each of them it goes on."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    for code, state in FAILURES.items():
        failing = " ".join([f"[[http {code}]]"] * 5)
        stage.tt("send", "one", f"{failing} [[say It works again.]]").well()
        assert stage.until("one", state)["detail"]
        stage.until("one", "idle")
    stage.run("kill", "-9", str(stage.record("one")["pid"])).well()
    stage.until("one", "exited")
    [done] = stage.tt("up", "--json").well().json()["results"]
    assert (done["resumed"], done["state"]) == (True, "idle"), done
    asked = _answered(stage, model, "Where were we? [[say Here.]]")
    assert any("It works again." in one.text for one in asked.messages), asked
    stage.until("one", "idle")
    model.close()
    stage.tt("send", "one", "Is anybody there?").well()
    assert stage.until("one", "provider_down")["detail"]


def test_a_reboot_costs_no_conversation(stage: Any, model: ModelServer) -> None:
    """After a reboot, and another, it still knows what it was told before; a new one does not."""
    stage.aiders("safe", "one")
    stage.tt("up").well()
    stage.until("one", "idle")
    stage.tt("send", "one", "I saw a heron. [[slow 10 0.3]]").well()
    for again in ("first", "second"):
        stage.until("one", "idle")
        stage.reboot()
        done = stage.tt("up", "--restore", "--json").well().json()
        assert [one["resumed"] for one in done["results"]] == [True], done
        stage.until("one", "idle")
        asked = _answered(stage, model, f"{again} question: which bird? [[slow 10 0.3]]")
        assert any("I saw a heron" in one.text for one in asked.messages), asked
    stage.until("one", "idle")
    stage.tt("down").well()
    assert stage.tt("up", "--new", "--json").well().json()["results"][0]["resumed"] is False
    stage.until("one", "idle")
    asked = _answered(stage, model, "Any bird? [[slow 10 0.3]]")
    assert "heron" not in repr(asked.messages)


def test_a_team_is_not_hung_by_a_first_start(stage: Any) -> None:
    """Without a model and a key it asks for a login, and that is said instead of waited for."""
    for name in ("AIDER_MODEL", "OPENAI_API_KEY"):
        del stage.env[name]
    stage.aiders("safe", "one")
    done = stage.tt("up", "--json", timeout=90).badly().json()
    (one,) = done["results"]
    assert (one["state"], one["ok"]) == ("auth_failed", False)


def _answered(stage: Any, model: ModelServer, text: str) -> Any:
    """Send a prompt, and return the one request that it makes."""
    stage.tt("send", "one", text).well()
    assert wait_for(lambda: text in _asked(model)), _asked(model)
    [found] = [one for one in model.requests if one.prompt == text and not one.aux]
    return found


def _asked(model: ModelServer) -> list[str]:
    return [one.prompt for one in model.requests if one.prompt and not one.aux]
