from __future__ import annotations

from pathlib import Path

import pytest

from tutti_core.config.find import find_root, global_path, shown
from tutti_core.errors import ConfigError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, with nothing in the environment that names another."""
    monkeypatch.delenv("TUTTI_ROOT", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return workspace(tmp_path.resolve() / "project")


def workspace(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tutti.toml").write_text('[workspace]\nname = "w"\n')
    return folder


def below(folder: Path, *names: str) -> Path:
    place = folder.joinpath(*names)
    place.mkdir(parents=True, exist_ok=True)
    return place


def test_the_root_is_found_from_itself_and_from_below(root: Path) -> None:
    """Any folder of the project leads to its root."""
    assert find_root(root) == root
    assert find_root(below(root, "src", "deep")) == root


def test_the_nearest_workspace_wins(root: Path) -> None:
    """A project inside a project is a workspace of its own."""
    inner = workspace(root / "examples" / "one")
    assert find_root(below(inner, "src")) == inner


def test_the_current_folder_is_the_start(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a start, the search begins where one is."""
    monkeypatch.chdir(below(root, "src"))
    assert find_root() == root


def test_none_says_where_it_was_looked_for(tmp_path: Path, root: Path) -> None:
    """The error names the folder the search began in, and what to do."""
    with pytest.raises(ConfigError) as caught:
        find_root(tmp_path)
    assert caught.value.message == f"no tutti.toml in {tmp_path.resolve()} or any folder above it"
    assert caught.value.hint == "run `tt init` in the folder of your project"


def test_a_folder_of_that_name_is_no_workspace(root: Path) -> None:
    """Only a file counts."""
    odd = below(root, "odd")
    below(odd, "tutti.toml")
    assert find_root(odd) == root


def test_inside_a_worktree_the_true_root_is_found(root: Path) -> None:
    """The copy of the file that an agent has in its tree is not a workspace."""
    tree = workspace(root / ".tutti" / "worktrees" / "api")
    assert find_root(tree) == root
    assert find_root(below(tree, "src")) == root


def test_a_workspace_below_a_repository_is_found_from_its_worktrees(root: Path) -> None:
    """In a repository of several projects, the copy lies deeper in the tree."""
    part = workspace(root / "part")
    tree = below(part, ".tutti", "worktrees", "api")
    workspace(tree / "part")
    assert find_root(tree / "part") == part
    assert find_root(tree) == part


def test_a_worktree_in_a_worktree_leads_to_the_outermost(root: Path) -> None:
    """However deep an agent's trees are, the team it belongs to is the one outside."""
    inner = workspace(root / ".tutti" / "worktrees" / "api")
    innermost = workspace(inner / ".tutti" / "worktrees" / "x")
    assert find_root(innermost) == root


def test_a_worktree_that_lost_its_workspace_stands_for_itself(root: Path) -> None:
    """Without a file in the true root, the one that is there counts."""
    tree = workspace(root / ".tutti" / "worktrees" / "api")
    (root / "tutti.toml").unlink()
    assert find_root(tree) == tree


def test_the_environment_names_the_root_of_what_is_below(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent in a nested project still belongs to its team."""
    inner = workspace(root / "examples" / "one")
    monkeypatch.setenv("TUTTI_ROOT", str(root))
    assert find_root(inner) == root


def test_the_environment_does_not_count_elsewhere(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another project is not taken for the one in the environment."""
    other = workspace(tmp_path.resolve() / "project-two")
    monkeypatch.setenv("TUTTI_ROOT", str(root))
    assert find_root(other) == other


def test_a_relative_path_in_the_environment_does_not_count(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one happens to be says nothing about where the folder asked about belongs."""
    inner = workspace(root / "examples" / "one")
    monkeypatch.chdir(root)
    for value in ("", "."):
        monkeypatch.setenv("TUTTI_ROOT", value)
        assert find_root(inner) == inner


@pytest.mark.parametrize("value", ["", ".", "relative", "{root}/src"])
def test_an_environment_that_names_no_workspace_does_not_count(
    root: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Only an absolute path of a folder with a tutti.toml is taken."""
    start = below(root, "src", "deep")
    monkeypatch.setenv("TUTTI_ROOT", value.format(root=root))
    assert find_root(start) == root


def test_links_are_followed(tmp_path: Path, root: Path) -> None:
    """The root has one name, however it was reached."""
    link = tmp_path / "link"
    link.symlink_to(root / "src")
    below(root, "src")
    assert find_root(link) == root


def test_trees_on_another_disk_are_found_by_the_environment(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of the worktrees may be a link to elsewhere."""
    away = below(tmp_path.resolve(), "disk")
    below(root, ".tutti")
    (root / ".tutti" / "worktrees").symlink_to(away)
    tree = workspace(away / "api")
    monkeypatch.setenv("TUTTI_ROOT", str(root))
    assert find_root(tree) == root


def test_a_folder_that_is_gone_is_said_to_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell whose folder was removed gets a sentence, not a traceback."""
    gone = below(root, "gone")
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigError, match="current folder does not exist"):
        find_root()


def test_the_global_file_is_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CONFIG_HOME is honoured when it is absolute; else it is ~/.config."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert global_path() == tmp_path / "xdg" / "tutti" / "config.toml"
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert global_path() == tmp_path / ".config" / "tutti" / "config.toml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert global_path() == tmp_path / ".config" / "tutti" / "config.toml"


def test_paths_are_shown_as_people_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies below the home begins with ~, and nothing else does."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown(tmp_path / "a" / "b") == "~/a/b"
    assert shown(tmp_path) == str(tmp_path)
    assert shown(Path(f"{tmp_path}-other/a")) == f"{tmp_path}-other/a"
