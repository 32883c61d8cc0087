"""The clients of the benchmarks: what they make of bytes, and what they ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.inference.tokenizing import load_tokenizer
from benchmarks.harness import api, http
from benchmarks.harness.api import Ask
from benchmarks.harness.chart import Panel, svg
from benchmarks.harness.crowd import StreamLost, whole
from benchmarks.harness.workload import asks, text
from benchmarks.random_model import write_tokenizer

pytestmark = pytest.mark.anyio

SVG = "{http://www.w3.org/2000/svg}"


@asynccontextmanager
async def server(status: int, pieces: list[bytes]) -> AsyncIterator[int]:
    """Answers every request with these pieces, each a chunk; gives its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(v) for k, v in _headers(head) if k == "content-length"), 0)
        await reader.readexactly(length)
        writer.write(f"HTTP/1.1 {status} Fine\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for piece in pieces:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def _headers(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode().split("\r\n")[1:]
    return [(k.lower(), v) for k, _, v in (line.partition(": ") for line in lines if line)]


def event(**content: object) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def piece(content: str, reason: str | None = None) -> bytes:
    return event(choices=[{"delta": {"content": content}, "finish_reason": reason}])


DONE = b"data: [DONE]\n\n"


def usage(tokens: int) -> bytes:
    return event(choices=[], usage={"completion_tokens": tokens, "prompt_tokens": 7})


async def test_events_are_whole_however_they_are_cut() -> None:
    pieces = [b"data: on", b"e\n", b"\ndata: two\n\n: a comment\n\nda", b"ta: 3\n\n"]
    async with server(200, pieces) as port:
        response = await http.request(port, "GET", "/")
        assert [data async for data in response.events()] == [b"one", b"two", b"3"]


async def test_a_refusal_is_raised_with_what_the_server_says() -> None:
    async with server(503, [b"Too many."]) as port:
        with pytest.raises(http.Refused, match="503 Too many"):
            await http.post_json(port, "/v1", {}, {})


async def test_a_stream_is_read_as_clients_read_it() -> None:
    pieces = [piece("Hel"), piece("lo", "length"), usage(2), DONE]
    async with server(200, pieces) as port:
        got = await api.complete(port, "key", "model", Ask.of("Hi", 2, seed=1))
    assert (got.text, got.tokens, got.prompt_tokens, got.whole) == ("Hello", 2, 7, True)
    assert len(got.arrivals) == 2
    assert got.asked_at <= got.arrivals[0] <= got.ended_at


@pytest.mark.parametrize(
    "pieces",
    [
        [piece("Hel"), piece("lo", "length"), usage(2)],
        [piece("Hello", "length"), usage(1), DONE],
        [piece("Hel"), event(error={"message": "It died."}), DONE],
    ],
    ids=["cut off", "too short", "failed"],
)
async def test_a_stream_that_ends_early_is_not_whole(pieces: list[bytes]) -> None:
    async with server(200, pieces) as port:
        got = await api.complete(port, "key", "model", Ask.of("Hi", 2, seed=1))
    assert not got.whole
    with pytest.raises(StreamLost, match="1 of 1"):
        whole([got])


def test_a_chat_alternates() -> None:
    assert [turn["role"] for turn in api.chat(["a", "b", "c"])] == ["user", "assistant", "user"]


def test_no_two_questions_begin_alike() -> None:
    made = [ask for number in range(3) for ask in asks(16, 8, number)]
    firsts = [ask.messages[0]["content"].split()[:2] for ask in made]
    assert len({tuple(first) for first in firsts}) == len({ask.seed for ask in made}) == 48
    assert asks(2, 8, 1) == asks(2, 8, 1)


def test_a_word_is_a_token_in_both_directions(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, vocab=21_000, context=512)
    tokenizer = load_tokenizer(tmp_path)
    ids = tokenizer.encode(text(40, seed=1), add_special_tokens=False)
    assert len(ids) == 40
    assert tokenizer.decode(ids) == text(40, seed=1)


def test_a_chart_is_an_svg_with_its_titles_and_curves() -> None:
    curve = [(1.0, 2.0), (2.0, 40.0), (64.0, 45.0)]
    drawn = svg([Panel("a < b", "users", {"x": curve, "y": curve}), Panel("c", "d", {"": curve})])
    texts = [text.text for text in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert {"a < b", "users", "x", "y", "c", "d", "64"} <= set(texts)
    assert svg([Panel("c", "d", {"": curve})]) == svg([Panel("c", "d", {"": curve})])
