"""Declared runtimes at work: real scripts in real sessions, and `tt runtimes`."""

from __future__ import annotations

import pytest

from tutti_testing import Stage, wait_for
from tutti_testing.stage import carrying

SCRIPT = """\
#!/bin/sh
# Says what it was told, and is busy until the file `go` is there.
answer() {
    echo "thinking about $1"
    while [ ! -e "$TUTTI_ROOT/go" ]; do sleep 0.1; done
    printf '%s\\n' "$1" >> "$TUTTI_ROOT/$TUTTI_AGENT.txt"
    echo "said $1"
}
[ "$1" = --version ] && echo "parrot 1.2.3" && exit
[ "$1" = -- ] && answer "$2"
while printf '> ' && read -r words; do answer "$words"; done
"""

RULES = """
[[runtime.screen]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = "^>"

[[runtime.screen]]
id = "thinking"
state = "working"
region = "bottom:1"
regex = "thinking about"
"""

TEAM = f"""
[workspace]
name = "wood"

[launch]
mode = "safe"

[[runtime]]
name = "pasted"
title = "The Parrot"
command = "./parrot.sh"
version = "--version"
{RULES}
[[runtime]]
name = "argued"
command = ["./parrot.sh"]
prompt = "argument"
{RULES}
[[agent]]
name = "polly"
runtime = "pasted"
prompt = "pieces of eight"

[[agent]]
name = "jack"
runtime = "argued"
prompt = "-n 'two' $(words)"
"""


@pytest.fixture
def wood(workspace: Stage) -> Stage:
    """A workspace with two runtimes of its own."""
    script = workspace.root / "parrot.sh"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return workspace.team(TEAM)


def test_a_declared_cli_is_an_agent(wood: Stage) -> None:
    """It starts, gets its first prompt in its own way, is read, gets another, and ends."""
    done = wood.tt("up", "--json").well().json()
    assert {one["outcome"] for one in done["results"]} == {"launched"}
    for name in ("polly", "jack"):
        wood.until(name, "working")
    (wood.root / "go").touch()
    for name in ("polly", "jack"):
        row = wood.until(name, "idle")
        assert row["evidence"][0]["rule"] == "prompt"
    (wood.root / "go").unlink()
    assert "submitted" in wood.tt("send", "polly", "and nine").well().stdout
    wood.until("polly", "working")
    (wood.root / "go").touch()
    wood.until("polly", "idle")
    assert (wood.root / "polly.txt").read_text() == "pieces of eight\nand nine\n"
    assert (wood.root / "jack.txt").read_text() == "-n 'two' $(words)\n"
    wood.tt("down", "--grace", "1").well()
    assert carrying(wood.root) == []


def test_one_of_which_nothing_says_how_it_is_is_not_waited_for(workspace: Stage) -> None:
    """Without a rule it counts as launched if it lives, and nothing more is said of it."""
    workspace.team(
        '[workspace]\nname = "still"\n[launch]\nmode = "safe"\nready_secs = 3600\n'
        '[[runtime]]\nname = "stone"\ncommand = "sleep 600"\n'
        '[[runtime]]\nname = "dust"\ncommand = "false"\n'
        '[[agent]]\nname = "one"\nruntime = "stone"\n[[agent]]\nname = "two"\nruntime = "dust"\n'
    )
    done = workspace.tt("up", "--json").badly().json()
    told = {one["agent"]: (one["outcome"], one["ok"], one["detail"]) for one in done["results"]}
    assert told["one"] == ("launched", True, "runs; nothing says how it is")
    assert told["two"][:2] == ("failed", False)
    (again,) = workspace.tt("up", "one", "--json").well().json()["results"]
    assert (again["outcome"], again["ok"]) == ("running", True)


def test_a_try_says_how_it_is_read_and_leaves_nothing(wood: Stage) -> None:
    """A scratch session gives a state with its evidence, and is gone with every process."""
    seen = wood.tt("runtimes", "try", "pasted", "--json").well().json()
    assert (seen["name"], seen["state"]) == ("pasted", "idle")
    assert seen["evidence"][0]["rule"] == "prompt"
    assert seen["lines"] == [">"]
    sessions = wood.run("tmux", "-L", wood.env["TUTTI_TMUX_SOCKET"], "list-sessions").stdout
    assert "try" not in sessions
    assert not (wood.root / ".tutti" / "state" / "trial.json").exists()
    assert "pasted is idle" in wood.tt("runtimes", "try", "pasted").well().stdout


def test_a_try_of_what_ends_at_once_shows_its_last_words(wood: Stage) -> None:
    """A CLI that does not start says why on its screen, and the exit code is one."""
    # tmux 3.3 now and then drops what a process says in the very instant of its end.
    dying = '#!/bin/sh\necho "no login"; sleep 0.5; exit 3\n'
    (wood.root / "parrot.sh").write_text(dying)
    seen = wood.tt("runtimes", "try", "pasted", "--json").badly().json()
    assert (seen["state"], seen["detail"]) == ("exited", "exit status 3")
    assert seen["lines"][0] == "no login"


def test_a_program_that_is_not_there_is_named(wood: Stage) -> None:
    """A try of what is not installed says so, with nothing started."""
    (wood.root / "parrot.sh").unlink()
    assert "parrot.sh is not on PATH" in wood.tt("runtimes", "try", "pasted").badly().stderr


