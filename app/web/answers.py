"""Error answers and server-rendered pages: the one place where HTTP learns of our errors."""

import json
import logging
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.errors import InvalidParameter, RetryLater, VinoChatError

log = logging.getLogger(__name__)

_TEMPLATES = Path(__file__).resolve().parent.parent / "pages" / "templates"
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
)
_TITLES = {401: "Log in first", 403: "Not for you", 404: "Nothing here", 413: "Too large"}


def render(template: str, **context: Any) -> str:
    return _environment.get_template(template).render(**context)


def error_answer(error: VinoChatError, request_id: str, *, as_html: bool = False) -> Response:
    """What a client is told about an error, with the id under which the log has the rest."""
    message = error.message
    if as_html:
        title = _TITLES.get(error.status, "Something went wrong")
        page = render("error.html", title=title, message=message, request_id=request_id)
        response: Response = HTMLResponse(page, error.status)
    else:
        detail = error_detail(error)
        # Gradio's client shows `detail`, OpenAI's clients read `error`.
        content = {"error": detail | {"request_id": request_id}, "detail": detail["message"]}
        response = JSONResponse(content, error.status)
    if isinstance(error, RetryLater):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def error_detail(error: VinoChatError) -> dict[str, str | None]:
    """An error in OpenAI's shape, without the half characters that UTF-8 cannot carry."""
    detail = {
        "message": error.message,
        "type": "invalid_request_error" if error.status < 500 else "server_error",
        "code": error.code,
        "param": getattr(error, "parameter", None),
    }
    return {
        name: text and text.encode("utf-8", "replace").decode() for name, text in detail.items()
    }


def error_event(error: VinoChatError) -> str:
    """The last event of a stream of /v1 that an error ends, as OpenAI's clients read it."""
    return f"data: {json.dumps({'error': error_detail(error)})}\n\n"


def unexpected_answer(request_id: str, *, as_html: bool = False) -> Response:
    """The answer to a bug: that it happened and its id, never its text."""
    error = VinoChatError(
        f"Something went wrong on the server. If it happens again, tell an admin this id: "
        f"{request_id}."
    )
    return error_answer(error, request_id, as_html=as_html)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every VinoChatError and every malformed body with its status and a JSON body."""

    @app.exception_handler(VinoChatError)
    async def on_error(request: Request, error: VinoChatError) -> Response:
        if error.status >= 500:
            log.warning("%s: %s, request %s", error.code, error, request.state.request_id)
        return error_answer(error, request.state.request_id)

    @app.exception_handler(Exception)
    async def on_bug(request: Request, _: Exception) -> Response:
        # Starlette raises it again afterwards, and the gate logs it.
        as_html = "text/html" in request.headers.get("accept", "")
        return unexpected_answer(request.state.request_id, as_html=as_html)

    @app.exception_handler(HTTPException)
    async def on_refusal(request: Request, error: HTTPException) -> Response:
        if error.status_code != 400:
            return await http_exception_handler(request, error)
        return error_answer(InvalidParameter(f"{error.detail}."), request.state.request_id)

    @app.exception_handler(RequestValidationError)
    async def on_malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        reason = f"is wrong: {first['msg'].removeprefix('Value error, ')}"
        if first["type"] == "extra_forbidden":
            reason = "is not known here. Leave it out; the page /docs lists what is"
        problem = InvalidParameter(f"{name} {reason}.", name)
        return error_answer(problem, request.state.request_id)
