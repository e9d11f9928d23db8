"""Homes for real agent CLIs: what each finds there, and when its program may start."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tutti_testing import aider_home, claude_home, codex_home, gated, wait_for


def test_each_finds_the_model_and_what_it_would_ask_for(tmp_path: Path) -> None:
    """All three in one home, and nothing in it or in the variables leads to a real provider."""
    url = "http://127.0.0.1:9"
    needs = {
        **claude_home(tmp_path, url, [tmp_path / "a"], theme="light"),
        **codex_home(tmp_path, url, [tmp_path / "a", tmp_path / "b"]),
        **aider_home(tmp_path, url),
    }
    assert (needs["ANTHROPIC_BASE_URL"], needs["OPENAI_API_BASE"]) == (url, f"{url}/v1")
    claude = json.loads((tmp_path / ".claude.json").read_text())
    assert claude["projects"][str(tmp_path / "a")]["hasTrustDialogAccepted"] is True
    assert claude["theme"] == "light"
    codex = (tmp_path / ".codex" / "config.toml").read_text()
    assert f'base_url = "{url}/v1"' in codex
    assert codex.count('trust_level = "trusted"') == 2
    assert "not-a-key" in needs["OPENAI_API_KEY"]
    assert "not-a-key" in needs["ANTHROPIC_API_KEY"]


def test_a_gated_command_waits_and_still_says_its_version(tmp_path: Path) -> None:
    """It is the real one as soon as the gate is open, with all its arguments."""
    gate = tmp_path / "gate"
    folder = gated(tmp_path / "bin", {"talk": Path("/bin/echo")}, gate)
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["talk", "--version"], env=env, check=True, timeout=30)
    waits = subprocess.Popen(["talk", "a b", "c"], env=env, stdout=subprocess.PIPE, text=True)
    assert not wait_for(lambda: waits.poll() is not None, 0.5)
    gate.touch()
    assert waits.communicate(timeout=30)[0] == "a b c\n"
