"""`ask` and `chat`: completions in the terminal, without accounts, pages or a running server."""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future
from dataclasses import asdict

from app import history
from app.config import Settings
from app.errors import EngineUnavailable, InvalidParameter, VinoChatError
from app.inference.reasoning import ReasoningSplitter, split
from app.inference.service import InferenceService
from app.inference.types import Chunk, Finished, Message, Queued, SamplingParams

LOCAL_USER = "terminal"
CHAT_HELP = "Type a message. /new starts over, /quit or Ctrl-D ends."


async def ask(
    settings: Settings, text: str, system: str | None, params: SamplingParams, as_json: bool
) -> None:
    """Print one completion as it grows, or whole as JSON. Raises VinoChatError.

    Like the Instruct page, it uses the model's instruction format; with a system prompt, which such
    a format has no place for, it is a chat of one turn. Reasoning is told apart from the answer.
    """
    if not text.strip():
        raise InvalidParameter("The instruction is empty. Put it in quotes after ask.", "text")
    messages = [Message("system", system)] if system else []
    messages.append(Message("user", text))
    async with _ready(settings) as inference:
        completion, finished = await _print(
            inference, messages, params, quiet=as_json, instruct=not system
        )
    if as_json:
        thought = split(completion)
        print(
            json.dumps(
                {
                    "completion": thought.answer,
                    "reasoning": thought.reasoning,
                    "finish_reason": finished.finish_reason,
                    "receipt": asdict(finished.receipt),
                },
                ensure_ascii=False,
            )
        )


async def chat(settings: Settings, system: str | None, params: SamplingParams) -> None:
    """Hold a conversation until the end of input. Raises VinoChatError if no model loads."""
    first = [Message("system", system)] if system else []
    turns: list[Message] = []
    start = 0
    async with _ready(settings) as inference:
        print(CHAT_HELP, file=sys.stderr)
        while (text := await _read_line()) is not None:
            if text == "/new":
                turns, start = [], 0
                print("A new conversation.", file=sys.stderr)
                continue
            if not text:
                continue
            asked = [*turns, Message("user", text)]
            try:
                room = history.budget(
                    settings.history_tokens, inference.info, params.max_new_tokens
                )
                sent = await history.first_sent(first, asked, start, room, inference.count_tokens)
                answer, _ = await _print(inference, [*first, *asked[sent:]], params)
            except VinoChatError as error:
                print(f"{error}", file=sys.stderr)
                continue
            turns, start = [*asked, Message("assistant", answer)], sent


async def _read_line() -> str | None:
    """The next message; None at the end of input or for /quit.

    Read in a thread that nobody waits for: after Ctrl-C, asyncio would wait for one of its own
    until somebody presses Enter.
    """
    print("> ", end="", file=sys.stderr, flush=True)
    line: Future[str] = Future()

    def read() -> None:
        line.set_running_or_notify_cancel()
        try:
            line.set_result(sys.stdin.readline())
        except Exception as error:
            line.set_exception(error)

    threading.Thread(target=read, name="standard input", daemon=True).start()
    try:
        text = await asyncio.wrap_future(line)
    except (OSError, ValueError) as error:
        raise InvalidParameter(f"The input cannot be read: {error}.") from None
    return None if not text or text.strip() == "/quit" else text.strip()


@contextlib.asynccontextmanager
async def _ready(settings: Settings) -> AsyncGenerator[InferenceService]:
    """The service with its model loaded; progress goes to standard error."""
    inference = InferenceService(settings)
    inference.start()
    shown = ""
    try:
        while not inference.state.serving:
            state = inference.state
            if state.status == "failed":
                raise EngineUnavailable(state.detail)
            if state.detail != shown:
                shown = state.detail
                print(shown, file=sys.stderr)
            await asyncio.sleep(0.1)
        yield inference
    finally:
        await inference.stop(grace_s=0)


async def _print(
    inference: InferenceService,
    messages: Sequence[Message],
    params: SamplingParams,
    quiet: bool = False,
    instruct: bool = False,
) -> tuple[str, Finished]:
    """Write the answer to standard output as it arrives; reasoning and receipt to standard error.

    Returns the whole completion, reasoning included, with its last event.
    """
    text, shown = "", _Shown()
    completion = inference.complete(LOCAL_USER, messages, params, instruct=instruct)
    async with contextlib.aclosing(completion.events()) as events:
        async for event in events:
            match event:
                case Chunk(piece):
                    text += piece
                    if not quiet:
                        shown.add(piece)
                case Finished():
                    if not quiet:
                        shown.add("", last=True)
                        print(flush=True)
                    if event.error:
                        raise EngineUnavailable(event.error)
                    if not quiet:
                        print(event.receipt.line(), file=sys.stderr)
                    return text, event
                case Queued():
                    pass
    raise EngineUnavailable("The completion ended without a reason. Try again.")


class _Shown:
    """Writes pieces of a completion: the answer to standard output, reasoning beside it."""

    def __init__(self) -> None:
        self._splitter = ReasoningSplitter()
        self._thinking = False

    def add(self, text: str, *, last: bool = False) -> None:
        piece = self._splitter.take(text, last=last)
        if piece.reasoning:
            self._thinking = True
            print(piece.reasoning, end="", file=sys.stderr, flush=True)
        if self._thinking and (piece.answer or last):
            self._thinking = False
            print("\n", file=sys.stderr, flush=True)
        if piece.answer:
            print(piece.answer, end="", flush=True)
