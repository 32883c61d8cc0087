"""Files of a hub repository: what there is, and getting it whole, resumed and checked.

The hub's client lists and authorises; files come through its `http_get` with `Range`, since its own
download functions delete what an interruption left (huggingface_hub 1.21). Each file is compared
with the checksum that the hub promised before it gets its name. Everything is pinned to the commit
that the listing told.
"""

import fnmatch
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils._headers import build_hf_headers

from app.errors import ConversionFailed
from app.inference import model_config
from app.inference.conversion import checkpoint, refusals

logger = logging.getLogger(__name__)

# The client's 10 MB are as much as an interruption loses, and make a slow line look stuck.
constants.DOWNLOAD_CHUNK_SIZE = 2**18

_PARTIAL = ".partial"
_COMMIT = re.compile("[0-9a-f]{40,64}")
_LONGEST_NAME = 255
_PLAIN = re.compile(r'[^<>:"/\\|?*]*[^<>:"/\\|?*. ]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?", re.IGNORECASE)
"""Windows means its devices by these, whatever ending they have."""
_SMALL = (
    "config.json",
    *model_config.TEXT_FILES,
    *model_config.VOCABULARY_FILES,
    "license*",
    "notice*",
    "use_policy*",
)
_READY_MADE = ("openvino_*.xml", "openvino_*.bin", "openvino_config.json")


Kind = Literal["model", "dataset"]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. `sha256` is known of large files, `git_sha1` of all others."""

    name: str
    size: int
    sha256: str = ""
    git_sha1: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]
    kind: Kind = "model"

    @property
    def names(self) -> list[str]:
        """The files that do not lie in a folder: nothing else is ever wanted."""
        return [file.name for file in self.files if "/" not in file.name]

    @property
    def holds_ir(self) -> bool:
        return any(name in checkpoint.IR_NAMES for name in self.names)

    @property
    def ir_bytes(self) -> int:
        """The size of an OpenVINO model's weights."""
        return sum(file.size for file in self.files if checkpoint.is_ir_weights(file.name))

    def wanted(self, *, code: bool) -> tuple[RemoteFile, ...]:
        """What a conversion needs; `code` says whether the model's own Python may come along."""
        patterns = [*_SMALL, *(_READY_MADE if self.holds_ir else ()), *(["*.py"] if code else [])]
        named: set[str] = set()
        if not self.holds_ir:
            named = {*checkpoint.weight_files(self.names), *checkpoint.index_files(self.names)}
        wanted = tuple(
            file
            for file in self.files
            if file.name in named or ("/" not in file.name and _matches(file.name, patterns))
        )
        self._check_names([file.name for file in wanted])
        return wanted

    def _check_names(self, names: list[str]) -> None:
        """They become names on this disk, whichever system it belongs to."""
        odd = [name for name in names if not is_plain(name)]
        twice = [name for name, count in Counter(map(str.lower, names)).items() if count > 1]
        if odd or twice:
            raise ConversionFailed(
                f"{self.repository} holds a file with an unsafe name, or two whose names differ by "
                f"capitals only ({ascii([*odd, *twice][0])[:100]}). Choose another repository."
            )


class Hub:
    """The hub, with the token of whoever asks. Raises ConversionFailed that names the remedy."""

    def __init__(self, endpoint: str = "", token: str = "") -> None:
        self._token = token or None
        self._api = HfApi(endpoint=endpoint or None, token=self._token, library_name="vinochat")

    def look(self, repository: str, revision: str | None = None, kind: Kind = "model") -> Listing:
        """What a repository holds now, or at a revision."""
        ask: Any = self._api.model_info if kind == "model" else self._api.dataset_info
        try:
            info = ask(repository, revision=revision, files_metadata=True)
        except Exception as error:
            raise refusals.of(repository, revision, error) from error
        if not _COMMIT.fullmatch(str(info.sha)):
            raise ConversionFailed(
                f"The hub names no commit for {repository}, so that nobody knows what would be "
                "downloaded. Check HF_ENDPOINT."
            )
        files = [_remote_file(sibling) for sibling in info.siblings or ()]
        return Listing(repository, str(info.sha), tuple(files), kind)

    def fetch(
        self,
        listing: Listing,
        files: Iterable[RemoteFile],
        folder: Path,
        on_bytes: Callable[[int], None],
    ) -> None:
        """Get the files into `folder`, going on where an earlier try stopped.

        `on_bytes` is told of bytes as they come, of those that are there already, too.
        """
        for file in files:
            try:
                self._fetch(listing, file, folder, on_bytes)
            except ConversionFailed:
                raise
            except Exception as error:
                raise refusals.of(listing.repository, listing.commit, error) from error

    def _fetch(
        self, listing: Listing, file: RemoteFile, folder: Path, on_bytes: Callable[[int], None]
    ) -> None:
        if (folder / file.name).is_file():  # it has been checked before it got its name
            on_bytes(file.size)
            return
        partial = folder / _PARTIAL / file.name
        partial.parent.mkdir(parents=True, exist_ok=True)
        already = partial.stat().st_size if partial.is_file() else 0
        if already > file.size:
            partial.unlink()
            already = 0
        self._get(listing, file, partial, already, on_bytes)
        if not _is_whole(partial, file):
            partial.unlink()
            raise ConversionFailed(
                f"{file.name} of {listing.repository} arrived damaged and was thrown away. "
                "Start the job again; what arrived whole is kept."
            )
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        partial.rename(folder / file.name)

    def _get(
        self,
        listing: Listing,
        file: RemoteFile,
        partial: Path,
        already: int,
        on_bytes: Callable[[int], None],
    ) -> None:
        if already:
            logger.info("Going on with %s after %d of %d bytes", file.name, already, file.size)
        url = hf_hub_url(
            listing.repository,
            file.name,
            repo_type=listing.kind,
            revision=listing.commit,
            endpoint=self._api.endpoint,
        )
        with partial.open("r+b" if already else "wb") as stream:
            stream.seek(already)
            counted: Any = _Counted(stream, on_bytes)
            counted.count(already)
            http_get(
                url,
                counted,
                resume_size=already,
                headers=build_hf_headers(token=self._token, library_name="vinochat"),
                expected_size=file.size,
            )


def _remote_file(sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    sha256 = lfs.sha256 if lfs is not None else ""
    size = sibling.size if sibling.size is not None else (lfs.size if lfs is not None else 0)
    return RemoteFile(sibling.rfilename, size, sha256, sibling.blob_id or "")


def is_plain(name: str) -> bool:
    """Whether every part of a path can be a file's name on every system, and leads nowhere else."""
    return all(
        part.isprintable()
        and _PLAIN.fullmatch(part) is not None
        and _RESERVED.fullmatch(part) is None
        and len(part.encode()) <= _LONGEST_NAME
        for part in name.split("/")
    )


def kept_bytes(folder: Path, file: RemoteFile) -> int:
    """How much of a file has come to `folder` already, whole or in part."""
    for path in (folder / file.name, folder / _PARTIAL / file.name):
        if path.is_file():
            return min(path.stat().st_size, file.size)
    return 0


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _is_whole(path: Path, file: RemoteFile) -> bool:
    size = path.stat().st_size
    if size != file.size:
        return False
    with path.open("rb") as stream:
        if file.sha256:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        if not file.git_sha1:
            return True
        # Git's name for a file: not for secrecy, only against damage.
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == file.git_sha1


class _Counted:
    """A file that tells how many bytes it holds more, or fewer, than before."""

    def __init__(self, stream: Any, on_bytes: Callable[[int], None]) -> None:
        self._stream, self.count = stream, on_bytes

    def write(self, data: bytes) -> int:
        self.count(len(data))
        return int(self._stream.write(data))

    def truncate(self) -> int:
        # The server would not go on where we stopped: it sends all of it again.
        self.count(-self._size())
        return int(self._stream.truncate())

    def seek(self, place: int) -> int:
        return int(self._stream.seek(place))

    def tell(self) -> int:
        return int(self._stream.tell())

    def _size(self) -> int:
        place = self._stream.tell()
        size = self._stream.seek(0, 2)
        self._stream.seek(place)
        return int(size)
