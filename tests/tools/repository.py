"""What tests of the git room stand on: a shell, and a home in which only git's defaults hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
"""Neither the machine's settings of git nor a user's."""

ADA = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
}
"""Who commits."""

ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS")
"""What a git that runs tests, as in a hook, would have ours look at instead."""


def sh(script: str, cwd: Path) -> str:
    """Run a shell script, which is to succeed, and return what it prints.

    Args:
        script: The script.
        cwd: Where it runs.
    """
    done = subprocess.run(
        ["/bin/sh", "-ec", script], cwd=cwd, check=False, timeout=60, capture_output=True
    )
    sys.stderr.write(os.fsdecode(done.stderr))
    done.check_returncode()
    return os.fsdecode(done.stdout)


def furnish(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the home of a user called Ada who set nothing of git.

    Args:
        home: The folder.
        monkeypatch: Takes it back.
    """
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(home), **ALONE, **ADA}.items():
        monkeypatch.setenv(name, value)
