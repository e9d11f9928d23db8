"""What every kind of workflow step must do."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import tomli

from tutti_core import StepType, convert

from .answers import assert_plain
from .attempts import Diary, Killed, begun
from .effects import snapshot, watched
from .ground import Ground
from .trying import Trying

TORN: tuple[Mapping[str, Any], ...] = (
    {},
    {"token": "run-1/step-1/1", "number": 1, "notes": {}},
    {"token": None, "number": "one", "notes": None},
    {"token": "", "number": -1, "notes": {"path": 3, "": [], "sha": None}},
    {"notes": ["not", "a", "table"], "other": True},
)


class StepConformance(Trying):
    """What every kind of workflow step must do.

    A whole test file::

        class TestMine(StepConformance):
            step = Mine()
            examples = ('path = "a.txt"',)
            refused = (('path = ""', "path"),)

    Attributes:
        step: The step type.
        examples: TOML text of a step's keys, without its ``type``; each can be run in a fresh
            workspace, within seconds.
        refused: TOML text that must not be taken, each with the key that is wrong in it.
        slow: An example that would run for a minute, to be stopped; empty if the step waits for
            nothing.
        team: The `tutti.toml` of the workspace.
    """

    def test_it_is_a_step_type(self) -> None:
        """It has what the contract asks for, a name that can stand in a file, and examples."""
        assert isinstance(self.step, StepType), (
            "a step type has `name`, `schema`, `plan`, `run` and `recover`: add what is missing"
        )
        assert re.fullmatch(r"[a-z][a-z0-9_]*", self.step.name), (
            f"{self.step.name!r} cannot be a step's `type`: small letters, digits and '_'"
        )
        assert attrs.has(self.step.schema), "`schema` is to be an attrs class: @attrs.frozen"
        assert "type" not in attrs.fields_dict(self.step.schema), (
            "`type` is the engine's own key: call the schema's something else"
        )
        assert self.examples, "without an example nothing of it can be tested: add one"

    def test_its_keys_come_from_toml(self) -> None:
        """Each example is taken, and each key says by its type what it takes."""
        for text in self.examples:
            self.taken(text)
            for key in tomli.loads(text):
                wrong = {**tomli.loads(text), key: datetime.date(1979, 5, 27)}
                _, faults = convert(wrong, self.step.schema)
                assert faults, f"`{key}` takes a date too: give the field a type other than Any"

    def test_it_refuses_what_it_cannot_do(self) -> None:
        """Each wrong example is refused, with an error that names the key."""
        for text, key in self.refused:
            _, faults = convert(tomli.loads(text), self.step.schema)
            told = [f"{'.'.join(map(str, one.path))}: {one.message}" for one in faults]
            assert faults, f"{text!r} is taken: give `{key}` a validator or a narrower type"
            assert any(key in one for one in told), (
                f"{text!r} is refused with {told}, which does not name `{key}`: say it in the "
                "validator's message"
            )

    def test_planning_has_no_effect(self, tmp_path: Path) -> None:
        """A plan is said, the same one twice, in JSON values, and nothing is done."""

        def check(place: Ground, step: Any) -> None:
            with watched(place) as done:
                plans = [self.step.plan(place.context, step) for _ in range(2)]
            assert not done, f"plan() did what only run() may do: {done}"
            assert_plain(plans[0], "plan()")
            assert plans[0] == plans[1], "plan() says other things when it is asked again"

        self._with_each(tmp_path, check)

    def test_running_says_what_it_did(self, tmp_path: Path) -> None:
        """A run gives its output in JSON values, and what it notes can be kept as JSON."""

        def check(place: Ground, step: Any) -> None:
            assert_plain(self.step.run(place.context, step, begun(Diary())), "run()")

        self._with_each(tmp_path, check)

    def test_a_step_that_is_cancelled_does_nothing(self, tmp_path: Path) -> None:
        """Cancelled before it begins, it raises `StepStopped` and has done nothing."""
        self._never_begins(tmp_path, begun(stopped=lambda: True), "it was cancelled")

    def test_a_step_without_time_does_nothing(self, tmp_path: Path) -> None:
        """Begun when its time is up already, it raises `StepStopped` and has done nothing."""
        self._never_begins(tmp_path, begun(deadline=time.monotonic() - 1.0), "its time was up")

    def test_a_step_that_waits_can_be_cancelled(self, tmp_path: Path) -> None:
        """Cancelled in the middle, a slow step ends within seconds."""
        self._ends_soon(
            tmp_path, lambda end: begun(stopped=lambda: time.monotonic() >= end), "it was cancelled"
        )

    def test_a_step_that_waits_keeps_its_time(self, tmp_path: Path) -> None:
        """Out of time in the middle, a slow step ends within seconds."""
        self._ends_soon(tmp_path, lambda end: begun(deadline=end), "its time was up")

    def test_recovering_only_looks(self, tmp_path: Path) -> None:
        """Whatever is on record, recover() answers with a known word and changes nothing."""

        def check(place: Ground, step: Any) -> None:
            for record in TORN:
                self._recovered(place, step, record)

        self._with_each(tmp_path, check)

    def test_what_was_done_is_not_done_again(self, tmp_path: Path) -> None:
        """After a whole run, recover() asks for another only if that would change nothing."""

        def check(place: Ground, step: Any) -> None:
            diary = Diary()
            self.step.run(place.context, step, begun(diary))
            again = self._again(place, step, diary.record(begun()))
            if again is not None:
                with watched(place) as done:
                    self.step.run(place.context, step, again)
                assert not done, (
                    f"recover() has what was done run once more, and that does it again: {done}; "
                    "look for the attempt's token, or for what it noted"
                )

        self._with_each(tmp_path, check)

    def test_what_it_leaves_for_others_is_not_lost(self, tmp_path: Path) -> None:
        """Whatever a whole run left for later steps, a recovered one leaves too."""

        def check(place: Ground, step: Any) -> None:
            diary = Diary()
            left = self._left(self.step.run(place.context, step, begun(diary)))
            record = diary.record(begun())
            if not left or self._recovered(place, step, record) not in ("done", "continue"):
                return
            again = self._again(place, step, record)
            assert again is not None, (
                f"recover() says done of what left {sorted(left)} for later steps, and they would "
                "go without: answer continue, and have run() collect it"
            )
            found = self._left(self.step.run(place.context, step, again))
            assert found == left, (
                f"gone on with, run() left {found} for later steps, and {left} the first time"
            )

        self._with_each(tmp_path, check)

    def test_what_was_not_done_is_not_called_done(self, tmp_path: Path) -> None:
        """Before anything was done, recover() says done only if nothing would be changed."""

        def check(place: Ground, step: Any) -> None:
            if self._recovered(place, step, Diary().record(begun())) == "done":
                with watched(place) as done:
                    self.step.run(place.context, step, begun())
                assert not done, f"recover() says done of what was never begun: a run did {done}"

        self._with_each(tmp_path, check)

    def test_killed_at_any_note_it_is_done_once(self, tmp_path: Path) -> None:
        """Killed as it notes something and recovered, run again only on redo, it is done once."""
        for number, text in enumerate(self.examples):
            folder = tmp_path / str(number)
            once = self._after_one_run(folder, text)
            lasts = 0
            while self._recovers_from_kill(folder / f"killed-{lasts}", text, lasts, once):
                lasts += 1

    def _after_one_run(self, folder: Path, text: str, number: int = 2) -> dict[str, str]:
        """Return what is below the folder of a workspace, as far as it is the same each time."""
        found = []
        for name in ("once", "as-well"):
            with self._ground(folder / name) as place:
                self.step.run(place.context, self.taken(text), begun(number=number))
                found.append(snapshot(place.folder))
        return dict(found[0].items() & found[1].items())

    def _recovers_from_kill(
        self, folder: Path, text: str, lasts: int, once: Mapping[str, str]
    ) -> bool:
        """Return whether the step was killed at all, or notes less than that."""
        diary = Diary(lasts)
        with self._ground(folder) as place:
            step = self.taken(text)
            with suppress(Killed):
                self.step.run(place.context, step, begun(diary))
                assert not diary.killed, "run() went on after a kill: never catch BaseException"
            again = self._again(place, step, diary.record(begun())) if diary.killed else None
            if again is not None:
                self.step.run(place.context, step, again)
                after = snapshot(place.folder)
                # What was gone on with may bear the token of the attempt that was killed.
                first = self._after_one_run(folder, text, 1) if again.earlier else {}
                right = {
                    name: (content, first.get(name, content)) for name, content in once.items()
                }
                twice = [name for name in right if after.get(name) not in right[name]]
                assert not twice, (
                    f"killed at note {lasts + 1}, recovered and run again, it left {twice} other "
                    "than one run does: note before the effect, and have recover() look for it"
                )
        return diary.killed
