"""The process in which a workflow runs because its time has come: WORKFLOW ROOT."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path

import click

from tutti_core import Context, TuttiError

from ..commands.performing import perform
from .clock import text_of
from .firing import Fired, fire


def main(workflow: str, root: str) -> int:
    """Run a workflow if its time has come, and say what came of it.

    Args:
        workflow: Its name.
        root: The workspace.
    """
    now = datetime.now(timezone.utc)
    try:
        context = Context.open(Path(root))
        context.begin_acting()
        done, _ = perform(lambda seat: fire(context, workflow, now, seat), quiet=False)
    except TuttiError as error:
        done = Fired(workflow, "error", detail=error.message)
    click.echo(f"{text_of(now)}  {workflow}: {done.outcome}  {done.run_id}  {done.detail}".rstrip())
    return 0 if done.ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
