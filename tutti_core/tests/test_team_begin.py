"""Beginning a team: what a template is, and that nothing is left of an attempt that failed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from tutti_core.config.find import global_path
from tutti_core.errors import ConfigError, StateError
from tutti_core.markers import hookimpl
from tutti_core.model.contract import Template
from tutti_core.model.launch import Refusal
from tutti_core.plugins import Plugins
from tutti_core.team import begin as beginning
from tutti_core.team.begin import begin
from tutti_core.team.choosing import template_for
from tutti_core.team.context import Context
from tutti_core.team.templates import BELOW, core_templates, read_template

HEAD = '[template]\nname = "t"\nversion = "1.0"\ndescription = "Some."\n'
BODY = '[workspace]\nname = "{{project_name}}"\n[defaults]\nruntime = "{{runtime}}"\n'
MINIMAL = Template("minimal", "1", "One.", BODY)


@pytest.fixture
def templates(crew: Any) -> list[Template]:
    """The templates that a plugin of the crew gives; to be added to."""
    given = [MINIMAL]
    crew.add("templates", tutti_templates=lambda: given)
    return given


class TestATemplatesFile:
    def test_it_says_what_it_is(self) -> None:
        """All of the `[template]` table is read, and what it makes begins below the line."""
        text = (
            HEAD + 'author = "A"\ndetect = ["a", "b"]\ndetect_all = ["c"]\n'
            '[template.roles.planner]\ndefault_runtime = "claude-code"\ndescription = "plans"\n'
            '[template.roles.tester]\ndefault_runtime = "codex"\n'
            f"\n{BELOW}\n{BODY}"
        )
        found = read_template(text, "x.toml")
        assert (found.name, found.version, found.description) == ("t", "1.0", "Some.")
        assert (found.author, found.detect, found.detect_all) == ("A", ("a", "b"), ("c",))
        assert found.roles == {"planner": "claude-code (plans)", "tester": "codex"}
        assert found.body == BODY

    def test_the_line_may_be_written_on_any_system(self) -> None:
        """Line ends of another system and blanks around the line do not hide it."""
        text = f"{HEAD}\n  {BELOW} \n{BODY}".replace("\n", "\r\n")
        assert read_template(text, "x.toml").name == "t"

    def test_a_team_without_the_line_is_a_template_too(self) -> None:
        """Any `tutti.toml` can be begun from; its name is the file's."""
        found = read_template(BODY, "/home/me/my team.toml")
        assert (found.name, found.version, found.body) == ("my-team", "0", BODY)

    @pytest.mark.parametrize(
        ("head", "why"),
        [
            ("[template\n", "Expected"),
            ("", r"no \[template\] table"),
            (HEAD.replace('name = "t"\n', ""), "needs a name"),
            (HEAD.replace('version = "1.0"\n', ""), "needs a version"),
            (HEAD.replace('description = "Some."\n', ""), "needs a description"),
            (HEAD + 'detects = ["a"]\n', "has no 'detects'"),
            (HEAD + 'detect = "a"\n', "template.detect must be a list"),
            (HEAD + "author = 3\n", "template.author must be a text"),
            (HEAD + "roles = 3\n", "template.roles must be tables"),
            (HEAD + "[template.roles.a]\n", "template.roles.a needs a default_runtime"),
            (HEAD.replace('"t"', '"a b"'), "a name is letters"),
            (HEAD.replace('"1.0"', '"1 0"'), "a version such as"),
        ],
    )
    def test_one_that_does_not_say_what_it_is_is_refused(self, head: str, why: str) -> None:
        """The message names the file and what is missing."""
        with pytest.raises(ConfigError, match=rf"x\.toml is no template: .*{why}"):
            read_template(f"{head}\n{BELOW}\n{BODY}", "x.toml")

    def test_the_cores_own_are_files_of_this_kind(self) -> None:
        """Each has a name, and a body with an agent."""
        names = [one.name for one in core_templates()]
        assert names == ["minimal", "pair", "web"]
        assert all(
            "[[agent]]" in one.body and "[template]" not in one.body for one in core_templates()
        )


