"""`tt doctor`."""

from __future__ import annotations

from collections.abc import Callable

import click

from ..errors import ConfigError
from ..model.happening import Finding
from ..plugins import Plugins
from ..team.context import Context
from ..team.doctor import Report, doctor, outside
from ..team.reach import root_of
from .common import json_option, show_json, workspace_option
from .progress import Progress
from .style import fits, legible, paint, table

HEADS = ["CHECK", "STATUS", "DETAIL", "SUGGESTED FIX"]
COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "dim"}


@click.command("doctor")
@workspace_option
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@json_option
def command(workspace: str | None, strict: bool, as_json: bool) -> int:
    """Check everything the team needs, and say what to do about what is missing.

    Where there is no workspace, or its tutti.toml cannot be used, the machine is checked.
    """
    with Progress(quiet=as_json) as progress:
        report = _report(workspace, lambda check: progress.show(f"checking {check}"))
    show_json(_data(report)) if as_json else _show(report)
    return report.exit_code(strict=strict)


def _report(workspace: str | None, begun: Callable[[str], None]) -> Report:
    try:
        root = root_of(workspace)
    except ConfigError as missing:
        if workspace is not None:
            raise
        return outside(Plugins.installed(), missing, begun)
    try:
        context = Context.open(root)
    except ConfigError as wrong:
        return outside(Plugins.installed(), wrong, begun)
    return doctor(context, begun)


def _data(report: Report) -> dict[str, object]:
    counts = {status: report.count(status) for status in COLOURS}
    return {"checks": report.findings, "summary": counts}


def _show(report: Report) -> None:
    rows = [[one.check, one.status, one.detail, one.suggestion] for one in report.findings]
    colours = {(number, 1): COLOURS[row[1]] for number, row in enumerate(rows)}
    shown = table(HEADS, rows, colours)
    wide = any(fits(line) != line for line in table(HEADS, rows).splitlines())
    print("\n".join(map(_block, report.findings)) if wide else shown)
    counts = (f"{report.count(status)} {status}" for status in COLOURS)
    print(f"\n{paint('Summary:', 'bold')} {', '.join(counts)}")


def _block(one: Finding) -> str:
    """Return a finding on lines of its own, for a terminal too narrow for the table."""
    head = f"{paint(f'{one.status:<4}', COLOURS[one.status])}  {paint(legible(one.check), 'bold')}"
    fix = f"\n      → {legible(one.suggestion)}" if one.suggestion else ""
    return f"{head}  {legible(one.detail)}{fix}"
