"""Rules that people put over those of a runtime: where they are, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tutti_core.config.find import global_path
from tutti_core.team.checks import core_checks
from tutti_core.team.compiled import digest
from tutti_core.team.detect import DetectRequest, detect
from tutti_core.team.doctor import doctor
from tutti_core.team.rules import files_over, shown
from tutti_core.team.up import UpRequest, up

ASKS = '[[screen]]\nid = "mine"\nstate = "waiting"\nkind = "question"\nregex = "^colour$"\n'


def told(crew: Any) -> list[tuple[str, str]]:
    """Return what the doctor says of the rules."""
    findings = doctor(crew.context("one")).findings
    return [(one.status, one.detail) for one in findings if one.check == "rules/echo"]


def put(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def places(tmp_path: Path, crew: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Give the user's file and the workspace's for the runtime of the crew."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    user, workspace = files_over("echo", crew.root)
    assert user == global_path().parent / "rules" / "echo.toml"
    assert workspace == crew.root / ".tutti" / "rules" / "echo.toml"
    return user, workspace


def test_a_rule_of_the_workspace_is_obeyed_and_named(crew: Any, places: tuple[Path, Path]) -> None:
    """It speaks before the runtime's own, and `--explain` says where it comes from."""
    context = crew.context("one")
    put(places[1], ASKS)
    up(context, UpRequest(wait=False))
    crew.host.screen = "colour"
    record = detect(crew.context("one"), DetectRequest("one", explain=True)).record
    assert (record["state"], record["kind"]) == ("waiting", "question")
    origins = {one["rule"]: one["origin"] for one in record["rules"]}
    assert origins["mine"] == ".tutti/rules/echo.toml"
    assert origins["prompt"] == ""


def test_the_workspace_has_the_last_word(crew: Any, places: tuple[Path, Path]) -> None:
    """What the user's own file says of a rule is changed by the workspace's."""
    put(places[0], '[[screen]]\nid = "busy"\nconfidence = 0.3\nregex = "^b"\n')
    put(places[1], '[[screen]]\nid = "busy"\nconfidence = 0.7\n')
    context = crew.context("one")
    rules = {one["id"]: one for one in context.digest["rules"]["echo"]["screen"]}
    assert (rules["busy"]["regex"], rules["busy"]["confidence"]) == ("^b", 0.7)


def test_what_is_broken_is_left_out_and_the_doctor_names_it(
    crew: Any, places: tuple[Path, Path]
) -> None:
    """A typing error takes no team down: the rest counts, and file and line are said."""
    put(places[1], f'{ASKS}\n[[screen]]\nid = "busy"\nregex = "("\n')
    context = crew.context("one")
    found = context.digest
    assert found["rules"]["echo"]["screen"][0]["id"] == "mine"
    (said,) = found["left_out"]["echo"]
    assert said.startswith(".tutti/rules/echo.toml:7: ")
    crew.add("checks", tutti_checks=core_checks)
    assert told(crew) == [("fail", said)]


def test_the_doctor_names_what_is_in_use(crew: Any, places: tuple[Path, Path]) -> None:
    """Files that change rules are listed; without any there is nothing to say."""
    crew.add("checks", tutti_checks=core_checks)
    assert told(crew) == []
    put(places[1], ASKS)
    assert told(crew) == [("pass", ".tutti/rules/echo.toml")]


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(
    crew: Any, places: tuple[Path, Path], content: bytes | None
) -> None:
    """Bytes that are no text, or a folder of that name, leave the runtime's own rules."""
    put(places[1], "")
    places[1].unlink()
    places[1].write_bytes(content) if content else places[1].mkdir()
    context = crew.context("one")
    assert "cannot be read" in context.digest["left_out"]["echo"][0]
    assert context.digest["rules"]["echo"]["screen"]


def test_each_file_that_could_be_there_is_watched(crew: Any, places: tuple[Path, Path]) -> None:
    """What was compiled counts only while none of them came, went or changed."""
    context = crew.context("one")
    before = digest(context.arrangement, crew.plugins)["files"]
    assert [before[str(place)] for place in places] == [None, None]
    put(places[1], ASKS)
    after = digest(context.arrangement, crew.plugins)["files"]
    assert after[str(places[0])] is None
    assert after[str(places[1])] is not None


def test_paths_are_shown_as_people_write_them(tmp_path: Path) -> None:
    """Below the workspace without it, below the home with a tilde, else whole."""
    assert shown(tmp_path / "a" / "b", tmp_path) == "a/b"
    assert shown(Path.home() / "x", tmp_path) == "~/x"
    assert shown(Path("/x/y"), None) == "/x/y"
