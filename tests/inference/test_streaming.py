"""Token ids on a worker thread become text on the event loop: whole characters, stop strings."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tokenizers import Tokenizer, decoders, models

from app.inference.streaming import CompletionStreamer
from app.inference.text_cleaning import TextCleaner
from app.inference.types import Chunk, TokenEvent, TokenLogprob

pytestmark = pytest.mark.anyio


class ByteDecoder:
    """A tokenizer whose ids are the bytes of UTF-8."""

    def decode(self, ids: Sequence[int], /) -> str:
        return bytes(ids).decode("utf-8", "replace")


class SpaceDroppingDecoder:
    """Like SentencePiece: the decoder eats the space at the start of whatever it is given."""

    def __init__(self, words: list[str]) -> None:
        model = models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0])
        self._tokenizer = Tokenizer(model)
        self._tokenizer.decoder = decoders.Metaspace()

    def decode(self, ids: Sequence[int], /) -> str:
        return self._tokenizer.decode(list(ids))


def byte_events(text: str, finish: str = "stop") -> list[TokenEvent]:
    events = [TokenEvent(1, (byte,)) for byte in text.encode()]
    return [*events, TokenEvent(1, (), finish)]


async def run(
    events: list[TokenEvent], stop: tuple[str, ...] = (), decoder: object = None
) -> tuple[list[str], CompletionStreamer, list[str]]:
    """Feed the events from a thread, one after the other as the loop takes each text."""
    abandoned: list[str] = []
    streamer = CompletionStreamer(
        decoder or ByteDecoder(), TextCleaner(stop), lambda: abandoned.append("x")
    )
    chunks: list[str] = []

    async def read() -> None:
        async for chunk in streamer.chunks():
            chunks.append(chunk.text)

    reader = asyncio.create_task(read())
    for event in events:
        await asyncio.to_thread(streamer.feed, event)
        await asyncio.sleep(0)
    await asyncio.wait_for(reader, 5)
    return chunks, streamer, abandoned


@pytest.mark.parametrize(
    "text", ["hello world", "你好，世界", "こんにちは、カタカナ", "a😀b👩‍👩‍👧c", "x\n\n  y"]
)
async def test_text_arrives_whole_and_never_half_a_character(text: str) -> None:
    chunks, streamer, _ = await run(byte_events(text))
    assert "".join(chunks) == text
    assert all("\ufffd" not in chunk for chunk in chunks)
    assert streamer.finish_reason == "stop"
    assert streamer.completion_tokens == len(text.encode())


async def test_text_leaves_character_by_character() -> None:
    """Kana have no spaces to wait for."""
    chunks, _, _ = await run(byte_events("こんにちは"))
    assert len(chunks) == 5


async def test_half_a_character_at_the_end_is_dropped() -> None:
    events = [TokenEvent(1, (byte,)) for byte in "ab你".encode()[:-1]]
    chunks, _, _ = await run([*events, TokenEvent(1, (), "length")])
    assert "".join(chunks) == "ab"


async def test_spaces_between_pieces_survive() -> None:
    decoder = SpaceDroppingDecoder(["▁The", "▁cat", "▁is", "▁here"])
    events = [TokenEvent(1, (i,)) for i in range(4)]
    chunks, _, _ = await run([*events, TokenEvent(1, (), "stop")], decoder=decoder)
    assert "".join(chunks) == "The cat is here"


@pytest.mark.parametrize(
    ("text", "stop", "expected"),
    [
        ("one END two", ("END",), "one "),
        ("one EN two", ("END",), "one EN two"),
        ("aab", ("ab",), "a"),
        ("first B then A", ("A", "B"), "first "),
        ("ends with EN", ("END",), "ends with EN"),
        ("你好。再见", ("。",), "你好"),
    ],
)
async def test_stop_strings(text: str, stop: tuple[str, ...], expected: str) -> None:
    chunks, streamer, abandoned = await run(byte_events(text, "length"), stop)
    assert "".join(chunks) == expected
    cut = expected != text
    assert streamer.finish_reason == ("stop" if cut else "length")
    assert len(abandoned) == (1 if cut else 0)


async def test_a_stop_string_in_the_last_piece_ends_with_stop() -> None:
    """The flush at the end may complete a stop string; the engine is over then already."""
    events = [TokenEvent(1, tuple(b"one END"), "length")]
    chunks, streamer, _ = await run(events, ("END",))
    assert "".join(chunks) == "one "
    assert streamer.finish_reason == "stop"


async def test_nothing_of_a_stop_string_is_ever_shown() -> None:
    chunks, _, _ = await run(byte_events("ab<stop>cd"), ("<stop>",))
    assert "".join(chunks) == "ab"
    assert not any("<" in chunk for chunk in chunks)


async def test_cancel_keeps_the_text_and_ignores_what_follows() -> None:
    abandoned: list[int] = []
    streamer = CompletionStreamer(ByteDecoder(), TextCleaner(), lambda: abandoned.append(1))
    streamer.feed(TokenEvent(1, tuple(b"kept")))
    await asyncio.sleep(0)
    streamer.cancel()
    streamer.feed(TokenEvent(1, tuple(b" lost")))
    streamer.cancel()
    assert [chunk.text async for chunk in streamer.chunks()] == ["kept"]
    assert (streamer.finish_reason, streamer.completion_tokens, abandoned) == ("cancelled", 4, [1])


async def test_an_error_is_kept_beside_the_partial_text() -> None:
    chunks, streamer, _ = await run(
        [TokenEvent(1, tuple(b"part")), TokenEvent(1, (), "error", "It broke.")]
    )
    assert "".join(chunks) == "part"
    assert (streamer.finish_reason, streamer.error) == ("error", "It broke.")


async def test_what_arrives_while_the_reader_is_busy_comes_in_one_piece() -> None:
    streamer = CompletionStreamer(ByteDecoder(), TextCleaner(), lambda: None)
    thread = threading.Thread(target=lambda: [streamer.feed(e) for e in byte_events("x" * 1000)])
    thread.start()
    thread.join()
    await asyncio.sleep(0.01)
    assert [chunk.text async for chunk in streamer.chunks()] == ["x" * 1000]


async def with_logprobs(text: str, stop: tuple[str, ...] = ()) -> list[Chunk]:
    """The chunks of a text whose bytes are the tokens; token n has the log probability -n."""
    streamer = CompletionStreamer(ByteDecoder(), TextCleaner(stop), lambda: None)
    for place, byte in enumerate(text.encode()):
        streamer.feed(TokenEvent(1, (byte,), logprobs=(float(-place),)))
        await asyncio.sleep(0)
    streamer.feed(TokenEvent(1, (), "stop"))
    return [chunk async for chunk in streamer.chunks()]


async def test_each_chunk_has_the_log_probabilities_of_its_own_text() -> None:
    chunks = await with_logprobs("héllo")
    tokens = [token for chunk in chunks for token in chunk.logprobs]
    assert [token.logprob for token in tokens] == [0.0, -1.0, -2.0, -3.0, -4.0, -5.0]
    assert [token.text for token in tokens] == ["h", "", "é", "l", "l", "o"]
    assert all("".join(t.text for t in chunk.logprobs) == chunk.text for chunk in chunks)


async def test_what_a_stop_string_cuts_off_has_no_log_probability() -> None:
    chunks = await with_logprobs("one, two", stop=(", ",))
    assert "".join(chunk.text for chunk in chunks) == "one"
    assert [token.text for chunk in chunks for token in chunk.logprobs] == ["o", "n", "e"]


async def test_what_only_looked_like_a_stop_string_comes_with_its_text() -> None:
    chunks = await with_logprobs("a,b", stop=(", ",))
    assert all("".join(t.text for t in chunk.logprobs) == chunk.text for chunk in chunks)
    assert [t for chunk in chunks for t in chunk.logprobs][1] == TokenLogprob(",", -1.0)


async def test_log_probabilities_of_several_tokens_at_once() -> None:
    streamer = CompletionStreamer(ByteDecoder(), TextCleaner(), lambda: None)
    streamer.feed(TokenEvent(1, tuple(b"abc"), "length", logprobs=(-1.0, -2.0, -3.0)))
    (chunk,) = [chunk async for chunk in streamer.chunks()]
    tokens = zip("abc", (-1.0, -2.0, -3.0), strict=True)
    assert chunk == Chunk("abc", tuple(TokenLogprob(text, logprob) for text, logprob in tokens))


@pytest.mark.parametrize(("before", "text"), [((), "a time"), ((0,), " a time")])
async def test_a_continuation_keeps_the_space_that_an_answer_drops(
    before: tuple[int, ...], text: str
) -> None:
    decoder = SpaceDroppingDecoder(["▁upon", "▁a", "▁time"])
    streamer = CompletionStreamer(decoder, TextCleaner(), lambda: None, before)
    for id_ in (1, 2):
        streamer.feed(TokenEvent(1, (id_,)))
    streamer.feed(TokenEvent(0, (), "stop"))
    assert "".join([chunk.text async for chunk in streamer.chunks()]) == text
    assert streamer.completion_tokens == 2
