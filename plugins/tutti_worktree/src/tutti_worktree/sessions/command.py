"""`tt sessions`."""

from __future__ import annotations

import click

from tutti_core import (
    Context,
    agent_argument,
    json_option,
    open_running,
    root_of,
    show_json,
    table,
    target_of,
    workspace_option,
)

from .verbs import (
    SHOWN,
    ForgetRequest,
    SessionsRequest,
    SessionsResponse,
    chosen,
    forget_session,
    sessions,
)

COLOURS = {"running": "green", "last": "cyan"}


@click.group("sessions", invoke_without_command=True)
@workspace_option
@json_option
@click.pass_context
def command(ctx: click.Context, workspace: str | None, as_json: bool) -> int:
    """List the conversations agents have had, and go on with an earlier one."""
    ctx.obj = workspace
    return _list(workspace, (), as_json) if ctx.invoked_subcommand is None else 0


@command.command("list")
@click.argument("agents", nargs=-1)
@workspace_option
@json_option
@click.pass_obj
def listing(
    outer: str | None, agents: tuple[str, ...], workspace: str | None, as_json: bool
) -> int:
    """List the conversations of all AGENTS, or of those named, the last one first."""
    return _list(workspace or outer, agents, as_json)


@command.command("resume")
@agent_argument
@click.argument("conversation")
@workspace_option
@json_option
@click.pass_obj
def resuming(
    outer: str | None, agent: str, conversation: str, workspace: str | None, as_json: bool
) -> int:
    """Start AGENT with an earlier CONVERSATION; the beginning of its id is enough."""
    root, name = target_of(agent, workspace or outer)
    context = Context.open(root)
    found = chosen(context, name, conversation)
    if found.state == "running":
        click.echo(f"{name} is in conversation {found.conversation} already")
        return 0
    up = context.plugins.verbs()["up"]
    done = up.run(context, up.request(agents=(name,), conversation=found.conversation))
    if as_json:
        show_json({"ok": done.ok, "workspace": done.workspace, "results": done.results})
        return 0 if done.ok else 1
    for one in done.results:
        said = one.detail or one.state
        if one.outcome == "running":
            said = f"runs already, with another conversation; tt down {name} first"
        click.echo(f"{name}: {said}" if not one.resumed else f"{name} goes on: {said}")
    return 0 if done.ok and all(one.outcome != "running" for one in done.results) else 1


@command.command("forget")
@agent_argument
@click.argument("conversation")
@workspace_option
@json_option
@click.pass_obj
def forgetting(
    outer: str | None, agent: str, conversation: str, workspace: str | None, as_json: bool
) -> int:
    """Take a CONVERSATION of AGENT off the list; the agent CLI's own files stay."""
    root, name = target_of(agent, workspace or outer)
    done = forget_session(open_running(root), ForgetRequest(name, conversation))
    if as_json:
        show_json(done)
        return 0
    click.echo(f"forgot conversation {done.conversation} of {name}; its transcript stays")
    if done.state == "last":
        click.echo(f"→ the next tt up {name} begins a new one")
    return 0


def _list(workspace: str | None, agents: tuple[str, ...], as_json: bool) -> int:
    context = open_running(root_of(workspace))
    found = sessions(context, SessionsRequest(agents))
    show_json(found) if as_json else _show(found)
    return 0


def _show(found: SessionsResponse) -> None:
    if not found.sessions:
        click.echo("No conversation is known yet.\n→ tt up")
        return
    heads = ["AGENT", "CONVERSATION", "STATE", "RUNTIME", "BEGAN", "BRANCH"]
    rows = [
        [
            one.agent,
            one.conversation[:SHOWN],
            one.state,
            one.runtime or "—",
            (one.began or "—")[:16].replace("T", " "),
            one.branch or "—",
        ]
        for one in found.sessions
    ]
    colours = {(n, 2): COLOURS.get(one.state, "") for n, one in enumerate(found.sessions)}
    click.echo(table(heads, rows, colours))
    earlier = [one for one in found.sessions if one.state == "earlier"]
    if earlier:
        click.echo(f"→ tt sessions resume {earlier[0].agent} {earlier[0].conversation[:SHOWN]}")
