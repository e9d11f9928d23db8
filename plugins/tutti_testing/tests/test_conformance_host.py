"""The suite of hosts accepts tmux, and finds each fault by the law it breaks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pytest

from tutti_core import Ended, Plugins, Session, SessionHost, SessionSpec
from tutti_testing import HostConformance, failures

Closing: TypeAlias = "Callable[[], None] | None"


def tmux() -> SessionHost:
    """Return tmux, as the core gives it."""
    return Plugins.installed().hosts()["tmux"]


class TestTmux(HostConformance):
    make = staticmethod(tmux)


class Host:
    """A host that passes everything on to tmux; each mutant does one thing otherwise."""

    name = "other"

    def __init__(self) -> None:
        self.real = tmux()

    def create(self, spec: SessionSpec) -> Session:
        """Pass it on."""
        return self.real.create(spec)

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Pass it on."""
        return self.real.list(root)

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Pass it on."""
        return self.real.capture(panes, history=history, styles=styles)

    def paste(self, pane: str, text: str) -> None:
        """Pass it on."""
        self.real.paste(pane, text)

    def keys(self, pane: str, *names: str) -> None:
        """Pass it on."""
        self.real.keys(pane, *names)

    def leave_copy_mode(self, pane: str) -> None:
        """Pass it on."""
        self.real.leave_copy_mode(pane)

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """Pass it on."""
        return self.real.end(session, grace=grace, closing=closing)

    def attach_argv(self, session: Session) -> Sequence[str]:
        """Pass it on."""
        return self.real.attach_argv(session)

    def tell(self, *words: str) -> None:
        """Tell tmux itself something, whatever comes of it."""
        self.real.tmux.call(*words)  # type: ignore[attr-defined]  # it is the core's


def creating(change: Callable[[SessionSpec], SessionSpec]) -> type[Host]:
    """A host that changes what it is asked to start."""

    class Changing(Host):
        def create(self, spec: SessionSpec) -> Session:
            return self.real.create(change(spec))

    return Changing


def listing(change: Callable[[Session], Session]) -> type[Host]:
    """A host that changes what it lists."""

    class Changing(Host):
        def list(self, root: str | None = None) -> tuple[Session, ...]:
            return tuple(change(one) for one in self.real.list(root))

    return Changing


def pasting(change: Callable[[str], str], *then: str) -> type[Host]:
    """A host that changes what it pastes, or presses keys after it."""

    class Changing(Host):
        def paste(self, pane: str, text: str) -> None:
            self.real.paste(pane, change(text))
            if then:
                self.real.keys(pane, *then)

    return Changing


class Crowded(Host):
    """It has a session that nobody made."""

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Make one up."""
        ghost = Session(
            *("ghost", "%9", 1, False, None, None, "", 1, 1, False, False, 0.0, 0.0, 0, "", "", "")
        )
        return self.real.list(root) or (ghost,)


class Broad(Host):
    """It compares the beginning of a root."""

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """List what belongs to a root that begins so, or of which this is the beginning."""
        return tuple(one for one in self.real.list() if (root or one.root).startswith(one.root))


class Shelled(Host):
    """It starts programs from a shell that stays."""

    def create(self, spec: SessionSpec) -> Session:
        """Put a shell in between."""
        return self.real.create(spec._replace(argv=("sh", "-c", '"$@"; exit $?', "sh", *spec.argv)))


class Strict(Host):
    """It raises when a pane is gone."""

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Ask for each."""
        found = self.real.capture(panes)
        return {pane: found[pane] for pane in panes}


class Inventive(Host):
    """It shows an empty screen where a pane is gone."""

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Fill in what is missing."""
        return dict.fromkeys(panes, "") | dict(self.real.capture(panes))


class Muddled(Host):
    """It gives everybody the first screen."""

    def capture(
        self, panes: Sequence[str], *, history: int = 0, styles: bool = False
    ) -> Mapping[str, str]:
        """Mix them up."""
        found = self.real.capture(panes)
        return dict.fromkeys(found, next(iter(found.values()))) if found else {}


