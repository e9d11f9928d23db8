"""What watching real Claude Code costs while all of it streams: `scripts/real run` this file.

Every agent is a Claude Code of its own on one tmux server, and a scripted model answers it word
by word, for as long as it takes. It needs the CLIs, and a user who is not root: `scripts/real` has
both.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tutti_testing import Stage, wait_for
from tutti_testing.model import ModelServer
from tutti_testing.stage import environment

KEY = "sk-ant-api03-not-a-key-00000000000000000000"
LIMIT = 10.0
"""Percent of a core that the watcher may take, whatever the number."""
SETTLE_SECS = 10.0
PAUSE_SECS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")

HEAD = """[workspace]
name = "bench"
[defaults]
runtime = "claude-code"
[launch]
mode = "safe"
ready_secs = 300
"""


class Cost(NamedTuple):
    """Percentages of a core.

    Attributes:
        watcher: Of the watcher and what it has started.
        server: Of the tmux server.
        words: How many each agent was told meanwhile.
    """

    watcher: float
    server: float
    words: int


@contextmanager
def stage(count: int, version: str, model: ModelServer) -> Iterator[Stage]:
    """Give a team of so many Claude Codes that ask nothing before their first prompt."""
    folder = Path(tempfile.mkdtemp(prefix="tt-")).resolve()
    home, root, sockets = folder / "home", folder / "project", folder / "s"
    for one in (home, sockets):
        one.mkdir()
    _seed(home, root)
    program = Path(os.environ["TUTTI_REAL_CLIS"], f"claude-{version}", "node_modules", ".bin")
    env = environment(
        home,
        sockets,
        TUTTI_WATCHER="on",
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY=KEY,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        DISABLE_TELEMETRY="1",
        DISABLE_ERROR_REPORTING="1",
    )
    env["PATH"] = f"{program}:{env['PATH']}"
    agents = "".join(f'[[agent]]\nname = "a{n}"\nworktree = false\n' for n in range(count))
    made = Stage(root, home, env).repository().team(HEAD + agents)
    try:
        yield made
    finally:
        made.tt("down")
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def _seed(home: Path, root: Path) -> None:
    seed = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "officialMarketplaceAutoInstallAttempted": True,
        "fullscreenUpsellSeenCount": 99,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(root): {"hasTrustDialogAccepted": True, "allowedTools": []}},
    }
    (home / ".claude.json").write_text(json.dumps(seed))


def cost(count: int, version: str, seconds: float) -> Cost:
    """Have so many stream, and return what watching them costs meanwhile."""
    with ModelServer() as model, stage(count, version, model) as team:
        _say(f"starting {count} Claude Codes {version}")
        team.tt("up", timeout=600).well()
        # A prompt takes a while to reach the last of many.
        words = int((seconds + SETTLE_SECS + 30 + 6 * count) / PAUSE_SECS)
        _say(f"having them stream {words} words each")
        team.tt("send", "--all", f"A long story. [[slow {words} {PAUSE_SECS}]]", timeout=600).well()
        if not wait_for(lambda: _states(team) == {"working"}, 120):
            raise SystemExit(f"not all of them stream: {_states(team)}")
        time.sleep(SETTLE_SECS)
        _say(f"measuring for {seconds:.0f} s")
        pids = [_watcher(team), _server(team)]
        before = [used(pid) for pid in pids]
        time.sleep(seconds)
        spent = [used(pid) - start for pid, start in zip(pids, before, strict=True)]
        if _states(team) != {"working"} or _watcher(team) != pids[0]:
            raise SystemExit(f"not all of them streamed all the time: {_states(team)}")
    mine, its = (one / seconds * 100 for one in spent)
    return Cost(mine, its, int(seconds / PAUSE_SECS))


def _states(team: Stage) -> set[str]:
    return {row["state"] for row in team.status().values()}


def _watcher(team: Stage) -> int:
    return int(json.loads((team.root / ".tutti/state/locks/watch.lock").read_text())["pid"])


def _server(team: Stage) -> int:
    asked = ("tmux", "-L", team.env["TUTTI_TMUX_SOCKET"], "display-message", "-p", "#{pid}")
    return int(team.run(*asked).well().stdout)


def used(pid: int) -> float:
    """Return the processor seconds of a process and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the figures; exit code 1 if one breaks its limit."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[5, 20])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--version", default="2.1.330")
    given = parser.parse_args(words)
    if "TUTTI_REAL_CLIS" not in os.environ:
        _say("left out: it needs real Claude Code: scripts/real run benchmarks/bench_claudes.py")
        return 0
    found = {count: cost(count, given.version, given.seconds) for count in given.counts}
    for count, one in found.items():
        name, word = f"{count} Claude Codes streaming", "ok" if one.watcher < LIMIT else "TOO MUCH"
        detail = f"(tmux server {one.server:.2f}, {one.words} words each)"
        _say(f"{name:<28} watcher {one.watcher:6.2f} %   limit {LIMIT:4.1f}  {word}  {detail}")
    _say(f"load of the machine: {os.getloadavg()[0]:.1f}")
    return int(any(one.watcher >= LIMIT for one in found.values()))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
