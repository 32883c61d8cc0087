"""The catalogue: models that can be fetched, with the facts that choosing and running them takes.

The facts are in `catalogue.toml`, one table a model, and are checked here when they are read. What
is installed on this machine is `installed`'s matter. A model that is not in the catalogue is served
as well, by its own configuration and chat template.
"""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from app.inference.conversion.types import Compression

_DATA = Path(__file__).with_suffix(".toml")
_STRICT = ConfigDict(extra="forbid", strict=False)

Text = Annotated[str, Field(min_length=1)]
Language = Literal["en", "zh", "ja"]
Page = Literal["instruct", "chat"]


@dataclass(frozen=True, slots=True, config=_STRICT)
class PromptFormat:
    """How a model is spoken to and how its text is tidied; everything empty means "by its files".

    Templates are Jinja over `messages`, as tokenizers carry them, with `bos_token`, `eos_token` and
    `token(195)`, which puts in a token by its id; `add_generation_prompt` is always true. In the
    data file they may be named ones of its `[templates]`. `chat_template` counts where the
    tokenizer has none, or, with `replaces_own`, a wrong one. `instruct_template` is for the
    Instruct page and has the text in `instruction`. `drops_system` leaves system messages out;
    otherwise they are merged into user turns where the template refuses them.

    `role_markers` are the plain texts by which a format tells turns apart, with the line break in
    front of those that count only at the start of a line; what people write never contains them.
    `stop_tokens` are texts of single tokens or ids, `stop_strings` end a completion wherever they
    appear in its text, `remove` is cut out of it, `replace` is exchanged, `strip` leaves out white
    space at its ends. `reasoning` says that the model thinks between `<think>` and `</think>`
    before it answers.
    """

    chat_template: Text | None = None
    replaces_own: bool = False
    instruct_template: Text | None = None
    drops_system: bool = False
    role_markers: tuple[Text, ...] = ()
    stop_tokens: tuple[Text | int, ...] = ()
    stop_strings: tuple[Text, ...] = ()
    remove: tuple[Text, ...] = ()
    replace: dict[Text, str] = Field(default_factory=dict)
    strip: bool = False
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
    hub id of a repository that holds the OpenVINO model already. `aliases` are other names under
    which people know the model.
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
    int4: Compression = Compression("int4", ratio=0.8)
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
    aliases: tuple[str, ...] = ()

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
    """The entry of that id or alias; None for a model that a user brought."""
    return _by_id().get(model_id) or _by_alias().get(model_id)


def of_hub_id(hub_id: str) -> CatalogueEntry | None:
    """The entry of that repository, spelt in whatever case."""
    wanted = hub_id.lower()
    return next((entry for entry in entries() if entry.hub_id.lower() == wanted), None)


def parse(text: str) -> tuple[CatalogueEntry, ...]:
    """The entries of a catalogue file's text. Raises ValueError that names model and field."""
    tables = tomllib.loads(text)
    named: dict[str, str] = tables.get("templates", {})
    models: list[CatalogueEntry] = []
    for table in tables.get("model", []):
        try:
            models.append(_ENTRY.validate_python(_with_templates(table, named)))
        except ValueError as error:
            raise ValueError(
                f"catalogue, {table.get('model_id', 'no model_id')}: {error}"
            ) from None
    names = [name for model in models for name in (model.model_id, *model.aliases)]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"catalogue: more than one model is called {', '.join(sorted(twice))}")
    return tuple(models)


def _with_templates(table: dict[str, Any], named: dict[str, str]) -> dict[str, Any]:
    """The table with the names of templates replaced by their text."""
    prompt = dict(table.get("prompt", {}))
    for field in ("chat_template", "instruct_template"):
        name = prompt.get(field, "{")
        if isinstance(name, str) and "{" not in name:
            if name not in named:
                raise ValueError(f"prompt.{field}: there is no template called {name!r}")
            prompt[field] = named[name]
    return {**table, "prompt": prompt}


_ENTRY = TypeAdapter(CatalogueEntry)


@cache
def _by_id() -> dict[str, CatalogueEntry]:
    return {model.model_id: model for model in parse(_DATA.read_text(encoding="utf-8"))}


@cache
def _by_alias() -> dict[str, CatalogueEntry]:
    return {alias: model for model in _by_id().values() for alias in model.aliases}