class Typing(Host):
    """It types instead of pasting."""

    def paste(self, pane: str, text: str) -> None:
        """Send the text as keys."""
        self.tell("send-keys", "-t", pane, "-l", "--", text)


class Open(Host):
    """It pastes control characters too."""

    def paste(self, pane: str, text: str) -> None:
        """Give the text as it is."""
        self.real.tmux.run("load-buffer", "-b", "x", "-", stdin=text.encode())  # type: ignore[attr-defined]
        self.tell("paste-buffer", "-p", "-r", "-d", "-b", "x", "-t", pane)


class Lax(Host):
    """It types what is no key."""

    def keys(self, pane: str, *names: str) -> None:
        """Leave it to tmux."""
        self.tell("send-keys", "-t", pane, "--", *names)


class ByName(Host):
    """It finds sessions by the beginning of their name, as tmux does."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """End the first that fits."""
        fits = [one for one in self.real.list() if one.name.startswith(session.name)]
        exact = [one for one in fits if one.name == session.name]
        return self.real.end((exact or fits or [session])[0], grace=grace, closing=closing)


class Second(Host):
    """It makes room for a new session of the same name."""

    def create(self, spec: SessionSpec) -> Session:
        """End the old one."""
        for old in self.real.list():
            if old.name == spec.name:
                self.real.end(old, grace=0.2)
        return self.real.create(spec)


class Buried(Host):
    """It forgets who has ended."""

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """List the living."""
        return tuple(one._replace(dead=False) for one in self.real.list(root))


class Necromancer(Host):
    """It takes input for the dead, and loses it."""

    def paste(self, pane: str, text: str) -> None:
        """Drop what cannot be given."""
        if any(one.pane == pane and not one.dead for one in self.real.list()):
            self.real.paste(pane, text)


class Escaping(Host):
    """It leaves copy mode with a key."""

    def leave_copy_mode(self, pane: str) -> None:
        """Press what leaves it."""
        self.real.keys(pane, "q")


class Superficial(Host):
    """It ends the program, and not what that has started."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """End the first process and the session."""
        os.kill(session.pid, signal.SIGKILL)
        self.tell("kill-session", "-t", f"={session.name}")
        return Ended(killed=(session.pid,))


class Silent(Host):
    """It does not say whom it ended."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """Keep it."""
        self.real.end(session, grace=grace, closing=closing)
        return Ended()


class Sparing(Host):
    """It ends the processes, and keeps the session."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """Only kill, until somebody asks again."""
        if session.dead:
            return self.real.end(session, grace=grace, closing=closing)
        os.kill(session.pid, signal.SIGKILL)
        return Ended(killed=(session.pid,))


class Hasty(Host):
    """It has the last screen kept before the last word."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """Call first."""
        if closing:
            closing()
        return self.real.end(session, grace=grace)


class Forgetful(Host):
    """It lets nobody keep the last screen."""

    def end(self, session: Session, *, grace: float = 3.0, closing: Closing = None) -> Ended:
        """Call nobody."""
        return self.real.end(session, grace=grace)


class Blind(Host):
    """It cannot show a session to anybody."""

    def attach_argv(self, session: Session) -> Sequence[str]:
        """Name a program that is not there."""
        return ["no-such-program", session.name]


def without_labels(spec: SessionSpec) -> SessionSpec:
    """Forget who the agent is."""
    return spec._replace(agent="someone", options={})


FAULTS: Mapping[str, tuple[type[Any], str]] = {
    "nameless": (type("Nameless", (Host,), {"name": ""}), "test_it_is_a_host"),
    "crowded": (Crowded, "test_it_is_a_host"),
    "forgets labels": (creating(without_labels), "test_what_is_created_is_listed"),
    "has a size of its own": (
        creating(lambda spec: spec._replace(width=80, height=24)),
        "test_what_is_created_is_listed",
    ),
    "mixes workspaces": (Broad, "test_what_is_created_is_listed"),
    "puts a shell in between": (Shelled, "test_what_is_created_is_listed"),
    "splits arguments": (
        creating(lambda spec: spec._replace(argv=tuple(" ".join(spec.argv).split()))),
        "test_arguments_and_folder_are_exact",
    ),
    "starts elsewhere": (
        creating(lambda spec: spec._replace(cwd="/")),
        "test_arguments_and_folder_are_exact",
    ),
    "drops variables": (
        creating(lambda spec: spec._replace(env={})),
        "test_the_environment_is_exact",
    ),
    "keeps what is to go": (
        creating(lambda spec: spec._replace(unset=())),
        "test_the_environment_is_exact",
    ),
    "adds a variable": (
        creating(lambda spec: spec._replace(env={**spec.env, "FIRST": "again"})),
        "test_the_environment_is_exact",
    ),
    "raises for a pane that went": (Strict, "test_a_pane_that_went_is_absent"),
    "invents a screen": (Inventive, "test_a_pane_that_went_is_absent"),
    "mixes screens": (Muddled, "test_screens_are_read_together"),
    "types": (Typing, "test_text_is_pasted_verbatim"),
    "strips texts": (pasting(str.strip), "test_text_is_pasted_verbatim"),
    "joins lines": (
        pasting(lambda text: text.replace("\n", " ")),
        "test_text_is_pasted_verbatim",
    ),
    "submits": (pasting(str, "Enter"), "test_text_is_pasted_verbatim"),
    "lets keys through": (Open, "test_a_text_cannot_leave_its_paste"),
    "types what is no key": (Lax, "test_keys_are_pressed"),
    "ends by the beginning of a name": (ByName, "test_names_with_one_beginning_are_never_mixed"),
    "makes room": (Second, "test_a_name_is_taken_once"),
    "lists no dead": (Buried, "test_an_end_is_known"),
    "loses the exit status": (
        listing(lambda one: one._replace(exit_status=None)),
        "test_an_end_is_known",
    ),
    "calls a kill a success": (
        listing(lambda one: one._replace(exit_status=0 if one.dead else None)),
        "test_a_kill_is_known",
    ),
    "loses what the dead are told": (Necromancer, "test_the_dead_take_no_input"),
    "leaves copy mode with a key": (Escaping, "test_copy_mode_is_left_quietly"),
    "ends only the program": (Superficial, "test_the_end_of_a_session_ends_all_of_it"),
    "does not say whom it ended": (Silent, "test_the_end_of_a_session_ends_all_of_it"),
    "has the screen kept too early": (Hasty, "test_the_last_screen_can_be_kept"),
    "has no screen kept": (Forgetful, "test_the_last_screen_can_be_kept"),
    "keeps the session": (Sparing, "test_it_leaves_nothing"),
    "cannot be looked at": (Blind, "test_a_person_can_be_shown_a_session"),
}


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant's failing need not be waited for as long as a slow machine's success."""
    monkeypatch.setattr("tutti_testing.conformance.theatre.until.__defaults__", (1.5,))


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_host_is_found(fault: str) -> None:
    """Each seeded fault breaks the law made for it."""
    host, law = FAULTS[fault]
    suite = type("Suite", (HostConformance,), {"make": host})
    assert set(failures(suite, only={law})) == {law}


def test_the_mutants_are_healthy_otherwise() -> None:
    """A host that only passes things on keeps the contract: a mutant shows its own fault."""
    assert failures(type("Suite", (HostConformance,), {"make": Host})) == {}


def test_every_law_has_a_fault() -> None:
    """No law of the suite goes without a fault that it was seen to find."""
    laws = {name for name in dir(HostConformance) if name.startswith("test_")}
    assert laws == {law for _, law in FAULTS.values()}
