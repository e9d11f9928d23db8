"""Installs and removes plugins in the environment of `tt` itself, by that one's installer."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .. import discovery
from ..config import known
from ..errors import PluginError

DEADLINE_SECS = 600.0
LIST_SECS = 60.0
SHORT = re.compile(r"([A-Za-z][A-Za-z0-9]*)((?:\[[^\]]*\])?\s*(?:[=<>!~].*)?)")


def requirement(name: str) -> str:
    """Return what an installer is asked for: a short name means ``tutti-NAME``.

    Args:
        name: A short name such as ``claude``, with or without a version; or any requirement.
    """
    found = SHORT.fullmatch(name.strip())
    ours = found is not None and found[1].lower() != "tutti"
    return f"tutti-{found[1]}{found[2]}" if found and ours else name


def installable(names: Sequence[str]) -> list[str]:
    """Return what is to be installed.

    Raises:
        PluginError: If a short name means one of ours that is not made yet.
    """
    wanted = [requirement(name) for name in names]
    for name, found in zip(names, wanted, strict=True):
        ours = re.split(r"[^\w-]", found)[0].lower()
        if found != name and ours in known.LATER:
            raise PluginError(
                f"tt plugins install {name} means {ours}, which {known.why(ours, {})}",
                hint=f"if you want somebody else's of that name, write {ours}",
            )
    return wanted


def removable(names: Sequence[str], plugins: Mapping[str, str]) -> list[str]:
    """Return what is to be removed.

    Args:
        names: Plugins as they are listed, or distributions; ours also without ``tutti-``.
        plugins: The distribution of each plugin.

    Raises:
        PluginError: If it is the core, or is not there.
    """
    wanted = [plugins.get(name) or requirement(name) for name in names]
    if any(re.sub(r"[-_.]+", "-", name).lower().startswith("tutti-core") for name in wanted):
        raise PluginError("tutti-core is tt itself", hint="pip uninstall tutti-core removes it all")
    for name, found in zip(names, wanted, strict=True):
        if not _installed(found):
            raise PluginError(f"{name} is not installed", hint="`tt plugins` lists what is")
    return wanted


def _installed(distribution: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version(distribution))
    except (PackageNotFoundError, ValueError):
        return False


def run_installer(action: str, requirements: Sequence[str], *, quiet: bool) -> int:
    """Run the installer, and have plugins looked for anew.

    Args:
        action: ``install`` or ``uninstall``.
        requirements: What; ``--editable=DIR`` for a project that goes on being changed.
        quiet: Whether its output goes to standard error, to leave standard output to JSON.

    Returns:
        Its exit code.

    Raises:
        PluginError: If there is none, or it does not end in time.
    """
    options = [one for one in requirements if one.startswith("--editable=")]
    plain = [one for one in requirements if one not in options]
    argv = [*installer(action), *options, "--", *plain]
    try:
        output = sys.stderr if quiet else None
        done = subprocess.run(argv, timeout=DEADLINE_SECS, stdout=output, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PluginError(f"{argv[0]} failed: {error}") from error
    discovery.forget_cache()
    return done.returncode


def rows_anew() -> list[dict[str, Any]]:
    """Return what `tt plugins` says now, in a process that has imported nothing of before.

    Raises:
        PluginError: If it does not answer.
    """
    argv = [sys.executable, "-m", "tutti_core", "plugins", "list", "--json"]
    try:
        done = subprocess.run(
            argv, timeout=LIST_SECS, capture_output=True, cwd=os.path.expanduser("~"), check=True
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise PluginError(f"tt plugins list failed afterwards: {error}") from error
    return found


def installer(action: str) -> list[str]:
    """Return the command that acts on this very environment: its pip, else uv.

    Args:
        action: ``install`` or ``uninstall``.

    Raises:
        PluginError: If there is neither.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", action, *(["--yes"] if action == "uninstall" else [])]
    if shutil.which("uv"):
        # Without being told, uv takes whatever environment lies around the current folder.
        return ["uv", "pip", action, "--python", sys.executable]
    raise PluginError(
        f"there is neither pip in {sys.prefix} nor uv on PATH",
        hint=f"{sys.executable} -m ensurepip",
    )
