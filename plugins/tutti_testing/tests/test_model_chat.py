"""The Chat Completions API: what was typed is found, and steps are worded as clients read them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutti_testing.model import (
    Cut,
    Delay,
    Error,
    ModelServer,
    Reply,
    Say,
    Slow,
    StreamError,
    Tool,
    Turn,
    usage_limit,
)
from tutti_testing.model.chat import ChatProtocol
from tutti_testing.model.protocol import Drop, Pause
from tutti_testing.model.request import Raw, Request
from tutti_testing.model.steps import Step

SPEAKS = ChatProtocol()
EXEC = {"type": "function", "function": {"name": "exec", "parameters": {}}}
READ = {"type": "function", "function": {"name": "read", "parameters": {}}}
WRITE = Tool("Write", {"file_path": "a.py", "content": "new\n"})
COMMIT = "[[commit Say it]]"

# The client's own words, as far as they say which format it reads.
REMINDER = (
    "Rules:\n\nUse a *file listing*.\n\npath/to/filename.js\n{0}\n// entire file content ...\n"
)
WHOLE = "Act as an expert.\n" + REMINDER + "// ... in between\n{1}\n"
BLOCKS = (
    "Act as an expert.\n*SEARCH/REPLACE* Rules:\n2. The opening fence and code language, eg: "
    "{0}python\n3. More\n8. The closing fence: {1}\n"
)


def said(role: str, text: str) -> dict[str, Any]:
    """Return a message."""
    return {"role": role, "content": text}


CALLS = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "exec"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "fine"}


def asked(*messages: Any, **body: Any) -> Request:
    """Return a request with these messages, as the protocol reads it."""
    whole = {"model": "m", "stream": True, "messages": list(messages), **body}
    raw = Raw(0.0, "POST", "/v1/chat/completions", {}, json.dumps(whole).encode())
    request = SPEAKS.read(raw)
    assert request is not None
    return request


def chunks(step: Any, *messages: Any, **body: Any) -> list[Any]:
    """Return the chunks that a step becomes; what is no JSON stays a text."""
    request = asked(*messages or [said("user", "go")], **body)
    texts = [part for part in SPEAKS.answer(request, step).parts if isinstance(part, str)]
    found = [text.removeprefix("data: ").strip() for text in texts]
    return [json.loads(text) if text.startswith("{") else text for text in found]


def text_of(step: Any, *messages: Any) -> str:
    """Return the text that a step becomes."""
    found = [one for one in chunks(step, *messages) if isinstance(one, dict)]
    return "".join(one["choices"][0]["delta"].get("content", "") for one in found)


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([said("user", "plain")], "plain"),
        ([{"role": "user", "content": [{"type": "text", "text": "in parts"}]}], "in parts"),
        ([said("system", "rules"), said("user", "go")], "go"),
        ([said("user", "one"), said("assistant", "ok"), said("user", "two")], "two"),
        ([said("user", "failed"), said("user", "next")], "next"),
        ([said("user", "one"), CALLS, RESULT], ""),
        ([said("system", "A.\nR1\n\nR2"), said("user", "one\n\ntwo\n\nR1\n\nR2")], "one\n\ntwo"),
        ([said("system", "A.\nR2"), said("user", "one\n\nR1")], "one\n\nR1"),
        ([], ""),
        ([7, "x", None], ""),
    ],
)
def test_the_prompt_is_what_was_typed_last(messages: list[Any], prompt: str) -> None:
    """Answered prompts, and what Aider repeats of its instructions, are not the prompt."""
    assert asked(*messages).prompt == prompt


def test_a_turn_counts_its_answers() -> None:
    """A result begins the next round, and tells which call it belongs to."""
    request = asked(said("user", "go"), CALLS, RESULT, tools=[READ, EXEC])
    assert request.turn == Turn("go", 0, 1)
    assert [(one.id, one.text) for one in request.tool_results] == [("c1", "fine")]
    assert request.tools == ("read", "exec")
    assert not request.one_answer


def test_a_question_asked_once_more_is_the_same_round() -> None:
    """Aider adds the files an answer named, and wants the answer again."""
    added = said("user", "I added these files to the chat: a.py\nLet me know.")
    again = asked(said("user", "go"), said("assistant", "a.py"), added)
    further = asked(said("user", "go"), said("assistant", "a.py"), said("user", "and now"))
    assert again.turn == Turn("go", 0, 0)
    assert further.turn == Turn("and now", 2, 0)


@pytest.mark.parametrize(
    ("system", "words"),
    [
        (WHOLE.format("```", "```"), "a.py\n```\nnew\n```"),
        (WHOLE.format("<source>", "</source>"), "a.py\n<source>\nnew\n</source>"),
        (
            BLOCKS.format("````", "````"),
            "a.py\n````\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n````",
        ),
        ("No format at all.", "a.py\n```\nnew\n```"),
    ],
)
def test_a_client_without_tools_gets_edits_in_its_format(system: str, words: str) -> None:
    """The instructions say which format is read, and what fences it."""
    assert text_of(WRITE, said("system", system), said("user", "go")) == words


def test_what_a_file_says_is_what_is_searched_for() -> None:
    """A block replaces all of a file that the client has shown, as it was shown last."""
    files = [said("user", f"Files:\n\na.py\n```\n{text}\n```\n") for text in ("older", "old")]
    messages = [said("system", BLOCKS.format("```", "```")), *files, said("assistant", "Ok.")]
    assert "SEARCH\nold\n=======\nnew\n>>>" in text_of(WRITE, *messages, said("user", "go"))


def test_a_command_is_suggested_where_one_can_be() -> None:
    """A block of shell is a suggestion to one kind of client, and a file to the other."""
    shell = Tool("Bash", {"command": "ls"})
    by_blocks = text_of(shell, said("system", BLOCKS.format("```", "```")), said("user", "go"))
    by_files = text_of(shell, said("system", WHOLE.format("```", "```")), said("user", "go"))
    assert (by_blocks, by_files) == ("```bash\nls\n```", "Run: ls")


def test_a_shell_gets_commands() -> None:
    """A client with a shell among its tools is asked to run what comes to the same."""
    calls = [
        chunks(step, tools=[READ, EXEC])[1]["choices"][0]["delta"]["tool_calls"][0]
        for step in (WRITE, Tool("Bash", {"command": "ls"}), Tool("read", {"path": "x"}))
    ]
    found = [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in calls]
    assert found == [
        ("exec", {"command": "printf %s 'new\n' > a.py"}),
        ("exec", {"command": "ls"}),
        ("read", {"path": "x"}),
    ]


def test_a_stream_is_made_of_chunks() -> None:
    """All chunks are of one answer; the sizes come only to who asked for them."""
    plain = chunks(Say("one\ntwo"))
    counted = chunks(Say("one"), stream_options={"include_usage": True})
    choices = [one["choices"][0] for one in plain[:-1]]
    assert [one["delta"].get("content") for one in choices] == ["", "one\n", "two", None]
    assert [one["finish_reason"] for one in choices] == [None, None, None, "stop"]
    assert len({one["id"] for one in plain[:-1]}) == 1
    assert (plain[-1], counted[-1]) == ("[DONE]", "[DONE]")
    assert (counted[-2]["choices"], counted[-2]["usage"]["completion_tokens"]) == ([], 20)


def test_an_answer_may_come_whole() -> None:
    """Texts are one text, calls have an id each, and the reason says that calls are there."""
    answer = Reply(Say("first"), Tool("exec", {"command": "ls"}), Tool("exec", {}), Say("then"))
    (value,) = chunks(answer, said("user", "go"), stream=False, tools=[EXEC])
    (choice,) = value["choices"]
    assert (value["object"], choice["finish_reason"]) == ("chat.completion", "tool_calls")
    assert choice["message"]["content"] == "first\n\nthen"
    assert len({one["id"] for one in choice["message"]["tool_calls"]}) == 2
    assert value["usage"]["prompt_tokens"] > 0


def test_what_breaks_breaks() -> None:
    """A cut answer has no end, and a failure within the stream says so."""
    request = asked(said("user", "go"))
    assert isinstance(list(SPEAKS.answer(request, Cut(2)).parts)[-1], Drop)
    assert chunks(StreamError(2))[-1]["error"]["type"] == "server_error"
    assert SPEAKS.answer(asked(said("user", "go"), stream=False), StreamError(1)).status == 529
    halved = list(SPEAKS.answer(asked(said("user", "go"), stream=False), Cut(1)).parts)
    assert isinstance(halved[-1], Drop)


def test_a_slow_answer_pauses() -> None:
    """Each word comes after its pause."""
    parts = list(SPEAKS.answer(asked(said("user", "go")), Slow(2, 0.5)).parts)
    assert [part for part in parts if isinstance(part, Pause)] == [Pause(0.5), Pause(0.5)]


def test_errors_have_the_apis_shape() -> None:
    """Codes are told apart by status, and an account that is used up by its quota."""
    request = asked(said("user", "go"))
    steps = (Error(401, retry_after=2), usage_limit(123), Error(429), Error(503, message="Later."))
    answers = [SPEAKS.answer(request, step) for step in steps]
    bodies = [json.loads("".join(map(str, one.parts)))["error"] for one in answers]
    assert all(set(body) == {"message", "type", "param", "code"} for body in bodies)
    codes = ["invalid_api_key", "insufficient_quota", "rate_limit_exceeded", None]
    assert [body["code"] for body in bodies] == codes
    assert (bodies[3]["message"], answers[0].headers["retry-after"]) == ("Later.", "2")


def test_what_aider_asks_for_itself_is_answered_apart() -> None:
    """A commit is described as the turn it comes from wants; a past is summed up."""
    writer = "You are an expert software engineer that generates concise, one-line messages."
    turn = said("user", f"USER: go {COMMIT}\n\nASSISTANT: ok\n\n# Diffs:\n+x")
    asks = [
        asked(said("system", writer), turn),
        asked(said("system", writer), said("user", "# Diffs:\n+x")),
        asked(said("system", "*Briefly* summarize this partial conversation"), turn),
    ]
    assert [one.aux for one in asks] == [True, True, True]
    texts = [SPEAKS.auxiliary(one).text for one in asks]
    assert texts[:2] == ["Say it", "chore: scripted commit"]
    assert "I asked you" in texts[2]
    assert not asked(said("system", writer), turn, tools=[EXEC]).aux


def post(server: ModelServer, *messages: Any, **body: Any) -> str:
    """Return the text of an answer of a real server."""
    whole = {"model": "m", "messages": list(messages), **body}
    address = f"{server.url}/v1/chat/completions"
    posted = urllib.request.Request(address, json.dumps(whole).encode())
    with urllib.request.urlopen(posted, timeout=10) as answer:
        message = json.loads(answer.read())["choices"][0]["message"]
    return str(message["content"])


def test_a_turn_without_tools_is_one_answer() -> None:
    """The server speaks it unasked; what would be rounds comes at once, then the turn is over."""
    prompt = f"[[write a x]] [[delay 0.01]] {COMMIT} [[say Well.]]"
    with ModelServer() as server:
        first = post(server, said("user", prompt))
        over = post(server, said("user", prompt), said("assistant", first), said("tool", "?"))
        answers: list[Step | None] = [one.answer for one in server.requests]
    assert first == "a\n```\nx\n```\n\nWell."
    assert over == "Done, as scripted."
    assert isinstance(answers[0], Delay)


def test_a_failure_stands_before_what_follows_it() -> None:
    """A client without tools that tries again gets the rest of its turn, in one."""
    prompt = "[[http 503]] [[say One.]] [[write a x]]"
    with ModelServer() as server:
        with pytest.raises(urllib.error.HTTPError) as failed:
            post(server, said("user", prompt))
        failed.value.close()
        assert post(server, said("user", prompt)) == "One.\n\na\n```\nx\n```"


def test_a_client_with_tools_has_rounds() -> None:
    """Each tool ends a round, as with the other protocols."""
    prompt = said("user", "[[bash ls]] [[say Well.]]")
    with ModelServer() as server:
        assert post(server, prompt, tools=[EXEC]) == "None"
        assert post(server, prompt, CALLS, RESULT, tools=[EXEC]) == "Well."


@given(
    st.recursive(
        st.none() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["role", "content", "type", "text", "messages", "tools", "name"]),
                inner,
            )
        ),
    )
)
@example({"messages": [{"role": [], "content": 7}], "tools": [7], "stream_options": []})
@example({"messages": [], "tools": [{"function": {"name": 7}}], "stream": True})
def test_no_body_breaks_it(body: Any) -> None:
    """Whatever comes is a message or out of shape, and is answered."""
    raw = Raw(0.0, "POST", "/v1/chat/completions", {}, json.dumps(body).encode())
    request = SPEAKS.read(raw)
    assert request is not None
    known = SPEAKS.reply(request) if request.kind == "invalid" else SPEAKS.answer(request, WRITE)
    assert (known.status, list(known.parts) != []) in ((200, True), (400, True))


def test_other_paths_are_somebody_elses() -> None:
    """It reads its own path and no other."""
    assert SPEAKS.read(Raw(0.0, "POST", "/v1/responses", {}, b"{}")) is None
    assert SPEAKS.read(Raw(0.0, "GET", "/v1/chat/completions", {}, b"")) is None


def test_what_openclaw_puts_around_a_prompt_is_not_typed() -> None:
    """The time in front, words about itself behind, and a message of its own that comes last."""
    about = "Runtime: agent=main | session=agent:main:x | host=h | channel=webchat"
    own = said("user", "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nConversation data")
    first = said("user", f"[Sun 2026-11-22 12:46 UTC] One.\n\nAnd [[say two]]\n\n{about}")
    request = asked(said("system", "You run inside OpenClaw."), first, own, tools=[EXEC])
    assert request.prompt == "One.\n\nAnd [[say two]]"
    assert request.typed == (request.prompt,)

    later = said("user", "[Sun 2026-11-22 12:49 GMT+2] [Not a time] Three.")
    request = asked(first, CALLS, RESULT, said("assistant", "two"), later, CALLS, RESULT, own)
    assert request.turn.prompt == "[Not a time] Three."
    assert (request.prompt, request.turn.round) == ("", 1)
