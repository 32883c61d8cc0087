"""The list of everything that can be reached, and by whom. What is not listed is shut.

Paths are compared exactly as ASGI gives them, decoded once; the router sees the same string.
"""

import re
from enum import Enum, auto
from urllib.parse import quote, urlsplit

PAGES = ("/", "/chat", "/models", "/account", "/admin")
FORMS = ("/login", "/register")
ADMIN_PAGE = "/admin"
GRADIO_API = "/gradio_api/"
API_FOR_PROGRAMS = "/v1/"

_OPEN = frozenset(
    {
        "/healthz",
        "/readyz",
        *FORMS,
        "/theme.css",
    }
)
_SIGNED_IN_GET = frozenset(
    {
        "/docs",
        "/openapi.json",
        "/config",
        "/favicon.ico",
        "/manifest.json",
        "/gradio_api/app_id",
        "/gradio_api/info",
        "/gradio_api/login_check",
        "/gradio_api/queue/data",
        "/gradio_api/queue/status",
        "/gradio_api/startup-events",
        "/gradio_api/theme.css",
    }
)
_SIGNED_IN_POST = frozenset(
    {
        "/logout",
        "/gradio_api/cancel",
        "/gradio_api/queue/join",
        "/gradio_api/reset",
        "/gradio_api/run/predict",
    }
)
_ASSET = re.compile(r"/(?:assets|static)/(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
_SESSION_HASH = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEARTBEAT = "/gradio_api/heartbeat/"
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9._~=@:+-]*)+")


class Access(Enum):
    """What a request needs before it is let through."""

    OPEN = auto()
    PAGE = auto()
    SIGNED_IN = auto()
    API_KEY = auto()
    METRICS = auto()
    NOWHERE = auto()


def access_of(method: str, path: str, raw_path: bytes) -> Access:
    """What this request needs; NOWHERE for all that is not listed."""
    # Nothing of ours needs escapes, empty segments or dots: refuse them before they can mean two
    # things to two readers.
    if not _PLAIN.fullmatch(raw_path) or b"//" in raw_path or b"/." in raw_path:
        return Access.NOWHERE
    reads = method in ("GET", "HEAD")
    if path in _OPEN and (reads or (method == "POST" and path in FORMS)):
        return Access.OPEN
    if path in PAGES and reads:
        return Access.PAGE
    if path.startswith(API_FOR_PROGRAMS):
        return Access.API_KEY
    if path == "/metrics" and method == "GET":
        return Access.METRICS
    if method == "POST" and path in _SIGNED_IN_POST:
        return Access.SIGNED_IN
    if method == "GET" and (path in _SIGNED_IN_GET or is_asset(path) or heartbeat_hash(path)):
        return Access.SIGNED_IN
    return Access.NOWHERE


def is_asset(path: str) -> bool:
    return _ASSET.fullmatch(path) is not None


def heartbeat_hash(path: str) -> str | None:
    """The session_hash in the path of a heartbeat stream."""
    session_hash = path.removeprefix(_HEARTBEAT)
    return session_hash if path != session_hash and is_session_hash(session_hash) else None


def is_session_hash(text: str) -> bool:
    """Whether this has the form of what Gradio's pages and clients make up."""
    return _SESSION_HASH.fullmatch(text) is not None


def safe_next(target: str) -> str:
    """The page to go to after login: `target` if it is one of ours, otherwise the first page."""
    if not target.isascii() or not target.isprintable() or "\\" in target:
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path not in PAGES:
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def login_url(path: str, query: str) -> str:
    """Where a stranger who asked for a page goes."""
    target = f"{path}?{query}" if query else path
    return f"/login?next={quote(target, safe='/')}"
