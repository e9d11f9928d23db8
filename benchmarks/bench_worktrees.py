"""How long worktrees of a large repository take, beside bare git making and asking for the same."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

AGENTS = 10
KINDS = ("sparse", "full")
FOLDERS = 500
SECS = 900
SPARE_MS = 1500.0
"""What starting ten agents may take beside their trees: sessions, processes, first screens."""

TEAM = """[workspace]
name = "large"
[defaults]
runtime = "demo"
[launch]
mode = "unattended"
policy = "bypass"
[worktree]
sparse = {sparse}
"""


class Figure(NamedTuple):
    """A figure beside its floor, both in milliseconds.

    Attributes:
        name: What was measured.
        value: How long it took.
        floor: How long bare git takes for the same.
        allowed: How long it may take.
    """

    name: str
    value: float
    floor: float
    allowed: float

    @property
    def well(self) -> bool:
        """Whether it keeps its limit."""
        return self.value <= self.allowed

    def __str__(self) -> str:
        """Show it as one line."""
        return (
            f"{self.name:<34} {self.value:9.0f} ms   bare git {self.floor:8.0f}   "
            f"limit {self.allowed:8.0f}   {'ok' if self.well else 'TOO SLOW'}"
        )


def folder_of(number: int) -> str:
    """Return one of the folders of the repository."""
    return f"area-{number % 10}/part-{number:03}"


def fill(pipe: IO[bytes], files: int) -> None:
    """Write a commit with so many small files, each with a text of its own, for `git fast-import`.

    Args:
        pipe: Where to.
        files: How many.
    """
    pipe.write(b"commit refs/heads/main\ncommitter B <b@tutti.invalid> 1700000000 +0000\n")
    pipe.write(b"data 5\nLarge\n")
    for number in range(files):
        text = f"file {number}\n".encode() * 40
        name = f"{folder_of(number % FOLDERS)}/file-{number:05}.txt"
        pipe.write(f"M 100644 inline {name}\ndata {len(text)}\n".encode() + text + b"\n")
    pipe.write(b"done\n")


@contextmanager
def repository(files: int) -> Iterator[Path]:
    """Give a checked-out repository of so many files, in a home and a tmux server of its own."""
    home = Path(tempfile.mkdtemp(prefix="tt-")).resolve()
    kept = dict(os.environ)
    os.environ.update(HOME=str(home), TMUX_TMPDIR=str(home), TUTTI_TMUX_SOCKET="b")
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    for name in [one for one in os.environ if one.startswith("XDG_")] + [
        "TUTTI_ROOT",
        "TUTTI_AGENT",
    ]:
        os.environ.pop(name, None)
    root = home / "large"
    try:
        git(home, "init", "--quiet", "--initial-branch=main", "large")
        importing = ["git", "fast-import", "--quiet", "--done"]
        with subprocess.Popen(importing, cwd=root, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            fill(process.stdin, files)
        git(root, "reset", "--quiet", "--hard", "main")
        yield root
    finally:
        subprocess.run(["tmux", "-L", "b", "kill-server"], timeout=60, check=False)
        os.environ.clear()
        os.environ.update(kept)
        shutil.rmtree(home, ignore_errors=True)


def run(folder: Path, *argv: str) -> None:
    """Run a program, and show what it says if it fails."""
    done = subprocess.run(
        argv, cwd=folder, capture_output=True, timeout=SECS, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        # At once: to remove a million files takes its time.
        sys.stderr.write(f"{argv}: {done.stdout.decode()}{done.stderr.decode()}\n")
        sys.exit(1)


def git(folder: Path, *words: str) -> None:
    """Run git."""
    run(folder, "git", *words)


def took(action: Callable[[], object]) -> float:
    """Return how many milliseconds an action takes."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def bare(root: Path, *, sparse: bool) -> float:
    """Return how long git takes to make the same worktrees, one after the other."""

    def make() -> None:
        for number in range(AGENTS):
            tree = root.parent / "bare" / str(number)
            part = ("--no-checkout",) if sparse else ()
            git(root, "worktree", "add", "--quiet", *part, "-b", f"bare-{number}", str(tree))
            if sparse:
                cone = ("--cone", "--sparse-index")
                git(tree, "sparse-checkout", "set", *cone, folder_of(number))
                git(tree, "checkout", "--quiet")

    return took(make)


def asked(root: Path) -> float:
    """Return how long git takes to say what has changed in each of those worktrees."""
    trees = sorted((root.parent / "bare").iterdir())
    return took(lambda: [git(tree, "status", "--porcelain") for tree in trees])


def forgotten(root: Path) -> float:
    """Return how long git takes to remove them."""
    trees = sorted((root.parent / "bare").iterdir())
    spent = took(lambda: [git(root, "worktree", "remove", str(tree)) for tree in trees])
    for number in range(AGENTS):
        git(root, "branch", "-qD", f"bare-{number}")
    return spent


def team(root: Path, *, sparse: bool) -> None:
    """Write a team of ten, each with a folder to work in."""
    agents = [
        f'[[agent]]\nname = "voice-{n}"\nscope = "{folder_of(n)}/**"\n' for n in range(AGENTS)
    ]
    text = TEAM.format(sparse=str(sparse).lower()) + "".join(agents)
    (root / "tutti.toml").write_text(text)


def measure(root: Path, *, sparse: bool) -> Iterator[Figure]:
    """Measure a team of ten from its first start to the end of its trees."""
    tt = str(Path(sys.executable).parent / "tt")
    kind = "sparse" if sparse else "full"
    team(root, sparse=sparse)
    making, asking, removing = bare(root, sparse=sparse), asked(root), forgotten(root)
    first = took(lambda: run(root, tt, "up"))
    yield Figure(f"tt up, {kind}: trees made", first, making, 2 * making + 4 * SPARE_MS)
    yield Figure(f"tt status, {kind}", took(lambda: run(root, tt, "status")), asking, 1000.0)
    yield Figure(f"tt down, {kind}", took(lambda: run(root, tt, "down")), asking, 3 * SPARE_MS)
    again = took(lambda: run(root, tt, "up"))
    yield Figure(f"tt up, {kind}: trees there", again, asking, 2 * asking + 3 * SPARE_MS)
    run(root, tt, "down")
    fresh = took(lambda: run(root, tt, "up", "--fresh-worktree"))
    yield Figure(f"tt up --fresh-worktree, {kind}", fresh, making, 4 * making + 4 * SPARE_MS)
    gone = took(lambda: run(root, tt, "down", "--clean"))
    yield Figure(f"tt down --clean, {kind}", gone, removing, 10 * removing + 3 * SPARE_MS)
    for number in range(AGENTS):
        git(root, "branch", "-qD", f"tutti/voice-{number}")


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the figures; exit code 1 if one breaks its limit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--only", choices=KINDS, help="measure trees of one kind")
    given = parser.parse_args(words)
    well = True
    with repository(given.files) as root:
        for kind in [given.only] if given.only else KINDS:
            for figure in measure(root, sparse=kind == "sparse"):
                sys.stdout.write(f"{figure}\n")
                sys.stdout.flush()
                well = well and figure.well
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
