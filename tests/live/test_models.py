"""Adding, loading and deleting models in a real browser, with a stand-in for the hub."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import checkpoints
from tests.hub import Hub
from tests.live.app import LiveApp, wait_for
from tests.live.conftest import SLOW, Visitor, VisitorFactory

pytestmark = pytest.mark.browser

MODEL = "qwen2-0.5b-instruct"
HUB_ID = "Qwen/Qwen2-0.5B-Instruct"
RECEIPT = re.compile(r"tokens/s · first token [\d.]+ s · (\d+) tokens · CPU · int8")
CONVERTED_S = 240_000
"""Milliseconds: seconds by themselves, minutes where the whole suite runs beside."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    made = checkpoints.make(folder, "qwen2")["qwen2"]
    broken = shutil.copytree(made, folder / "broken")
    config = json.loads((broken / "config.json").read_text("utf-8"))
    config |= {"model_type": "unheard-of", "architectures": ["UnheardOfModel"]}
    (broken / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with Hub() as hub:
        hub.add(HUB_ID, made)
        hub.add("someone/broken", broken)
        yield hub


@pytest.fixture(scope="module")
def hub_app(
    tmp_path_factory: pytest.TempPathFactory, slow_model: Path, hub: Hub
) -> Iterator[LiveApp]:
    """An app that serves the slow model and knows the stand-in as its hub."""
    data_dir = tmp_path_factory.mktemp("models-app")
    (data_dir / "models").mkdir()
    (data_dir / "models" / SLOW).symlink_to(slow_model / SLOW)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            patch.delenv(name, raising=False)
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(data_dir / "hf-home"))
        app = LiveApp(data_dir, "--model", SLOW)
    app.wait_until_ready()
    app.command("users", "add", "first", stdin="a quiet harbour at dawn\n")
    yield app
    app.stop()


@pytest.fixture
def ada(hub_app: LiveApp, visitors: VisitorFactory) -> Visitor:
    """An admin on the Models page."""
    visitor = visitors.signed_in(hub_app)
    assert hub_app.command("users", "promote", visitor.name).returncode == 0
    on_models(visitor)
    return visitor


def on_models(visitor: Visitor) -> None:
    visitor.open("/models")
    expect(visitor.page.get_by_text(re.compile(r"\d+ of \d+ models"))).to_be_visible()


def pick(page: Page, model_id: str) -> None:
    page.get_by_label("Search", exact=True).fill(model_id)
    # The number above the list changes a moment before the list does.
    expect(page.locator("#catalogue").get_by_role("radio")).to_have_count(1)
    page.get_by_role("radio", name=re.compile(rf"^{re.escape(model_id)}\s")).click()
    expect(page.get_by_label("Model to add", exact=True)).to_have_value(model_id)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


def bar(page: Page) -> Locator:
    return page.locator("#job progress")


def percent(page: Page) -> float:
    shown = page.locator("#job").inner_text()
    found = re.search(r"(\d+)%", shown)
    return int(found.group(1)) if found else 100 if "Done" in shown else -1


def status(page: Page) -> Locator:
    return page.locator("#status")


def row(page: Page, model_id: str) -> Locator:
    return page.locator("tr", has_text=model_id).filter(has_text="tokens")


def stream(visitor: Visitor, tokens: int) -> None:
    field = visitor.page.get_by_label("Max New Tokens").first
    field.fill(str(tokens))
    field.press("Tab")
    visitor.page.get_by_label("User instruction").fill("Tell me a long story.")
    visitor.click("Submit")
    said = visitor.page.locator("#model-response")
    wait_for(lambda: len(said.inner_text()) > 20, 30)


