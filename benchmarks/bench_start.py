"""How long `tt` takes, each figure beside its floor, in interleaved runs."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tutti_core.model.session import SessionSpec
from tutti_core.terminal.host import TmuxHost

SCREEN = "\n".join(
    ["● An answer of some length, as agents give them."] * 30
    + ["─" * 120, "❯ Tell me what to do", "─" * 120, "  ? for shortcuts"]
)


def team(size: int) -> str:
    """Return a team of so many agents."""
    agents = "".join(f'[[agent]]\nname = "voice-{number}"\n' for number in range(size))
    return f'[workspace]\nname = "bench"\n[defaults]\nruntime = "demo"\n{agents}'


@contextmanager
def stage(size: int) -> Iterator[Path]:
    """Give a workspace whose agents are quiet programs with a screen like a real one's."""
    folder = Path(tempfile.mkdtemp(prefix="tt-"))
    kept = dict(os.environ)
    ours = {"HOME": str(folder), "TMUX_TMPDIR": str(folder), "TUTTI_TMUX_SOCKET": "b"}
    os.environ.update(ours)
    for name in ("TUTTI_ROOT", "TUTTI_AGENT", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    try:
        (folder / "tutti.toml").write_text(team(size))
        (folder / "screen.txt").write_text(SCREEN)
        # As after its first `tt up`: before that, nothing is kept in a project.
        (folder / ".tutti").mkdir()
        _sessions(folder.resolve(), size)
        yield folder.resolve()
    finally:
        subprocess.run(["tmux", "-L", "b", "kill-server"], timeout=60, check=False)
        os.environ.clear()
        os.environ.update(kept)
        shutil.rmtree(folder, ignore_errors=True)


def _sessions(root: Path, size: int) -> None:
    host = TmuxHost("b")
    script = f"cat {root}/screen.txt; exec sleep 3600"
    for number in range(size):
        name = f"voice-{number}"
        spec = SessionSpec(
            name=f"tutti-bench-{name}",
            root=str(root),
            agent=name,
            workspace="bench",
            cwd=str(root),
            argv=("sh", "-c", script),
            options={"runtime": "demo"},
        )
        host.create(spec)


def timed(action: Callable[[], object]) -> float:
    """Return how many milliseconds an action takes."""
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def command(root: Path, *argv: str) -> Callable[[], object]:
    """Return an action that runs a program in a workspace."""
    return lambda: subprocess.run(
        argv, cwd=root, capture_output=True, timeout=120, check=True, stdin=subprocess.DEVNULL
    )


def interleaved(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each action's median in milliseconds, over rounds that run all of them in turn."""
    for action in actions.values():
        action()
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            taken[name].append(timed(action))
    return {name: statistics.median(times) for name, times in taken.items()}


def line(name: str, value: float, floor: float, allowed: float) -> str:
    """Return a line that says a figure, its floor and whether it keeps the limit."""
    verdict = "ok" if value <= allowed else "TOO SLOW"
    return (
        f"{name:<28} {value:8.1f} ms   floor {floor:6.1f}   {value / floor:5.1f}x   "
        f"limit {allowed:6.1f}   {verdict}"
    )


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the figures; exit code 1 if one breaks its limit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args(words)
    tt = str(Path(sys.executable).parent / "tt")
    lines = [*_few(tt, given.rounds), *_many(tt, given.rounds)]
    sys.stdout.write("\n".join([*lines, ""]))
    return int(any("TOO SLOW" in one for one in lines))


def _few(tt: str, rounds: int) -> list[str]:
    with stage(12) as root:
        bare = command(root, sys.executable, "-c", "pass")
        found = interleaved(
            {
                "bare": bare,
                "tt --version": command(root, tt, "--version"),
                "tt status, 12 agents": command(root, tt, "status"),
            },
            rounds,
        )
    floor = found.pop("bare")
    return [line(name, value, floor, 6 * floor) for name, value in found.items()]


def _many(tt: str, rounds: int) -> list[str]:
    with stage(200) as root:
        host = TmuxHost("b")
        found = interleaved(
            {
                "bare": command(root, sys.executable, "-c", "pass"),
                "tmux": lambda: host.capture([one.pane for one in host.list(str(root))]),
                "tt status, 200 agents": command(root, tt, "status"),
            },
            rounds,
        )
    bare, tmux = found.pop("bare"), found.pop("tmux")
    allowed = 3 * tmux + 6 * bare
    return [line(name, value, tmux, allowed) for name, value in found.items()]


if __name__ == "__main__":
    sys.exit(main())
