"""A stand-in for the Hugging Face hub: serves folders to the real client through `HF_ENDPOINT`.

It answers what huggingface_hub asks for when it lists and downloads a repository, with the same
headers and error codes as the hub, and can be slow, break off, serve damage, and count what it
served. Weights answer with a redirect to another address, as on the hub. How it talks HTTP is in
`tests/hub_http.py`.
"""

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from tests.hub_http import MEMBER, STRANGER, HubServer

__all__ = ["MEMBER", "STRANGER", "Hub", "HubFile", "Repository"]

Kind = Literal["models", "datasets"]
_LFS = (".safetensors", ".bin", ".pt", ".model", ".onnx", ".parquet", ".xml")


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a revision; large kinds are in "LFS" storage, addressed by their SHA-256."""

    path: Path
    size: int
    sha256: str
    blob_id: str

    @property
    def lfs(self) -> bool:
        return self.path.suffix in _LFS

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.blob_id


@dataclass(slots=True)
class Repository:
    """A repository with all revisions that it ever had, the newest last."""

    name: str
    gated: bool
    revisions: dict[str, dict[str, HubFile]] = field(default_factory=dict)

    @property
    def head(self) -> str:
        return next(reversed(self.revisions))

    def files(self, revision: str) -> tuple[str, dict[str, HubFile]] | None:
        """The commit and the files of a branch ("main") or commit; None where there is none."""
        commit = self.head if revision == "main" else revision
        files = self.revisions.get(commit)
        return None if files is None else (commit, files)


class Hub:
    """The hub. Use it as a context manager, or through the fixture of that name.

        with Hub() as hub:
            hub.add("owner/name", folder)
            snapshot_download("owner/name", endpoint=hub.url, local_dir=…)

    `served` counts the bytes of bodies per "owner/name/file" and `requests` lists method, path and
    bearer token of everything that was asked.
    """

    def __init__(self) -> None:
        self.served: Counter[str] = Counter()
        self.requests: list[tuple[str, str, str]] = []
        self.bytes_per_second: float = 0
        """Each body goes out this slowly; 0 is as fast as it can."""
        self.down = False
        """Every request is answered 503."""
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._breaks: dict[str, list[int]] = {}
        self._flipped: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = HubServer(self)

    @property
    def url(self) -> str:
        """What `HF_ENDPOINT` has to be."""
        return self._server.url

    def __enter__(self) -> "Hub":
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()

    def add(self, name: str, folder: Path, *, gated: bool = False, kind: Kind = "models") -> str:
        """Serve `folder` as the repository `owner/name`; the commit that it became.

        A name that exists gets a new commit on "main"; the older one stays reachable by its hash.
        The files are served from where they are: do not change them afterwards.
        """
        files = {
            file.relative_to(folder).as_posix(): _hub_file(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        digest = hashlib.sha1(name.encode(), usedforsecurity=False)
        for path, file in files.items():
            digest.update(f"{path} {file.sha256}".encode())
        commit = digest.hexdigest()
        with self._lock:
            repository = self._repositories.setdefault((kind, name), Repository(name, gated))
            repository.gated = gated
            repository.revisions.pop(commit, None)
            repository.revisions[commit] = files
        return commit

    def remove(self, name: str, kind: Kind = "models") -> None:
        """From now on the repository is unknown."""
        with self._lock:
            self._repositories.pop((kind, name), None)

    def break_after(self, file: str, sent: int, times: int = 1) -> None:
        """Drop the connection after `sent` bytes of "owner/name/file", the next `times` times.

        The client resumes by itself up to five times without progress.
        """
        with self._lock:
            self._breaks[file] = [sent] * times

    def corrupt(self, file: str, at: int = -1) -> None:
        """Serve "owner/name/file" with the byte at `at` flipped from now on."""
        with self._lock:
            self._flipped[file] = at

    def mend(self) -> None:
        """Undo every `corrupt`, `break_after`, slowness and `down`."""
        with self._lock:
            self._flipped.clear()
            self._breaks.clear()
            self.bytes_per_second, self.down = 0, False

    def tokens_seen(self) -> set[str]:
        """Every bearer token that was sent, without the empty one."""
        return {token for _, _, token in self.requests} - {""}

    # What the server asks:

    def repository(self, kind: str, name: str) -> Repository | None:
        with self._lock:
            return self._repositories.get((kind, name))

    def next_break(self, file: str) -> int | None:
        """After how many bytes this answer has to break off."""
        with self._lock:
            breaks = self._breaks.get(file)
            return breaks.pop() if breaks else None

    def flipped(self, file: str, size: int) -> int | None:
        """The place of the flipped byte, counted from the file's beginning."""
        with self._lock:
            at = self._flipped.get(file)
        return None if at is None or size == 0 else at % size

    def count(self, file: str, sent: int) -> None:
        with self._lock:
            self.served[file] += sent

    def note(self, method: str, path: str, token: str) -> None:
        with self._lock:
            self.requests.append((method, path, token))


def _hub_file(path: Path) -> HubFile:
    size = path.stat().st_size
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while part := file.read(2**20):
            sha256.update(part)
            blob.update(part)
    return HubFile(path, size, sha256.hexdigest(), blob.hexdigest())
