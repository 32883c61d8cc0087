"""The two forms and logging out: HTML, cookies and redirects around `Users` and `Sessions`.

The forms are rendered here and not by Gradio, so that password managers and screen readers work
and no Gradio route is open to strangers.
"""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from app.auth import passwords
from app.auth.accounts import Accounts
from app.auth.cookies import session_cookie
from app.auth.sessions import ABSOLUTE_LIFETIME
from app.config import Settings
from app.errors import InvalidAccount, InvalidParameter, RetryLater, VinoChatError
from app.web.access import safe_next
from app.web.answers import render

NOTICE_COOKIE = "vinochat_notice"
_NOTICES = {
    "registered": "Your account is ready. Log in with it.",
    "pending": "Your account is made. An admin has to approve it before you can log in.",
}
_INTRODUCTIONS = {
    "open": "The account lives on this server only.",
    "approval": "An admin approves new accounts before they can log in.",
    "closed": "Registration is closed. Ask an admin for an account.",
}


def build_router(accounts: Accounts, settings: Settings) -> APIRouter:
    """The routes /login, /register and /logout."""
    router = APIRouter(include_in_schema=False)
    forms = _Forms(accounts, settings)
    router.add_api_route("/login", forms.show_login, methods=["GET"])
    router.add_api_route("/login", forms.log_in, methods=["POST"])
    router.add_api_route("/register", forms.show_register, methods=["GET"])
    router.add_api_route("/register", forms.register, methods=["POST"])
    router.add_api_route("/logout", forms.log_out, methods=["POST"])
    return router


class _Forms:
    def __init__(self, accounts: Accounts, settings: Settings) -> None:
        self._accounts = accounts
        self._registration = settings.registration

    async def show_login(self, request: Request) -> Response:
        notice = _NOTICES.get(request.cookies.get(NOTICE_COOKIE, ""), "")
        target = safe_next(request.query_params.get("next", "/"))
        response = HTMLResponse(_login_page(target=target, notice=notice))
        if notice:
            response.delete_cookie(NOTICE_COOKIE, path="/login")
        return response

    async def log_in(self, request: Request) -> Response:
        fields = await _fields(request, "username", "password", "next")
        username = fields["username"].strip()
        target = safe_next(fields["next"])
        address = _address(request)
        try:
            account = await self._accounts.hashing.run(
                self._accounts.users.authenticate, username, fields["password"], address
            )
        except VinoChatError as error:
            page = _login_page(target=target, username=username, error=error.message)
            return _refused(page, error)
        # Only now: a wrong password must not log out whoever shares this browser.
        cookie = session_cookie(request.url.scheme)
        old_token = request.cookies.get(cookie, "")
        await run_in_threadpool(self._accounts.sessions.end_token, old_token)
        token = await run_in_threadpool(
            self._accounts.sessions.create,
            account.id,
            address,
            request.headers.get("user-agent", ""),
        )
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(
            cookie,
            token,
            max_age=int(ABSOLUTE_LIFETIME.total_seconds()),
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    async def show_register(self) -> Response:
        return HTMLResponse(self._register_page())

    async def register(self, request: Request) -> Response:
        fields = await _fields(request, "username", "password", "confirm_password")
        username = fields["username"].strip()
        try:
            if fields["password"] != fields["confirm_password"]:
                raise InvalidAccount("The two passwords differ. Type the same one twice.")
            account = await self._accounts.hashing.run(
                self._accounts.users.register, username, fields["password"]
            )
        except VinoChatError as error:
            return _refused(self._register_page(username=username, error=error.message), error)
        response = RedirectResponse("/login", status_code=303)
        notice = "pending" if account.status == "pending" else "registered"
        response.set_cookie(
            NOTICE_COOKIE, notice, max_age=60, path="/login", httponly=True, samesite="lax"
        )
        return response

    async def log_out(self, request: Request) -> Response:
        cookie = session_cookie(request.url.scheme)
        token = request.cookies.get(cookie, "")
        await run_in_threadpool(self._accounts.sessions.end_token, token)
        response = RedirectResponse("/login", status_code=303)
        secure = request.url.scheme == "https"
        response.delete_cookie(cookie, path="/", secure=secure, httponly=True, samesite="lax")
        return response

    def _register_page(self, username: str = "", error: str = "") -> str:
        return render(
            "register.html",
            introduction=_INTRODUCTIONS[self._registration],
            password_hint=passwords.HINT,
            username=_shown(username),
            error=error,
        )


def _login_page(*, target: str, username: str = "", error: str = "", notice: str = "") -> str:
    return render("login.html", next=target, username=_shown(username), error=error, notice=notice)


def _refused(page: str, error: VinoChatError) -> Response:
    response = HTMLResponse(page, status_code=error.status)
    if isinstance(error, RetryLater):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


async def _fields(request: Request, *names: str) -> dict[str, str]:
    """The named fields of a form; what is missing or a file is empty."""
    try:
        async with request.form(max_files=0, max_fields=20) as form:
            values = {name: form.get(name) for name in names}
    except UnicodeError:
        raise InvalidParameter("The form is not valid text. Send it as UTF-8.") from None
    return {name: value if isinstance(value, str) else "" for name, value in values.items()}


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _shown(username: str) -> str:
    """What was typed, given back; shortened, and without what HTML cannot carry."""
    return username[:256].encode("utf-8", "replace").decode().replace("\0", "")
