"""What people do, in a real browser, on the app as it is started for real."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.live.app import LiveApp, wait_for
from tests.live.conftest import Visitor, VisitorFactory

pytestmark = pytest.mark.browser

PERFORMANCE = re.compile(
    r"[\d.]+ tokens/s · first token [\d.]+ s · (\d+) tokens · (CPU|AUTO \(CPU\)) · int8"
)


def response(visitor: Visitor) -> str:
    return visitor.page.locator("#model-response").inner_text()


def performance(visitor: Visitor) -> str:
    return visitor.page.locator("#performance").inner_text()


def tokens_of(visitor: Visitor) -> int:
    found = PERFORMANCE.search(performance(visitor))
    assert found, performance(visitor)
    return int(found.group(1))


def instruct(visitor: Visitor, text: str, max_new_tokens: int | None = None) -> None:
    if max_new_tokens is not None:
        field = visitor.page.get_by_label("Max New Tokens").first
        field.fill(str(max_new_tokens))
        field.press("Tab")
    visitor.page.get_by_label("User instruction").fill(text)
    visitor.click("Submit")


def say(page: Page, text: str) -> str:
    """Send a chat message and wait for the whole answer, which ends with its receipt."""
    receipts = page.get_by_text(PERFORMANCE)
    before = receipts.count()
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(receipts).to_have_count(before + 1, timeout=60_000)
    return page.locator(".message.bot, [data-testid=bot]").last.inner_text()


def test_from_registering_to_logging_out(app: LiveApp, visitors: VisitorFactory) -> None:
    visitor = visitors.stranger(app)
    page = visitor.page
    visitor.open("/chat")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_role("link", name="Create an account").click()
    visitor.register()
    visitor.log_in()
    instruct(visitor, "Who are you?")
    expect(page.locator("#performance")).to_have_text(PERFORMANCE, timeout=60_000)
    assert "VinoChat" in response(visitor)
    text = page.locator("#model-response p").first.bounding_box()
    copy = page.locator("#model-response button").first.bounding_box()
    assert text
    assert copy
    assert text["x"] + text["width"] <= copy["x"], "it covers the end of the first line"

    visitor.open("/chat")
    say(page, "My name is Quillon.")
    assert "Quillon" in say(page, "What is my name?")
    page.reload()
    expect(page.get_by_text("My name is Quillon.").first).to_be_visible()
    assert page.get_by_text(PERFORMANCE).count() == 2

    visitor.click("Log out")
    expect(page).to_have_url(re.compile("/login"))
    for path in ("/", "/chat", "/models", "/account", "/admin"):
        visitor.open(path)
        expect(page).to_have_url(re.compile(r"/login\?next="))
    assert not visitor.trouble


def test_text_grows_and_stops(slow_app: LiveApp, visitors: VisitorFactory) -> None:
    visitor = visitors.signed_in(slow_app)
    instruct(visitor, "Tell me a story about a cat.", 1000)
    wait_for(lambda: len(response(visitor)) > 20, 20)
    first = response(visitor)
    wait_for(lambda: len(response(visitor)) > len(first) + 50, 20)
    visitor.click("Stop")
    expect(visitor.page.locator("#performance")).to_have_text(PERFORMANCE)
    assert 5 < tokens_of(visitor) < 1000
    stopped = response(visitor)
    assert first[:15] in stopped
    time.sleep(1)
    assert response(visitor) == stopped
    visitor.click("Clear")
    expect(visitor.page.get_by_label("User instruction")).to_have_value("")
    wait_for(lambda: "tokens/s" not in performance(visitor), 5)


def test_a_switch_while_another_streams(slow_app: LiveApp, visitors: VisitorFactory) -> None:
    ada, bob = visitors.signed_in(slow_app), visitors.signed_in(slow_app)
    instruct(bob, "Tell me a long story.", 400)
    wait_for(lambda: len(response(bob)) > 20, 20)
    ada.choose_device("AUTO")
    for visitor in (ada, bob):
        expect(visitor.page.get_by_text(re.compile("AUTO.*CPU")).first).to_be_visible(
            timeout=60_000
        )
    expect(bob.page.locator("#performance")).to_have_text(PERFORMANCE, timeout=90_000)
    assert tokens_of(bob) == 400
    assert " · CPU · " in performance(bob)
    instruct(ada, "Hello.", 5)
    expect(ada.page.locator("#performance")).to_have_text(PERFORMANCE, timeout=30_000)
    assert "AUTO (CPU)" in performance(ada)
    wait_for(lambda: len(slow_app.engine_pids()) == 1, 30)
    ada.choose_device("CPU —")
    wait_for(lambda: slow_app.device() == "CPU", 60)


def test_a_killed_engine_keeps_the_text_and_comes_back(
    slow_app: LiveApp, visitors: VisitorFactory
) -> None:
    visitor = visitors.signed_in(slow_app)
    slow_app.wait_until_ready()
    wait_for(lambda: len(slow_app.engine_pids()) == 1, 30)
    instruct(visitor, "Tell me a story.", 1000)
    wait_for(lambda: len(response(visitor)) > 50, 30)
    slow_app.kill_engine()
    wait_for(lambda: slow_app.readiness() == 503, 2)
    expect(visitor.page.get_by_text(re.compile("engine stopped")).first).to_be_visible()
    kept = response(visitor)
    assert len(kept) > 50
    assert visitor.page.request.get(slow_app.url + "/chat").status == 200
    slow_app.wait_until_ready(60)
    instruct(visitor, "Hello again.", 5)
    # Not any receipt: that of the completion which was cut off stands there still.
    receipt = re.compile(" · 5 tokens · ")
    expect(visitor.page.locator("#performance")).to_have_text(receipt, timeout=30_000)


def test_chat_stop_keeps_the_partial_completion(
    slow_app: LiveApp, visitors: VisitorFactory
) -> None:
    visitor = visitors.signed_in(slow_app)
    slow_app.wait_until_ready()
    visitor.open("/chat")
    page = visitor.page
    page.get_by_label("Message", exact=True).fill("Tell me everything.")
    visitor.click("Submit")
    answer = page.locator("[data-testid=bot]").last
    wait_for(lambda: answer.count() and len(answer.inner_text()) > 40, 30)
    visitor.click("Stop")
    expect(page.get_by_text(PERFORMANCE)).to_have_count(1)
    text = answer.inner_text()[:30]
    page.reload()
    expect(page.get_by_text(text).first).to_be_visible()
    visitor.click("Submit")  # refused, since there is no message
    expect(page.get_by_test_id("toast-text")).to_contain_text("empty")
    expect(page.get_by_text("Error", exact=True).locator("visible=true")).to_have_count(1)
    visitor.click("New chat")
    expect(page.locator("[data-testid=bot]")).to_have_count(0)


def test_an_empty_instruction_says_what_to_do(slow_app: LiveApp, visitors: VisitorFactory) -> None:
    visitor = visitors.signed_in(slow_app)
    visitor.click("Submit")
    expect(visitor.page.get_by_text(re.compile("empty|Type", re.I)).first).to_be_visible()


def test_a_refused_password_change_says_why(app: LiveApp, visitors: VisitorFactory) -> None:
    visitor = visitors.signed_in(app)
    visitor.open("/account")
    # Gradio shows no message of an event that does not go through its queue.
    visitor.page.get_by_label("Current password").fill("not the one")
    visitor.page.get_by_label("New password", exact=True).fill("another harbour at dusk")
    visitor.page.get_by_label("Confirm new password").fill("another harbour at dusk")
    visitor.click("Change password")
    expect(visitor.page.get_by_test_id("toast-text")).to_contain_text("password")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_quiet_and_fits(
    app: LiveApp, visitors: VisitorFactory, scheme: str, width: int
) -> None:
    visitor = visitors.signed_in(app, color_scheme=scheme, viewport={"width": width, "height": 900})
    for path in ("/", "/chat", "/models", "/account"):
        visitor.open(path)
        expect(visitor.page.get_by_role("button", name="Log out", exact=True)).to_be_visible()
        overflow = visitor.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{path} is {overflow} px too wide"
    assert not visitor.trouble
