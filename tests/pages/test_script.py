"""static.js in a real browser, on a page with nothing but the "Log out" button."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Dialog, Page, Route, async_playwright

from app.pages import layout

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SCRIPT = Path(layout.__file__).with_name("static.js").read_text(encoding="utf-8")
CHAT = f'<button id="log-out">Log out</button><script>{SCRIPT}</script>'
SITE = "http://vino.example"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    names = ("chromium", "chromium-browser", "google-chrome")
    installed = next(filter(None, map(shutil.which, names)), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=installed, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        yield await browser.new_page()
        await browser.close()


async def after_log_out(page: Page, answer: int | None) -> str:
    """What follows a click on "Log out" that is answered so (None: no connection): the path that
    is opened next, or the message."""
    followed: asyncio.Queue[str] = asyncio.Queue()

    async def serve(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        if path == "/chat":
            await route.fulfill(body=CHAT, content_type="text/html")
        elif path != "/logout":
            await route.fulfill(body="", content_type="text/html")
            await followed.put(path)
        elif answer is None:
            await route.abort()
        else:
            await route.fulfill(status=answer, headers={"Location": "/login"})

    async def hear(dialog: Dialog) -> None:
        await dialog.accept()
        await followed.put(dialog.message)

    await page.route("**/*", serve)
    page.once("dialog", hear)
    await page.goto(f"{SITE}/chat")
    await page.get_by_role("button", name="Log out").click()
    async with asyncio.timeout(10):
        return await followed.get()


@pytest.mark.parametrize("answer", [303, 401])
async def test_log_out_ends_at_the_login_page(page: Page, answer: int) -> None:
    assert await after_log_out(page, answer) == "/login"


@pytest.mark.parametrize("answer", [403, 500, 503, None])
async def test_log_out_says_so_where_it_did_not_work(page: Page, answer: int | None) -> None:
    assert "may still be logged in" in await after_log_out(page, answer)
