from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutti_core.errors import GitError
from tutti_core.git.entries import entry_of, erase, link_of, noted_path
from tutti_core.git.listing import Entry, parse, read_list
from tutti_core.git.repo import Git

SHA = "0123456789abcdef0123456789abcdef01234567"
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
ENTRIES = st.builds(
    Entry,
    path=NAMES.filter(lambda name: name not in {".", ".."}).map(
        lambda name: Path("/nowhere", name)
    ),
    head=st.sampled_from([SHA, None]),
    branch=st.none() | st.from_regex(r"[a-z/]+", fullmatch=True),
    locked=st.none() | st.text("abc ", max_size=9).map(str.strip),
    prunable=st.none() | st.just("gitdir file points to non-existent location"),
)


def as_git_prints(entry: Entry) -> str:
    """Write an entry the way ``git worktree list --porcelain -z`` does."""
    lines = [f"worktree {entry.path}", f"HEAD {entry.head or '0' * 40}"]
    lines.append(f"branch refs/heads/{entry.branch}" if entry.branch else "detached")
    for word, reason in (("locked", entry.locked), ("prunable", entry.prunable)):
        if reason is not None:
            lines.append(f"{word} {reason}".strip())
    return "".join(f"{line}\0" for line in lines) + "\0"


class TestReadingGitsList:
    def test_whatever_git_prints_is_read_back(self) -> None:
        """Paths with blanks, line breaks and any script survive; zeros are no commit."""

        @given(st.lists(ENTRIES))
        def holds(entries: list[Entry]) -> None:
            assert list(parse("".join(map(as_git_prints, entries)), "\0")) == entries

        holds()

    def test_an_older_git_is_asked_without_z(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A git that does not know ``-z`` still gives its list."""
        old = tmp_path / "bin" / "git"
        old.parent.mkdir()
        old.write_text(
            "#!/bin/sh\n"
            'case "$*" in *-z*) echo "error: unknown switch z" >&2; exit 129;; esac\n'
            f"printf 'worktree /here\\nHEAD {SHA}\\nbranch refs/heads/main\\n\\n'\n"
        )
        old.chmod(0o755)
        monkeypatch.setenv("PATH", str(old.parent), prepend=":")
        assert read_list(Git(tmp_path)) == [Entry(Path("/here"), SHA, "main")]

    def test_a_list_that_git_refuses_is_an_error(self, tmp_path: Path) -> None:
        """No list is not an empty list."""
        with pytest.raises(GitError, match="not a git repository"):
            read_list(Git(tmp_path))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A linked worktree that plain git made."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    script = (
        "git init -q repo && cd repo && git -c user.name=a -c user.email=a@b commit -q"
        " --allow-empty -m one && git worktree add -q ../tree"
    )
    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, check=True, timeout=60)
    return tmp_path.resolve() / "tree"


class TestGitsEntries:
    def test_entry_and_tree_find_each_other(self, tree: Path) -> None:
        """The entry names the tree and the tree names the entry."""
        common = tree.parent / "repo" / ".git"
        entry = entry_of(common, tree)
        assert entry == common / "worktrees" / "tree"
        assert (noted_path(entry), link_of(tree)) == (tree, entry)

    def test_a_relative_note_is_read_too(self, tree: Path) -> None:
        """Newer gits can be told to write relative paths."""
        common = tree.parent / "repo" / ".git"
        (common / "worktrees" / "tree" / "gitdir").write_text("../../../../tree/.git\n")
        assert entry_of(common, tree) == common / "worktrees" / "tree"

    def test_what_says_nothing_names_nothing(self, tree: Path) -> None:
        """An empty note, a missing one and a repository of its own are no links."""
        entry = tree.parent / "repo" / ".git" / "worktrees" / "tree"
        (entry / "gitdir").write_text("")
        assert noted_path(entry) is None
        (entry / "gitdir").unlink()
        assert noted_path(entry) is None
        assert link_of(tree.parent / "repo") is None
        assert link_of(tree.parent) is None

    def test_an_erased_entry_is_gone_and_no_other(self, tree: Path) -> None:
        """Another entry whose folder is gone stays: its disk may not be mounted."""
        common, git = tree.parent / "repo" / ".git", Git(tree.parent / "repo")
        git.run("worktree", "add", "-q", "../other")
        tree.rename(tree.parent / "unmounted")
        (tree.parent / "other").rename(tree.parent / "gone")
        erase(common, common / "worktrees" / "other")
        assert [entry.path for entry in read_list(git)] == [tree.parent / "repo", tree]

    def test_the_last_erased_entry_leaves_no_trace(self, tree: Path) -> None:
        """The folder of all entries goes with it, as it does when git removes a worktree."""
        common = tree.parent / "repo" / ".git"
        tree.rename(tree.parent / "elsewhere")
        erase(common, common / "worktrees" / "tree")
        assert not (common / "worktrees").exists()
        assert stat.S_ISDIR(common.stat().st_mode)
        assert [item.name for item in common.iterdir() if item.name.startswith("tutti")] == []
