"""The screen: never too wide, never too high, and on a terminal exactly what was drawn."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tutti_demo.agent.emulator import Screen
from tutti_demo.agent.painter import Painter
from tutti_demo.agent.screen import Frame, frame, render, title, trim
from tutti_demo.agent.state import PERMISSION, Block, Dialog, State
from tutti_demo.agent.text import clean, clip, plain, width_of, wrap

texts = st.text(max_size=80) | st.text("ab ❯●漢字é\u0301\t\n\x1b[31m", max_size=80)
kinds = st.sampled_from(["user", "say", "tool", "bang", "result", "done", "info"])
blocks = st.lists(st.builds(Block, kinds, texts, texts), max_size=8)
dialogs = st.none() | st.builds(
    Dialog,
    st.just(PERMISSION),
    st.lists(texts, max_size=5).map(tuple),
    st.lists(texts, min_size=1, max_size=4).map(tuple),
    st.just(0),
    st.booleans(),
)
sizes = st.tuples(st.integers(1, 130), st.integers(1, 50))


@st.composite
def states(draw: st.DrawFn) -> State:
    """Draw a state with anything in it."""
    state = State(draw(texts), draw(texts), draw(st.sampled_from(["default", "accept", "bypass"])))
    state.started = draw(st.booleans())
    state.blocks, state.dialog = draw(blocks), draw(dialogs)
    state.draft, state.queued = draw(texts), draw(st.lists(texts, max_size=3))
    state.phase = draw(st.sampled_from(["idle", "thinking", "streaming", "tool"]))
    state.status, state.notice, state.context = draw(texts), draw(texts), draw(st.integers(-1, 100))
    return state


def shown(**fields: object) -> str:
    """Return a screen of 60x20 of a started state with some fields set."""
    state = State("worker", "/home/me/project")
    state.started = True
    for name, value in fields.items():
        setattr(state, name, value)
    return "\n".join(map(plain, render(state, 60, 20)))


class TestText:
    @settings(max_examples=60, deadline=None)
    @given(texts, st.integers(-1, 50))
    def test_wrapped_lines_fit(self, text: str, width: int) -> None:
        """No wrapped line is wider than asked, whatever is in the text."""
        assert all(width_of(line) <= max(1, width) for line in wrap(text, width))

    @settings(max_examples=60, deadline=None)
    @given(texts, st.integers(2, 50))
    def test_wrapping_loses_no_words(self, text: str, width: int) -> None:
        """Apart from spaces, what was wrapped is what was given."""
        assert "".join("".join(wrap(text, width)).split()) == "".join(clean(text).split())

    @settings(max_examples=60, deadline=None)
    @given(texts)
    def test_cleaned_text_cannot_move_the_cursor(self, text: str) -> None:
        """No control character but the newline is left."""
        assert all(char == "\n" or char.isprintable() or char == " " for char in plain_of(text))

    def test_words_stay_whole_where_they_can(self) -> None:
        """Lines break at spaces, and a word longer than the line is cut."""
        assert wrap("one two abcdefghijkl", 8) == ["one two", "abcdefgh", "ijkl"]

    def test_wide_characters_count_twice(self) -> None:
        """A wide character takes two columns and is never halved."""
        assert (width_of("漢字"), wrap("漢字漢", 5), clip("漢字", 3)) == (4, ["漢字", "漢"], "漢")

    def test_clipping_closes_styles(self) -> None:
        """A style that was opened before the cut is closed after it."""
        assert clip("\x1b[2mabcdef\x1b[0m", 3) == "\x1b[2mabc\x1b[0m"


def plain_of(text: str) -> str:
    """Return cleaned text with the unprintable spaces of Unicode as plain ones."""
    return "".join(" " if char.isspace() and char != "\n" else char for char in clean(text))


class TestRender:
    @settings(max_examples=60, deadline=None)
    @given(states(), sizes)
    def test_it_always_fits(self, state: State, size: tuple[int, int]) -> None:
        """Any state fits any window."""
        lines = render(state, *size)
        assert len(lines) <= size[1]
        assert all(width_of(line) <= size[0] for line in lines)
        assert not any("\n" in line or "\r" in line for line in lines)

    @settings(max_examples=60, deadline=None)
    @given(states(), sizes)
    def test_the_cursor_is_on_the_frame(self, state: State, size: tuple[int, int]) -> None:
        """The cursor is on one of the lines, in one of the columns."""
        found = frame(state, *size)
        assert 0 <= found.row < len(found.lines)
        assert 0 <= found.column < size[0]

    def test_idle(self) -> None:
        """Idle is a placeholder between two rules, and the hint for shortcuts."""
        rule = "─" * 60
        assert shown().endswith(f"{rule}\n❯ Tell me what to do\n{rule}\n  ? for shortcuts")

    def test_a_draft_of_several_lines_is_indented(self) -> None:
        """The lines of a draft stand under each other."""
        assert "\n❯ one\n  two\n──" in shown(draft="one\ntwo")

    def test_the_working_line_is_there_before_text(self) -> None:
        """While there is no text yet a line says so, and how to interrupt."""
        screen = shown(phase="thinking", elapsed=1, tokens=4)
        assert "\n✻ Pondering… (1s · ↓ 8 tokens)\n" in screen
        assert screen.endswith("  esc to interrupt")

    def test_while_text_streams_there_is_no_working_line(self) -> None:
        """Streaming looks like idle but for the footer."""
        screen = shown(phase="streaming", blocks=[Block("say", "word0 word1")])
        assert "● word0 word1" in screen
        assert "Pondering" not in screen
        assert "esc to interrupt" in screen

    def test_a_tool_and_its_output(self) -> None:
        """A tool is its call and, under a hook, what it gave."""
        screen = shown(blocks=[Block("tool", "Bash(ls)", "a\nb")])
        assert "\n● Bash(ls)\n  ⎿  a\n     b\n" in screen

    def test_queued_prompts_stand_above_the_composer(self) -> None:
        """What waits is shown, and how to get it back."""
        assert "\n\n  ❯ next\n──" in shown(queued=["next"], phase="thinking")
        assert "❯ Press up to edit queued messages" in shown(queued=["next"], phase="thinking")

    def test_a_dialog_takes_the_place_of_the_composer(self) -> None:
        """While a dialog is open there is no composer and no footer."""
        dialog = Dialog(PERMISSION, ("Bash command", "", "Do you want to proceed?"), ("Yes", "No"))
        screen = shown(dialog=dialog, phase="tool")
        wanted = " Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel"
        assert screen.endswith(wanted)
        assert "shortcuts" not in screen
        assert "esc to interrupt" not in screen

    def test_the_context_left_is_in_the_footer(self) -> None:
        """The context stands at the right end of the footer."""
        assert shown(context=7).endswith("  Context left until auto-compact: 7%")

    def test_the_placeholder_is_dim_and_a_draft_is_not(self) -> None:
        """Only its dimness tells the placeholder from a draft of the same words."""
        state = State()
        state.started = True
        line = next(line for line in render(state, 60, 20) if "Tell me" in line)
        state.draft = "Tell me what to do"
        draft = next(line for line in render(state, 60, 20) if "Tell me" in line)
        assert line == "❯ \x1b[2mTell me what to do\x1b[0m"
        assert draft == "❯ Tell me what to do"

    def test_titles(self) -> None:
        """A spinner while working; a star while idle and, treacherously, while waiting."""
        state = State("worker")
        titles = [title(state)]
        state.started = True
        titles.append(title(state))
        state.phase = "thinking"
        titles.append(title(state))
        state.tick = 1
        titles.append(title(state))
        state.dialog = Dialog(PERMISSION, (), ("Yes",))
        titles.append(title(state))
        assert titles == ["", "✳ worker", "⠂ worker", "⠐ worker", "✳ worker"]


class TestPainter:
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.lists(st.text("ab漢 ", max_size=12), min_size=1, max_size=14), max_size=6),
        st.integers(1, 12),
        st.integers(1, 6),
    )
    def test_the_terminal_shows_the_end_of_the_frame(
        self, frames: list[list[str]], width: int, height: int
    ) -> None:
        """Whatever came before, the window shows the last lines of the newest frame."""
        painter, screen = Painter(), Screen(width, height)
        for lines in frames:
            fitting = [clip(line, width) for line in lines]
            screen.feed(painter.paint(Frame(fitting, len(lines) - 1, 0), width, height))
            wanted = [line.rstrip() for line in fitting[-height:]]
            assert screen.lines == wanted + [""] * (height - len(wanted))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(1, 6))
    def test_what_scrolls_off_is_in_the_history_once(self, steps: list[int], height: int) -> None:
        """A conversation that grows leaves each line in the scrollback exactly once, in order."""
        painter, screen = Painter(), Screen(10, height)
        lines: list[str] = []
        for step in steps:
            lines += [f"line {len(lines) + index}" for index in range(step)]
            screen.feed(painter.paint(Frame(lines, 0, 0), 10, height))
        assert screen.history + [line for line in screen.lines if line] == lines

    @settings(max_examples=25, deadline=None)
    @given(blocks, st.integers(2, 20), st.integers(1, 8), sizes)
    def test_trimming_changes_nothing_that_is_seen(
        self, new: list[Block], most: int, later: int, size: tuple[int, int]
    ) -> None:
        """A conversation cut at its old end looks, grows and scrolls as if it were whole."""
        screens = []
        for cut in (True, False):
            state, painter, screen = State(), Painter(), Screen(*size)
            state.started = True
            for index in range(most + later):
                state.blocks.append(Block("say", f"reply {index} " * 3))
                screen.feed(painter.paint(frame(state, *size), *size))
                painter.drop(trim(state, size[0], painter.pushed, most) if cut else 0)
            state.blocks += new
            screen.feed(painter.paint(frame(state, *size), *size))
            screens.append((screen.history, screen.lines))
        assert screens[0] == screens[1]

    def test_a_very_long_conversation_is_trimmed(self) -> None:
        """The older half of what scrolled off goes, unless something is under way."""
        state = State()
        state.started, state.phase = True, "thinking"
        state.blocks = [Block("say", str(index)) for index in range(11)]
        assert trim(state, 80, pushed=1000, most=10) == 0
        state.phase = "idle"
        assert trim(state, 80, pushed=9, most=10) == 0
        assert trim(state, 80, pushed=1000, most=10) == 7 + 5 * 2
        assert [block.text for block in state.blocks] == ["5", "6", "7", "8", "9", "10"]

    def test_an_unchanged_frame_costs_a_cursor(self) -> None:
        """Nothing is drawn again that is there already."""
        painter = Painter()
        painter.paint(Frame(["one", "two"], 1, 3), 20, 5)
        assert painter.paint(Frame(["one", "two"], 1, 3), 20, 5) == "\x1b[2;4H"

    def test_a_title_is_set_once(self) -> None:
        """The title is sent when it changes."""
        painter = Painter()
        sent = [painter.title("a"), painter.title("a"), painter.title("b")]
        assert sent == ["\x1b]0;a\x07", "", "\x1b]0;b\x07"]

    def test_leaving_gives_the_terminal_back(self) -> None:
        """Bracketed paste is off and wrapping on, below what was drawn, with no title."""
        painter, screen = Painter(), Screen(20, 5)
        screen.feed("\x1b[?2004h\x1b[?7l" + painter.title("a"))
        screen.feed(painter.paint(Frame(["one", "two"], 0, 0), 20, 5) + painter.leave())
        assert (screen.modes & {"?2004", "?7"}, screen.title) == ({"?7"}, "")
        assert screen.cursor == (2, 0)
