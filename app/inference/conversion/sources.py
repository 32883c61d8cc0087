"""Where a job's files come from, a folder or the hub, and which way each format goes."""

import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.errors import ConversionFailed
from app.inference import model_config
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion import calibration, checkpoint, environments, space, ways, workplace
from app.inference.conversion.download import Hub, Listing, RemoteFile, is_plain, kept_bytes
from app.inference.conversion.refusals import NotOnHub
from app.inference.conversion.types import Compression, ConversionRequest, Way

logger = logging.getLogger(__name__)

Plan = dict[Compression, Way]
OnBytes = Callable[[int, int], None]
"""Told of the bytes that are there and of all that there will be."""

_LARGEST_CONFIG = 10_000_000
_FORMAT = re.compile(r"-(fp16|int8|int4)(?:-|$)", re.IGNORECASE)


class Sources:
    """The source of one request, and the ready-made repositories that stand in for it."""

    def __init__(
        self,
        request: ConversionRequest,
        entry: CatalogueEntry | None,
        data_dir: Path,
        token: str,
        endpoint: str,
    ) -> None:
        self._request, self._entry, self._data_dir = request, entry, data_dir
        self._hub = Hub(endpoint, token)
        self.is_folder = ways.is_folder(request.source)
        self.config: model_config.Config = {}
        self._original: Listing | None = None
        self._ready: dict[str, Listing] = {}  # by weight format
        self._fetched: list[Path] = []

    @property
    def revision(self) -> str:
        """The commit that the files are from; "" for a folder."""
        listings = [self._original, *self._ready.values()]
        return next((listing.commit for listing in listings if listing), "")

    @property
    def older(self) -> str:
        """The older transformers that exports it, "" for the one installed."""
        return ways.older_version(self._entry, str(self.config.get("model_type", "")))

    def plan(self) -> Plan:
        """The way of each format. Raises ConversionFailed for what has none."""
        plan = {one: self._way(one) for one in self._request.formats}
        if any(way != "ready-made" for way in plan.values()):
            self._check_code()
        return plan

    def ready_made(self, compression: Compression, on_bytes: OnBytes) -> Path:
        """The folder of a downloaded OpenVINO model."""
        listing = self._ready[compression.weight_format]
        return self._fetch(listing, listing.wanted(code=False), on_bytes)

    def ready_made_revision(self, compression: Compression) -> tuple[str, str]:
        """The repository of a ready-made format and its commit."""
        listing = self._ready[compression.weight_format]
        return listing.repository, listing.commit

    def checkpoint(self, on_bytes: OnBytes) -> Path:
        """The folder of the whole checkpoint, downloaded first where it is on the hub."""
        if self._original is None:
            return Path(self._request.source)
        folder = self._fetch(self._original, self._wanted(self._original), on_bytes)
        checkpoint.check(folder)
        return folder

    def check_space(self, plan: Plan) -> None:
        """Refuse a job that the disk or the memory has no room for."""
        models, downloads = self._data_dir / "models", workplace.downloads(self._data_dir)
        made, missing, memory, libraries = 0, 0, 0, 0
        exported = [one for one, way in plan.items() if way != "ready-made"]
        linked = space.same_disk(models, downloads)
        for listing in self._ready.values():
            files = listing.wanted(code=False)
            missing += self._missing(listing, files)
            made += 0 if linked else sum(file.size for file in files)
            memory = max(memory, space.to_try(listing.ir_bytes))
        if exported:
            size, pickles = self._weights()
            needs = space.of_export(size, self.config, exported, pickles=pickles)
            made, memory = made + needs.disk, max(memory, needs.memory)
            if self.older and not environments.is_ready(self._data_dir, self.older):
                libraries = environments.SIZE_BYTES
            if self._original is not None:
                missing += self._missing(self._original, self._wanted(self._original))
        older = self._data_dir / "environments"
        space.check_disk({models: made, downloads: missing, older: libraries})
        space.check_memory(memory)

    def calibration(self) -> str:
        """The file with the texts for AWQ, "" for ours; one of a hub data set is downloaded."""
        given = self._request.calibration
        if given and not Path(given).is_file():
            given = self._texts_of(given)
        calibration.texts(given)  # it says now what would be wrong hours later
        return given

    def _texts_of(self, dataset: str) -> str:
        if Path(dataset).is_absolute() or dataset.count("/") != 1:
            raise ConversionFailed(
                f"There is no calibration text {Path(dataset).name}. Give a text file, or a data "
                "set of the hub such as owner/name."
            )
        listing = self._hub.look(dataset, kind="dataset")
        files = [
            file
            for file in listing.files
            if calibration.is_usable(file.name, file.size) and is_plain(file.name)
        ]
        if not files:
            raise ConversionFailed(
                f"The data set {dataset} holds no .txt or .jsonl file of a size that VinoChat "
                "reads. Download a few hundred lines of it into a text file and give that."
            )
        chosen = min(files, key=lambda file: ("train" not in file.name, file.size))
        return str(self._fetch(listing, (chosen,), lambda _there, _total: None) / chosen.name)

    def fp16_bytes(self) -> int:
        """The size of the model without compression, where a ready-made repository tells it."""
        repository = self._entry.ready_made.get("fp16") if self._entry and self._ready else None
        if repository is None:
            return 0
        try:
            listing = self._ready.get("fp16") or self._hub.look(repository)
        except ConversionFailed:
            return 0
        return listing.ir_bytes

    def remove(self) -> None:
        """Every format is made: the downloads are not needed any more."""
        for folder in self._fetched:
            shutil.rmtree(folder, ignore_errors=True)

    def _way(self, compression: Compression) -> Way:
        request = self._request
        if ways.choose(request, self._entry, compression) == "ready-made":
            repository = ways.ready_made_repository(request, self._entry, compression)
            try:
                return self._take_ready(compression, self._hub.look(repository))
            except NotOnHub:
                if request.way is not None:
                    raise
                logger.warning("There is no %s any more: converting instead", repository)
                request = replace(request, way="export")
        known = self._look_at_source()
        way = ways.choose(request, self._entry, compression, known)
        if way == "ready-made" and self._original is not None:
            return self._take_ready(compression, self._original)
        return way

    def _take_ready(self, compression: Compression, listing: Listing) -> Way:
        named = _FORMAT.search(listing.repository)
        holds = named.group(1).lower() if named else compression.weight_format
        if holds != compression.weight_format:
            raise ConversionFailed(
                f"{listing.repository} holds a model in {holds}. Ask for {holds}, or name the "
                f"original model to have it converted to {compression.weight_format}."
            )
        if not listing.holds_ir:
            raise ConversionFailed(f"{listing.repository} holds no OpenVINO model.")
        if not {"tokenizer.json", "openvino_tokenizer.xml"} & set(listing.names):
            raise ConversionFailed(
                f"{listing.repository} holds no tokenizer. Choose another repository."
            )
        self._ready[compression.weight_format] = listing
        return "ready-made"

    def _look_at_source(self) -> ways.Source:
        if not self.config and self.is_folder:
            self.config = checkpoint.check(Path(self._request.source))
        elif not self.config:
            self._original = self._hub.look(
                self._request.source, ways.revision_of(self._request, self._entry)
            )
            self.config = self._remote_config(self._original)
        holds_ir = self._original is not None and self._original.holds_ir
        return ways.Source(str(self.config.get("model_type", "")), holds_ir)

    def _remote_config(self, listing: Listing) -> model_config.Config:
        """The configuration, the one file that is needed before the rest is worth getting."""
        files = tuple(file for file in listing.files if file.name == "config.json")
        if not files:
            raise ConversionFailed(
                f"{listing.repository} holds no config.json, so it is not a language model that "
                "VinoChat can convert. Choose another repository."
            )
        if files[0].size > _LARGEST_CONFIG:
            raise ConversionFailed(
                f"The config.json of {listing.repository} is larger than "
                f"{_LARGEST_CONFIG // 10**6} MB, so it is not that of a model. Choose another "
                "repository."
            )
        if not listing.holds_ir:
            remedy = "Choose another repository or version of the model."
            checkpoint.check_names(listing.repository, listing.names, remedy)
        folder = self._fetch(listing, files, lambda _there, _total: None)
        return model_config.read(folder)

    def _check_code(self) -> None:
        """The model's own Python runs only where somebody allowed it."""
        entry = self._entry
        needs = entry.remote_code if entry else checkpoint.needs_code(self.config)
        if needs and not self._request.trust_remote_code:
            raise ConversionFailed(
                f"{self._request.source} needs Python code that comes with it. An administrator "
                "can allow that code for this model on the Models page, or by --trust-remote-code "
                "in a terminal; it then runs on this machine while the model is converted, and "
                "never afterwards. Or choose a ready-made OpenVINO version."
            )

    def _wanted(self, listing: Listing) -> tuple[RemoteFile, ...]:
        return listing.wanted(code=self._request.trust_remote_code)

    def _folder(self, listing: Listing) -> Path:
        name = listing.repository.replace("/", "--")
        return workplace.downloads(self._data_dir) / f"{listing.kind}--{name}@{listing.commit}"

    def _fetch(self, listing: Listing, files: tuple[RemoteFile, ...], on_bytes: OnBytes) -> Path:
        folder = self._folder(listing)
        for outdated in folder.parent.glob(f"{folder.name.rpartition('@')[0]}@*"):
            if outdated != folder:
                shutil.rmtree(outdated, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        if folder not in self._fetched:
            self._fetched.append(folder)
        there, total = 0, sum(file.size for file in files)

        def count(more: int) -> None:
            nonlocal there
            there += more
            on_bytes(there, total)

        self._hub.fetch(listing, files, folder, count)
        return folder

    def _missing(self, listing: Listing, files: tuple[RemoteFile, ...]) -> int:
        folder = self._folder(listing)
        return sum(file.size - kept_bytes(folder, file) for file in files)

    def _weights(self) -> tuple[int, bool]:
        """The size of the checkpoint's weights, and whether they are pickles."""
        if self._original is not None:
            sizes = {file.name: file.size for file in self._original.files}
            names = checkpoint.weight_files(self._original.names)
        else:
            files = Path(self._request.source).iterdir()
            sizes = {path.name: path.stat().st_size for path in files}
            names = checkpoint.weight_files(list(sizes))
        return sum(sizes[name] for name in names), names[0].endswith(".bin")
