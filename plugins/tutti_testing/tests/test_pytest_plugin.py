"""What the kit does to a run of pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

JUDGE = """
import signal

def test_it():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
"""


def test_ctrl_c_is_heard_in_a_background_job(tmp_path: Path) -> None:
    """What a shell ignores for its background jobs is heard by what is tested there."""
    (tmp_path / "test_it.py").write_text(JUDGE)
    argv = f"trap '' INT HUP; exec '{sys.executable}' -m pytest -q '{tmp_path}'"

    done = subprocess.run(
        ["/bin/sh", "-c", argv],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
