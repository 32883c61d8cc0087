"""The HTTP side of `tests/hub.py`: routes, headers and error codes of the Hugging Face hub."""

import contextlib
import json
import re
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    from tests.hub import Hub, HubFile, Repository

MEMBER = "hf_member"
"""A token whose owner has accepted every gated repository's licence."""
STRANGER = "hf_stranger"
"""A valid token whose owner has accepted none."""

_NAME = r"(?P<name>[\w.-]+/[\w.-]+)"
_INFO = re.compile(rf"/api/(?P<kind>models|datasets)/{_NAME}(?:/revision/(?P<revision>[^/]+))?")
_TREE = re.compile(rf"/api/(?P<kind>models|datasets)/{_NAME}/tree/(?P<revision>[^/]+)/?")
_PATHS = re.compile(rf"/api/(?P<kind>models|datasets)/{_NAME}/paths-info/(?P<revision>[^/]+)")
_FILE = re.compile(rf"/(?P<kind>datasets/)?{_NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
_STORE = re.compile(rf"/cdn/(?P<kind>models|datasets)/{_NAME}/(?P<revision>\w+)/(?P<path>.+)")
_CHUNK = 64 * 1024


class HubServer:
    """A threaded server on a free port of this machine."""

    def __init__(self, hub: "Hub") -> None:
        handler = type("Handler", (_Handler,), {"hub": hub})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Refused(Exception):
    """An answer that is an error, with the headers by which the client knows it."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    """One request. `hub` is set on the class that HubServer makes of this one."""

    hub: "Hub"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Tests have enough to say."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        self._token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.hub.note(self.command, self.path, self._token)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # A client that gave up is no trouble of ours.
        with contextlib.suppress(ConnectionError):
            try:
                self._route(path, query, body)
            except _Refused as error:
                self._error(error)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if self.hub.down:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "", "The hub is down")
        if self._token not in ("", MEMBER, STRANGER):
            message = "Invalid credentials in Authorization header"
            raise _Refused(HTTPStatus.UNAUTHORIZED, "", message)
        if match := _TREE.fullmatch(path):
            self._json([_tree_entry(*item) for item in self._files(match)[2].items()])
        elif match := _PATHS.fullmatch(path):
            wanted = _wanted_paths(body)
            files = self._files(match)[2]
            self._json([_tree_entry(name, files[name]) for name in wanted if name in files])
        elif match := _INFO.fullmatch(path):
            self._json(_info(*self._files(match), with_sizes="blobs" in query))
        elif match := _STORE.fullmatch(path):
            self._send_file(match["name"], match["path"], self._one_file(match)[1])
        elif match := _FILE.fullmatch(path):
            self._resolve(match)
        else:
            raise _Refused(HTTPStatus.NOT_FOUND, "", "No such page")

    def _files(self, match: re.Match[str]) -> "tuple[Repository, str, dict[str, HubFile]]":
        kind = (match["kind"] or "models").rstrip("/")
        repository = self.hub.repository(kind, match["name"])
        if repository is None:
            # The hub does not tell strangers whether a repository is private or not there.
            status = HTTPStatus.NOT_FOUND if self._token else HTTPStatus.UNAUTHORIZED
            raise _Refused(status, "RepoNotFound", "Repository not found")
        found = repository.files(match["revision"] or "main")
        if found is None:
            message = f"Invalid rev id: {match['revision']}"
            raise _Refused(HTTPStatus.NOT_FOUND, "RevisionNotFound", message)
        return repository, *found

    def _one_file(self, match: re.Match[str]) -> "tuple[str, HubFile]":
        _, commit, files = self._files(match)
        if match["path"] not in files:
            raise _Refused(HTTPStatus.NOT_FOUND, "EntryNotFound", "Entry not found")
        return commit, files[match["path"]]

    def _resolve(self, match: re.Match[str]) -> None:
        repository = self._files(match)[0]
        self._check_access(repository)
        commit, file = self._one_file(match)
        headers = {"X-Repo-Commit": commit, "ETag": f'"{file.etag}"'}
        if not file.lfs:
            self._send_file(repository.name, match["path"], file, headers)
            return
        kind = (match["kind"] or "models").rstrip("/")
        path = quote(f"/cdn/{kind}/{repository.name}/{commit}/{match['path']}")
        headers |= {
            "X-Linked-Size": str(file.size),
            "X-Linked-ETag": f'"{file.sha256}"',
            # Another host than the endpoint's, so that the client leaves its token behind.
            "Location": f"http://localhost:{self.server.server_port}{path}",  # type: ignore[attr-defined]
        }
        self._begin(HTTPStatus.FOUND, headers | {"Content-Length": "0"})

    def _check_access(self, repository: "Repository") -> None:
        if not repository.gated or self._token == MEMBER:
            return
        where = f"Access to model {repository.name} is restricted."
        if self._token:
            message = f"{where} You are not in the authorized list."
            raise _Refused(HTTPStatus.FORBIDDEN, "GatedRepo", message)
        message = f"{where} You must have access to it and be authenticated to access it."
        raise _Refused(HTTPStatus.UNAUTHORIZED, "GatedRepo", message)

    def _send_file(
        self, name: str, path: str, file: "HubFile", headers: dict[str, str] | None = None
    ) -> None:
        start, end = self._range(file.size)
        headers = (headers or {}) | {
            "Content-Length": str(end - start),
            "Accept-Ranges": "bytes",
            "ETag": f'"{file.etag}"',
        }
        status = HTTPStatus.OK
        if "Range" in self.headers:
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        self._begin(status, headers)
        if self.command == "GET":
            self._send_bytes(f"{name}/{path}", file, start, end)

    def _range(self, size: int) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match is None:
            return 0, size
        start = int(match[1])
        if start >= size:
            raise _Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "", "Beyond the end")
        return start, min(size, int(match[2]) + 1 if match[2] else size)

    def _send_bytes(self, file: str, content: "HubFile", start: int, end: int) -> None:
        stop_after, flipped = self.hub.next_break(file), self.hub.flipped(file, content.size)
        last = end if stop_after is None else min(end, start + stop_after)
        at = start
        with content.path.open("rb") as source:
            source.seek(start)
            while at < last:
                speed = self.hub.bytes_per_second
                # Ten pieces a second, so that slowness is even and ends soon when it is mended.
                size = max(1, min(_CHUNK, int(speed / 10))) if speed else _CHUNK
                chunk = bytearray(source.read(min(size, last - at)))
                if flipped is not None and at <= flipped < at + len(chunk):
                    chunk[flipped - at] ^= 0x01
                # First, so that whoever has the last byte finds it counted.
                self.hub.count(file, len(chunk))
                self.wfile.write(chunk)
                at += len(chunk)
                if speed:
                    time.sleep(len(chunk) / speed)
        if last < end:
            self.close_connection = True

    def _json(self, content: Any) -> None:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._begin(HTTPStatus.OK, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, error: _Refused) -> None:
        body = json.dumps({"error": str(error)}).encode()
        headers = {
            "X-Error-Message": str(error),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        if error.code:
            headers["X-Error-Code"] = error.code
        self._begin(error.status, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _info(
    repository: "Repository", commit: str, files: "dict[str, HubFile]", with_sizes: bool
) -> dict[str, Any]:
    return {
        "id": repository.name,
        "modelId": repository.name,
        "sha": commit,
        "gated": "manual" if repository.gated else False,
        "private": False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "siblings": [_sibling(name, file, with_sizes) for name, file in files.items()],
    }


def _sibling(name: str, file: "HubFile", with_sizes: bool) -> dict[str, Any]:
    if not with_sizes:
        return {"rfilename": name}
    sibling: dict[str, Any] = {"rfilename": name, "size": file.size, "blobId": file.blob_id}
    if file.lfs:
        sibling["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 134}
    return sibling


def _tree_entry(name: str, file: "HubFile") -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": name, "size": file.size, "oid": file.blob_id}
    if file.lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": 134}
    return entry


def _wanted_paths(body: bytes) -> list[str]:
    try:
        paths = json.loads(body)["paths"]
    except ValueError:
        paths = parse_qs(body.decode())["paths"]
    return [paths] if isinstance(paths, str) else paths
