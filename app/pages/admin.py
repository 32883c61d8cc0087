"""The Admin page: accounts and what an admin does to them; below, how fast the model is.

Every signed-in user can see which components stand here and call their events, so nothing secret
stands in them and every handler asks for the role first.
"""

import asyncio
from collections.abc import Callable

import gradio as gr

from app.auth.users import Account
from app.errors import InvalidAccount, InvalidParameter
from app.pages.account import moment
from app.pages.errors import told
from app.pages.serving import Frame, plain
from app.pages.speed import SpeedPart
from app.pages.visitor import admin
from app.services import Services

Update = tuple[object, ...]


class AdminPage:
    def __init__(self, services: Services) -> None:
        self._accounts = services.accounts
        self._speed = SpeedPart(services)

    def build(self, frame: Frame) -> None:
        gr.Markdown("## Users")
        table = gr.Markdown(elem_classes="table", container=True)
        user = gr.Dropdown(label="User", choices=[], interactive=True)
        with gr.Row(elem_classes="buttons"):
            approve = gr.Button("Approve", variant="primary", min_width=100)
            enable = gr.Button("Enable", min_width=100)
            disable = gr.Button("Disable", variant="stop", min_width=100)
            promote = gr.Button("Make admin", min_width=100)
            demote = gr.Button("Make ordinary user", min_width=100)
        with gr.Row(elem_classes="form-row"):
            password = gr.Textbox(label="New password", type="password", scale=3)
            reset = gr.Button("Reset password", min_width=140, scale=0)
        shown = [table, user]
        frame.page.load(self.show, None, shown, show_progress="hidden")
        for button, handler in (
            (approve, self.approve),
            (enable, self.enable),
            (disable, self.disable),
            (promote, self.promote),
            (demote, self.demote),
        ):
            button.click(handler, user, shown, show_progress="hidden")
        reset.click(self.reset_password, [user, password], password, show_progress="hidden")
        self._speed.build()

    async def show(self, request: gr.Request) -> Update:
        with told():
            admin(request)
            return await self._users(None)

    async def approve(self, user_id: str | None, request: gr.Request) -> Update:
        return await self._act(self._accounts.users.approve, user_id, request)

    async def enable(self, user_id: str | None, request: gr.Request) -> Update:
        return await self._act(self._accounts.users.enable, user_id, request)

    async def disable(self, user_id: str | None, request: gr.Request) -> Update:
        return await self._act(self._accounts.users.disable, user_id, request)

    async def promote(self, user_id: str | None, request: gr.Request) -> Update:
        return await self._act(self._accounts.users.promote, user_id, request)

    async def demote(self, user_id: str | None, request: gr.Request) -> Update:
        return await self._act(self._accounts.users.demote, user_id, request)

    async def reset_password(self, user_id: str | None, password: str, request: gr.Request) -> str:
        with told():
            admin(request)
            if not password:
                raise InvalidAccount("Type the new password first.")
            users = self._accounts.users
            await self._accounts.hashing.run(users.reset_password, _chosen(user_id), password)
            gr.Info("The password is set, and all logins of this user have ended.")
            return ""

    async def _act(
        self, action: Callable[[str], Account], user_id: str | None, request: gr.Request
    ) -> Update:
        with told():
            admin(request)
            account = await asyncio.to_thread(action, _chosen(user_id))
            gr.Info(f"{account.username} is {account.status} now, as {account.role}.")
            return await self._users(account.id)

    async def _users(self, chosen: str | None) -> Update:
        accounts = await asyncio.to_thread(self._accounts.users.list)
        choices = [(f"{account.username} ({account.status})", account.id) for account in accounts]
        return _table(accounts), gr.update(choices=choices, value=chosen)


def _chosen(user_id: str | None) -> str:
    if not user_id:
        raise InvalidParameter("Choose a user first.", "user")
    return user_id


def _table(accounts: list[Account]) -> str:
    rows = "\n".join(
        f"| {plain(account.username)} | {account.role} | {account.status} "
        f"| {moment(account.created_at)} |"
        for account in accounts
    )
    return "| User | Role | Status | Since |\n|---|---|---|---|\n" + rows
