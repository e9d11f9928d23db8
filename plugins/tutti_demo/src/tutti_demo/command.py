"""`tt demo`: a team of three scripted agents works in a repository of its own, start to finish."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tutti_core import Plugins, TuttiError, paint

from .stage import Stage

WAIT_SECS = 60.0
SONG = "\n# Six steps:"
"""Where the workflow begins in the team's file."""
LOOK_SECS = 0.3
CHECK = """Check the songbook:
- every verse has a line
- the tune fits [[think 0.5]] [[write checked.txt Two verses, one tune: in order.]]
[[commit Check the songbook]]"""


@click.command("demo")
@click.option("--keep", is_flag=True, help="Leave the team running, and the folder in place.")
def command(keep: bool) -> int:
    """Show a team of three scripted agents at work; no account, no network, nothing of yours."""
    _require("git")
    _require("tmux")
    runs = "run" in {one.name for _, one in Plugins.installed().commands()}
    with _stage(keep, workflow=runs) as stage:
        _say("A small project in a folder of its own, with a team of three:")
        team, _, _ = (stage.project / "tutti.toml").read_text(encoding="utf-8").partition(SONG)
        print(_indented(team))
        _command(stage, "Start everyone, in the order of their dependencies", "up")
        _command(stage, "See what everyone is doing", "status")
        _settle(stage)
        _command(stage, "Talk to one of them", "send", "checker", CHECK)
        _settle(stage)
        _command(stage, "The whole team again", "status")
        _work(stage)
        if runs:
            _song(stage)
        if keep:
            _kept(stage)
        else:
            _command(stage, "Take everyone down", "down")
        _say("That was real tmux, real git and real commits; only the model was scripted.")
        print("Your turn:\n  cd your-project\n  tt init\n  tt up")
    return 0


def _song(stage: Stage) -> None:
    """Run the workflow: it fails at its fourth step, and goes on there once that is mended."""
    _command(
        stage, "Now work in steps: two agents at once, checks between", "run", "song", "--dry-run"
    )
    _command(
        stage, "It will fail, as a file is missing that it asks for", "run", "song", fails=True
    )
    _command(stage, "What was done is on disk, and what is left", "runs", "show", "last")
    _say("Mend what was missing, and go on: nothing is done twice")
    print(paint("$ touch may-be-sung.txt", "cyan"))
    (stage.project / "may-be-sung.txt").touch()
    _command(stage, "", "run", "--resume", "last")


@contextmanager
def _stage(keep: bool, *, workflow: bool) -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="tutti-demo-"))
    stage = Stage(folder)
    try:
        stage.build(workflow=workflow)
        yield stage
    finally:
        if not keep:
            stage.tt("down", "--grace", "1")
            shutil.rmtree(folder, ignore_errors=True)


def _command(stage: Stage, why: str, *words: str, fails: bool = False) -> None:
    if why:
        _say(why)
    shown = " ".join(
        word if word.strip("-").replace("-", "_").isidentifier() else _quoted(word)
        for word in words
    )
    print(paint(f"$ tt {shown}", "cyan"), flush=True)
    code = stage.show(*words)
    if bool(code) != fails:
        raise TuttiError(f"tt {words[0]} ended with exit code {code}", hint="tt demo --keep")


def _settle(stage: Stage) -> None:
    """Wait until nobody works any more."""
    deadline = time.monotonic() + WAIT_SECS
    while True:
        rows = json.loads(stage.tt("status", "--json").stdout)
        if all(row["state"] == "idle" for row in rows):
            return
        if time.monotonic() > deadline:
            states = ", ".join(f"{row['agent']} {row['state']}" for row in rows)
            raise TuttiError(f"the team did not finish in {WAIT_SECS:.0f} s: {states}")
        time.sleep(LOOK_SECS)


def _work(stage: Stage) -> None:
    _say("What each of them committed, on a branch of its own")
    for agent in ("words", "music", "checker"):
        branch = f"tutti/{agent}"
        print(paint(f"$ git diff main...{branch}", "cyan"))
        print(_indented(stage.git("log", "--oneline", f"main..{branch}")))
        print(_indented(stage.git("diff", f"main...{branch}")), flush=True)


def _kept(stage: Stage) -> None:
    socket, config = stage.env["TUTTI_TMUX_SOCKET"], stage.env["XDG_CONFIG_HOME"]
    print("\nThe team is still up. To go on with it:")
    print(f"  export TUTTI_TMUX_SOCKET={socket} XDG_CONFIG_HOME={config}")
    print(f"  cd {stage.project}\n  tt attach words\n  tt down")


def _require(program: str) -> None:
    if shutil.which(program) is None:
        raise TuttiError(f"{program} is not on PATH", hint=f"apt install {program}")


def _say(text: str) -> None:
    print(f"\n{paint(text, 'bold')}", flush=True)
    sys.stdout.flush()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _quoted(word: str) -> str:
    return f'"{word}"'
