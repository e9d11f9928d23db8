"""What the code writes, reads, raises and prints is listed, all of it.

The pages list these by hand; the tests find them in the source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import tomli
from pages import section

from tutti_core import Plugins, TuttiError
from tutti_core.config import known
from tutti_core.team.places import Places

Page = Callable[[str], str]


class TestErrors:
    """Every category and every exit code is on the page of errors."""

    def test_categories(self, page: Page) -> None:
        """Each class has a row with its category and its exit code."""
        text = page("reference/errors.md")
        for kind in [one for one in TuttiError.__subclasses__() if "errors" in one.__module__]:
            row = f"| `{kind.__name__}` | `{kind.category}` | {kind.exit_code} | "
            assert row in text

    def test_exit_codes(self, sources: list[Path], page: Page) -> None:
        """Each number that `tt` ends with has a row."""
        from tutti_core.cli.send_view import EXIT_CODES

        said = "\n".join(file.read_text() for file in sources if file.parent.name == "cli")
        codes = {int(code) for code in re.findall(r"return (\d+)\b", said)}
        codes |= {*EXIT_CODES.values(), *(one.exit_code for one in TuttiError.__subclasses__())}
        assert {0, 1, 2, 130, 141} <= codes
        table = section(page("reference/errors.md"), "## Exit codes")
        assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}


class TestEvents:
    """Every event is on the page of events."""

    def test_every_name(self, sources: list[Path], page: Page) -> None:
        """What the core emits is what the page lists, with the fields of its data."""
        from tutti_core.cli.send_view import EXIT_CODES
        from tutti_core.watching.saying import RECOVERED, TOLD

        listed = set(re.findall(r"^\| `(\w+\.\w+)` \|", page("reference/events.md"), re.MULTILINE))
        words = {
            "word": {*EXIT_CODES, "delivered", "cancelled"},
            "verdict.decision": {"refuse", "warn"},
        }
        emitted = {name for file in sources for name in self._emitted(file, words)}
        # What a watch tells is worked out from what it saw.
        watched = {f"agent.{state}" for state in (*TOLD, "stalled", "context")}
        assert listed == emitted | watched | {*RECOVERED.values()}

    def _emitted(self, file: Path, words: dict[str, set[str]]) -> Iterator[str]:
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "emit"):
                continue
            name = call.args[0]
            if isinstance(name, ast.Constant):
                yield str(name.value)
            elif isinstance(name, ast.JoinedStr):
                start, _, varied = ast.unparse(name)[2:-2].partition("{")
                yield from (f"{start}{word}" for word in words[varied])


class TestFiles:
    """Every file and folder is on the page of files."""

    # No state of ours: they belong to git, an agent CLI, the system, or a distribution.
    FOREIGN = frozenset((
        ".git", "HEAD", "index", "modules", "refs", "heads", "locked", "gitdir", "commondir",
        "entry_points.txt", "self/stat", "__init__.py", "~", "~/.config", ".cache", "{pid}.json",
        "deaths.sh", "ring.sh", "hook.sh", "tmux.conf", "rules.toml", "templates", "songbook",
        "project",
        "config", "agents", "projects", "common", "may-be-sung.txt", "sdlc.toml", "workflow.toml",
        "workflow", "workflow.toml", "new", ".openclaw", "package.json",
    ))  # fmt: skip

    def test_every_place(self, page: Page) -> None:
        """Each place in a workspace has a row."""
        places = Places(Path("/w"))
        paths = [value for value in vars(places).values() if value != Path("/w")]
        paths += [places.agent("<agent>"), places.launch("<agent>"), places.lock("agent-<agent>")]
        paths += [places.spool("<agent>")]
        listed = self._listed(page)
        for path in paths:
            name = path.relative_to("/w").as_posix()
            assert any(row == name or row.startswith(f"{name}/") for row in listed), name

    def test_every_name_in_the_source(self, sources: list[Path], page: Page) -> None:
        """Each name of a file that the code puts into a path stands in some row."""
        listed = "\n".join(self._listed(page))
        names = {name for file in sources for name in self._names(file)} - self.FOREIGN
        assert [name for name in sorted(names) if name not in listed] == []

    def test_no_agent_takes_the_place_of_one(self, page: Page) -> None:
        """Where agents' files are, each of tutti's own has a name that no agent can have."""
        own = [re.fullmatch(r"\.tutti/(state|logs)/([^/<>]+?)\.(?:jsonl?|log)", row)
               for row in self._listed(page)]  # fmt: skip
        found = {folder: {one[2] for one in own if one and one[1] == folder}
                 for folder in ("state", "logs")}  # fmt: skip
        assert {"branches", "worktrees"} <= found["state"] <= known.STATE_FILES
        assert {"tt", "watcher"} == found["logs"] <= known.LOG_FILES

    def _listed(self, page: Page) -> list[str]:
        rows = re.findall(r"^\| (`[^|]*) \|", page("reference/files.md"), re.MULTILINE)
        return [path for row in rows for path in re.findall(r"`([^`]+)`", row)]

    def _names(self, file: Path) -> Iterator[str]:
        """What is divided onto a path, or given to `with_name`, as far as it is constant."""
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                yield from self._constants(node.right)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "with_name":
                yield from self._constants(*node.args)

    def _constants(self, *nodes: ast.expr) -> Iterator[str]:
        for node in nodes:
            for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


class TestEnvironment:
    """Every variable is on the page of commands."""

    # tutti passes these on to others, and does nothing of its own by them.
    PASSED_ON = frozenset(("PATH", "HOME", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"))

    def test_every_variable(self, sources: list[Path], page: Page) -> None:
        """Each variable that the code reads has a row."""
        reads = (
            r"env(?:iron)?(?:\.get\(|\[)\"([A-Z_]+)\""
            r"|\"([A-Z_]+)\" (?:not )?in os\.environ|get\(\"(CLAUDE_\w+)\""
        )
        code = "\n".join(file.read_text() for file in sources)
        names = {"".join(groups) for groups in re.findall(reads, code)} - self.PASSED_ON
        text = section(page("reference/cli.md"), "## Environment")
        assert {name for name in names if f"| `{name}` | " not in text} == set()
        assert {"TUTTI_ROOT", "TUTTI_TMUX_SOCKET", "CLAUDE_CONFIG_DIR"} <= names


class TestDistributions:
    """Every distribution is in the README and in the directory."""

    def test_it_is_listed(self, member: Path, root: Path, page: Page) -> None:
        """A member has a row in both, and its name links to its own page."""
        project = tomli.loads((member / "pyproject.toml").read_text())["project"]
        link = f"[`{project['name']}`]"
        folder = member.relative_to(root).as_posix()
        assert f"| {link}({folder}/README.md) | " in (root / "README.md").read_text()
        assert f"| {link}(../../{folder}/README.md) | " in page("plugins/directory.md")

    def test_the_readme_names_the_commands(self, root: Path) -> None:
        """The commands of the core are named, and no others."""
        row = re.search(
            r"^\| \[`tutti-core`\].*`tt` with `([^`]*)`",
            (root / "README.md").read_text(),
            re.MULTILINE,
        )
        assert row is not None
        own = [one.name for owner, one in Plugins.installed().commands() if owner == "tutti-core"]
        assert row[1].split() == own
