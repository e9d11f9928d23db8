from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli

from tutti_core import Attempt, Context, Plugins, convert, load_arrangement
from tutti_workflow.model import Workflow
from tutti_workflow.schema import problems, problems_nested

HEAD = '[workspace]\nname = "w"\n[defaults]\nruntime = "demo"\n[[agent]]\nname = "api"\n'


def said(toml: str) -> list[str]:
    """What is wrong with workflows by themselves."""
    found, faults = convert(tomli.loads(toml)["workflow"], tuple[Workflow, ...])
    assert not faults
    wrong = (*problems(found), *problems_nested(found))
    return [f"{path}: {message}" for path, message in wrong]


def flow(name: str, *steps: str, head: str = "") -> str:
    """A workflow of steps, each given as the text of its keys."""
    body = "".join(f"[[workflow.step]]\n{step}\n" for step in steps)
    lines = ["[[workflow]]", f'name = "{name}"', *([head] if head else ()), body]
    return "\n".join(lines)


class TestByItself:
    """What can be wrong with workflows, whatever the types of their steps."""

    def test_a_good_one_is_taken(self) -> None:
        """Ids, numbers, retries and movements as they should be are no problem."""
        text = flow(
            "a",
            'type = "x"\nid = "one"\nretry = { attempts = 3, on = ["timeout", 75] }',
            'type = "x"\ndepends_on = [1]\nmovement = "auth"\ntimeout_secs = 2',
            'type = "x"\ndepends_on = ["one"]\non_success = { ledger = "tested" }',
        )
        assert said(text) == []

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (flow("a"), "[0]: 'a' has no step: add a [[workflow.step]] below it"),
            (flow(" ", 'type = "x"'), "[0].name: is blank: give it a name"),
            (
                flow("a", 'type = "x"') + flow("a", 'type = "x"'),
                "[1].name: workflow[0] is named 'a' too",
            ),
            (
                flow("a", 'id = "x"'),
                '[0].step[0].type: is missing: say what the step does, such as type = "command"',
            ),
            (
                flow("a", 'type = "x"\nid = "a.b"'),
                '[0].step[0].id: \'a.b\' must be of letters, digits, "-" and "_"',
            ),
            (
                flow("a", 'type = "x"\nid = "2"'),
                "[0].step[0].id: '2' would be taken for the number of a step: add a letter",
            ),
            (
                flow("a", 'type = "x"\nid = "a-b"', 'type = "x"\nid = "A_B"'),
                "[0].step[1].id: step 1 has the id 'a-b' already",
            ),
            (
                flow("a", 'type = "x"\ntimeout_secs = 0'),
                "[0].step[0].timeout_secs: must be more than 0 and at most thirty days (2592000)",
            ),
            (
                flow("a", 'type = "x"\nretry = { attempts = 0 }'),
                "[0].step[0].retry.attempts: must be from 1 to 100, is 0",
            ),
            (
                flow("a", 'type = "x"\nretry = { on = ["timeot"] }'),
                "[0].step[0].retry.on[0]: 'timeot' never happens; known are failure, timeout, ",
            ),
            (
                flow("a", 'type = "x"\nretry = { on = [0] }'),
                "[0].step[0].retry.on[0]: no program fails with 0: from 1 to 255 is possible",
            ),
            (
                flow("a", 'type = "x"\nretry = { atempts = 2 }'),
                '[0].step[0].retry.atempts: unknown key: did you mean "attempts"?',
            ),
            (
                flow("a", 'type = "x"\ndepends_on = "b"'),
                "[0].step[0].depends_on: ",
            ),
            (
                flow("a", 'type = "x"\ndepends_on = [9]'),
                "[0].step[0].depends_on: there is no step 9: they are numbered from 1 to 1",
            ),
            (
                flow("a", 'type = "x"\nmovement = "a b"'),
                '[0].step[0].movement: must be of letters, digits, "-" and "_"',
            ),
        ],
    )
    def test_what_is_wrong_is_named_with_its_place(self, text: str, expected: str) -> None:
        """Each is one problem, at the key that is wrong, which says what to do."""
        (found,) = said(text)
        assert found.startswith(expected)

    def test_a_workflow_that_runs_itself_is_refused(self) -> None:
        """It would never end; the step with which it comes back to itself is named."""
        text = flow("a", 'type = "x"', 'type = "workflow"\nworkflow = "a"')
        assert said(text) == ["[0].step[1].workflow: it would never end: a runs a"]

    def test_workflows_that_run_each_other_are_refused(self) -> None:
        """The whole way is shown, at each workflow that is on it."""
        text = flow("a", 'type = "workflow"\nworkflow = "b"')
        text += flow("b", 'type = "workflow"\nworkflow = "a"')
        assert said(text) == [
            "[0].step[0].workflow: it would never end: a runs b runs a",
            "[1].step[0].workflow: it would never end: b runs a runs b",
        ]

    def test_a_workflow_that_is_not_there_is_refused(self) -> None:
        """The ones that are there are named."""
        text = flow("a", 'type = "workflow"\nworkflow = "b"')
        assert said(text) == ["[0].step[0].workflow: there is no workflow 'b' (workflows here: a)"]


