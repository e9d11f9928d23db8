"""What the agent does to the world: files, commands, commits, its own folder, its transcript."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tutti_demo.agent import home, memory, work
from tutti_demo.agent.driver import alive
from tutti_demo.agent.options import read as read_options
from tutti_demo.agent.state import Block
from tutti_demo.agent.transcript import Transcript, read

SESSION = "12345678-1234-4123-8123-123456789abc"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository, with nothing of the user's own configuration."""
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(tmp_path, "init", "-q")
    return tmp_path


def git(cwd: Path, *args: str) -> str:
    """Run git and return what it printed."""
    done = subprocess.run(
        ["git", *args], cwd=cwd, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


def run(arguments: list[str], cwd: Path, seconds: float = 10) -> work.Command:
    """Run a command to its end."""
    command = work.Command(arguments, cwd)
    late = time.monotonic() + seconds
    while not command.finished() and time.monotonic() < late:
        select.select([command.file] if command.waits_for_output else [], [], [], 0.02)
    command.stop()
    return command


class TestFiles:
    def test_writing(self, tmp_path: Path) -> None:
        """A file is written with its folder and with a newline at its end."""
        lines = work.write(tmp_path, "a/b/c.txt", "one\ntwo")
        assert (lines, (tmp_path / "a/b/c.txt").read_text()) == (2, "one\ntwo\n")

    def test_appending(self, tmp_path: Path) -> None:
        """Appending keeps what is there; writing replaces it."""
        for name, append in (("x", True), ("y", True), ("z", False), ("w", True)):
            work.write(tmp_path, "f", name, append=append)
        assert (tmp_path / "f").read_text() == "z\nw\n"

    def test_where_it_cannot_write_it_says_so(self, tmp_path: Path) -> None:
        """A path through a file is an error."""
        work.write(tmp_path, "f", "x")
        with pytest.raises(OSError, match="f"):
            work.write(tmp_path, "f/g", "x")


class TestCommands:
    def test_output_and_exit_code(self, tmp_path: Path) -> None:
        """Both streams are read, and the exit code is the command's."""
        command = run(work.shell("echo out; echo err >&2; pwd; exit 3"), tmp_path)
        assert (command.output, command.code) == (f"out\nerr\n{tmp_path}", 3)

    def test_a_child_that_holds_the_output_is_not_waited_for(self, tmp_path: Path) -> None:
        """A command is over when its process is, even if a daemon keeps its output open."""
        began = time.monotonic()
        command = run(work.shell("sleep 30 & echo $!"), tmp_path)
        os.kill(int(command.output), signal.SIGKILL)
        assert command.code == 0
        assert time.monotonic() - began < 5

    def test_stopping_ends_the_whole_group(self, tmp_path: Path) -> None:
        """What the command started ends with it, also what ignores the polite signal."""
        command = work.Command(work.shell("trap '' TERM; sleep 60 & echo $!; wait"), tmp_path)
        select.select([command.file], [], [], 10)
        command.finished()
        child = int(command.output)
        assert alive(child)
        command.stop()
        assert command.code is not None
        late = time.monotonic() + 5
        while alive(child) and time.monotonic() < late:
            select.select([], [], [], 0.01)
        assert not alive(child)

    def test_long_output_is_cut(self) -> None:
        """Of a long output the first lines are shown, and how many more there are."""
        lines = work.shown("\n".join(map(str, range(100)))).split("\n")
        assert (lines[0], lines[-1], len(lines)) == ("0", "… +90 lines", 11)

    def test_children(self) -> None:
        """Children are started, and only the last one has a session of its own."""
        children = work.spawn(2)
        sessions = [os.getsid(child) for child in children]
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert sessions == [os.getsid(0), children[1]]


class TestCommits:
    def test_everything_is_committed(self, repository: Path) -> None:
        """A commit takes new and changed files, and prints its name."""
        (repository / "new.txt").write_text("x")
        command = run(work.commit("It's new; $HOME `x`"), repository)
        assert command.output == git(repository, "rev-parse", "--short", "HEAD")
        assert git(repository, "log", "-1", "--format=%s") == "It's new; $HOME `x`"
        assert git(repository, "status", "--porcelain") == ""

    def test_the_users_name_is_used_where_there_is_one(self, repository: Path) -> None:
        """Only a user without a name gets one."""
        (repository / "a").write_text("x")
        run(work.commit("first"), repository)
        git(repository, "config", "user.email", "me@example.org")
        git(repository, "config", "user.name", "Me")
        (repository / "b").write_text("x")
        run(work.commit("second"), repository)
        wanted = "me@example.org\ndemo@localhost"
        assert git(repository, "log", "--format=%ae") == wanted

    def test_nothing_to_commit(self, repository: Path) -> None:
        """A commit of nothing fails in git's own words."""
        command = run(work.commit("empty"), repository)
        assert (command.code, "nothing to commit" in command.output) == (1, True)

    def test_no_repository(self, tmp_path: Path) -> None:
        """Outside a repository it says so."""
        command = run(work.commit("x"), tmp_path)
        assert (command.code, command.output) == (3, "not a git repository")

    def test_another_commit_is_waited_for(
        self,
        repository: Path,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A lock of somebody else's commit is waited out."""
        (repository / "a").write_text("x")
        lock = repository / ".git/index.lock"
        lock.touch()
        trace = tmp_path_factory.mktemp("trace") / "git"
        monkeypatch.setenv("GIT_TRACE", str(trace))
        command = work.Command(work.commit("late"), repository)
        late = time.monotonic() + 10
        while not (trace.exists() and trace.read_text().count("git add") > 1):
            assert time.monotonic() < late, "no second attempt"
            select.select([], [], [], 0.02)
        lock.unlink()
        while not command.finished() and time.monotonic() < late:
            select.select([], [], [], 0.02)
        command.stop()
        monkeypatch.delenv("GIT_TRACE")
        assert (command.code, git(repository, "log", "--format=%s")) == (0, "late")


class TestHome:
    def test_live_status(self, tmp_path: Path) -> None:
        """The live status names the process and its session, and is gone when removed."""
        live = home.LiveStatus(tmp_path, SESSION, "/w")
        live.show("waiting", "permission prompt")
        found = json.loads(live.path.read_text())
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        assert found["procStart"] == fields[19]
        assert (found["pid"], found["sessionId"], found["cwd"]) == (os.getpid(), SESSION, "/w")
        assert (found["status"], found["waitingFor"]) == ("waiting", "permission prompt")
        assert abs(found["updatedAt"] - time.time() * 1000) < 10_000
        live.show("idle")
        assert "waitingFor" not in json.loads(live.path.read_text())
        assert [path.name for path in live.path.parent.iterdir()] == [f"{os.getpid()}.json"]
        assert stat.S_IMODE(live.path.parent.stat().st_mode) == 0o700
        live.remove()
        assert not live.path.exists()

    def test_trust_is_remembered_for_one_folder(self, tmp_path: Path) -> None:
        """A trusted folder stays trusted, and no other becomes so."""
        home.trust(tmp_path, "/a/b")
        trusted = [home.trusted(tmp_path, cwd) for cwd in ("/a/b", "/a", "/a/b/c")]
        assert trusted == [True, False, False]
        assert not home.trusted(tmp_path / "other", "/a/b")

    def test_session_ids(self) -> None:
        """New ids are ids, and differ."""
        first, second = home.new_session(), home.new_session()
        assert home.is_session(first)
        assert first != second
        assert not home.is_session("../../etc/passwd")

    def test_transcripts_of_a_folder(self, tmp_path: Path) -> None:
        """The folder's path is part of the name, everything unusual in it a dash."""
        path = home.transcript_path(tmp_path, "/home/me/a b", SESSION)
        assert path == tmp_path / "projects/-home-me-a-b" / f"{SESSION}.jsonl"


class TestTranscript:
    @pytest.fixture
    def record(self, tmp_path: Path) -> Transcript:
        """Return a transcript in a folder that is not there yet."""
        return Transcript(tmp_path / "p" / "s.jsonl", SESSION, "/w")

    def test_a_turn(self, record: Transcript) -> None:
        """A turn is a chain of records that all name their session."""
        record.user("do it")
        use = record.tool_use("Bash", command="ls")
        record.tool_result(use, "a")
        record.reply("done")
        record.ended(1200)
        found = read(record.path)
        kinds = [(entry["type"], entry.get("subtype")) for entry in found]
        talk = [("user", None), ("assistant", None)] * 2
        assert kinds == [*talk, ("system", "turn_duration")]
        assert [entry["parentUuid"] for entry in found[1:]] == [e["uuid"] for e in found[:-1]]
        assert {entry["sessionId"] for entry in found} == {SESSION}
        assert (found[-1]["durationMs"], found[-1]["messageCount"]) == (1200, 4)

    def test_parts_of_one_message_share_its_usage(self, record: Transcript) -> None:
        """Text and a tool call of one answer have one id, so that usage is counted once."""
        record.reply("I will look")
        use = record.tool_use("Bash", command="ls")
        record.tool_result(use, "a")
        record.reply("done")
        messages = [entry["message"] for entry in read(record.path)]
        ids = [
            message["id"] for message in messages if isinstance(message, dict) and "id" in message
        ]
        assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)

    def test_usage_agrees_with_the_context_left(self, record: Transcript) -> None:
        """With 25 percent of the context left, the input is three quarters of the window."""
        record.use_context(25)
        record.reply("x")
        (entry,) = read(record.path)
        assert isinstance(entry["message"], dict)
        usage = entry["message"]["usage"]
        whole = usage["input_tokens"] + usage["cache_read_input_tokens"]
        assert abs(whole - 150_000) < 100

    def test_a_line_cut_by_a_crash_is_left_out(self, record: Transcript) -> None:
        """What was written before half a line is still read."""
        record.user("first")
        with record.path.open("a") as file:
            file.write('{"type": "user", "mess')
        assert memory.prompts(read(record.path)) == ["first"]

    def test_memory(self, record: Transcript) -> None:
        """The conversation comes back as it was shown."""
        record.user("run it")
        record.tool_result(record.tool_use("Bash", command="ls"), "a\nb")
        record.reply("done")
        record.ended(5)
        record.user("again")
        record.tool_use("Write", path="f", content="x")
        record.interrupted(tool=True)
        assert memory.blocks(read(record.path)) == [
            Block("user", "run it"),
            Block("tool", "Bash(ls)", "a\nb"),
            Block("say", "done"),
            Block("user", "again"),
            Block("tool", "Write(f)"),
            Block("result", memory.STOPPED),
        ]


class TestOptions:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["--session-id", "../x"],
            ["--resume", "nothing"],
            ["--speed", "0"],
            ["--swallow-enter", "2"],
            ["--mode", "yolo"],
            ["--script", "/does/not/exist"],
            ["--settings", "/does/not/exist"],
            ["--unknown"],
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A wrong option ends the program with code 2 and a reason, instead of being ignored."""
        with pytest.raises(SystemExit) as ended:
            read_options(arguments)
        assert (ended.value.code, bool(capsys.readouterr().err)) == (2, True)

    def test_rules_from_a_settings_file(self, tmp_path: Path) -> None:
        """Permission rules come from the file."""
        path = tmp_path / "s.json"
        path.write_text('{"permissions": {"allow": ["Bash(ls)"], "deny": ["Bash(rm:*)"]}}')
        found = read_options(["--settings", str(path)])
        assert (found.allow, found.deny) == (("Bash(ls)",), ("Bash(rm:*)",))

    def test_instructions_are_a_text_or_a_file(self, tmp_path: Path) -> None:
        """What names a file is read from it, anything else is meant itself."""
        path = tmp_path / "s.md"
        path.write_text("from a file")
        given = [read_options(["--append-system", text]).system for text in (str(path), "itself")]
        assert given == ["from a file", "itself"]

    def test_a_prompt_that_looks_like_an_option(self) -> None:
        """After two dashes everything is the prompt."""
        assert read_options(["--speed", "2", "--", "--mode", "is odd"]).prompt == "--mode is odd"