def test_from_the_catalogue_to_a_chat_and_away_again(
    hub_app: LiveApp, hub: Hub, ada: Visitor, visitors: VisitorFactory
) -> None:
    page, bob = ada.page, visitors.signed_in(hub_app)
    hub.bytes_per_second = 400_000
    pick(page, MODEL)
    expect(page.locator("#details")).to_contain_text("check the model card")
    page.get_by_label("int8", exact=True).check()
    page.get_by_label("int4", exact=True).check()  # at once: the answer to the first leaves it
    expect(page.locator("#details")).to_contain_text("int4")
    expect(page.get_by_label("int8", exact=True)).to_be_checked()
    expect(page.get_by_label("int4", exact=True)).to_be_checked()
    ada.click("Download and convert")

    expect(bar(page)).to_be_visible()
    seen = {percent(page)}
    wait_for(lambda: seen.add(percent(page)) or len(seen) > 3, 60)
    before = percent(page)
    page.reload()
    expect(bar(page)).to_be_visible()
    assert percent(page) >= before > 0, "the job goes on without its page"
    on_models(bob)
    expect(bar(bob.page)).to_be_visible()
    expect(bob.page.locator("#job")).to_contain_text(f"asked for by {ada.name}")

    expect(page.locator("#job")).to_contain_text("Compression rate", timeout=CONVERTED_S)
    expect(page.locator("#job")).to_contain_text("discrete GPU")
    for weight_format in ("int8", "int4"):
        expect(row(page, MODEL).filter(has_text=weight_format)).to_be_visible()

    bob.open("/")
    stream(bob, 300)
    choose(page, "Model", f"{MODEL} (int8)")
    ada.click("Load")
    expect(status(page)).to_contain_text(f"Ready · {MODEL} · int8", timeout=60_000)
    expect(bob.page.locator("#performance")).to_have_text(RECEIPT, timeout=90_000)
    assert " · 300 tokens · " in bob.page.locator("#performance").inner_text()
    assert not bob.trouble

    ada.open("/chat")
    page.get_by_label("Message", exact=True).fill("Hello!")
    ada.click("Submit")
    expect(page.get_by_text(RECEIPT)).to_be_visible(timeout=60_000)

    on_models(ada)
    expect(row(page, MODEL).filter(has_text="loaded")).to_have_count(1)
    choose(page, "Model", f"{MODEL} (int8)")
    ada.click("Delete")
    ada.click("Delete for good")
    expect(page.get_by_text("Load another model first")).to_be_visible()
    choose(page, "Model", f"{SLOW} (int8)")
    ada.click("Load")
    expect(status(page)).to_contain_text(f"Ready · {SLOW} · int8", timeout=60_000)
    for weight_format in ("int8", "int4"):
        choose(page, "Model", f"{MODEL} ({weight_format})")
        ada.click("Delete")
        expect(page.get_by_text("This frees")).to_be_visible()
        ada.click("Delete for good")
        expect(row(page, MODEL).filter(has_text=weight_format)).to_have_count(0)
    assert not (hub_app.data_dir / "models" / MODEL).exists()
    assert not [one for one in ada.trouble if "500" not in one], "but for the refusal"


def test_a_cancelled_job_leaves_nothing(hub_app: LiveApp, hub: Hub, ada: Visitor) -> None:
    hub.bytes_per_second = 50_000
    pick(ada.page, MODEL)
    ada.click("Download and convert")
    expect(bar(ada.page)).to_be_visible()
    wait_for(lambda: percent(ada.page) > 0, 60)
    ada.click("Cancel")
    expect(ada.page.locator("#job")).to_contain_text("Cancelled")
    assert not (hub_app.data_dir / "models" / MODEL).exists()
    assert not list((hub_app.data_dir / "models").glob(".converting-*"))
    hub.mend()


def test_a_failing_job_says_why_and_shows_its_log(hub: Hub, ada: Visitor) -> None:
    hub.mend()
    page = ada.page
    page.get_by_label("Model to add", exact=True).fill("someone/broken")
    expect(page.locator("#details")).to_contain_text("Not in the catalogue")
    ada.click("Download and convert")
    expect(page.locator("#job")).to_contain_text("Failed", timeout=CONVERTED_S)
    log = page.get_by_label("Last lines of the log")
    expect(log).to_be_visible()
    assert len(log.input_value()) > 20
    page.reload()
    expect(page.locator("#job")).to_contain_text("Failed")


def test_who_is_no_admin_installs_nothing(
    hub_app: LiveApp, hub: Hub, visitors: VisitorFactory
) -> None:
    eve = visitors.signed_in(hub_app)
    on_models(eve)
    expect(eve.page.get_by_role("button", name="Download and convert")).to_be_disabled()
    expect(eve.page.get_by_text("Only admins may install")).to_be_visible()
    expect(eve.page.get_by_role("button", name="Delete", exact=True)).to_have_count(0)
    asked = len(hub.requests)
    answer = call_event(eve, "install", {"Model to add": MODEL, "Weight formats": ["int8"]})
    assert "Only admins may install or delete models here" in answer
    assert len(hub.requests) == asked


def call_event(visitor: Visitor, name: str, values: dict[str, Any]) -> str:
    """Call a page's event as a program would, behind the page's back; all that it answers."""
    requests, url = visitor.page.request, visitor.app.url
    config = requests.get(f"{url}/config").json()
    labels = {one["id"]: one["props"].get("label") for one in config["components"]}
    defaults = {one["id"]: one["props"].get("value") for one in config["components"]}
    event = next(one for one in config["dependencies"] if one["api_name"] == name)
    body = {
        "data": [values.get(labels[field], defaults[field]) for field in event["inputs"]],
        "fn_index": event["id"],
        "session_hash": "behind-the-page",
    }
    joined = requests.post(f"{url}/gradio_api/queue/join", data=body)
    assert joined.status == 200, joined.text()
    return requests.get(f"{url}/gradio_api/queue/data?session_hash=behind-the-page").text()
