"""`doctor`: every plugin's checks, the core's among them, in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..config import known
from ..model.arrangement import Arrangement, Workspace
from ..model.happening import Finding
from .context import Context
from .loading import load_global
from .machine import machine_checks

if TYPE_CHECKING:
    from ..errors import ConfigError
    from ..model.contract import Check
    from ..plugins import Plugins


@attrs.frozen
class Report:
    """What the doctor found.

    Attributes:
        findings: One line per thing looked at, in the order of the checks.
    """

    findings: tuple[Finding, ...]

    def count(self, status: str) -> int:
        """Return how many findings have a status."""
        return sum(one.status == status for one in self.findings)

    def exit_code(self, *, strict: bool) -> int:
        """Return 1 if anything failed, or warns and the report is strict."""
        return int(self.count("fail") > 0 or (strict and self.count("warn") > 0))


def doctor(context: Context, begun: Callable[[str], None] = lambda _: None) -> Report:
    """Run every check once.

    Args:
        context: The workspace.
        begun: Told the name of each check before it is run.
    """
    found = [*_plugins(context)]
    for check in context.plugins.checks(context).values():
        begun(check.name)
        found += _run(context, check)
    return Report(tuple(found))


def outside(
    plugins: Plugins, missing: ConfigError, begun: Callable[[str], None] = lambda _: None
) -> Report:
    """Check the machine where there is no workspace, or none that can be used.

    Args:
        plugins: The plugins of this process.
        missing: The error that this is; what is wrong makes the last findings.
        begun: Told the name of each check before it is run.

    Raises:
        ConfigError: If the global file is wrong.
    """
    nobody = Arrangement(Path.cwd(), Workspace("none"), settings=load_global(plugins))
    context = Context(nobody, plugins)
    found = [*_plugins(context)]
    for check in machine_checks():
        begun(check.name)
        found += _run(context, check)
    wrong = [(str(one), one.remedy) for one in getattr(missing, "problems", ())]
    told = wrong or [(missing.message, missing.hint)]
    return Report((*found, *(Finding("workspace", "fail", *one) for one in told)))


def _run(context: Context, check: Check) -> list[Finding]:
    try:
        return list(check.run(context))
    except Exception as error:  # noqa: BLE001 -- a check that fails is a finding
        said = f"the check itself failed: {type(error).__name__}: {error}"
        return [Finding(check.name, "fail", said, "report it to the plugin's author")]


def _plugins(context: Context) -> Iterator[Finding]:
    for broken in context.plugins.broken.values():
        detail = f"{broken.distribution} is set aside: {broken.reason}"
        yield Finding(f"plugin/{broken.name}", "fail", detail, "mend, update or uninstall it")
    for table, remedy in context.arrangement.unowned.items():
        yield Finding(f"table/{table}", "fail", f"[{table}] has no working owner", remedy)
    yield from _idle(context)


def _idle(context: Context) -> Iterator[Finding]:
    """Say what is configured and does nothing, because what acts on it is not there."""
    absent = context.plugins.absent()
    there = {entry.distribution for entry in context.plugins.entries} - absent.keys()
    sources = (context.arrangement.source, context.arrangement.settings.source)
    for (table, key), owner in known.EFFECTS.items():
        if owner in there or not any(_sets(source, table, key) for source in sources):
            continue
        place = f"{table}.{key}" if key else table
        detail = f"{place} does nothing without {owner}, which {known.why(owner, absent)}"
        yield Finding(f"table/{place}", "warn", detail, known.remedy(owner, absent))


def _sets(source: Mapping[str, Any], table: str, key: str) -> bool:
    """Return whether a file has a table, or a key in it; both as they were read."""
    found = source.get(table, ())
    ones = found if isinstance(found, list) else [found]
    return any(bool(one) if key == "" else key in one for one in ones)
