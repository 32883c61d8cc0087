"""The Account page: password, logins and API keys of the person who is signed in."""

import asyncio
from datetime import datetime

import gradio as gr

from app.auth.api_keys import ApiKeyInfo
from app.auth.sessions import CurrentUser, LoginInfo
from app.errors import InvalidAccount, InvalidParameter
from app.pages.errors import told
from app.pages.serving import Frame, plain
from app.pages.visitor import visitor
from app.services import Services

Update = tuple[object, ...]

# In this order: every browser also claims to be the ones after it, and Android to be Linux.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class AccountPage:
    def __init__(self, services: Services) -> None:
        self._accounts = services.accounts

    def build(self, frame: Frame) -> None:
        self._build_password()
        logins = self._build_logins()
        keys = self._build_keys()
        frame.page.load(self.load, None, [*logins, *keys], show_progress="hidden")

    def _build_password(self) -> None:
        gr.Markdown("## Password")
        with gr.Row(elem_classes="form-row"):
            current = gr.Textbox(label="Current password", type="password")
            new = gr.Textbox(label="New password", type="password")
            again = gr.Textbox(label="Confirm new password", type="password")
            change = gr.Button("Change password", variant="primary", min_width=160, scale=0)
        fields = [current, new, again]
        change.click(self.change_password, fields, fields, show_progress="hidden")

    def _build_logins(self) -> tuple[gr.Markdown, gr.Dropdown]:
        gr.Markdown("## Where you are logged in")
        table = gr.Markdown(elem_classes="table", container=True)
        with gr.Row(elem_classes="form-row"):
            chosen = gr.Dropdown(label="Login", choices=[], interactive=True, scale=3)
            end = gr.Button("End login", min_width=120, scale=0)
            end_others = gr.Button("End all other logins", min_width=160, scale=0)
        shown = [table, chosen]
        end.click(self.end_login, chosen, shown, show_progress="hidden")
        end_others.click(self.end_others, None, shown, show_progress="hidden")
        return table, chosen

    def _build_keys(self) -> tuple[gr.Markdown, gr.Dropdown]:
        gr.Markdown("## API keys\n\nFor programs; [the API's documentation](/docs) shows how.")
        table = gr.Markdown(elem_classes="table", container=True)
        with gr.Row(elem_classes="form-row"):
            name = gr.Textbox(label="Name of the new key", scale=3, max_length=64)
            make = gr.Button("Make key", variant="primary", min_width=120, scale=0)
        plaintext = gr.Textbox(
            label="New key", interactive=False, placeholder="A new key is shown here, once."
        )
        with gr.Row(elem_classes="form-row"):
            chosen = gr.Dropdown(label="Key", choices=[], interactive=True, scale=3)
            revoke = gr.Button("Revoke key", variant="stop", min_width=120, scale=0)
        gr.on(
            [make.click, name.submit],
            self.make_key,
            name,
            [plaintext, name, table, chosen],
            show_progress="hidden",
        )
        revoke.click(self.revoke_key, chosen, [table, chosen], show_progress="hidden")
        return table, chosen

    async def load(self, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            return (*await self._logins(user), *await self._keys(user))

    async def change_password(
        self, current: str, new: str, again: str, request: gr.Request
    ) -> tuple[str, str, str]:
        with told():
            user = visitor(request)
            if new != again:
                raise InvalidAccount("The two new passwords differ. Type the same one twice.")
            await self._accounts.hashing.run(
                self._accounts.users.change_password, user.id, current, new, user.session_id
            )
            gr.Info("Your password is changed, and your other logins have ended.")
            return "", "", ""

    async def end_login(self, session_id: str | None, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            if not session_id:
                raise InvalidParameter("Choose a login first.", "login")
            await asyncio.to_thread(self._accounts.sessions.end, user.id, session_id)
            return await self._logins(user)

    async def end_others(self, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            end_others = self._accounts.sessions.end_others
            ended = await asyncio.to_thread(end_others, user.id, user.session_id)
            gr.Info(f"{ended} other {'login' if ended == 1 else 'logins'} ended.")
            return await self._logins(user)

    async def make_key(self, name: str, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            made = await asyncio.to_thread(self._accounts.api_keys.create, user.id, name)
            gr.Info("Copy the key now: it is not shown again.")
            return (made.plaintext, "", *await self._keys(user))

    async def revoke_key(self, key_id: str | None, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            if not key_id:
                raise InvalidParameter("Choose a key first.", "key")
            await asyncio.to_thread(self._accounts.api_keys.revoke, user.id, key_id)
            return await self._keys(user)

    async def _logins(self, user: CurrentUser) -> Update:
        logins = await asyncio.to_thread(self._accounts.sessions.list, user.id)
        others = [(_login_name(login), login.id) for login in logins if login.id != user.session_id]
        return _logins_table(logins, user), gr.update(choices=others, value=None)

    async def _keys(self, user: CurrentUser) -> Update:
        keys = await asyncio.to_thread(self._accounts.api_keys.list, user.id)
        choices = [(f"{key.name} ({key.hint}…)", key.id) for key in keys]
        return _keys_table(keys), gr.update(choices=choices, value=None)


def _logins_table(logins: list[LoginInfo], user: CurrentUser) -> str:
    rows = "\n".join(
        f"| {browser(login.user_agent)} | {plain(login.address)} "
        f"| {moment(login.created_at)} | {moment(login.last_seen_at)} "
        f"| {'this one' if login.id == user.session_id else ''} |"
        for login in logins
    )
    return "| Browser | Address | Logged in | Last used | |\n|---|---|---|---|---|\n" + rows


def _login_name(login: LoginInfo) -> str:
    return f"{browser(login.user_agent)}, {login.address}, {moment(login.created_at)}"


def _keys_table(keys: list[ApiKeyInfo]) -> str:
    if not keys:
        return "You have no keys. Programs send one as `Authorization: Bearer KEY` to `/v1`."
    rows = "\n".join(
        f"| {plain(key.name)} | `{key.hint}…` | {moment(key.created_at)} "
        f"| {moment(key.last_used_at) if key.last_used_at else 'never'} |"
        for key in keys
    )
    return "| Name | Begins with | Made | Last used |\n|---|---|---|---|\n" + rows


def browser(user_agent: str) -> str:
    """Like `Firefox on Windows`; what it cannot tell is left out. Only words from here come out."""
    name = next((name for mark, name in _BROWSERS if mark in user_agent), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name


def moment(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")
