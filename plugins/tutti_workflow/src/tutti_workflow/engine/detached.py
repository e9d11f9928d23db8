"""A run that goes on in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from tutti_core import Context

from ..record.files import Files


def detach(context: Context, run_id: str) -> int:
    """Have another process go on with a run.

    Args:
        context: The workspace.
        run_id: The run, begun and owned by nobody.

    Returns:
        The number of that process.
    """
    said = Files(context).run(run_id) / "said.txt"
    words = ["-m", "tutti_core", "run", "--resume", run_id, "-w", str(context.root)]
    with said.open("ab") as file:
        started = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=context.root,
            start_new_session=True,
        )
    return started.pid
