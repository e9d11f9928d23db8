from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repository import sh
from tutti_core.errors import GitError
from tutti_core.git.locking import hold, repository_lock
from tutti_core.git.process import environment, name_of, run_git
from tutti_core.git.repo import Git, main_root


def fake_git(place: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program called git in front of the real one."""
    program = place / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")


class TestRunningGit:
    def test_what_git_prints_comes_back_without_its_last_line_end(self, repo: Path) -> None:
        """Output is text, ready to use."""
        assert Git(repo).run("log", "--format=%s") == "one"

    def test_a_failure_is_told_in_gits_own_words(self, repo: Path) -> None:
        """The error is one line: the command, and git's first complaint."""
        with pytest.raises(GitError) as caught:
            Git(repo).run("-c", "color.ui=always", "worktree", "add", "-b", "x y", "there")
        assert caught.value.message == "git worktree add: 'x y' is not a valid branch name"

    def test_an_unchecked_failure_gives_what_was_printed(self, repo: Path) -> None:
        """Who asks a question may take "no" for an answer."""
        assert Git(repo).run("rev-parse", "--verify", "-q", "nothing", check=False) == ""

    def test_names_of_any_bytes_survive(self, repo: Path) -> None:
        """Nothing is quoted, and bytes that are no text come back as they were."""
        odd = os.fsencode(repo) + b"/\xff \xc3\xbc\n.txt"
        os.close(os.open(odd, os.O_CREAT))
        said = Git(repo).run("status", "--porcelain", "-z")
        assert os.fsencode(said) == b"?? \xff \xc3\xbc\n.txt\0"

    @pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
    def test_the_callers_repository_does_not_leak_in(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        """Started from a hook of another repository, git still works on this one."""
        monkeypatch.setenv(name, "/somewhere/else")
        assert Git(repo).run("ls-files") == "sub/a"

    def test_every_run_is_quiet_english_and_takes_no_locks(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No prompt, no translation, no lock that an agent's own git could trip over."""
        fake_git(place, monkeypatch, 'echo "$LC_ALL $GIT_TERMINAL_PROMPT $*"')
        said = Git(repo).run("status")
        assert said == "C 0 --no-optional-locks -c core.quotePath=false status"

    def test_it_cannot_reach_the_terminal(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has an empty input and a session of its own."""
        fake_git(place, monkeypatch, "cat; exec ps -o sid= -p $$")
        assert int(Git(repo).run("status")) != os.getsid(0)

    def test_a_missing_git_is_said(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names git, and the hint says what to do."""
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(GitError, match="git is not on PATH") as caught:
            Git(repo).run("status")
        assert "Install git" in caught.value.hint

    def test_a_missing_folder_is_not_taken_for_a_missing_git(self, place: Path) -> None:
        """Both are the same error to the system."""
        with pytest.raises(GitError, match=r"gone is not a folder"):
            Git(place / "gone").run("status")

    def test_a_git_that_hangs_is_ended_with_its_children(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """At the deadline nothing of it is left running."""
        fake_git(place, monkeypatch, f"sleep 60 & echo $! > {place}/pid; wait")
        with pytest.raises(GitError, match=r"git status did not finish within 0.5 s") as caught:
            Git(repo).run("status", timeout=0.5)
        assert "hook" in caught.value.hint
        assert ended(int((place / "pid").read_text()))

    def test_a_git_that_will_not_end_is_killed(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Asking comes first, but does not stay the last word."""
        monkeypatch.setattr("tutti_core.git.process._GRACE", 0.1)
        fake_git(
            place, monkeypatch, f"trap '' TERM; echo $$ > {place}/pid; while :; do sleep 1; done"
        )
        with pytest.raises(GitError, match="did not finish"):
            Git(repo).run("status", timeout=0.5)
        assert ended(int((place / "pid").read_text()))

    def test_an_interrupt_ends_git_too(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C reaches only tt, which passes it on."""
        fake_git(
            place,
            monkeypatch,
            f"echo $$ > {place}/pid.new; mv {place}/pid.new {place}/pid; sleep 60",
        )
        wait = subprocess.Popen.wait

        def interrupted(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
            monkeypatch.setattr(subprocess.Popen, "wait", wait)
            until((place / "pid").exists)
            raise KeyboardInterrupt

        monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Git(repo).run("status", timeout=30)
        assert ended(int((place / "pid").read_text()))

    def test_a_daemon_left_by_a_hook_does_not_hold_it_up(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Git has ended when git has ended, whoever still has its output open."""
        fake_git(place, monkeypatch, f"echo done; sleep 60 & echo $! > {place}/pid")
        try:
            assert Git(repo).run("status", timeout=30) == "done"
        finally:
            os.kill(int((place / "pid").read_text()), signal.SIGKILL)

    def test_users_own_settings_by_environment_stay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a container says by GIT_CONFIG_COUNT which folders are safe, that counts."""
        monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
        monkeypatch.setenv("GIT_PREFIX", "sub/")
        found = environment({"GIT_INDEX_FILE": "/mine"})
        assert (found["GIT_CONFIG_COUNT"], found["GIT_INDEX_FILE"]) == ("0", "/mine")
        assert "GIT_PREFIX" not in found

    def test_a_command_is_called_by_its_name(self) -> None:
        """Options in front of it and arguments behind it are left out."""
        assert (
            name_of(["--git-dir=/x", "-c", "a.b=c", "worktree", "add", "/y"]) == "git worktree add"
        )
        assert name_of(["status", "--porcelain", "x"]) == "git status"

    def test_silence_is_told_as_silence(
        self, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A failure without a word has its status."""
        fake_git(place, monkeypatch, "exit 7")
        with pytest.raises(GitError, match="ended with status 7 and said nothing"):
            Git(repo).run("status")


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; False if it does not within ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        if time.monotonic() > deadline:
            return False
    return True


def ended(pid: int) -> bool:
    """Wait until a process is gone, or is only waiting to be buried."""

    def gone() -> bool:
        state = sh(f"ps -o stat= -p {pid} || true", Path("/"))
        return not state.strip() or state.startswith("Z")

    return until(gone)


class TestQuestions:
    def test_a_new_repository_has_no_commits(self, place: Path) -> None:
        """Before the first commit there is no head, but there is a branch."""
        sh("git init -q -b main new", place)
        git = Git(place / "new")
        assert (git.has_commits(), git.head(git.root), git.current_branch(git.root)) == (
            False,
            None,
            "main",
        )

    def test_head_and_branch_are_told(self, repo: Path) -> None:
        """The commit is told in full, the branch without refs/heads."""
        git = Git(repo)
        assert git.has_commits()
        assert git.head(repo) == sh("git rev-parse main", repo).strip()
        assert git.current_branch(repo) == "main"

    def test_a_detached_head_has_no_branch(self, repo: Path) -> None:
        """It still has a commit."""
        sh("git checkout -q --detach", repo)
        assert Git(repo).current_branch(repo) is None
        assert Git(repo).head(repo)

    def test_a_tag_of_the_same_name_changes_nothing(self, repo: Path) -> None:
        """The branch is told by its own name."""
        sh("git tag main", repo)
        assert Git(repo).current_branch(repo) == "main"

    def test_only_a_branch_is_a_branch(self, repo: Path) -> None:
        """A tag, a commit id, HEAD and a remote's branch are none."""
        sh("git tag v1; git update-ref refs/remotes/origin/far HEAD", repo)
        git = Git(repo)
        assert git.branch_exists("main")
        others = ["v1", "HEAD", "far", "origin/far", git.head(repo) or "", "mai", "main^"]
        assert [name for name in others if git.branch_exists(name)] == []

    @pytest.mark.parametrize(
        ("change", "dirty"),
        [
            ("true", False),
            ("echo 2 > sub/a", True),
            ("echo 2 > new", True),
            ("echo 2 > new; git add new", True),
            ("rm sub/a", True),
            ("echo new > .git/info/exclude; echo 2 > new", False),
            ("git config status.showUntrackedFiles no; echo 2 > new", True),
        ],
    )
    def test_dirty_is_what_a_person_would_call_it(
        self, repo: Path, change: str, dirty: bool
    ) -> None:
        """Changed, staged, removed and new files count; ignored ones do not."""
        sh(change, repo)
        assert Git(repo).dirty(repo) is dirty

    def test_asking_leaves_the_index_alone(self, repo: Path) -> None:
        """A look takes no lock and refreshes nothing, even where git would like to."""
        index = repo / ".git" / "index"
        os.utime(repo / "sub" / "a", (1, 1))
        before = index.read_bytes()
        assert not Git(repo).dirty(repo)
        assert index.read_bytes() == before

    def test_a_question_to_no_repository_is_an_error(self, place: Path) -> None:
        """It is not answered with no."""
        with pytest.raises(GitError, match="not a git repository") as caught:
            Git(place).branch_exists("main")
        assert "git init" in caught.value.hint
        for ask in (Git(place).head, Git(place).current_branch, Git(place).dirty):
            with pytest.raises(GitError):
                ask(place)

    def test_a_repository_of_somebody_else_is_told_with_gits_remedy(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where git refuses for safety, its own words and its own remedy are passed on."""
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        with pytest.raises(GitError, match="detected dubious ownership") as caught:
            main_root(repo)
        assert "git config --global --add safe.directory" in caught.value.hint


class TestExclude:
    def test_a_line_is_added_once(self, repo: Path) -> None:
        """What is there stays as it is, to the byte."""
        kept = repo / ".git" / "info" / "exclude"
        kept.write_bytes(b"# mine\r\n*.o")
        Git(repo).exclude("/.tutti/")
        Git(repo).exclude("/.tutti/")
        assert kept.read_bytes() == b"# mine\r\n*.o\n/.tutti/\n"

    def test_a_missing_folder_is_made(self, repo: Path) -> None:
        """A repository made from an empty template has no info folder."""
        sh("rm -r .git/info", repo)
        Git(repo).exclude("/.tutti/")
        assert (repo / ".git" / "info" / "exclude").read_text() == "/.tutti/\n"

    def test_a_linked_worktree_writes_to_the_shared_file(self, repo: Path) -> None:
        """Git reads only that one."""
        sh("git worktree add -q ../tree", repo)
        Git(repo.parent / "tree").exclude("/x")
        assert (repo / ".git" / "info" / "exclude").read_text().endswith("\n/x\n")

    def test_a_line_of_the_user_with_blanks_behind_counts(self, repo: Path) -> None:
        """Git ignores blanks at the end, and so does the comparison."""
        kept = repo / ".git" / "info" / "exclude"
        kept.write_text("/.tutti/  \n")
        Git(repo).exclude("/.tutti/")
        assert kept.read_text() == "/.tutti/  \n"

    def test_mode_and_link_of_the_file_stay(self, repo: Path, place: Path) -> None:
        """A file that is kept elsewhere stays elsewhere."""
        kept, real = repo / ".git" / "info" / "exclude", place / "ignores"
        kept.unlink()
        real.write_text("a\n")
        real.chmod(0o640)
        kept.symlink_to(real)
        Git(repo).exclude("b")
        assert kept.is_symlink()
        assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == ("a\nb\n", 0o640)

    def test_many_at_once_lose_nothing(self, repo: Path) -> None:
        """Each of several lines, added twice by threads at once, is there once."""
        kept = repo / ".git" / "info" / "exclude"
        before = kept.read_text()
        lines = [f"/{number}" for number in range(8)] * 2
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(Git(repo).exclude, lines))
        added = kept.read_text().removeprefix(before).split()
        assert sorted(added) == sorted(set(lines))

    def test_it_waits_for_whoever_writes(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two that read before either wrote would both add the line."""
        kept = repo / ".git" / "info" / "exclude"
        before = kept.read_text()
        monkeypatch.setattr("tutti_core.git.repo.hold", lambda fd, seconds: hold(fd, 0.05))
        fd = os.open(kept, os.O_RDONLY)
        try:
            assert hold(fd, 0)
            with pytest.raises(GitError, match="exclude is locked by another process"):
                Git(repo).exclude("/x")
        finally:
            os.close(fd)
        assert kept.read_text() == before

    def test_what_cannot_be_written_is_an_error(self, repo: Path) -> None:
        """The file is named."""
        kept = repo / ".git" / "info" / "exclude"
        kept.unlink()
        kept.mkdir()
        with pytest.raises(GitError, match=r"info/exclude cannot be written"):
            Git(repo).exclude("/x")
        with pytest.raises(GitError, match="line break"):
            Git(repo).exclude("a\nb")


class TestTheMainRoot:
    def test_anywhere_in_the_main_worktree(self, repo: Path) -> None:
        """The top, a folder below, and git's own folder lead to the top."""
        places = [repo, repo / "sub", repo / ".git", repo / ".git" / "refs"]
        assert [main_root(place) for place in places] == [repo] * 4

    def test_in_a_linked_worktree(self, repo: Path) -> None:
        """It is the tree this one was linked from, wherever it is and however deep one stands."""
        sh("git worktree add -q .tutti/worktrees/api; git worktree add -q ../out", repo)
        places = [repo / ".tutti/worktrees/api/sub", repo.parent / "out"]
        assert [main_root(place) for place in places] == [repo, repo]

    def test_outside_of_any_repository(self, place: Path) -> None:
        """There is none."""
        assert main_root(place) is None

    def test_through_a_link(self, repo: Path, place: Path) -> None:
        """The answer is the real path, so that one repository has one root."""
        (place / "link").symlink_to(repo)
        assert main_root(place / "link" / "sub") == repo

    def test_with_blanks_and_any_script(self, place: Path) -> None:
        """The name of the folder does not matter."""
        sh("git init -q 'ein Ördner 図'", place)
        assert main_root(place / "ein Ördner 図") == place / "ein Ördner 図"

    def test_a_line_break_in_the_name_is_refused(self, place: Path) -> None:
        """Git's answer could not be read then, and no guess is made."""
        sh("git init -q 'a\nb'", place)
        with pytest.raises(GitError, match="line break"):
            main_root(place / "a\nb")

    @pytest.mark.parametrize("where", ["proj/.bare", "proj/.git"])
    def test_a_bare_repository_with_worktrees_beside_it(self, repo: Path, where: str) -> None:
        """There is no main worktree: each of the user's is a root, an agent's in it is not."""
        place = repo.parent
        sh(f"mkdir proj; git clone -q --bare repo {where}", place)
        if where.endswith(".bare"):
            (place / "proj" / ".git").write_text("gitdir: ./.bare\n")
        sh("git worktree add -q work main && cd work", place / "proj")
        sh("git worktree add -q .tutti/worktrees/api", place / "proj" / "work")
        work = place / "proj" / "work"
        places = [work / "sub", work / ".tutti" / "worktrees" / "api" / "sub"]
        assert [main_root(place) for place in places] == [work, work]
        assert main_root(place / "proj") is None

    def test_a_git_folder_kept_elsewhere(self, place: Path) -> None:
        """Git cannot tell where the main worktree is; an agent's tree still leads to it."""
        sh("git init -q --separate-git-dir store work; cd work", place)
        sh(
            "git commit -q --allow-empty -m one; git worktree add -q .tutti/worktrees/api",
            place / "work",
        )
        assert main_root(place / "work") == place / "work"
        assert main_root(place / "work" / ".tutti" / "worktrees" / "api") == place / "work"

    def test_a_submodule_is_a_repository_of_its_own(self, repo: Path, place: Path) -> None:
        """Its root is its own, also from a worktree linked to it."""
        sh("git init -q outer", place)
        outer = place / "outer"
        sh("git -c protocol.file.allow=always submodule --quiet add ../repo inner", outer)
        sh("git worktree add -q ../linked", outer / "inner")
        assert main_root(outer / "inner" / "sub") == outer / "inner"
        assert main_root(outer / "linked") == outer / "inner"


class TestTheLockOfARepository:
    def test_a_git_that_outlives_its_tt_keeps_others_out(self, repo: Path, place: Path) -> None:
        """The descriptor that git inherited holds the repository until git has ended."""
        common = Git(repo).common
        script = "import os, sys; os.read(0, 1)"
        with repository_lock(common, "making"):
            pass
        fd = os.open(common / "tutti.busy", os.O_RDWR)
        assert hold(fd, 0)
        orphan = subprocess.Popen(
            [os.sys.executable, "-c", script],  # type: ignore[attr-defined]
            stdin=subprocess.PIPE,
            pass_fds=[fd],
        )
        os.close(fd)  # as when tt dies
        with (
            pytest.raises(GitError, match="a git started by an earlier, killed tt"),
            repository_lock(common, "making", timeout=0.05),
        ):
            pass
        orphan.communicate(b"x", timeout=30)
        with repository_lock(common, "making", timeout=5):
            pass

    def test_a_daemon_that_inherited_it_keeps_nobody_out(self, repo: Path) -> None:
        """Once tt is done the repository is free, whoever still has the file open."""
        common = Git(repo).common
        with repository_lock(common, "making") as fd:
            daemon = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[fd])
        try:
            with repository_lock(common, "making", timeout=5):
                pass
        finally:
            daemon.communicate(timeout=30)

    def test_whoever_waits_in_vain_hears_who_holds_it(self, repo: Path) -> None:
        """The holder and its purpose are named."""
        from tutti_core.errors import StateError

        common = Git(repo).common
        with (
            repository_lock(common, "landing api"),
            ThreadPoolExecutor(1) as pool,
            pytest.raises(StateError, match="landing api"),
        ):
            pool.submit(_wait_for, common).result(timeout=30)


def _wait_for(common: Path) -> None:
    with repository_lock(common, "making", timeout=0.05):
        pass


def test_a_run_of_git_needs_no_object(repo: Path) -> None:
    """The plain function is enough where there is no repository to ask again."""
    answer = run_git(["rev-parse", "--is-inside-work-tree"], cwd=repo, timeout=60)
    assert answer == (0, "true\n", "")
