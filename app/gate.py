"""The gate: a pure-ASGI wrapper around the whole app that decides who may reach what.

Default deny: a request passes only if `app.web.access` lists it and its caller may have it. What
stands behind the gate finds the caller in `request.state.user` and need not ask again, except for
the admin role in the handlers of the Admin page.
"""

import json
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth.accounts import Accounts
from app.auth.cookies import session_cookie
from app.auth.sessions import CurrentUser
from app.config import Settings
from app.errors import (
    Forbidden,
    InvalidParameter,
    NotAuthenticated,
    NotFound,
    RequestTooLarge,
    VinoChatError,
)
from app.web import access, bodies
from app.web.access import Access
from app.web.answers import error_answer, error_event, unexpected_answer
from app.web.bindings import Bindings
from app.web.headers import SAFE_METHODS, GuardedSend, comes_from_elsewhere, host_is_trusted
from app.web.streams import OpenStreams

logger = logging.getLogger(__name__)

LOOKUP_THREADS = 8


@dataclass(slots=True)
class _Request:
    """One HTTP request on its way through the gate."""

    scope: Scope
    id: str
    method: str
    path: str
    scheme: str
    headers: Headers
    access: Access
    user: CurrentUser | None = None

    @classmethod
    def of(cls, scope: Scope) -> "_Request":
        method, path = scope["method"], scope["path"]
        # Some servers give no raw path; then an escape shows up as a character that is not plain.
        raw = scope.get("raw_path") or path.encode("utf-8", "replace")
        needs = access.access_of(method, path, raw.partition(b"?")[0])
        scheme = scope.get("scheme", "http")
        return cls(scope, uuid4().hex, method, path, scheme, Headers(scope=scope), needs)

    @property
    def wants_html(self) -> bool:
        if self.access is Access.PAGE or self.path in access.FORMS:
            return True
        return self.user is not None and "text/html" in self.headers.get("accept", "")

    @property
    def is_gradio_call(self) -> bool:
        return self.method == "POST" and self.path.startswith(access.GRADIO_API)