def test_the_list_names_every_runtime_and_who_gives_it(wood: Stage) -> None:
    """Plugins' and declared ones stand side by side; a missing one of an agent is no obstacle."""
    wood.team(TEAM.replace('runtime = "argued"\n', 'runtime = "nobody"\n'))
    rows = {one["name"]: one for one in wood.tt("runtimes", "--json").well().json()}
    assert rows["demo"]["from"] == "tutti-demo"
    parrot = rows["pasted"]
    assert (parrot["from"], parrot["title"]) == ("tutti.toml", "The Parrot")
    assert (parrot["found"], parrot["version"]) == (True, "1.2.3")
    assert parrot["capabilities"]["prompt"] == "paste"
    shown = wood.tt("runtimes", "list").well().stdout
    assert "The Parrot" in shown
    assert rows == {one["name"]: one for one in wood.tt("runtimes", "list", "--json").json()}


def test_one_is_shown_with_the_line_of_each_mode(wood: Stage) -> None:
    """What would be started is shown word for word, for a declared one and for a plugin's."""
    said = wood.tt("runtimes", "show", "argued", "--json").well().json()
    script = str(wood.root / "parrot.sh")
    assert said["launches"]["safe"]["argv"] == [script, "--", "<prompt>"]
    assert said["launches"]["constrained"]["enforcement"] == "unsupported"
    demo = wood.tt("runtimes", "show", "demo").well().stdout
    assert "constrained (hard)" in demo


@pytest.mark.parametrize("word", ["show", "try"])
def test_one_that_nobody_gives_is_named_with_the_way_to_get_it(wood: Stage, word: str) -> None:
    """What is said is what `tt init` and a file that asks for it are told."""
    told = wood.tt("runtimes", word, "argud").badly().stderr
    assert 'no plugin gives a runtime "argud" (there are: ' in told
    assert 'did you mean "argued"' in told
    told = wood.tt("runtimes", word, "gemini-cli").badly().stderr
    assert 'runtime "gemini-cli" comes with tutti-gemini' in told


def test_the_global_file_declares_for_every_workspace(wood: Stage) -> None:
    """A runtime of one's own is known everywhere; the workspace's own comes first."""
    own = '[[runtime]]\nname = "mine"\ncommand = "true"\n'
    wood.settings(own + '[[runtime]]\nname = "pasted"\ntitle = "Other"\ncommand = "true"\n')
    rows = {one["name"]: one for one in wood.tt("runtimes", "--json").well().json()}
    assert (rows["mine"]["from"], rows["pasted"]["title"]) == ("config.toml", "The Parrot")
    outside = wood.tt("runtimes", "--json", cwd=wood.home).well().json()
    assert [one["title"] for one in outside if one["name"] == "pasted"] == ["Other"]
    for words in (
        ("-w", str(wood.root), "list", "--json"),
        ("list", "-w", str(wood.root), "--json"),
    ):
        named = wood.tt("runtimes", *words, cwd=wood.home).well().json()
        assert [one["title"] for one in named if one["name"] == "pasted"] == ["The Parrot"]


def test_a_name_that_a_plugin_gives_is_refused(wood: Stage) -> None:
    """Two of one name are nobody's: both are named."""
    wood.team(TEAM.replace('name = "pasted"', 'name = "demo"'))
    said = wood.tt("up").badly().stderr
    assert "tutti-custom and tutti-demo both give the runtime 'demo'" in said
    assert "rename the [[runtime]]" in said


def places(said: str) -> list[str]:
    """Return the paths of the problems that a command tells."""
    return [line.split()[1] for line in said.splitlines() if line.startswith("tutti.toml:")]


def test_every_mistake_is_told_at_its_place(wood: Stage) -> None:
    """One command tells them all, and no agent is blamed for its runtime's mistakes."""
    wrong = TEAM.replace('command = "./parrot.sh"', "command = 5")
    misspelt = wrong.replace('command = ["./parrot.sh"]', 'comand = "x"')
    said = wood.team(misspelt).tt("up").badly().stderr
    assert sorted(places(said.replace("error[config]: ", ""))) == [
        "runtime[0].command:",
        "runtime[1].comand:",
        "runtime[1].command:",
    ]
    senseless = TEAM.replace('title = "The Parrot"', 'prompt = "typed"')
    senseless = senseless.replace('state = "working"', 'state = "busy"', 1)
    said = wood.team(senseless).tt("up").badly().stderr
    assert sorted(places(said.replace("error[config]: ", ""))) == [
        "runtime[0].prompt:",
        "runtime[0].screen[1]:",
    ]


def test_a_rule_file_is_read_anew_when_it_changes(wood: Stage) -> None:
    """Status follows the rules as they are now, without a restart; rules that are gone are told."""
    path = wood.root / "rules.toml"
    text = RULES.replace("runtime.screen", "screen")
    path.write_text(text)
    team = TEAM.replace(RULES, 'rules_file = "rules.toml"\n')
    wood.team(team.partition('[[agent]]\nname = "jack"')[0].replace('prompt = "pieces', '# "'))
    wood.tt("up").well()
    wood.until("polly", "idle")
    path.write_text(text.replace('"idle"', '"waiting"'))
    assert wait_for(lambda: wood.status()["polly"]["state"] == "waiting", 20)
    path.unlink()
    told = wood.tt("status").well().stderr
    assert "cannot be read" in told
    assert "by the rules known last" in told
    path.write_text(text)
    wood.tt("down", "--grace", "1").well()


def test_a_runtime_nobody_gives_says_how_to_declare_it(workspace: Stage) -> None:
    """The way to a runtime of one's own is in the hint."""
    workspace.team('[workspace]\nname = "w"\n[[agent]]\nname = "a"\nruntime = "gemini-cli"\n')
    said = workspace.tt("up").badly().stderr
    assert 'runtime "gemini-cli" comes with tutti-gemini, which tutti' in said
    assert "[[runtime]]" in said
