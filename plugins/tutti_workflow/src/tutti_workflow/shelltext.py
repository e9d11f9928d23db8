"""Templates in shell text: a value becomes a variable of the shell, never a part of its program.

So that what an agent wrote can change neither the commands nor where one word ends, each template
is replaced by `"${TUTTI_VALUE_1}"`, and the value goes in through the environment. That is one word
wherever a word may stand. Where it would be read as something else, the template is refused: in
quotes, in substitutions and here-documents, as the name of a program, and as the argument of what
reads its arguments as programs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from types import MappingProxyType

from .templates import Scope, TemplateError, Token, tokens, value_of

MOST_BYTES = 100_000
"""What a value may have: the system takes 128 KiB for one variable."""
HINT = 'give it as argv = ["program", "{{output.NAME.json}}"], which no shell reads'
UNQUOTE = "take the quotes away: it is one word by itself; or " + HINT

SHELLS = re.compile(r"(ba|da|z|k|mk|a|fi|c|tc)?sh|busybox")
READERS = re.compile(
    r"eval|source|\.|trap|alias|let|declare|typeset|local|readonly|read|unset|\[\[|wait|bind|"
    r"complete|ssh|su|watch|parallel|script|[gm]?awk|sed|perl|env|nice|sudo|doas|xargs|setsid|"
    r"timeout|stdbuf|chroot|coproc"
)
"""Programs that may read an argument as a program, or as the name of one."""
STARTERS = re.compile(
    r"!|if|then|elif|else|while|until|do|time|exec|command|builtin|nohup|\{",
)
"""Words that are followed by the name of a program."""
SHELL_CODE = re.compile(r"-[a-z]*c")
CODE = re.compile(r"-[ce]|--eval|--command|--expression|-exec(dir)?|-ok(dir)?")
"""Options that are followed by a program."""
BREAKS = ";&|\n("


class ShellText(str):  # noqa: SLOT000 -- it carries what belongs to it
    """Shell text whose templates are replaced by variables.

    Attributes:
        env: The variables, with the values of the templates.
        shown: The text as it would be with the values in it, quoted; for people and policies.
    """

    env: Mapping[str, str] = MappingProxyType({})
    shown: str

    def __new__(cls, text: str, env: Mapping[str, str] | None = None, shown: str = "") -> ShellText:
        """Make one."""
        made = super().__new__(cls, text)
        made.env = MappingProxyType(dict(env or {}))
        made.shown = shown or text
        return made


def shell(text: str, scope: Scope, where: str = "") -> ShellText:
    """Replace the templates of shell text.

    Args:
        text: The text.
        scope: What templates can name.
        where: Where the text stands, for the error.

    Raises:
        TemplateError: If a template names what is not there, or stands where its value could be
            read as anything but one word.
    """
    lexer = _Lexer(text, tokens(text, where))
    lexer.run()
    found = [one for one in lexer.tokens.values() if one.start not in lexer.remarks]
    parts, shown, env, last = [], [], {}, 0
    for number, token in enumerate(found, 1):
        if refusal := lexer.refusals[token.start]:
            raise _refused(where, text, token, *refusal)
        value = value_of(token, scope, text, where)
        if problem := _impossible(value):
            raise _refused(where, text, token, problem, "use {{output.NAME.path}}")
        name = f"TUTTI_VALUE_{number}"
        env[name] = value
        parts += [text[last : token.start], f'"${{{name}}}"']
        shown += [text[last : token.start], shlex.quote(value)]
        last = token.end
    rest = text[last:]
    return ShellText("".join((*parts, rest)), env, "".join((*shown, rest)))


def _impossible(value: str) -> str:
    if "\0" in value:
        return "has a NUL in it, which no program can be given"
    size = len(value.encode(errors="surrogatepass"))
    return f"has {size} bytes, more than one variable holds" if size > MOST_BYTES else ""


def _refused(where: str, text: str, token: Token, why: str, hint: str) -> TemplateError:
    line = text.count("\n", 0, token.start) + 1
    place = (where or "shell text") + (f", line {line}" if "\n" in text.strip("\n") else "")
    return TemplateError(f"{place}: {token.text} {why}", hint=hint)


class _Lexer:
    """Reads shell text once, and says of each template where it stands.

    It need not know all of the shell's grammar: what it does not know for a plain word, it refuses.
    """

    def __init__(self, text: str, found: list[Token]) -> None:
        self.text = text
        self.tokens = {one.start: one for one in found}
        self.refusals: dict[int, tuple[str, str] | None] = {}
        self.remarks: set[int] = set()
        self.words: list[str] = []
        self.word: str | None = None
        self.quote = ""
        self.nest: list[str] = []
        self.here = False
        self.redirects = False

    def run(self) -> None:
        at = 0
        while at < len(self.text):
            token = self.tokens.get(at)
            if token is not None:
                self.refusals[at] = self._refusal(token)
                self.word = (self.word or "") + "\0"
                at = token.end
            else:
                ahead = min((one for one in self.tokens if one > at), default=len(self.text))
                at += min(self._step(self.text[at:ahead]), ahead - at)

    def _refusal(self, token: Token) -> tuple[str, str] | None:
        if self.quote == "#":
            self.remarks.add(token.start)
            return None
        if self.quote:
            return "stands in quotes", UNQUOTE
        if self.nest:
            return f"stands in {self.nest[-1]}…", HINT
        if self.here:
            return "stands after <<, perhaps in a here-document", HINT
        word = self.word or ""
        if word.endswith(("$", "\\")) or "[" in word:
            return "stands where the shell may read it otherwise than as a word", HINT
        if self.redirects and token.foreign:
            return "would choose a file to read or write", HINT
        return self._as_program(word) if token.foreign else self._as_name(word)

    def _as_name(self, word: str) -> tuple[str, str] | None:
        before = [one for one in self.words if not _assigns(one)]
        if self.redirects or _assigns(word) or (before and not STARTERS.fullmatch(before[-1])):
            return None
        return "would be the name of a program", HINT

    def _as_program(self, word: str) -> tuple[str, str] | None:
        if refusal := self._as_name(word):
            return refusal
        named = (one for one in self.words if not _assigns(one) and not STARTERS.fullmatch(one))
        name = next(named, "").rpartition("/")[2]
        if READERS.fullmatch(name):
            return f"could be read as a program by {name}", HINT
        programs = [one.rpartition("/")[2] for one in self.words]
        shells = [one for one in programs if SHELLS.fullmatch(one)]
        if shells and any(map(SHELL_CODE.fullmatch, self.words)):
            return f"would be read as a program by {shells[0]}", HINT
        if self.words and CODE.fullmatch(self.words[-1]):
            return f"would be read as a program, after {self.words[-1]}", HINT
        if name in ("test", "[") and "-v" in self.words:
            return "would be read as an expression by test -v", HINT
        return None

    def _step(self, rest: str) -> int:
        """Take one character before the next template, and what belongs to it; return how many."""
        char = rest[0]
        if self.quote:
            return self._in_quotes(char)
        if rest.startswith("\\\n"):
            return 2
        if char == "\\":
            self._add(rest[:2])
            return 2
        if char in "'\"`":
            self._quoted(char)
            return 1
        if char == "#" and self.word is None:
            self.quote = char
            return 1
        return self._plain(char, rest)

    def _quoted(self, char: str) -> None:
        if (self.word or "").endswith("$"):  # only some shells know it: from there on, refuse
            self.nest.append(f"${char}")
        self.quote = char
        self._add("")

    def _in_quotes(self, char: str) -> int:
        if self.quote == "#":  # a remark, in which nobody reads anything
            if char == "\n":
                self.quote = ""
                self._end_command()
            return 1
        if char == "\\" and self.quote != "'":
            return 2
        if char == self.quote:
            self.quote = ""
        return 1

    def _plain(self, char: str, rest: str) -> int:
        for opening in ("$((", "$(", "${", "((", "<(", ">("):
            if rest.startswith(opening):
                self.nest.append(opening)
                self._add(opening)
                return len(opening)
        if self.nest:
            return self._nested(char)
        if char in "<>":
            return self._redirect(rest)
        if char in " \t":
            self._end_word()
        elif char in BREAKS or char == ")":
            self._end_command()
        else:
            self._add(char)
        return 1

    def _redirect(self, rest: str) -> int:
        self.here = self.here or rest.startswith("<<")
        if (self.word or "").isdigit():
            self.word = None
        self._end_word()
        self.redirects = True
        return 2 if rest[1:2] == "&" else 1

    def _nested(self, char: str) -> int:
        top = self.nest[-1]
        if char in "(#":  # what might be a comment is never taken to have ended
            self.nest.append(char)
        elif char == ")" and "(" in top:
            self.nest[-1:] = ["("] if top.endswith("((") else []
        elif char == "}" and top == "${":
            self.nest.pop()
        self._add(char)
        return 1

    def _add(self, text: str) -> None:
        self.word = (self.word or "") + text

    def _end_word(self) -> None:
        if self.word is None:
            return
        if not self.redirects:
            self.words.append(self.word)
        self.word, self.redirects = None, False

    def _end_command(self) -> None:
        self._end_word()
        self.words, self.redirects = [], False


def _assigns(word: str) -> bool:
    return re.match(r"[A-Za-z_]\w*\+?=", word) is not None
