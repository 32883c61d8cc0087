"""Bodies of requests as OpenAI's clients send them, and what they ask of the inference service.

Each parameter's range and meaning stand here once: requests are checked by them, and the
documentation is made from them. A parameter that is not listed is refused; null is the same as
leaving a parameter out.
"""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from app.inference.ebnf import ANY_OBJECT
from app.inference.json_grammar import grammar_of
from app.inference.types import (
    MAX_STOP_LENGTH,
    MAX_STOP_STRINGS,
    SAMPLING_RANGES,
    Message,
    Role,
    SamplingParams,
)

MAX_N = 4
MAX_CHOICES = 16
"""Completions of one request: prompts times n."""
IGNORED = "Accepted and ignored."


def _ranged(name: str, description: str, default: Any = None) -> Any:
    low, high = SAMPLING_RANGES[name]
    return Field(default, ge=low, le=high, description=description)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if value is not None}
        return body


class TextPart(_Body):
    """A piece of a message's content; text is the only kind."""

    type: Literal["text"]
    text: str


class ChatMessage(_Body):
    """One message; "developer" is a newer word for "system".

    Reasoning that is sent back with an answer is ignored: no model wants to read it again.
    """

    role: Literal["system", "developer", "user", "assistant"] = Field(description="Who says it.")
    content: str | list[TextPart] = Field(
        "", description="What is said; only an assistant's may be missing."
    )
    name: str | None = Field(None, description=IGNORED)
    reasoning_content: str | None = Field(None, description=IGNORED)

    @field_validator("content", mode="wrap")
    @classmethod
    def _only_text(cls, content: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            return check(content)
        except ValidationError:
            raise ValueError("it must be a text or a list of parts of type text") from None

    @model_validator(mode="after")
    def _needs_content(self) -> "ChatMessage":
        if self.role != "assistant" and "content" not in self.model_fields_set:
            raise ValueError(f"the message of the {self.role} has no content")
        return self

    def as_message(self) -> Message:
        role: Role = "system" if self.role == "developer" else self.role
        parts = self.content
        return Message(role, parts if isinstance(parts, str) else "".join(p.text for p in parts))


class StreamOptions(_Body):
    """How to stream."""

    include_usage: bool = Field(False, description="Ends the stream with the token counts.")
    include_obfuscation: bool = Field(False, description=IGNORED)


class JsonSchema(_Body):
    """A JSON schema for the answer."""

    name: str = Field(description="Names the format; changes nothing.")
    schema_: dict[str, Any] = Field(
        alias="schema",
        description="What cannot be held of JSON Schema is refused by its name, such as 'pattern' "
        "and 'maxLength'. The answer has at most one space before a value or a name, properties "
        "come in the order of the schema, and an object with named ones gets no others.",
    )
    description: str | None = Field(None, description=IGNORED)
    strict: bool | None = Field(None, description="Every answer is held to the schema strictly.")


class TextFormat(_Body):
    """Free text."""

    type: Literal["text"]


class JsonFormat(_Body):
    """Some JSON object."""

    type: Literal["json_object"]


class JsonSchemaFormat(_Body):
    """JSON that obeys a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema = Field(description="The format.")


ResponseFormat = Annotated[TextFormat | JsonFormat | JsonSchemaFormat, Field(discriminator="type")]


class _Request(_Body):
    """What both kinds of completions take. Defaults are OpenAI's; top_k and repetition_penalty are
    not in OpenAI's API."""

    model: str = Field(description="The model that is loaded; /v1/models names it.")
    temperature: float = _ranged("temperature", "Higher is more varied; 0 is greedy.", 1.0)
    top_p: float = _ranged("top_p", "Only the likeliest tokens of this share; 0 is greedy.", 1.0)
    top_k: int = _ranged("top_k", "Only so many of the likeliest tokens; 0 is all.", 0)
    repetition_penalty: float = _ranged("repetition_penalty", "Above 1, fewer repetitions.", 1.0)
    seed: int | None = _ranged("seed", "The same seed gives the same completions.")
    stop: str | list[str] = Field(
        [],
        description=f"Up to {MAX_STOP_STRINGS} texts of at most {MAX_STOP_LENGTH} characters "
        "that end the completion; they are not part of it.",
    )
    n: int = Field(1, ge=1, le=MAX_N, description="So many completions of each prompt.")
    stream: bool = Field(False, description="Server-sent events instead of one answer.")
    stream_options: StreamOptions | None = Field(None, description="How to stream.")
    frequency_penalty: float = Field(0, description="Only 0. Use repetition_penalty.")
    presence_penalty: float = Field(0, description="Only 0. Use repetition_penalty.")
    logit_bias: dict[str, float] = Field({}, description="Only empty.")
    user: str | None = Field(None, description=IGNORED)
    metadata: dict[str, Any] | None = Field(None, description=IGNORED)
    store: bool | None = Field(None, description=f"{IGNORED} No completion is kept.")
    service_tier: str | None = Field(None, description=IGNORED)
    safety_identifier: str | None = Field(None, description=IGNORED)
    prompt_cache_key: str | None = Field(None, description=IGNORED)

    @field_validator("frequency_penalty", "presence_penalty", "logit_bias")
    @classmethod
    def _only_neutral(cls, value: object) -> object:
        if value:
            raise ValueError("it is not supported. Leave it out; repetition_penalty may help")
        return value

    def _sampling(self, max_new_tokens: int, logprobs: bool, grammar: str) -> list[SamplingParams]:
        """The sampling of each of the n completions of a prompt."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)
        return [
            SamplingParams(
                temperature=self.temperature,
                top_p=self.top_p,
                top_k=self.top_k,
                repetition_penalty=self.repetition_penalty,
                max_new_tokens=max_new_tokens,
                seed=_nth_seed(self.seed, place),
                stop=stop,
                logprobs=logprobs,
                grammar=grammar,
            )
            for place in range(self.n)
        ]


class ChatRequest(_Request):
    """A conversation that the model answers, in its own chat format.

    Reasoning between <think> and </think> comes as reasoning_content, apart from content.
    """

    messages: list[ChatMessage] = Field(
        min_length=1, max_length=2000, description="The conversation, the oldest message first."
    )
    max_tokens: int | None = _ranged(
        "max_new_tokens", "New tokens at most. Without it, the context window is the limit."
    )
    max_completion_tokens: int | None = _ranged("max_new_tokens", "A newer name of max_tokens.")
    logprobs: bool = Field(False, description="The log probability of every token, if known.")
    top_logprobs: int = Field(0, description="Only 0: the engine tells the chosen tokens' alone.")
    response_format: ResponseFormat | None = Field(
        None, description="Free text, some JSON object, or JSON that obeys a schema."
    )
    tools: list[Any] = Field([], description="Only empty: models answer in text here.")
    parallel_tool_calls: bool | None = Field(None, description=IGNORED)

    @field_validator("tools")
    @classmethod
    def _no_tools(cls, tools: list[Any]) -> list[Any]:
        if tools:
            raise ValueError("models answer in text here and call no tools. Leave it out")
        return tools

    @field_validator("top_logprobs")
    @classmethod
    def _no_alternatives(cls, count: int) -> int:
        if count:
            raise ValueError("it must be 0. The engine tells of the tokens that it chose alone")
        return count

    def sampling(self, longest: int) -> list[SamplingParams]:
        """For each of the n answers; `longest` (tokens) stands in where no limit is given.

        Raises InvalidParameter for a schema that cannot be held.
        """
        limit = self.max_completion_tokens or self.max_tokens or longest
        return self._sampling(limit, self.logprobs, _grammar(self.response_format))


class CompletionRequest(_Request):
    """A text that the model goes on with, without any chat template.

    Control tokens that stand in a text stay text; as token ids they are control tokens.
    """

    prompt: str | list[str] | list[int] | list[list[int]] = Field(
        description="A text, a list of texts, token ids, or a list of lists of token ids; "
        f"with n, at most {MAX_CHOICES} completions in all."
    )
    max_tokens: int = _ranged("max_new_tokens", "New tokens at most.", 16)
    logprobs: int | None = Field(
        None, description="0 or 1: the log probability of every token that was chosen, if known."
    )
    echo: bool = Field(False, description="Puts the prompt in front of the completion.")
    suffix: str = Field("", description="Not supported.")
    best_of: int = Field(1, description="Only 1.")

    @field_validator("prompt", mode="wrap")
    @classmethod
    def _one_of_four(cls, prompt: Any, check: ValidatorFunctionWrapHandler) -> Any:
        try:
            checked = check(prompt)
        except ValidationError:
            raise ValueError(
                "it must be a text, a list of texts, a list of token ids, or a list of such lists"
            ) from None
        if checked == []:
            raise ValueError("the list is empty. Give at least one prompt")
        return checked

    @field_validator("suffix")
    @classmethod
    def _no_suffix(cls, suffix: str) -> str:
        if suffix:
            raise ValueError("it is not supported: models here write on from the end. Leave it out")
        return suffix

    @field_validator("best_of")
    @classmethod
    def _no_best(cls, count: int) -> int:
        if count != 1:
            raise ValueError("only 1 is supported. Ask for n completions and choose among them")
        return count

    @field_validator("logprobs")
    @classmethod
    def _no_alternatives(cls, count: int) -> int:
        if count not in (0, 1):
            raise ValueError(
                "it must be 0 or 1. The engine tells of the tokens that it chose alone"
            )
        return count

    @model_validator(mode="after")
    def _check_together(self) -> "CompletionRequest":
        if self.echo and self.logprobs is not None:
            raise ValueError("echo and logprobs do not go together: those of a prompt are unknown")
        if len(self.prompts) * self.n > MAX_CHOICES:
            raise ValueError(
                f"prompts times n must be at most {MAX_CHOICES}. Send several requests"
            )
        return self

    @property
    def prompts(self) -> list[str | tuple[int, ...]]:
        match self.prompt:
            case str():
                return [self.prompt]
            case [int(), *_]:
                return [tuple(id_ for id_ in self.prompt if isinstance(id_, int))]
        return [one if isinstance(one, str) else tuple(one) for one in self.prompt]  # type: ignore[arg-type]

    def sampling(self) -> list[SamplingParams]:
        """For each of the n completions of a prompt."""
        return self._sampling(self.max_tokens, self.logprobs is not None, "")


def _grammar(wanted: ResponseFormat | None) -> str:
    match wanted:
        case JsonSchemaFormat():
            return grammar_of(wanted.json_schema.schema_)
        case JsonFormat():
            return ANY_OBJECT
    return ""


def _nth_seed(seed: int | None, place: int) -> int | None:
    """Seeds for several completions out of one; not its neighbours, which people use, too."""
    if seed is None or place == 0:
        return seed
    digest = hashlib.sha256(f"{seed} {place}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
