"""What watching costs, beside the same team unwatched, and how soon a change is on disk."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tutti_core.model.session import SessionSpec
from tutti_core.team.places import Places
from tutti_core.team.rousing import end_watch
from tutti_core.team.watcher import holder
from tutti_core.terminal.host import TmuxHost
from tutti_core.watching.waking import Waker

# An agent that waits for its next prompt, as its rules know one: title, composer, hints.
RULE = "─" * 120
QUIET = (
    "printf '\\033]2;✳ quiet\\033\\\\'; seq 30; "
    f"printf '\\n{RULE}\\n❯ \\n{RULE}\\n  ? for shortcuts\\n'; exec sleep 3600"
)
# One that works, with a spinner in its title and on its screen, as they have.
BUSY = (
    "while :; do for one in ⠂ ⠐; do "
    "printf '\\033]2;%s busy\\033\\\\\\r✻ Working (%ss)' $one $((n=n+1)); sleep 0.1; done; done"
)
SETTLE_SECS = 40  # a watcher looks at everything again half a minute after it began
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def workspace(team: str) -> Iterator[Path]:
    """Give a workspace on a tmux server and with a home of its own."""
    folder = Path(tempfile.mkdtemp(prefix="tt-")).resolve()
    kept = dict(os.environ)
    os.environ.update(HOME=str(folder), TMUX_TMPDIR=str(folder), TUTTI_TMUX_SOCKET="b")
    for name in ("TUTTI_ROOT", "TUTTI_AGENT", "TUTTI_WATCHER", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    try:
        (folder / "tutti.toml").write_text(f'[workspace]\nname = "b"\n{team}')
        Places(folder).logs.mkdir(parents=True)
        Places(folder).state.mkdir(parents=True)
        yield folder
    finally:
        end_watch(folder)
        subprocess.run(["tmux", "-L", "b", "kill-server"], timeout=60, check=False)
        os.environ.clear()
        os.environ.update(kept)
        shutil.rmtree(folder, ignore_errors=True)


def tt(root: Path, *words: str) -> None:
    """Run tt in a workspace."""
    argv = [sys.executable, "-m", "tutti_core", *words]
    subprocess.run(argv, cwd=root, check=True, capture_output=True, timeout=300)


def agents(count: int) -> str:
    """Return a team of so many demo agents."""
    heads = (
        f'[[agent]]\nname = "a{n}"\nruntime = "demo"\nworktree = false\n' for n in range(count)
    )
    return "".join(['[launch]\nmode = "unattended"\npolicy = "bypass"\n', *heads])


def sessions(root: Path, count: int, script: str) -> int:
    """Start programs in the place of agents, and return the process of their server."""
    host, places = TmuxHost("b"), Places(root)
    for number in range(count):
        name = f"a{number}"
        spec = SessionSpec(
            name=f"tutti-b-{name}",
            root=str(root),
            agent=name,
            workspace="b",
            cwd=str(root),
            argv=("sh", "-c", script),
            options={"runtime": "demo"},
            ring=str(places.ring(name)),
            deaths=str(places.deaths),
        )
        host.create(spec)
    return int(host.tmux.run("display-message", "-p", "#{pid}"))


def watcher(root: Path) -> int:
    """Start a watcher and return its process."""
    argv = [sys.executable, "-m", "tutti_core.team.watch_process", str(root)]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    ends = time.monotonic() + 60
    while (who := holder(root)) is None:
        if time.monotonic() > ends:
            raise SystemExit(f"no watcher: {Path(root, '.tutti/logs/watcher.log').read_text()}")
        time.sleep(0.1)
    return who.pid


def used(pid: int) -> float:
    """Return the processor seconds of a process and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def share(pids: Sequence[int], seconds: float) -> list[float]:
    """Return which percentage of a core each process uses over some time."""
    before = [used(pid) for pid in pids]
    time.sleep(seconds)
    return [(used(pid) - start) / seconds * 100 for pid, start in zip(pids, before, strict=True)]


def cost(count: int, script: str, seconds: float) -> tuple[float, float, float]:
    """Return the percentages of the watcher, of its server, and of the same server unwatched."""
    with workspace(agents(count)) as root:
        server = sessions(root, count, script)
        time.sleep(SETTLE_SECS / 10)
        (alone,) = share([server], seconds)
        pid = watcher(root)
        time.sleep(SETTLE_SECS)
        mine, its = share([pid, server], seconds)
    return mine, its, alone


def delays(rounds: int) -> list[float]:
    """Return milliseconds from the first thing an agent shows of a turn to its event on disk."""
    with workspace(agents(1)) as root, Waker[str]() as waker:
        places, found = Places(root), list[float]()
        tt(root, "up")
        for path, tag in ((places.ring("a0"), "ring"), (places.events, "events")):
            waker.watch(path, tag)
        for _ in range(rounds):
            _quiet(waker)
            press("-l", "!sleep 1")
            _quiet(waker)
            press("Enter")
            found.append(_delay(waker, places.events))
            _until(waker, places.events, "agent.idle")
    return found


def press(*keys: str) -> None:
    """Type into the agent's pane."""
    argv = ["tmux", "-L", "b", "send-keys", "-t", "=tutti-b-a0:", *keys]
    subprocess.run(argv, check=True, timeout=60)


def _quiet(waker: Waker[str]) -> None:
    while waker.changed(1.5):
        pass


def _delay(waker: Waker[str], events: Path) -> float:
    while "ring" not in waker.changed(10):
        pass
    shown = time.perf_counter()
    _until(waker, events, "agent.working")
    return (time.perf_counter() - shown) * 1000


def _until(waker: Waker[str], events: Path, name: str) -> None:
    ends = time.monotonic() + 30
    while json.loads(events.read_text().splitlines()[-1])["event"] != name:
        if time.monotonic() > ends:
            raise SystemExit(f"{name} never came")
        waker.changed(1)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the figures; exit code 1 if one breaks its limit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args(words)
    quiet, server, alone = cost(200, QUIET, given.seconds)
    lines = [_line("200 quiet sessions", quiet + server, 0.5, f"watcher {quiet:.2f}")]
    busy, server, alone = cost(20, BUSY, given.seconds)
    lines += [_line("20 busy panes, above", busy + server - alone, 3.0, f"watcher {busy:.2f}")]
    median = statistics.median(delays(given.rounds))
    lines += [f"{'shown to event, median':<24} {median:7.1f} ms  limit 60.0  {_word(median <= 60)}"]
    load = os.getloadavg()[0]
    sys.stdout.write("\n".join([*lines, f"load of the machine: {load:.1f}", ""]))
    return int(any("TOO MUCH" in one for one in lines))


def _line(name: str, value: float, most: float, detail: str) -> str:
    return f"{name:<24} {value:7.2f} %   limit {most:4.1f}  {_word(value <= most)}  ({detail})"


def _word(kept: bool) -> str:
    return "ok" if kept else "TOO MUCH"


if __name__ == "__main__":
    sys.exit(main())
