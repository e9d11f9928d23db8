"""Hooks: one line for each event, whatever stands in it, and Claude Code waits for nobody."""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_claude.hooks import EVENTS, SCRIPT
from tutti_claude.runtime import ClaudeCode
from tutti_core import Agent, Arrangement, LaunchRequest, Workspace
from tutti_core.watching.tails import tail

ODD = 'it\'s $(touch made) `x` "é" ; a\\b'
OLD = ("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "SubagentStop")
BASE = {"session_id": "5a", "transcript_path": "/home/é/5a.jsonl", "cwd": "/w"}


class Spool:
    """A launch's hooks in a folder with an odd name, and what they write down."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder / ODD
        self.folder.mkdir(parents=True)
        self.path = self.folder / "one.jsonl"
        self.path.touch(mode=0o600)
        request = LaunchRequest(
            agent=Agent("one"),
            arrangement=Arrangement(root=folder, workspace=Workspace("app")),
            cwd=folder,
            command=("claude",),
            mode="safe",
            conversation="c",
            version="2.1.330",
            files=self.folder,
            spool=self.path,
        )
        self.launch = ClaudeCode().launch(attrs.evolve(request, **changes))
        for file, text in self.launch.files.items():
            file.write_text(text)
        settings_file = self.folder / "claude-settings.json"
        self.settings: dict[str, Any] = json.loads(settings_file.read_text())

    def fire(self, event: str, payload: bytes) -> subprocess.CompletedProcess[bytes]:
        """Run the hook of an event as Claude Code does."""
        [matcher] = self.settings["hooks"][event]
        [hook] = matcher["hooks"]
        argv = ["/bin/sh", "-c", hook["command"]]
        return subprocess.run(
            argv, input=payload, capture_output=True, timeout=20, cwd=self.folder, check=False
        )

    def told(self, event: str, **more: Any) -> dict[str, Any]:
        """Return what the hook of an event writes down."""
        data = {**BASE, "hook_event_name": event, **more}
        done = self.fire(event, json.dumps(data, ensure_ascii=False).encode())
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return dict(tail(str(self.path))[-1])


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Spool:
    """Give the hooks of a launch of the newest version."""
    return Spool(tmp_path_factory.mktemp("hooks"))


class TestSettings:
    """Every launch gets hooks, those that its version knows, beside its policy."""

    def test_every_event_of_the_newest(self, spool: Spool) -> None:
        """The newest knows all of them, and a safe launch has them too."""
        assert list(spool.settings["hooks"]) == list(EVENTS)
        assert list(spool.settings) == ["hooks"]
        assert spool.launch.feeds["hooks"] == str(spool.path)

    @pytest.mark.parametrize("version", ["1.0.128", None])
    def test_no_event_that_a_version_does_not_know(
        self, tmp_path: Path, version: str | None
    ) -> None:
        """One would make an old version leave out the policy: an unknown one is taken for old."""
        old = Spool(tmp_path, version=version, mode="auto", rules=("Edit",))
        assert tuple(old.settings["hooks"])[:5] == OLD
        assert {"PermissionRequest", "StopFailure"}.isdisjoint(old.settings["hooks"])
        assert old.settings["permissions"] == {"allow": ["Edit"]}


class TestLines:
    """What a hook writes down."""

    def test_a_prompt(self, spool: Spool) -> None:
        """Its words, its session and its transcript, with the time in milliseconds."""
        before = time.time()
        found = spool.told("UserPromptSubmit", prompt=ODD)
        assert before - 1 < found.pop("at") / 1000 < time.time() + 1
        assert found == {
            "event": "UserPromptSubmit",
            "session": "5a",
            "prompt": ODD,
        }
        assert not (spool.folder / "made").exists()

    @pytest.mark.parametrize(
        ("event", "more", "told"),
        [
            ("PreToolUse", {"tool_name": "Bash", "tool_input": {"x": 1}}, {"tool": "Bash"}),
            ("PermissionRequest", {"tool_name": "Write"}, {"tool": "Write"}),
            ("PostToolUse", {"agent_id": "a1", "tool_name": "Ls"}, {"agent": "a1", "tool": "Ls"}),
            ("StopFailure", {"error": "rate_limit"}, {"error": "rate_limit"}),
            (
                "Notification",
                {"message": "M", "notification_type": "idle_prompt"},
                {"type": "idle_prompt", "message": "M"},
            ),
            (
                "SessionStart",
                {"source": "resume", "model": "m[1m]"},
                {"source": "resume", "model": "m[1m]", "transcript": "/home/é/5a.jsonl"},
            ),
            ("Stop", {"last_assistant_message": "Done."}, {"message": "Done."}),
            (
                "Stop",
                {"background_tasks": [{"id": "1", "type": "subagent", "status": "running"}]},
                {"within": "running"},
            ),
            ("Stop", {"background_tasks": [{"type": "shell", "status": "running"}]}, {}),
            ("SessionEnd", {"reason": "other"}, {"reason": "other"}),
        ],
    )
    def test_each_event(
        self, spool: Spool, event: str, more: dict[str, Any], told: dict[str, str]
    ) -> None:
        """Each event has what it is read for."""
        found = spool.told(event, **more)
        common = ("event", "at", "session")
        assert {key: one for key, one in found.items() if key not in common} == told

    def test_keys_of_other_things(self, spool: Spool) -> None:
        """What a tool is given is not taken for what the event says."""
        data = {"tool_name": "Task", "tool_input": {"prompt": "p", "error": "e", "session_id": "9"}}
        found = spool.told("PreToolUse", **data)
        assert set(found) == {"event", "at", "session", "tool"}
        assert found["session"] == "5a"

    @settings(max_examples=25, deadline=None)
    @given(prompt=st.text(max_size=3000) | st.text('\\"é\n', min_size=1990, max_size=2010))
    def test_any_prompt(self, spool: Spool, prompt: str) -> None:
        """Whatever is in it, it is one line with its beginning."""
        before = len(spool.path.read_bytes().splitlines())
        clean = prompt.encode("utf-8", "replace").decode()
        found = spool.told("UserPromptSubmit", prompt=clean)
        assert clean.startswith(found.get("prompt", ""))
        assert len(found.get("prompt", "")) >= min(len(clean), 300)
        lines = spool.path.read_bytes().splitlines()
        assert len(lines) == before + 1
        assert len(lines[-1]) < 4000

    @settings(max_examples=25, deadline=None)
    @given(payload=st.binary(max_size=300))
    def test_any_payload(self, spool: Spool, payload: bytes) -> None:
        """What is no JSON at all is one line that says which event it was."""
        assert spool.fire("Stop", payload).returncode == 0
        assert tail(str(spool.path))[-1]["event"] == "Stop"

    def test_a_huge_one(self, spool: Spool) -> None:
        """All of it is read, so that nobody writes to a pipe that is closed; it costs no time."""
        payload = json.dumps({**BASE, "tool_name": "Write", "tool_input": "x" * 20_000_000})
        began = time.monotonic()
        assert spool.fire("PreToolUse", payload.encode()).returncode == 0
        assert time.monotonic() - began < 2
        assert tail(str(spool.path))[-1]["tool"] == "Write"


class TestTogether:
    """Several at once, and what is in the way."""

    def test_many_at_once(self, tmp_path: Path) -> None:
        """No line is mixed with another, and none is lost."""
        spool = Spool(tmp_path)
        payloads = [json.dumps({**BASE, "prompt": f"{n} " * 900}).encode() for n in range(24)]
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda one: spool.fire("UserPromptSubmit", one), payloads))
        assert [one.returncode for one in done] == [0] * 24
        found = [one["prompt"].split() for one in tail(str(spool.path))]
        assert all(len(set(words[:-1])) == 1 for words in found)
        assert sorted(int(words[0]) for words in found) == list(range(24))

    def test_it_is_bounded(self, tmp_path: Path) -> None:
        """At the start of a turn what is long past goes; how the session began stays."""
        spool = Spool(tmp_path)
        spool.told("SessionStart", model="m[1m]")
        with spool.path.open("ab") as file:
            file.write(b"".join(b'{"event":"Stop","at":%d}\n' % n for n in range(20_000)))
        spool.told("Stop")
        assert spool.path.stat().st_size > 400_000
        spool.told("UserPromptSubmit", prompt="p")
        found = list(tail(str(spool.path)))
        assert found[0]["model"] == "m[1m]"
        assert [one["event"] for one in found[-2:]] == ["Stop", "UserPromptSubmit"]
        assert found[-3]["at"] == 19_999
        assert len(found) == 202
        assert spool.path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("way", ["missing", "folder", "read-only", "no script"])
    def test_what_is_in_the_way(self, tmp_path: Path, way: str) -> None:
        """Without a file to write to, a hook says nothing, fails at nothing and makes nothing."""
        spool = Spool(tmp_path)
        spool.path.unlink()
        if way == "folder":
            spool.path.mkdir()
        if way == "read-only":
            spool.path.symlink_to("/proc/self/stat")
        if way == "no script":
            [matcher] = spool.settings["hooks"]["Stop"]
            [hook] = matcher["hooks"]
            hook["command"] = hook["command"].replace(str(SCRIPT), f"{SCRIPT}.gone")
        done = spool.fire("Stop", b"x" * 1_000_000)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert way != "missing" or not spool.path.exists()


def test_the_script_is_plain(spool: Spool) -> None:
    """It is what any shell runs, starts nothing heavy, and is not where an agent works."""
    checked = subprocess.run(["/bin/sh", "-n", str(SCRIPT)], timeout=10, check=False)
    assert checked.returncode == 0
    assert "python" not in SCRIPT.read_text()
    assert [path.name for path in spool.launch.files] == ["claude-settings.json"]
