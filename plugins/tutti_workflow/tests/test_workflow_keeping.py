"""What is kept of runs: for how long, and without the secrets that went through them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recorded import Desk
from tutti_core import Context
from tutti_workflow.engine.again import resume
from tutti_workflow.engine.order import Again, Order
from tutti_workflow.engine.run import run_order
from tutti_workflow.keeping import Keeping, Retention, problems
from tutti_workflow.record.redacting import INSTEAD, Redactor
from tutti_workflow.record.store import run_ids
from tutti_workflow.runs.verbs import PruneRequest, prune

FLOWS = """
[[workflow]]
name = "well"
[[workflow.step]]
type = "workflow"
workflow = "part"

[[workflow]]
name = "part"
[[workflow.step]]
id = "left"
type = "jot"
leaves = "x"

[[workflow]]
name = "badly"
[[workflow.step]]
type = "jot"
fail = 9
"""
TOKEN = "ghp_" + "a1B2" * 9


def test_runs_go_by_themselves(desk: Desk) -> None:
    """As many stay as the file says, with their parts; what can be resumed stays, and is told."""
    context = desk.team(f"[state]\nretention = {{ runs = 2 }}\n{FLOWS}")
    failed = run_order(context, Order("badly")).run_id
    done = [run_order(context, Order("well")).run_id for _ in range(4)]
    tops = [one for one in run_ids(context) if one in (*done, failed)]
    assert tops == [done[3], done[2], failed]
    assert len(run_ids(context)) == 2 * 2 + 1
    for folder in ("run-ledger", "workflow-checkpoints"):
        assert len(list((context.places.state / folder).iterdir())) == 5
    told = prune(context, PruneRequest())
    assert (told.removed, told.resumable) == ((), (failed,))
    assert prune(context, PruneRequest(keep=2, older_than_secs=0.0, resumable=True)).removed == (
        failed,
    )
    assert resume_fails(context, failed) == f"run {failed!r} not found"


def test_gc_removes_them_too(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is an item of its own, and those that stay are none."""
    monkeypatch.setenv("TUTTI_TMUX_SOCKET", "tt-keeping")
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    context = desk.team(FLOWS)
    ids = [run_order(context, Order("well")).run_id for _ in range(2)]
    context = desk.team(f"[state]\nretention = {{ runs = 1 }}\n{FLOWS}")
    gc = context.plugins.verbs()["gc"]
    said = gc.run(context, gc.request(dry_run=True))
    parts = [one for one in run_ids(context) if one not in ids]
    assert {one.name for one in said.items if one.kind == "run"} == {ids[0], parts[1]}
    assert gc.run(context, gc.request()).ok
    assert run_ids(context) == sorted([ids[1], parts[0]], reverse=True)


def resume_fails(context: Context, run_id: str) -> str:
    """What is said of a run that cannot be gone on with."""
    with pytest.raises(Exception, match=run_id) as failed:
        resume(context, run_id, Again())
    return str(failed.value)


def test_what_steps_left_goes_before_the_run(desk: Desk) -> None:
    """Its record stays when its files go; those of a run that can be resumed do not."""
    context = desk.team(f"[state]\nretention = {{ output_days = 0 }}\n{FLOWS}")
    run = run_order(context, Order("well"))
    left = list((context.places.state / "workflow-outputs").rglob("*.json"))
    assert (left, len(run_ids(context))) == ([], 2)
    assert run.status == "succeeded"
    context = desk.team(FLOWS)
    run_order(context, Order("well"))
    assert len(list((context.places.state / "workflow-outputs").rglob("*.json"))) == 1


def test_a_dry_run_removes_nothing(desk: Desk) -> None:
    """It says the same, and all is still there."""
    context = desk.team(FLOWS)
    run_order(context, Order("well"))
    wish = PruneRequest(older_than_secs=0.0, keep=0)
    said = prune(context, PruneRequest(older_than_secs=0.0, keep=0, dry_run=True))
    assert set(said.removed) == set(run_ids(context))
    assert set(prune(context, wish).removed) == set(said.removed)
    assert run_ids(context) == []


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        (Keeping(Retention(runs=-1)), "retention.runs"),
        (Keeping(redact=("(",)), "redact[0]"),
        (Keeping(redact=("x*",)), "redact[0]"),
    ],
)
def test_what_makes_no_sense_is_told(settings: Keeping, at: str) -> None:
    """A negative limit, and what is no expression or fits everywhere."""
    assert [path for path, _ in problems(settings)] == [at]
    assert list(problems(Keeping(Retention(1, 2.0, 3.0), ("abc",)))) == []


def test_secrets_are_on_no_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A token that a command prints is in no file but the one with all that it printed."""
    monkeypatch.setenv("SHOP_API_KEY", "hush-hush-hush")
    command = f"echo {TOKEN}; echo $SHOP_API_KEY >&2; echo ticket-4711; exit 3"
    context = desk.team(
        f"""
        [state]
        redact = ['ticket-[0-9]+']
        [[workflow]]
        name = "leaks"
        [[workflow.step]]
        type = "command"
        run = "{command}"
        fail_mode = "closed"
        """
    )
    heard: list[str] = []
    run = run_order(context, Order("leaks"))
    assert run.status == "failed"
    step = run.steps["1"]
    assert step.result["stdout"] == f"{INSTEAD}\n{INSTEAD}\n"
    assert step.result["stderr"] == f"{INSTEAD}\n"
    assert INSTEAD in str(step.failure)
    for path in context.places.state.rglob("*"):
        printed = path.name in ("stdout", "stderr")
        if path.is_file() and not printed:
            heard.append(path.name)
            text = path.read_text(errors="replace")
            assert not any(one in text for one in (TOKEN, "hush-hush", "ticket-4711")), path
    assert {"journal.jsonl", "policy-decisions.jsonl", "events.jsonl"} <= set(heard)
    assert all(one.stat().st_mode & 0o077 == 0 for one in context.places.state.rglob("std*"))


def test_what_a_resumed_run_needs_is_kept_whole(desk: Desk) -> None:
    """What a step leaves for others is theirs, and stays as it is."""
    step = f'id = "left"\ntype = "jot"\nleaves = "{TOKEN}"'
    then = 'type = "jot"\ntext = "{{output.left.value}}"'
    context = desk.flow(step, then)
    assert run_order(context, Order("a")).status == "succeeded"
    assert desk.effects[1].endswith(TOKEN)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-" + "x" * 20,
        TOKEN,
        "AKIA" + "ABCDEFGH12345678",
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMe",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_secret_is_left_out(secret: str) -> None:
    """Alone, in a sentence, and deep in a value; words around it stay."""
    found = Redactor().clean({"a": [f"key={secret} and more"], "n": 1})
    assert found == {"a": [f"key={INSTEAD} and more"], "n": 1}


def test_an_address_keeps_its_host() -> None:
    """Only who logs in, and with what, is left out."""
    clean: Callable[[str], str] = Redactor().clean
    assert clean("https://me:word@host/x") == f"https://{INSTEAD}@host/x"
    assert clean("https://host:8080/x@y") == "https://host:8080/x@y"
    assert clean("Authorization: Bearer abcdefghijklmnopqr") == f"Authorization: Bearer {INSTEAD}"
    assert json.dumps(clean("plain words, keys and tokens")) == '"plain words, keys and tokens"'
