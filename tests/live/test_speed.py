"""Measuring the model that serves, on the Admin page of a real browser."""

import time

import pytest
from playwright.sync_api import expect

from tests.live.app import LiveApp, wait_for
from tests.live.conftest import Visitor, VisitorFactory

pytestmark = pytest.mark.browser

MEASURED_MS = 240_000
RUNNING = "vinochat_num_requests_running"


def admin_of(app: LiveApp, visitors: VisitorFactory) -> Visitor:
    visitor = visitors.signed_in(app)
    assert app.command("users", "promote", visitor.name).returncode == 0
    visitor.open("/admin")
    return visitor


def running(app: LiveApp, visitor: Visitor) -> float:
    text = visitor.context.request.get(f"{app.url}/metrics").text()
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return sum(float(value) for name, value in lines if name == RUNNING)


def test_one_click_gives_a_table_and_a_picture(app: LiveApp, visitors: VisitorFactory) -> None:
    ada = admin_of(app, visitors)
    ada.click("Measure")
    picture = ada.page.get_by_role("img", name="The figures of the table as bars")
    expect(picture).to_be_visible(timeout=MEASURED_MS)
    # It is really drawn: what a policy shuts out has no size.
    assert picture.evaluate("image => image.naturalWidth") > 300
    table = ada.page.locator("#speed")
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_text("tokens/s").first).to_be_visible()
    expect(table.get_by_text("built-in · int8 · CPU · genai")).to_be_visible()
    assert ada.trouble == []


def test_leaving_the_page_ends_it(slow_app: LiveApp, visitors: VisitorFactory) -> None:
    ada = admin_of(slow_app, visitors)
    ada.click("Measure")
    ada.page.get_by_text("Measuring 2 of 4").wait_for(timeout=MEASURED_MS)
    wait_for(lambda: running(slow_app, ada) > 0, 30)
    ada.page.close()
    wait_for(lambda: running(slow_app, ada) == 0, 10)
    for _ in range(10):  # nor was that only the moment between two rounds
        time.sleep(0.2)
        assert running(slow_app, ada) == 0
