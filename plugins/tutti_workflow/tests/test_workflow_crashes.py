from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import crashing
from recorded import HEAD

STEPS = (
    'type = "jot"\nid = "first"\nleaves = "x"',
    'type = "command"\nid = "c1"\nrun = "echo c1 >> commands"',
    'type = "workflow"\nid = "left"\nworkflow = "inner"\ndepends_on = ["c1"]',
    'type = "talk"\nid = "right"\nagent = "api"\ndepends_on = ["c1"]\nmovement = "auth"',
    'type = "command"\nid = "c2"\nrun = "echo c2 >> commands"\ndepends_on = ["c1"]',
    'type = "talk"\nid = "also"\nagent = "api"\ndepends_on = ["c1"]',
    'type = "jot"\nid = "join"\ndepends_on = ["left", "right", "c2", "also"]',
    'type = "jot"\nid = "open"\nfail = 9\nfail_mode = "open"',
    'type = "jot"\nid = "again"\nfail = 1\nretry = { attempts = 3, backoff_ms = 1 }',
    'type = "command"\nid = "c3"\nrun = "echo c3 >> commands"\noutput_json = "made.json"'.replace(
        "echo c3", "echo 3 > made.json; echo c3"
    ),
    'type = "jot"\nid = "unsure"\nunknown = true\non_resume = "skip"',
    'type = "jot"\nid = "last"\ntext = "{{output.first.value}}"',
)
INNER = ('type = "jot"\nid = "in1"', 'type = "command"\nid = "c4"\nrun = "echo c4 >> commands"')


def flow(name: str, steps: Sequence[str]) -> str:
    """The text of a workflow."""
    return f'[[workflow]]\nname = "{name}"\n' + "".join(
        f"[[workflow.step]]\n{one}\n" for one in steps
    )


TOML = HEAD + flow("a", STEPS) + flow("inner", INNER)
ONCE = ("first", "in1", "right", "also", "join", "last")
WHENS = ("before", "after", "torn")


def play(folder: Path, moments: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    """Run the workflow once for each moment, killed at it and resumed."""
    asked = {"folder": str(folder), "toml": TOML, "moments": list(moments)}
    path = os.pathsep.join([str(Path(crashing.__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, crashing.__file__, json.dumps(asked)],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=30 + 10 * len(moments),
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(moments), done.stderr
    assert not done.stderr, done.stderr
    return found


def check(one: dict[str, Any]) -> None:
    """Hold what is promised of a run that was killed once and resumed."""
    at = one["moment"]
    assert "broken" not in one, one
    assert (one["status"], one["closed"], one["runs"]) == ("succeeded", True, 1), at
    steps, effects = one["steps"], Counter(one["effects"])
    settled = one["settled"]
    for key in ONCE:
        assert (steps.get(key, "success"), effects[key]) == ("success", 1), (at, key, settled)
    assert steps["left"] == "success", at
    # A command that outlived its tt is found again; where that cannot be told, it is reported.
    for key, times in Counter(one["commands"]).items():
        reported = key == "c4" or settled.get(key, {}).get("verdict") == "unknown"
        assert times == 1 or (reported and times == 2), (at, key, times, settled)
    assert {"c1", "c2", "c3", "c4"} == set(one["commands"]), at
    assert steps["open"] in ("warning", "success"), at
    # What nobody can prove is left out, as it says, and told.
    assert effects["unsure"] == 1 or settled["unsure"] == {"verdict": "unknown", "does": "skip"}
    assert steps["unsure"] == ("warning" if "unsure" in settled else "success"), at
    assert one["outputs"] == ["c3", "first"], at
    told = Counter((name, step) for name, step in one["events"])
    ends = Counter(step for name, step in one["events"] if name.endswith(("completed", "warning")))
    assert all(ends[key] == 1 for key in steps), (at, ends)
    assert told["workflow.completed", None] == 1, at
    assert one["rows"] == 1, at


def moments_of(folder: Path) -> list[str]:
    """The names of the moments of a run that nobody kills."""
    (whole,) = play(folder, [(0, "before")])
    assert not whole["killed"]
    assert whole["effects"].count("again") == 2
    return list(whole["moments"])


@pytest.mark.timeout(240)
def test_killed_here_and_there_it_is_done_once(tmp_path: Path) -> None:
    """Killed at every journal write of one kind or other, a run ends as if it had not been."""
    names = moments_of(tmp_path / "whole")
    assert set(names) == {f"{owner.__name__}.{name}" for owner, name in crashing.MOMENTS}
    # One moment of each kind in each half of the run, each in one of the ways.
    chosen = {}
    for place, name in enumerate(names):
        chosen.setdefault((name, 2 * place // len(names)), place + 1)
    picked = [(place, WHENS[n % 3]) for n, place in enumerate(sorted(chosen.values()))]
    for one in play(tmp_path, picked):
        check(one)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("when", WHENS)
def test_killed_at_every_moment_it_is_done_once(tmp_path: Path, when: str) -> None:
    """The same at every write, event, file and effect there is, before, in the middle, after."""
    names = moments_of(tmp_path / "whole")
    for one in play(tmp_path, [(place + 1, when) for place in range(len(names))]):
        check(one)
