"""From what a person typed to a request for a conversion, or to the sentence that says why not.

Pages and command line ask the same way: a key of the catalogue, a hub id or a folder, and
settings of which every one may be left to the catalogue.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import InvalidParameter
from app.inference import catalogue
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion import ways
from app.inference.conversion.types import Compression, ConversionRequest, Way
from app.inference.installed import BUILT_IN, WEIGHT_FORMATS, is_safe_name

SMALL = 1.0
"""Billions of parameters below which int4 costs too much of a model's wits to be the default."""
MAX_LENGTH = 400

_HUB_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_HUB_ID = re.compile(rf"{_HUB_PART}/{_HUB_PART}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}", re.ASCII)
_PATH = re.compile(r"[/.~\\]|[A-Za-z]:[\\/]")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants; empty or None means "as the catalogue says"."""

    source: str
    model_id: str = ""
    weight_formats: tuple[str, ...] = ()
    group_size: int | None = None
    ratio: float | None = None
    sym: bool | None = None
    awq: bool = False
    calibration: str = ""
    revision: str = ""
    trust_remote_code: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How one weight format will come about, for people: why so, and the command for a terminal."""

    compression: Compression
    way: Way
    explanation: str
    command: str


def to_request(order: Order) -> ConversionRequest:
    """The request. Raises InvalidParameter for what cannot be meant."""
    source, entry = find_source(order.source)
    name = _model_id(order, source, entry)
    entry = entry or catalogue.entry(name)  # a copy of it, from elsewhere
    formats = order.weight_formats or (recommended_format(entry),)
    _check_formats(order, entry, formats)
    if order.revision and (not _REVISION.fullmatch(order.revision) or ".." in order.revision):
        raise InvalidParameter(
            "The revision is not a branch, a tag or a commit of the hub, such as main.", "revision"
        )
    return ConversionRequest(
        source=source,
        model_id=name,
        formats=tuple(_compression(order, entry, one) for one in dict.fromkeys(formats)),
        revision=order.revision or None,
        trust_remote_code=order.trust_remote_code,
        calibration=order.calibration,
    )


def plans(request: ConversionRequest) -> tuple[Plan, ...]:
    """What will be done, as far as it can be said before the source has been seen."""
    entry = ways.entry_of(request)
    return tuple(_plan(request, entry, compression) for compression in request.formats)


def find_source(text: str) -> tuple[str, CatalogueEntry | None]:
    """What is meant: a hub id or an absolute folder, and the catalogue's entry if it has one.

    Raises InvalidParameter.
    """
    text = text.strip()
    if not text:
        raise InvalidParameter(
            "Name a model of the catalogue, a hub id such as Qwen/Qwen2-1.5B-Instruct, or a "
            "folder.",
            "source",
        )
    if len(text) > MAX_LENGTH or not text.isprintable():
        raise InvalidParameter("That is not the name of a model or a folder.", "source")
    if (entry := catalogue.entry(text)) is not None:
        return entry.hub_id, entry
    if is_folder(text):
        return str(_folder(text)), None
    if _HUB_ID.fullmatch(text) and ".." not in text and "--" not in text:
        known = catalogue.of_hub_id(text)
        return (known.hub_id, known) if known else (text, None)
    raise InvalidParameter(
        f"{text[:100]} is neither a model of the catalogue, nor a hub id such as "
        "Qwen/Qwen2-1.5B-Instruct, nor a folder.",
        "source",
    )


def is_folder(text: str) -> bool:
    """Whether this is spelt like a place on this machine's disk, and not like a hub id."""
    return bool(_PATH.match(text.strip()))


def recommended_format(entry: CatalogueEntry | None) -> str:
    """What to take if nobody chose: int4, or int8 for small, translated or unknown models."""
    if entry is None:
        return "int8"
    small = entry.parameters < SMALL or entry.kind == "seq2seq"
    wanted = "int8" if small else "int4"
    return wanted if wanted in entry.weight_formats else entry.weight_formats[0]


def suggested_id(source: str) -> str:
    """A name for a model that is not in the catalogue: the last part of where it comes from."""
    last = re.split(r"[\\/]", source.rstrip("\\/"))[-1].lower()
    return _NOT_IN_A_NAME.sub("-", last).strip("-._")[:100]


def _plan(
    request: ConversionRequest, entry: CatalogueEntry | None, compression: Compression
) -> Plan:
    way = ways.choose(request, entry, compression)
    command = ways.command(request, compression, way, entry)
    return Plan(compression, way, ways.explain(way, entry), command)


def _folder(text: str) -> Path:
    try:
        folder = Path(text).expanduser().absolute()
        if folder.is_dir():
            return folder.resolve()
        there = folder.exists()
    except (OSError, RuntimeError, ValueError):
        there = False
    if there:
        raise InvalidParameter(
            f"{text} is a file. Name the folder that holds the model: its config.json, its "
            "tokenizer.json and its .safetensors files.",
            "source",
        )
    raise InvalidParameter(f"There is no folder {text} on this machine. Check the path.", "source")


def _model_id(order: Order, source: str, entry: CatalogueEntry | None) -> str:
    name = order.model_id.strip() or (entry.model_id if entry else suggested_id(source))
    if not is_safe_name(name):
        raise InvalidParameter(
            f"The name {name[:100] or '(empty)'} cannot be a folder's: use letters, digits, "
            "`.`, `_` and `-`, at most 128, a letter or digit first.",
            "model_id",
        )
    if name == BUILT_IN:
        raise InvalidParameter(f"{BUILT_IN} is the model that ships. Choose another name.")
    return name


def _check_formats(order: Order, entry: CatalogueEntry | None, formats: tuple[str, ...]) -> None:
    allowed = entry.weight_formats if entry else WEIGHT_FORMATS
    for one in formats:
        if one not in allowed:
            raise InvalidParameter(
                f"The weight format {one[:20]} is not offered here. Choose among "
                f"{', '.join(allowed)}.",
                "weight_format",
            )
    if order.awq and "int4" not in formats:
        raise InvalidParameter("AWQ is for int4 only. Choose int4, or leave AWQ out.", "awq")
    if order.awq and entry is not None and not entry.awq:
        raise InvalidParameter(f"AWQ does not work for {entry.model_id}. Leave it out.", "awq")
    if order.group_size is not None and order.group_size not in (-1, *range(16, 1025)):
        raise InvalidParameter(
            "The group size must be -1 (one group a channel) or from 16 to 1024.", "group_size"
        )
    if order.ratio is not None and not 0 <= order.ratio <= 1:
        raise InvalidParameter("The ratio must be a number from 0 to 1.", "ratio")


def _compression(order: Order, entry: CatalogueEntry | None, weight_format: str) -> Compression:
    basis = entry.compression(weight_format) if entry else Compression(weight_format)
    if weight_format != "int4":
        return basis
    return replace(
        basis,
        group_size=basis.group_size if order.group_size is None else order.group_size,
        ratio=basis.ratio if order.ratio is None else order.ratio,
        sym=basis.sym if order.sym is None else order.sym,
        awq=order.awq,
    )
