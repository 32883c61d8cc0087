"""Completions in the JSON of OpenAI's API: whole ones, and the pieces of streams."""

import secrets
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from app.inference.reasoning import ReasoningSplitter, Thought, split
from app.inference.types import Chunk, Finished, TokenLogprob

Json = dict[str, Any]


class Answer(ABC):
    """One request's answer; its choices are told apart by their index."""

    prefix: str
    whole_kind: str
    piece_kind: str

    def __init__(self, model: str, *, logprobs: bool = False) -> None:
        self._model, self._created, self._logprobs = model, int(time.time()), logprobs
        self._id = f"{self.prefix}-{secrets.token_hex(12)}"

    def whole(self, choices: list[Json], usage: Json) -> Json:
        return self._body(self.whole_kind, choices) | {"usage": usage}

    def usage_piece(self, usage: Json) -> Json:
        """The last piece of a stream whose client asked for the counts."""
        return self._body(self.piece_kind, []) | {"usage": usage}

    @abstractmethod
    def choice(self, index: int, chunks: Sequence[Chunk], finished: Finished) -> Json:
        """A whole choice."""

    @abstractmethod
    def opening(self, index: int) -> Iterator[Json]:
        """The pieces before any text."""

    @abstractmethod
    def pieces(self, index: int, chunk: Chunk) -> Iterator[Json]:
        """The pieces that a chunk of text makes."""

    @abstractmethod
    def ending(self, index: int, finished: Finished) -> Iterator[Json]:
        """The last pieces of a choice."""

    def _body(self, kind: str, choices: list[Json]) -> Json:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._model,
            "choices": choices,
        }


class ChatAnswer(Answer):
    """An answer to a conversation.

    Reasoning goes into a field of its own, as DeepSeek and vLLM have it, so that `content` is the
    answer alone; clients that do not know the field see nothing of it. Log probabilities are those
    of all tokens, reasoning included.
    """

    prefix, whole_kind, piece_kind = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def __init__(self, model: str, *, logprobs: bool = False) -> None:
        super().__init__(model, logprobs=logprobs)
        self._splitters: dict[int, ReasoningSplitter] = defaultdict(ReasoningSplitter)
        self._untold: dict[int, list[TokenLogprob]] = defaultdict(list)

    def choice(self, index: int, chunks: Sequence[Chunk], finished: Finished) -> Json:
        thought = split("".join(chunk.text for chunk in chunks))
        message = {"role": "assistant", "content": thought.answer}
        if thought.reasoning:
            message["reasoning_content"] = thought.reasoning
        tokens = [token for chunk in chunks for token in chunk.logprobs]
        return {
            "index": index,
            "message": message,
            "logprobs": self._told(tokens),
            "finish_reason": _finish_reason(finished),
        }

    def opening(self, index: int) -> Iterator[Json]:
        yield self._piece(index, {"role": "assistant", "content": ""})

    def pieces(self, index: int, chunk: Chunk) -> Iterator[Json]:
        self._untold[index] += chunk.logprobs
        yield from self._deltas(index, self._splitters[index].take(chunk.text))

    def ending(self, index: int, finished: Finished) -> Iterator[Json]:
        yield from self._deltas(index, self._splitters[index].take("", last=True))
        yield self._piece(index, {}, _finish_reason(finished))

    def _deltas(self, index: int, thought: Thought) -> Iterator[Json]:
        if thought.reasoning:
            yield self._piece(index, {"reasoning_content": thought.reasoning})
        if thought.answer:
            yield self._piece(index, {"content": thought.answer})

    def _piece(self, index: int, delta: Json, finish_reason: str | None = None) -> Json:
        tokens = self._untold.pop(index, [])
        choice = {"index": index, "delta": delta, "finish_reason": finish_reason}
        return self._body(
            self.piece_kind, [choice | {"logprobs": self._told(tokens) if tokens else None}]
        )

    def _told(self, tokens: Sequence[TokenLogprob]) -> Json | None:
        if not self._logprobs:
            return None
        content = [
            {
                "token": token.text,
                "logprob": token.logprob,
                "bytes": list(token.text.encode()),
                "top_logprobs": [],
            }
            for token in tokens
        ]
        return {"content": content, "refusal": None}


class TextAnswer(Answer):
    """The continuation of prompts. `echoes` has, for each choice, the text to put in front."""

    prefix, whole_kind, piece_kind = "cmpl", "text_completion", "text_completion"

    def __init__(self, model: str, echoes: Sequence[str], logprobs: int | None) -> None:
        super().__init__(model, logprobs=logprobs is not None)
        self._echoes, self._tops = echoes, bool(logprobs)
        self._written: dict[int, int] = defaultdict(int)  # characters

    def choice(self, index: int, chunks: Sequence[Chunk], finished: Finished) -> Json:
        text = self._echoes[index] + "".join(chunk.text for chunk in chunks)
        tokens = [token for chunk in chunks for token in chunk.logprobs]
        return self._choice(index, text, tokens, _finish_reason(finished))

    def opening(self, index: int) -> Iterator[Json]:
        if self._echoes[index]:
            yield self._piece(self._choice(index, self._echoes[index], ()))

    def pieces(self, index: int, chunk: Chunk) -> Iterator[Json]:
        yield self._piece(self._choice(index, chunk.text, chunk.logprobs))

    def ending(self, index: int, finished: Finished) -> Iterator[Json]:
        yield self._piece(self._choice(index, "", (), _finish_reason(finished)))

    def _piece(self, choice: Json) -> Json:
        return self._body(self.piece_kind, [choice])

    def _choice(
        self,
        index: int,
        text: str,
        tokens: Sequence[TokenLogprob],
        finish_reason: str | None = None,
    ) -> Json:
        told = self._told(index, tokens) if self._logprobs else None
        return {"index": index, "text": text, "logprobs": told, "finish_reason": finish_reason}

    def _told(self, index: int, tokens: Sequence[TokenLogprob]) -> Json:
        offsets = []
        for token in tokens:
            offsets.append(self._written[index])
            self._written[index] += len(token.text)
        return {
            "tokens": [token.text for token in tokens],
            "token_logprobs": [token.logprob for token in tokens],
            "top_logprobs": [{t.text: t.logprob} for t in tokens] if self._tops else None,
            "text_offset": offsets,
        }


def usage(finished: Sequence[Finished], n: int) -> Json:
    """The counts of a request's completions; each prompt, which n of them share, counts once."""
    prompt = sum(one.receipt.prompt_tokens for one in finished[::n])
    completion = sum(one.receipt.completion_tokens for one in finished)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _finish_reason(finished: Finished) -> str:
    return "length" if finished.finish_reason == "length" else "stop"
