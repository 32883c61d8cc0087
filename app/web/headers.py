"""Headers: what a request's say about where it comes from, and what every response carries."""

import asyncio
import re
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

from app.web.access import is_asset

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_SCRIPT = re.compile(rb"<script(?=[\s>])", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def host_is_trusted(headers: Headers, trusted: frozenset[str]) -> bool:
    """Whether the Host header is well formed and one that the operator named (`*`: any)."""
    hosts = headers.getlist("host")
    if not hosts:
        return "*" in trusted
    if len(hosts) > 1 or not _HOST.fullmatch(hosts[0]):
        return False
    name = re.sub(r":\d+$", "", hosts[0]).lower()
    parent = "*." + name.partition(".")[2]
    return bool(trusted & {"*", name, parent})


def comes_from_elsewhere(method: str, scheme: str, headers: Headers) -> bool:
    """Whether a browser says that another site makes this unsafe request.

    Without Origin and Sec-Fetch-Site it does not come from a browser, and no cookie of a victim
    can be in it.
    """
    if method in SAFE_METHODS:
        return False
    if any(site not in ("same-origin", "none") for site in headers.getlist("sec-fetch-site")):
        return True
    return any(not _is_own(origin, scheme, headers) for origin in headers.getlist("origin"))


def _is_own(origin: str, scheme: str, headers: Headers) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # Behind a proxy that ends TLS the scheme may read http here while the browser says https.
    if parts.scheme not in ({"https"} if scheme == "https" else {"http", "https"}):
        return False
    port = _DEFAULT_PORTS[parts.scheme]
    own = headers.get("host", "").lower()
    return parts.netloc.lower().removesuffix(port) == own.removesuffix(port) != ""


class GuardedSend:
    """Wraps `send`: adds the headers, puts the nonce on script tags, grants no CORS."""

    def __init__(self, send: Send, *, request_id: str, path: str, https: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._path = path
        self._https = https
        self._nonce = secrets.token_urlsafe(16)
        self._held_start: Message | None = None
        self._held_body = b""
        self.status: int | None = None
        """The status that went to the client; None while nothing did."""
        self.finished = False
        self.drops_body = False
        """Set for HEAD, which is answered as GET without the body."""
        self.on_event_stream: Callable[[], None] | None = None
        self.on_body: Callable[[bytes], None] | None = None
        """Told the whole body of a successful JSON answer before the client has it."""

    async def __call__(self, message: Message) -> None:
        if self.finished:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)

    async def finish(self, last_words: bytes = b"") -> None:
        """End a response that was cut off, so that the client sees a clean end."""
        if self.status is not None:
            await self({"type": "http.response.body", "body": last_words, "more_body": False})

    async def _start(self, message: Message) -> None:
        headers = MutableHeaders(raw=list(message.get("headers", [])))
        self._add_headers(headers, message["status"])
        message = {**message, "headers": headers.raw}
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == "text/event-stream" and self.on_event_stream is not None:
            self.on_event_stream()
        is_page = content_type == "text/html" and "content-encoding" not in headers
        listens = self.on_body is not None and content_type == "application/json"
        if is_page or listens:
            self._held_start, self._held_body = message, b""
        else:
            self._held_start = None
            await self._send_start(message)

    async def _body(self, message: Message) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling() and message.get("body"):
            return  # Gradio's last words on a stream that is cut off: the text of the exception
        more = message.get("more_body", False)
        self.finished = not more
        if self._held_start is None:
            body = b"" if self.drops_body else message.get("body", b"")
            await self._send({**message, "body": body})
            return
        self._held_body += message.get("body", b"")
        if not more:
            await self._send_held(self._held_start, self._held_body)

    async def _send_held(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(raw=start["headers"])
        if self.on_body is not None and start["status"] == 200:
            self.on_body(body)
        if headers.get("content-type", "").startswith("text/html"):
            body = _SCRIPT.sub(b'<script nonce="' + self._nonce.encode() + b'"', body)
            headers["content-length"] = str(len(body))
        await self._send_start({**start, "headers": headers.raw})
        body = b"" if self.drops_body else body
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_start(self, message: Message) -> None:
        self.status = message["status"]
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders, status: int) -> None:
        for name in {name for name in headers if name.startswith("access-control-")}:
            del headers[name]
        headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' 'nonce-{self._nonce}'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
            "frame-ancestors 'none'; form-action 'self'"
        )
        headers["X-Content-Type-Options"] = "nosniff"
        # Not no-referrer: with it browsers send "Origin: null" with our own forms.
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["X-Request-ID"] = self._request_id
        if self._https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if is_asset(self._path) and status in (200, 206, 304):
            headers["Cache-Control"] = "private, max-age=86400"
        else:
            # What was shown to somebody must not come back from a cache after they logged out.
            headers.setdefault("Cache-Control", "no-store")
