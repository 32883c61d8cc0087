"""The catalogue: models that can be fetched, with the facts that choosing and running them takes.

The facts are in `catalogue.toml`, one table a model, and are checked here when they are read. What
is installed on this machine is `installed`'s matter. A model that is not in the catalogue is served
as well, by its own configuration and chat template.
"""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from app.inference.conversion.types import Compression

_DATA = Path(__file__).with_suffix(".toml")
_STRICT = ConfigDict(extra="forbid", strict=False)

Language = Literal["en", "zh", "ja"]
Page = Literal["instruct", "chat"]


@dataclass(frozen=True, slots=True, config=_STRICT)
class PromptFormat:
    """How a model is spoken to and how its text is tidied; everything empty means "by its files".

    `chat_template` and `instruct_template` are Jinja over `messages`, as tokenizers carry them
    (with `bos_token` and `eos_token`; `add_generation_prompt` is always true). The first is only
    for models whose tokenizer has none or a wrong one; the second is for the Instruct page.
    `stop_tokens` are texts of single tokens or ids, `stop_strings` end a completion wherever they
    appear in its text, `remove` is cut out of it. `reasoning` says that the model thinks between
    `<think>` and `</think>` before it answers.
    """

    chat_template: str | None = None
    instruct_template: str | None = None
    stop_tokens: tuple[str | int, ...] = ()
    stop_strings: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    replace: dict[str, str] = Field(default_factory=dict)
    reasoning: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class RecommendedSampling:
    """What the model's makers recommend in its `generation_config.json`; None where silent."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class RuntimeHint:
    """An OpenVINO property that this model needs where `device` is among the devices that run."""

    device: str
    name: str
    value: str
    why: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class CatalogueEntry:
    """One model. `model_id` is its key here and the name of its folder under `models/`.

    `parameters` counts weights in billions. `licence` is from general knowledge: the model card
    decides. `transformers` is the last version of that library which optimum-intel can export this
    architecture with; empty for the one installed here. `ready_made` maps a weight format to the
    hub id of a repository that holds the OpenVINO model already.
    """

    model_id: str
    hub_id: str
    description: str
    licence: str
    languages: tuple[Language, ...]
    pages: tuple[Page, ...]
    architecture: str
    parameters: float
    context: int
    int4: Compression
    kind: Literal["causal", "seq2seq"] = "causal"
    gated: bool = False
    remote_code: bool = False
    transformers: str = ""
    revision: str | None = None
    awq: bool = True
    weight_formats: tuple[str, ...] = ("fp16", "int8", "int4")
    ready_made: dict[str, str] = Field(default_factory=dict)
    prompt: PromptFormat = Field(default_factory=PromptFormat)
    sampling: RecommendedSampling = Field(default_factory=RecommendedSampling)
    hints: tuple[RuntimeHint, ...] = ()

    @property
    def card(self) -> str:
        """The model card's address."""
        return f"https://huggingface.co/{self.hub_id}"

    def compression(self, weight_format: str, *, awq: bool = False) -> Compression:
        """This model's settings for a weight format."""
        if weight_format == "int4":
            return replace(self.int4, awq=awq)
        return Compression(weight_format)


def entries() -> tuple[CatalogueEntry, ...]:
    """Every model of the catalogue, in the order of the file."""
    return tuple(_by_id().values())


def entry(model_id: str) -> CatalogueEntry | None:
    """The entry of that id; None for a model that a user brought."""
    return _by_id().get(model_id)


@cache
def _by_id() -> dict[str, CatalogueEntry]:
    tables = tomllib.loads(_DATA.read_text(encoding="utf-8"))["model"]
    checked: list[CatalogueEntry] = TypeAdapter(
        Annotated[list[CatalogueEntry], Field(min_length=1)]
    ).validate_python(tables)
    return {model.model_id: model for model in checked}