@attrs.frozen
class Keys:
    """What the step of these tests takes."""

    text: str
    agent: str | None = None


class Step:
    """A step of a stranger's, which has a check of its own."""

    name = "jot"
    schema = Keys

    def plan(self, context: Context, step: Keys) -> Mapping[str, Any]:
        return {}

    def run(self, context: Context, step: Keys, attempt: Attempt) -> Mapping[str, Any]:
        return {}

    def recover(self, context: Context, step: Keys, record: Mapping[str, Any]) -> str:
        return "unknown"

    def check(self, step: Keys, common: Any, arrangement: Any) -> list[tuple[str, str]]:
        return [(".text", f"{step.text!r} is not for {common.id}")] if step.text == "bad" else []


class TestAcross:
    """What can be wrong with a step as its type and the team see it."""

    @pytest.fixture
    def problem(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """What is wrong with a `tutti.toml` in which a step has some keys."""
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        plugins = Plugins.installed()
        given = {**plugins.steps(), "jot": Step()}
        monkeypatch.setattr(plugins, "steps", lambda: given)

        def found(*steps: str, head: str = "", more: str = "") -> list[str]:
            (tmp_path / "tutti.toml").write_text(HEAD + flow("a", *steps, head=head) + more)
            try:
                load_arrangement(tmp_path, plugins)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is looked at
                return [str(one) for one in getattr(error, "problems", [error])]
            return []

        return found

    def test_a_good_step_is_taken(self, problem: Any) -> None:
        """A step of a stranger's is as good as one of ours."""
        assert problem('type = "jot"\ntext = "x"\nagent = "api"\nid = "a"') == []

    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ("", "tutti.toml:10 workflow[0].step[0].text: is missing: add `text = ...`"),
            (
                'text = "x"\ntxet = 1',
                'tutti.toml:12 workflow[0].step[0].txet: unknown key: did you mean "text"?',
            ),
            (
                'text = "x"\nagent = "b"',
                "tutti.toml:12 workflow[0].step[0].agent: no agent is named 'b' (agents here: api)",
            ),
            (
                'text = "bad"\nid = "a"',
                "tutti.toml:11 workflow[0].step[0].text: 'bad' is not for a",
            ),
        ],
    )
    def test_what_is_wrong_is_named_with_its_line(
        self, problem: Any, keys: str, expected: str
    ) -> None:
        """Keys of the type, agents, and what the type itself looks at have file and line."""
        if not keys:
            expected = expected.replace(":10 ", ":9 ")
        (found,) = problem(f'type = "jot"\n{keys}')
        assert found == expected

    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            (
                ('type = "command"\nrun = "echo {{output.nope.path}}"',),
                "step[0].run: {{output.nope.path}} names what no step before it leaves (outputs",
            ),
            (
                (
                    'type = "command"\nargv = ["echo", "{{output.b.json}}"]\ndepends_on = []',
                    'type = "command"\nid = "b"\nrun = "x"\noutput_json = "b.json"',
                ),
                "step[0].argv[1]: {{output.b.json}} is left by step 2, for which this one does not",
            ),
            (
                ('type = "command"\nrun = "echo \'{{var.x}}\'"',),
                "step[0].run: shell text: {{var.x}} stands in quotes",
            ),
            (
                ('type = "command"\nrun = "pwd"\nsubdir = "a/../.."',),
                "step[0].subdir: leads out of where the command runs",
            ),
            (
                ('type = "prompt"\nagent = "api"\ntext = "{{run.nr}}"',),
                "step[0].text: template: {{run.nr}} is not known",
            ),
        ],
    )
    def test_what_no_run_could_do(
        self, problem: Any, steps: tuple[str, ...], expected: str
    ) -> None:
        """Whoever mistypes a template or a path is told by the first command, not the last step."""
        (found,) = problem(*steps)
        assert expected in found

    def test_what_a_stranger_leaves_is_its_own_matter(self, problem: Any) -> None:
        """A type of steps that does not say what it leaves may leave anything."""
        assert problem('type = "jot"\ntext = "x"', 'type = "jot"\ntext = "{{output.z.json}}"') == []

    def test_a_schedule_gives_no_variables(self, problem: Any) -> None:
        """A workflow that needs one, also further down, cannot begin by itself."""
        inner = flow("in", 'type = "jot"\ntext = "{{var.day}} {{var.given}}"')
        (found,) = problem(
            'type = "workflow"\nworkflow = "in"\nvars = { given = "x" }',
            head='schedule = "0 9 * * *"',
            more=inner,
        )
        assert "[0].schedule: {{var.day}} in step 1, workflow 'in', step 1, text" in found

    def test_a_type_that_nobody_gives_is_refused(self, problem: Any) -> None:
        """The types there are are named."""
        (found,) = problem('type = "jott"')
        assert "no step has the type 'jott' (types here: " in found
        assert "jot" in found

    def test_a_type_of_a_distribution_to_come_waits_for_a_run(self, problem: Any) -> None:
        """A team with a step that nobody can do yet can be started all the same."""
        assert problem('type = "land"\nagent = "api"') == []
