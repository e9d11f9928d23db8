"""What is said of a command of ours that is not there: which distribution has it, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from ..config import known
from ..errors import PluginError
from ..plugins import Plugins


class CommandMissing(PluginError):
    """A command of ours that no plugin at work gives."""

    exit_code = 2


def missing(name: str) -> CommandMissing:
    """Return the error for a command that another distribution has, or a later one.

    Args:
        name: The word after `tt`.
    """
    plugins = Plugins.installed()
    owner, absent = known.COMMANDS[name], plugins.absent()
    versions = {entry.distribution: entry.version for entry in plugins.entries}
    if owner in versions and owner not in absent:
        return _to_come(name, owner, versions)
    message = f"tt {name} comes with {owner}, which {known.why(owner, absent)}"
    return CommandMissing(message, hint=known.remedy(owner, absent))


def _to_come(name: str, owner: str, versions: Mapping[str, str]) -> CommandMissing:
    message = f"tt {name} is not in {owner} {versions[owner]}, which is installed"
    return CommandMissing(message, hint=f"a later {owner} is to bring it")
