"""The Account and Admin pages: one's own things, and the role that is asked for each time."""

from typing import Any

import gradio as gr
import pytest

from app.errors import NotAuthenticated
from app.pages.account import AccountPage, browser
from app.pages.admin import AdminPage
from app.pages.visitor import visitor
from app.services import Services
from tests.pages.conftest import PASSWORD, As, request_of

pytestmark = pytest.mark.anyio

NEW = "another quiet harbour"


@pytest.fixture
def account(services: Services) -> AccountPage:
    return AccountPage(services)


@pytest.fixture
def admin(services: Services) -> AdminPage:
    return AdminPage(services)


async def test_the_password_changes_and_the_boxes_empty(
    account: AccountPage, services: Services, asking: As
) -> None:
    assert await account.change_password(PASSWORD, NEW, NEW, asking()) == ("", "", "")
    assert services.accounts.users.authenticate("ada", NEW, "10.0.0.1").username == "ada"


async def test_a_wrong_or_mistyped_password_is_told(account: AccountPage, asking: As) -> None:
    with pytest.raises(gr.Error, match="current password is wrong"):
        await account.change_password("guess", NEW, NEW, asking())
    with pytest.raises(gr.Error, match="differ"):
        await account.change_password(PASSWORD, NEW, NEW + "s", asking())


async def test_other_logins_are_listed_and_ended(
    account: AccountPage, services: Services, asking: As
) -> None:
    request = asking()
    user = visitor(request)
    services.accounts.sessions.create(user.id, "10.0.0.9", "Mozilla/5.0 (Windows) Edg/1")
    services.accounts.sessions.create(user.id, "10.0.0.8", "curl/8")
    table, dropdown, *_ = await account.load(request)
    assert "Edge on Windows" in str(table)
    assert "Unknown browser" in str(table)
    others: Any = dropdown
    assert len(others["choices"]) == 2  # not the one that asks
    await account.end_login(others["choices"][0][1], request)
    assert len(services.accounts.sessions.list(user.id)) == 2
    await account.end_others(request)
    assert [login.id for login in services.accounts.sessions.list(user.id)] == [user.session_id]


async def test_nobody_ends_anothers_login(account: AccountPage, asking: As) -> None:
    mine = visitor(asking("ada")).session_id
    with pytest.raises(gr.Error, match="no such login"):
        await account.end_login(mine, asking("eve"))


async def test_a_key_is_shown_once_and_revoked(
    account: AccountPage, services: Services, asking: As
) -> None:
    plaintext, name, table, dropdown = await account.make_key("laptop", asking())
    assert services.accounts.api_keys.resolve(str(plaintext)) is not None
    assert name == ""
    assert "laptop" in str(table)
    reloaded = await account.load(asking())
    assert not any(str(plaintext) in str(part) for part in reloaded)
    key_id = dropdown["choices"][0][1]  # type: ignore[index]
    with pytest.raises(gr.Error, match="no such key"):
        await account.revoke_key(key_id, asking("eve"))
    await account.revoke_key(key_id, asking())
    assert services.accounts.api_keys.resolve(str(plaintext)) is None


async def test_an_admin_sees_and_changes_accounts(
    admin: AdminPage, services: Services, asking: As
) -> None:
    boss, bob = asking("ada"), visitor(asking("bob"))
    table, _ = await admin.show(boss)
    assert "| bob | user | active |" in str(table)
    table, _ = await admin.disable(bob.id, boss)
    assert "| bob | user | disabled |" in str(table)
    await admin.enable(bob.id, boss)
    table, _ = await admin.promote(bob.id, boss)
    assert "| bob | admin | active |" in str(table)
    await admin.demote(bob.id, boss)
    assert await admin.reset_password(bob.id, NEW, boss) == ""
    assert services.accounts.users.authenticate("bob", NEW, "10.0.0.1").id == bob.id


async def test_every_admin_handler_asks_for_the_role(admin: AdminPage, asking: As) -> None:
    asking("ada")
    eve = asking("eve")
    for call in (
        admin.show(eve),
        admin.approve("x", eve),
        admin.enable("x", eve),
        admin.disable("x", eve),
        admin.promote(visitor(eve).id, eve),
        admin.demote("x", eve),
        admin.reset_password("x", NEW, eve),
    ):
        with pytest.raises(gr.Error, match="Only an admin may do this"):
            await call
    assert visitor(eve).role == "user"


async def test_wrong_use_is_told(admin: AdminPage, account: AccountPage, asking: As) -> None:
    boss = asking("ada")
    with pytest.raises(gr.Error, match="Choose a user first"):
        await admin.approve(None, boss)
    with pytest.raises(gr.Error, match="last admin"):
        await admin.disable(visitor(boss).id, boss)
    with pytest.raises(gr.Error, match="Choose a login first"):
        await account.end_login(None, boss)
    with pytest.raises(gr.Error, match="Choose a key first"):
        await account.revoke_key(None, boss)


def test_a_stranger_is_nobody() -> None:
    with pytest.raises(NotAuthenticated):
        visitor(request_of(None))


def test_browsers_by_their_common_names() -> None:
    chrome = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"
    assert browser(chrome) == "Chrome on Android"
    assert browser("") == "Unknown browser"
