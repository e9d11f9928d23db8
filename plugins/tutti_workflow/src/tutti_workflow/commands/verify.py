"""`tt verify`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from tutti_core import (
    Context,
    UsageError,
    json_option,
    paint,
    root_of,
    show_json,
    table,
    workspace_option,
)

from ..verifying import VerifyRequest, verify
from .options import running_options, vars_of
from .performing import is_shown_live, perform, refuse
from .words import COLOURS, show_result

WORDS = {"passed": "PASS", "passed_with_warnings": "WARN", "interrupted": "INTERRUPTED"}


@click.command("verify")
@workspace_option
@click.option("--workflow", metavar="NAME", help="Another workflow than 'verify'.")
@click.option("--last", is_flag=True, help="Show how the last one ended instead.")
@click.option("--lenient", is_flag=True, help="Exit with 0 though steps failed.")
@running_options
@json_option
def command(workspace: str | None, as_json: bool, **given: Any) -> int:
    """Run the workflow that proves the work, and keep how that ended.

    It fails if a step fails that ends the run; what only warns is told, and with --strict nothing
    only warns.
    """
    if given["last"] and (given["workflow"] or given["agent"] or given["strict"]):
        raise UsageError("--last shows what was run", hint="leave out the rest")
    context = Context.open(root_of(workspace))
    request = VerifyRequest(
        given["workflow"] or "verify",
        given["agent"],
        given["strict"],
        vars_of(given["vars_"]),
        given["last"],
        given["without"],
    )
    if given["last"]:
        return _last(verify(context, request).summary, as_json)
    done, heard = perform(lambda seat: verify(context, request, seat), quiet=as_json)
    assert done.result is not None
    show_json(done.result) if as_json else show_result(done.result, tails=is_shown_live())
    if given["lenient"] and not heard:
        return 0
    return refuse(done.result, heard)


def _last(summary: Mapping[str, Any] | None, as_json: bool) -> int:
    if as_json:
        show_json({"found": summary is not None, "summary": summary})
        return 0
    if summary is None:
        click.echo("Nothing was verified yet (.tutti/state/verify-last.json).\n→ tt verify")
        return 0
    status = str(summary.get("status") or ("passed" if summary.get("success") else "failed"))
    result = paint(WORDS.get(status, "FAIL"), COLOURS.get(status, "red"))
    rows = [
        ["Workflow", str(summary.get("workflow_name"))],
        ["Timestamp", str(summary.get("timestamp"))],
        ["Strict", str(bool(summary.get("strict"))).lower()],
        ["Agent Scope", str(summary.get("agent_scope") or "--")],
        ["Failed Steps", ", ".join(map(str, summary.get("failed_steps") or ())) or "--"],
        ["Run", str(summary.get("run_id") or "--")],
    ]
    rows += [["Warning", one] for one in summary.get("warnings") or ()]
    failure = summary.get("failure") or {}
    if failure:
        rows.append(["Failure", str(failure.get("message"))])
    click.echo(f"Result: {result}")
    click.echo(table(["Field", "Value"], rows))
    return 0
