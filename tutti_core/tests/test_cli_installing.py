"""Installing plugins: what is asked for, and by which installer, in which environment."""

from __future__ import annotations

import importlib.util
import shutil
import sys

import pytest

from tutti_core.cli import installing
from tutti_core.errors import PluginError


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("claude", "tutti-claude"),
        ("claude==0.1", "tutti-claude==0.1"),
        ("claude >= 0.1", "tutti-claude >= 0.1"),
        ("claude[extra]<2", "tutti-claude[extra]<2"),
        ("tutti-claude", "tutti-claude"),
        ("tutti_claude==1", "tutti_claude==1"),
        ("some-plugin", "some-plugin"),
        ("./dist/x-1-py3-none-any.whl", "./dist/x-1-py3-none-any.whl"),
        ("git+https://example.org/x.git", "git+https://example.org/x.git"),
        ("tutti", "tutti"),
    ],
)
def test_a_short_name_is_one_of_ours(name: str, wanted: str) -> None:
    """A version beside the name does not turn it into somebody else's package."""
    assert installing.requirement(name) == wanted


@pytest.mark.parametrize("name", ["gemini", "Gemini", "gemini==1", "gemini[all] >= 2"])
def test_a_short_name_of_what_is_not_made_yet_is_refused(name: str) -> None:
    """Under a name that will be ours an index may have somebody else's work."""
    with pytest.raises(PluginError, match=r"means tutti-gemini, which tutti .* not have") as caught:
        installing.installable(["claude", name])
    assert caught.value.hint.endswith("write tutti-gemini")
    assert installing.installable(["claude", "tutti-gemini"]) == ["tutti-claude", "tutti-gemini"]


@pytest.mark.parametrize(
    "name", ["core", "tutti-core", "tutti_core", "Tutti.Core", "tutti-core==1"]
)
def test_the_core_is_not_removed(name: str) -> None:
    """However it is written."""
    with pytest.raises(PluginError, match="tutti-core is tt itself"):
        installing.removable(["pytest", name], {})


def test_what_is_removed_is_what_is_there() -> None:
    """A plugin is known by the name it is listed under; what is not installed is an error."""
    owners = {"my-song": "pytest", "core": "tutti-core"}
    assert installing.removable(["my-song", "testing"], owners) == ["pytest", "tutti-testing"]
    with pytest.raises(PluginError, match="nobody-s-song is not installed"):
        installing.removable(["my-song", "nobody-s-song"], owners)
    with pytest.raises(PluginError, match="tutti-core is tt itself"):
        installing.removable(["core"], owners)


def test_uv_is_told_whose_environment_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pip uv acts, and not on the environment that lies around the current folder."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/uv")
    assert installing.installer("install") == ["uv", "pip", "install", "--python", sys.executable]
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PluginError, match="neither pip in"):
        installing.installer("install")


def test_an_installer_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its absence is told in one line."""
    monkeypatch.setattr(installing, "installer", lambda action: ["/nonexistent/pip", action])
    with pytest.raises(PluginError, match="/nonexistent/pip failed"):
        installing.run_installer("install", ["x"], quiet=True)


def test_what_is_worked_on_is_an_option(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A project's folder stands before the dashes behind which nothing can be an option."""
    echo = [sys.executable, "-c", "import sys; print(*sys.argv[1:])"]
    monkeypatch.setattr(installing, "installer", lambda action: [*echo, action])
    wanted = ["tutti-testing", "--editable=/a b", "-x"]
    assert installing.run_installer("install", wanted, quiet=False) == 0
    assert capfd.readouterr().out == "install --editable=/a b -- tutti-testing -x\n"
