"""Which way a model becomes an OpenVINO model, why, and the command that does the same by hand."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.errors import ConversionFailed
from app.inference import catalogue
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion.types import Compression, ConversionRequest, Way

_OTHER_TEXT = "  # calibrated by another text than VinoChat's: auto, wikitext2, c4, … are possible"

_EXPORTERS = ("optimum-intel", "nncf", "openvino-tokenizers")


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a source once its file list and its `config.json` have been seen."""

    model_type: str = ""
    holds_ir: bool = False


def choose(
    request: ConversionRequest,
    entry: CatalogueEntry | None,
    compression: Compression,
    source: Source = Source(),
) -> Way:
    """The way for one weight format: what `request.way` says, or the shortest that there is.

    A ready-made repository is taken when it has the catalogue's settings for the model; whoever
    asks for others, for AWQ or for a revision gets an export. Raises ConversionFailed if the way
    that was asked for does not exist.
    """
    ready = source.holds_ir or _ready_made(request, entry, compression)
    older = bool(older_version(entry, source.model_type))
    exported: Way = "older-export" if older else "export"
    if request.way is None:
        return "ready-made" if ready else exported
    if request.way == "ready-made" and not ready:
        raise ConversionFailed(
            f"There is no ready-made {compression.weight_format} version of {request.source} with "
            "these settings. Let VinoChat convert it, or leave out the settings."
        )
    if request.way == "ready-made":
        return "ready-made"
    if source.holds_ir:
        raise ConversionFailed(
            f"{request.source} holds an OpenVINO model already, so there is nothing to export. "
            "Leave the way to VinoChat."
        )
    return exported


def entry_of(request: ConversionRequest) -> CatalogueEntry | None:
    """The catalogue's entry for what is converted, under whatever name it will be installed."""
    return catalogue.of_hub_id(request.source) or catalogue.entry(request.model_id)


def explain(way: Way, entry: CatalogueEntry | None) -> str:
    """One sentence for people."""
    if way == "ready-made":
        return "A finished OpenVINO version is downloaded; nothing is converted here."
    if way == "export":
        return "The original weights are downloaded, then converted and compressed on this machine."
    older = f"transformers {entry.transformers}" if entry and entry.transformers else "libraries"
    return (
        "Today's libraries no longer convert this kind of model: it is converted by older "
        f"{older}, kept in a folder of their own and run in their own process."
    )


def command(
    request: ConversionRequest,
    compression: Compression,
    way: Way,
    entry: CatalogueEntry | None = None,
) -> str:
    """The command that makes the same by hand."""
    if way == "ready-made":
        repository = ready_made_repository(request, entry, compression)
        revision = request.revision if repository == request.source else None
        folder = f"{request.model_id}/{compression.weight_format}"
        return _download(repository, revision, folder)
    revision = None if is_folder(request.source) else revision_of(request, entry)
    source = f"{request.model_id}/source" if revision else request.source
    seq2seq = entry is not None and entry.kind == "seq2seq"
    task = "text2text-generation-with-past" if seq2seq else "text-generation-with-past"
    older = way == "older-export" and entry is not None and bool(entry.transformers)
    words = [
        *("older/bin/optimum-cli" if older else "optimum-cli", "export openvino"),
        *("--model", _quoted(source)),
        *("--task", task, _compression_options(compression)),
        "--trust-remote-code" if request.trust_remote_code else "",
        _quoted(f"{request.model_id}/{compression.weight_format}"),
    ]
    steps = [" ".join(word for word in words if word)]
    if revision:  # optimum-cli exports the newest one only
        steps.insert(0, _download(request.source, revision, source))
    if older and entry is not None:
        steps.insert(0, _environment(entry.transformers))
    return " && ".join(steps) + _OTHER_TEXT * compression.awq


def ready_made_repository(
    request: ConversionRequest, entry: CatalogueEntry | None, compression: Compression
) -> str:
    """The hub id to download as it is."""
    original = entry is not None and request.source == entry.hub_id
    if entry is not None and original and compression.weight_format in entry.ready_made:
        return entry.ready_made[compression.weight_format]
    return request.source


def revision_of(request: ConversionRequest, entry: CatalogueEntry | None) -> str | None:
    """The revision of the original that is meant; None for the newest one."""
    pinned = entry is not None and entry.hub_id == request.source
    return request.revision or (entry.revision if pinned and entry else None)


def older_version(entry: CatalogueEntry | None, model_type: str) -> str:
    """The older transformers that this model needs, "" for none.

    A model that is not in the catalogue is converted like those of its architecture there.
    """
    if entry is not None:
        return entry.transformers
    alike = [one.transformers for one in catalogue.entries() if one.architecture == model_type]
    return alike[0] if model_type and alike else ""


def _ready_made(
    request: ConversionRequest, entry: CatalogueEntry | None, compression: Compression
) -> bool:
    return (
        entry is not None
        and request.source == entry.hub_id
        and request.revision in (None, entry.revision)
        and compression.weight_format in entry.ready_made
        and compression == entry.compression(compression.weight_format)
    )


def _compression_options(compression: Compression) -> str:
    options = [f"--weight-format {compression.weight_format}"]
    if compression.weight_format == "int4":
        options.append(f"--group-size {compression.group_size} --ratio {compression.ratio}")
        options += ["--sym"] * compression.sym
        options += ["--awq --dataset wikitext2"] * compression.awq
    return " ".join(options)


def _environment(transformers: str) -> str:
    """One of its own: in the app's, the older library would take the place of the app's."""
    exporters = " ".join(f"{name}=={version(name)}" for name in _EXPORTERS)
    return f"python -m venv older && older/bin/pip install {exporters} transformers=={transformers}"


def _download(repository: str, revision: str | None, folder: str) -> str:
    pinned = f" --revision {revision}" if revision else ""
    return f"hf download {repository}{pinned} --local-dir {folder}"


def _quoted(text: str) -> str:
    plain = all(letter.isalnum() or letter in "/._-:\\" for letter in text)
    return text if plain else f'"{text}"'


def is_folder(source: str) -> bool:
    """Whether a request's source is a folder of this machine and not a hub id."""
    return Path(source).is_absolute()
