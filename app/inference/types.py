"""The words of inference as types: what crosses the borders between service, process and engine.

Everything here is a frozen, slotted dataclass and picklable; nothing here does work.
"""

from dataclasses import dataclass, field
from typing import Literal

from app.errors import InvalidParameter

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "error"]
EngineKind = Literal["genai", "optimum", "optimum-stateless", "torch"]
"""The last two are there to be compared with; nothing offers them for serving."""

# The one documented range of each parameter, for pages, command line and /v1 alike.
SAMPLING_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_p": (0.0, 1.0),
    "top_k": (0, 1000),
    "repetition_penalty": (1.0, 2.0),
    "max_new_tokens": (1, 8192),
    "seed": (0, 2**63 - 1),
}
MAX_STOP_STRINGS = 4
MAX_STOP_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How to choose tokens. Temperature 0 or top-p 0 means greedy; top-k 0 means no top-k.

    `seed` None means a fresh random one for each request. With `logprobs` the log probability of
    every chosen token comes with it. `grammar` (EBNF, as app.inference.json_grammar writes it) is
    what the completion must obey; empty means none. Raises InvalidParameter, with the allowed
    range, for anything out of range, non-finite or of the wrong type.
    """

    temperature: float = 0.8
    top_p: float = 0.92
    top_k: int = 0
    repetition_penalty: float = 1.0
    max_new_tokens: int = 256
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    grammar: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in SAMPLING_RANGES.items():
            value = getattr(self, name)
            if name == "seed" and value is None:
                continue
            whole = isinstance(low, int)
            good_type = not isinstance(value, bool) and isinstance(
                value, int if whole else (int, float)
            )
            if not good_type or not low <= value <= high:  # NaN is never between
                kind = "a whole number" if whole else "a number"
                raise InvalidParameter(f"{name} must be {kind} from {low} to {high}.", name)
        if len(self.stop) > MAX_STOP_STRINGS or not all(
            isinstance(s, str) and 0 < len(s) <= MAX_STOP_LENGTH for s in self.stop
        ):
            raise InvalidParameter(
                f"stop takes at most {MAX_STOP_STRINGS} strings of 1 to {MAX_STOP_LENGTH} "
                "characters.",
                "stop",
            )

    @property
    def greedy(self) -> bool:
        """Below a millionth the engines' own arithmetic breaks down; there, it is greedy, too."""
        return min(self.temperature, self.top_p) < 1e-6


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which installed model: a catalogue key and a weight format."""

    model_id: str
    weight_format: str

    def __str__(self) -> str:
        return f"{self.model_id} ({self.weight_format})"


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What an engine process needs to compile a model; `properties` are OpenVINO's own.

    `context` is the context window of a model whose own configuration states none; 0 if unknown.
    `max_batched_tokens` is how many tokens one step of continuous batching computes at most: a
    longer prompt is read in pieces of that size, between which the others' tokens are written.
    """

    model_dir: str
    device: str
    kind: EngineKind
    max_running: int
    kv_cache_bytes: int
    properties: dict[str, str] = field(default_factory=dict)
    context: int = 0
    max_batched_tokens: int = 256


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a compiled engine says of itself.

    `execution_device` is the concrete device behind AUTO. `max_running` is how many requests the
    engine can run at once, `cache_tokens` how many tokens (prompt and completion of all running
    requests together) its KV cache holds, `context_length` the model's own limit for one request.

    An encoder-decoder model reads the prompt with one half and writes with the other: there
    `context_length` limits the prompt alone and `completion_length` the completion alone. It is
    None where the two share one window.

    `vocabulary_size` is 0 where the model does not tell. `has_logprobs` and `has_grammars` say
    which of these wishes in SamplingParams it can fulfil.
    """

    kind: EngineKind
    execution_device: str
    context_length: int
    cache_tokens: int
    max_running: int
    completion_length: int | None = None
    vocabulary_size: int = 0
    has_logprobs: bool = False
    has_grammars: bool = False

    @property
    def longest_prompt(self) -> int:
        """Tokens that a prompt may have so that at least one new token fits."""
        if self.completion_length is not None:
            return self.context_length
        return min(self.context_length, self.cache_tokens) - 1

    def room_after(self, prompt_tokens: int) -> int:
        """How many new tokens fit after a prompt of that length; none if it is too long itself."""
        if prompt_tokens > self.longest_prompt:
            return 0
        if self.completion_length is not None:
            return self.completion_length
        return self.longest_prompt + 1 - prompt_tokens


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One completion as an engine sees it: token ids in, sampling, ids that end it.

    `params.stop` is ignored here: stop strings are text, and the engine knows only tokens.
    `seed` is always set. `request_id` is unique within one engine process.
    """

    request_id: int
    prompt_ids: tuple[int, ...]
    params: SamplingParams
    seed: int
    stop_token_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """New tokens of one request, and its end if `finish_reason` is set.

    The id that ended a completion (one of `stop_token_ids`) is not among `token_ids`. With
    finish_reason "error", `error` is a sentence for the person who asked. `logprobs` has one number
    for each of `token_ids` where they were asked for, and is empty otherwise.
    """

    request_id: int
    token_ids: tuple[int, ...] = ()
    finish_reason: FinishReason | None = None
    error: str | None = None
    logprobs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineStats:
    """How full an engine was at its last step.

    `scheduled` requests had a part in the step. `cache_usage` is the share (0 to 1) of the KV cache
    that running requests hold, None where the engine does not tell; what is kept of ended ones for
    their prefixes makes room when it must, and does not count.
    """

    scheduled: int = 0
    cache_usage: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The facts of one completion; every rate is derived.

    Times are seconds: `queued_s` from submit to admission, `ttft_s` from submit to the first token
    (queueing included), `total_s` from submit to the last token.
    """

    prompt_tokens: int
    completion_tokens: int
    queued_s: float
    ttft_s: float
    total_s: float
    model_id: str
    weight_format: str
    device: str

    @property
    def tokens_per_second(self) -> float:
        """Decode throughput after the first token; 0 when there are fewer than two tokens."""
        decode_s = self.total_s - self.ttft_s
        return (self.completion_tokens - 1) / decode_s if decode_s > 0 else 0.0

    @property
    def time_per_output_token_s(self) -> float | None:
        """Seconds between two tokens, in the mean; None when there are fewer than two tokens."""
        steps = self.completion_tokens - 1
        return (self.total_s - self.ttft_s) / steps if steps > 0 else None

    def line(self) -> str:
        """Like `42.1 tokens/s · first token 0.12 s · 128 tokens · CPU · int8`."""
        return (
            f"{self.tokens_per_second:.1f} tokens/s · first token {self.ttft_s:.2f} s · "
            f"{self.completion_tokens} tokens · {self.device} · {self.weight_format}"
        )


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; `position` 1 is next."""

    position: int


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A written token and the natural logarithm of its probability.

    `text` joined over a completion is its text; a token that completes no character has none.
    """

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of completion text, never half a character.

    `logprobs` are those of the tokens whose text it carries, where they were asked for.
    """

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The one and last event of a stream. `error` is a sentence for the user, set with "error"."""

    finish_reason: FinishReason
    receipt: Receipt
    error: str | None = None


StreamEvent = Queued | Chunk | Finished

Status = Literal["loading", "ready", "switching", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What every page shows: what serves, what is being prepared, what went wrong.

    "switching" means that `serving` still answers while `target` is prepared. `detail` is a short
    sentence on progress, or the reason of the last failure.
    """

    status: Status
    serving: "Serving | None" = None
    target: "Target | None" = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Serving:
    """The model that answers. `device` is what was asked for (AUTO); `info` has what it became.

    `load_s` is how many seconds it took to compile and to warm up. `tuning` says in words how its
    settings differ from the default ones; empty if they do not.
    """

    model: ModelRef
    device: str
    info: EngineInfo
    load_s: float = 0.0
    tuning: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The model and device that are being prepared."""

    model: ModelRef
    device: str