class Gate:
    """Wraps an ASGI app; see the module's docstring."""

    def __init__(self, app: ASGIApp, *, settings: Settings, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts
        self._body_limit = settings.body_limit_bytes
        self._metrics_token = settings.metrics_token
        self._trusted_hosts = frozenset(
            name.strip().lower() for name in settings.trusted_hosts.split(",")
        )
        self._bindings = Bindings()
        self._streams = OpenStreams(accounts)
        self._lookups = CapacityLimiter(LOOKUP_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _Request.of(scope)
        https = request.scheme == "https"
        guarded = GuardedSend(send, request_id=request.id, path=request.path, https=https)
        started = time.monotonic()
        response: Response | None = None
        try:
            response = await self._admit_and_run(request, receive, guarded)
        except bodies.ClientGone:
            return
        except VinoChatError as error:
            response = error_answer(error, request.id, as_html=request.wants_html)
        except Exception:
            logger.exception("%s %s failed, request %s", request.method, request.path, request.id)
            if guarded.status is not None:
                # Too late for another answer; the server closes an unfinished one.
                return
            response = unexpected_answer(request.id, as_html=request.wants_html)
        if response is not None:
            guarded.drops_body = request.method == "HEAD"
            await response(scope, receive, guarded)
        self._log(request, guarded, started)

    async def _admit_and_run(
        self, request: _Request, receive: Receive, send: GuardedSend
    ) -> Response | None:
        """Answer here, by returning or raising, or let the app answer and return None."""
        if not host_is_trusted(request.headers, self._trusted_hosts):
            raise InvalidParameter("This server does not answer to that Host name.", "host")
        await self._refuse_large(request, receive)
        if comes_from_elsewhere(request.method, request.scheme, request.headers):
            raise Forbidden("Another site sent this request. Use the pages of this one.")
        refusal = await self._identify(request)
        if refusal is not None:
            return refusal
        self._check_query(request)
        if request.method not in SAFE_METHODS:
            body = await bodies.read_body(receive, self._body_limit)
            if request.is_gradio_call:
                self._check_gradio_call(request, body)
            receive = bodies.replay(body, receive)
        await self._run(request, receive, send)
        return None

    async def _refuse_large(self, request: _Request, receive: Receive) -> None:
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 18:
            raise InvalidParameter("The Content-Length is not a number.")
        if int(length) > self._body_limit:
            await bodies.drain(receive, self._body_limit)
            raise RequestTooLarge(bodies.too_large(self._body_limit))

    async def _identify(self, request: _Request) -> Response | None:
        """Find out who asks and whether they may; a response is an answer to a stranger."""
        needs = request.access
        if needs is Access.OPEN:
            return None
        if request.path.startswith(access.API_FOR_PROGRAMS):
            request.user = await self._key_owner(request)
            if needs is Access.NOWHERE:  # "log in" would mislead a program that did
                raise NotFound("There is nothing at this address. The page /docs lists what is.")
            return None
        if needs is Access.METRICS and self._has_metrics_token(request):
            return None
        request.user = await self._signed_in(request)
        if request.user is None:
            if needs is Access.PAGE:
                query = request.scope.get("query_string", b"").decode("latin-1")
                return RedirectResponse(access.login_url(request.path, query), status_code=303)
            raise NotAuthenticated("Log in first.")
        if needs is Access.NOWHERE:
            raise NotFound("There is nothing at this address.")
        for_admins = needs is Access.METRICS or request.path == access.ADMIN_PAGE
        if for_admins and not request.user.is_admin:
            raise Forbidden("This is for admins only. Ask an admin to promote your account.")
        return None

    async def _signed_in(self, request: _Request) -> CurrentUser | None:
        cookies = cookie_parser(request.headers.get("cookie", ""))
        token = cookies.get(session_cookie(request.scheme))
        if not token:
            return None
        resolve = self._accounts.sessions.resolve
        return await to_thread.run_sync(resolve, token, limiter=self._lookups)

    async def _key_owner(self, request: _Request) -> CurrentUser:
        key = _bearer(request.headers)
        resolve = self._accounts.api_keys.resolve
        user = await to_thread.run_sync(resolve, key, limiter=self._lookups) if key else None
        if user is None:
            raise NotAuthenticated(
                "Send a valid API key as 'Authorization: Bearer KEY'. The Account page makes keys."
            )
        return user

    def _has_metrics_token(self, request: _Request) -> bool:
        given = _bearer(request.headers).encode("utf-8", "replace")
        wanted = self._metrics_token.encode()
        return bool(wanted) and secrets.compare_digest(given, wanted)

    def _check_query(self, request: _Request) -> None:
        query = parse_qs(request.scope.get("query_string", b"").decode("latin-1"), True)
        hashes = query.get("session_hash", [])
        in_path = access.heartbeat_hash(request.path)
        for name in [*hashes, in_path] if in_path else hashes:
            self._claim(request, name)

    def _check_gradio_call(self, request: _Request, body: bytes) -> None:
        call = bodies.inspect_gradio_call(body)
        if call.session_hash is not None:
            self._claim(request, call.session_hash)
        if call.event_id is not None and not self._owns_event(request, call.event_id):
            raise Forbidden("This event belongs to another login, or has ended.")

    def _claim(self, request: _Request, session_hash: str) -> None:
        session_id = request.user.session_id if request.user else None
        if session_id is None:
            return
        if not access.is_session_hash(session_hash):
            raise InvalidParameter("The session_hash is malformed. Reload the page.")
        if not self._bindings.claim(f"hash {session_hash}", session_id):
            raise Forbidden("This session belongs to another login. Reload the page.")

    def _owns_event(self, request: _Request, event_id: str) -> bool:
        session_id = request.user.session_id if request.user else None
        return session_id is not None and self._bindings.owns(f"event {event_id}", session_id)

    async def _run(self, request: _Request, receive: Receive, send: GuardedSend) -> None:
        scope = self._inner_scope(request, send)

        async def call(became_stream: Any) -> None:
            send.on_event_stream = became_stream
            if request.access is Access.API_KEY:
                became_stream()  # an answer in one piece can take as long as a stream
            await self._app(scope, receive, send)

        if not await self._streams.run(request.user, call):
            logger.info("Ended a stream with its login, request %s", request.id)
            if request.access is not Access.API_KEY:
                await send.finish()
                return
            error = NotAuthenticated("This API key has been revoked, or its account disabled.")
            if send.status is None:
                raise error
            # Without a word it would look like the whole completion.
            await send.finish(error_event(error).encode())

    def _inner_scope(self, request: _Request, send: GuardedSend) -> Scope:
        state = {**request.scope.get("state", {}), "user": request.user, "request_id": request.id}
        scope = {**request.scope, "state": state}
        is_document = request.access is Access.PAGE or request.access is Access.OPEN
        joins = request.path == "/gradio_api/queue/join" and request.user is not None
        if is_document or joins:
            # What is rewritten or read on its way out must not be compressed.
            headers = MutableHeaders(raw=list(scope["headers"]))
            del headers["accept-encoding"]
            scope["headers"] = headers.raw
        if is_document and request.method == "HEAD":
            scope["method"] = "GET"
            send.drops_body = True
        if joins:
            send.on_body = lambda body: self._own_new_event(request, body)
        return scope

    def _own_new_event(self, request: _Request, body: bytes) -> None:
        session_id = request.user.session_id if request.user else None
        event_id = json.loads(body).get("event_id")
        if session_id is not None and isinstance(event_id, str):
            self._bindings.claim(f"event {event_id}", session_id)

    def _log(self, request: _Request, send: GuardedSend, started: float) -> None:
        level = logging.INFO if (send.status or 500) >= 400 else logging.DEBUG
        milliseconds = (time.monotonic() - started) * 1000
        # The path only: queries carry session hashes.
        logger.log(
            level,
            "%s %s %s in %.0f ms, request %s",
            request.method,
            request.path.encode("unicode_escape").decode()[:200],
            send.status,
            milliseconds,
            request.id,
        )


def _bearer(headers: Headers) -> str:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""