class TestChoosing:
    def test_the_best_match_wins(self, crew: Any, templates: list[Template]) -> None:
        """Of several that fit, the one that fits best is taken, not the smallest."""
        templates += [
            Template("rust", "1", "", BODY, detect_all=("Cargo.toml", "main.rs")),
            Template("cargo", "1", "", BODY, detect=("Cargo.toml",)),
            Template("npm", "1", "", BODY, detect=("package.json",)),
        ]
        (crew.root / "Cargo.toml").touch()
        assert template_for(crew.plugins.templates(), crew.root, None).name == "cargo"
        (crew.root / "main.rs").touch()
        assert template_for(crew.plugins.templates(), crew.root, None).name == "rust"

    def test_without_a_match_the_smallest_is_taken(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """A template that looks for nothing fits nothing, and still is there."""
        assert begin(crew.root, crew.plugins).template == "minimal"


class TestWhatIsLeft:
    def test_the_first_line_says_where_it_comes_from(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """Other tools read the template's name and version there."""
        begin(crew.root, crew.plugins, name="mine")
        lines = (crew.root / "tutti.toml").read_text().splitlines()
        assert lines[:3] == ["# template: minimal 1", "[workspace]", 'name = "mine"']

    def test_a_template_that_makes_nonsense_leaves_nothing(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """Neither the file nor a registration, and the template is blamed."""
        templates.append(Template("bad", "1", "", "[workspace]\nname = 3\n"))
        with pytest.raises(ConfigError, match="template 'bad' does not make a valid"):
            begin(crew.root, crew.plugins, template="bad")
        assert list(crew.root.iterdir()) == []
        assert not global_path().exists()

    def test_a_registration_that_fails_can_be_tried_again(
        self, crew: Any, templates: list[Template], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`init` is not in its own way after the global file is mended."""

        def full(name: str, path: Path) -> bool:
            raise StateError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(beginning, "register_workspace", full)
            with pytest.raises(StateError):
                begin(crew.root, crew.plugins)
        assert begin(crew.root, crew.plugins).workspace == "project"

    def test_two_who_begin_at_once_do_not_overwrite_each_other(
        self, crew: Any, templates: list[Template], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever comes second is told that the file is there."""
        real = beginning._checked

        def slow(*words: Any) -> Any:
            found = real(*words)
            (crew.root / "tutti.toml").write_text("theirs")
            return found

        monkeypatch.setattr(beginning, "_checked", slow)
        with pytest.raises(ConfigError, match="is there already"):
            begin(crew.root, crew.plugins)
        assert (crew.root / "tutti.toml").read_text() == "theirs"


class TestRuntimesThatAreNotThere:
    def test_without_any_runtime_it_says_how_to_get_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A tt with no runtime at all writes nothing, and blames no template."""
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        plugins = Plugins()
        plugins.add(
            SimpleNamespace(tutti_templates=hookimpl(lambda: [MINIMAL])), "core", "tutti-core"
        )
        with pytest.raises(ConfigError, match="no runtime is installed") as caught:
            begin(tmp_path, plugins)
        assert "run `tt plugins install claude`, or run `tt plugins install " in caught.value.hint
        assert not (tmp_path / "tutti.toml").exists()

    def test_one_of_ours_names_its_distribution(
        self, crew: Any, templates: list[Template], tmp_path: Path
    ) -> None:
        """Who asks for a runtime that is not installed is told what has it."""
        with pytest.raises(ConfigError, match="comes with tutti-codex, which is not") as caught:
            begin(crew.root, crew.plugins, runtime="codex")
        assert caught.value.message.endswith("(there are: echo)")
        assert caught.value.hint == "run `tt plugins install codex`"

    def test_one_that_the_global_file_declares_is_there(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """A plugin that gives what the global file declares is handed that file."""
        seen = []

        def runtimes(settings: Any) -> list[Any]:
            seen.append(dict(settings))
            return []

        crew.add("declared", tutti_runtimes=runtimes)
        global_path().parent.mkdir(parents=True, exist_ok=True)
        global_path().write_text('[user]\nname = "me"\n')
        begin(crew.root, crew.plugins)
        assert seen[0] == {"user": {"name": "me"}}


class TestWithoutAPolicy:
    def test_the_next_up_works(self, crew: Any, templates: list[Template]) -> None:
        """Where no plugin has a policy, agents ask a person, and the file says why."""
        assert begin(crew.root, crew.plugins).mode == "safe"
        context = Context.open(crew.root, crew.plugins)
        assert context.arrangement.launch.mode == "safe"
        assert "tutti-permissions" in (crew.root / "tutti.toml").read_text()

    def test_a_template_that_says_how_to_launch_is_left_alone(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """What a template says of launches stays the only word on it."""
        templates[0] = attrs.evolve(MINIMAL, body=f"{BODY}[launch]\nready_secs = 5\n")
        begin(crew.root, crew.plugins)
        assert Context.open(crew.root, crew.plugins).arrangement.launch.mode == "auto"

    @pytest.mark.parametrize(
        "bind",
        [
            lambda launch: attrs.evolve(launch, rules=("ls",)),
            lambda launch: Refusal("list what they may do"),
        ],
        ids=["supplies one", "wants one"],
    )
    def test_a_plugin_with_a_policy_keeps_the_default(
        self, crew: Any, templates: list[Template], bind: Any
    ) -> None:
        """With a policy about, nothing is written of launches."""
        crew.add("policy", tutti_prepare_launch=bind)
        assert begin(crew.root, crew.plugins).mode == "auto"
        assert "launch" not in (crew.root / "tutti.toml").read_text()

    def test_a_plugin_that_only_amends_launches_is_no_policy(
        self, crew: Any, templates: list[Template]
    ) -> None:
        """One that has something else to say of launches does not stand for a policy."""
        crew.add("other", tutti_prepare_launch=lambda launch: launch)
        assert begin(crew.root, crew.plugins).mode == "safe"
