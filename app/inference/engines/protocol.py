"""The one interface of all engines, and the checks that every engine makes before it starts.

An engine owns one compiled model in one process and is used from one thread. It knows token ids,
sampling parameters and finish reasons; it knows nothing of users, HTTP or text.
"""

from typing import Protocol

from app.inference.types import EngineInfo, EngineRequest, EngineStats, TokenEvent


class Engine(Protocol):
    """The contract that tests/inference/test_engine_contract.py holds every engine to.

    - Every submitted request ends with exactly one event that has a finish reason: "stop" when one
      of its stop ids came (which is not emitted), "length" at max_new_tokens, "cancelled", "error".
    - A request that fails never harms the others.
    - A prompt that with max_new_tokens exceeds the context or the cache (or one of the two limits
      of an encoder-decoder model), an empty one or one with unknown ids ends with "error" and a
      sentence with the numbers. The service checks the same before; this is the second line.
    - The same request with the same seed gives the same completion, as far as the precision allows:
      under a reduced one, a cached prefix may round differently from a computed one.
    - Requests beyond `info.max_running` wait inside, first come, first served.
    """

    info: EngineInfo

    @property
    def busy(self) -> bool:
        """Whether a step has anything to do."""

    @property
    def stats(self) -> EngineStats:
        """How full it is; costs next to nothing to ask."""

    def submit(self, request: EngineRequest) -> None:
        """Take a request; its events come from later steps. Never raises for a bad request."""

    def cancel(self, request_id: int) -> None:
        """End a request early; one that is unknown or has ended is ignored."""

    def step(self) -> list[TokenEvent]:
        """Do a little work and return what came of it; waits at most some 50 ms for something."""

    def close(self) -> list[TokenEvent]:
        """End every live request as "cancelled", return these ends, and free the model."""


def why_refused(request: EngineRequest, info: EngineInfo, vocabulary_size: int) -> str | None:
    """The sentence with which a request that can never run is refused, or None."""
    prompt, wanted = len(request.prompt_ids), request.params.max_new_tokens
    if not prompt:
        return "The prompt is empty. Write something first."
    if vocabulary_size and not all(0 <= i < vocabulary_size for i in request.prompt_ids):
        return (
            f"The prompt has token ids outside the model's vocabulary of {vocabulary_size}: "
            "the tokenizer does not belong to this model. Install the model again."
        )
    if wanted <= info.room_after(prompt):
        return None
    if info.completion_length is not None:
        return (
            f"The prompt has {prompt} tokens and up to {wanted} new ones were asked for, but the "
            f"model reads at most {info.context_length} and writes at most "
            f"{info.completion_length}. Shorten the prompt or lower Max New Tokens."
        )
    limit, holder = min(
        (info.context_length, "the model's context"),
        (info.cache_tokens, "the KV cache"),
        key=lambda limit: limit[0],
    )
    return (
        f"The prompt has {prompt} tokens and up to {wanted} new ones were asked for, "
        f"together {prompt + wanted}, but {holder} holds {limit}. "
        "Shorten the prompt or lower Max New Tokens."
    )
