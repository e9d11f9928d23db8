"""Projects as an author has them: built, put into an environment of their own, and run."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

DEADLINE_SECS = 200.0


def run(*argv: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed.

    Args:
        argv: The command.
        cwd: Where it runs.
        env: Its whole environment; this one by default.

    Raises:
        AssertionError: It failed; the message is its whole story.
    """
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECS,
        check=False,
    )
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wheel(project: Path) -> Path:
    """Build a project and return its wheel."""
    out = project / "out"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=project)
    return next(out.glob("*.whl"))


def python_with(wheels: Iterable[Path], folder: Path) -> Path:
    """Return an interpreter that has wheels, beside what this one has.

    Args:
        wheels: The wheels.
        folder: Where its environment is made.
    """
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for one in wheels:
        with zipfile.ZipFile(one) as archive:
            archive.extractall(site)
    outer = sysconfig.get_path("purelib")
    (site / "outer.pth").write_text(f"import site; site.addsitedir({outer!r})\n")
    return folder / "bin" / "python"


def passed(python: Path, project: Path, *words: str) -> int:
    """Run a project's tests, in which a warning is an error, and return how many passed.

    Args:
        python: The interpreter that has it.
        project: Its folder.
        words: Further words for pytest.
    """
    plain = ("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    # What hypothesis knows of Unicode takes it a second to find out: once for all projects.
    env = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(python.parents[1] / "hypothesis")}
    said = run(python, *plain, *words, cwd=project, env=env)
    assert "skipped" not in said, said
    return int(said.split(" passed")[0].split()[-1])
