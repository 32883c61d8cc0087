"""Running apps and a real browser, shared by all live tests: both take seconds to start."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.live.app import PASSWORD, ROOT, LiveApp

SLOW = "slow"
PATIENCE_MS = 20_000  # other work on the machine may hold a browser up for seconds
expect.set_options(timeout=PATIENCE_MS)
LEFT_EARLY = ("AbortError", "Connection errored out")
"""What Gradio's client says when somebody leaves a page that is still being filled."""

_numbers = count(1)


@pytest.fixture(scope="session")
def slow_model(pytestconfig: pytest.Config) -> Path:
    """A models folder with a slow model of random weights; made once and kept between runs."""
    assert pytestconfig.cache
    models_dir = Path(pytestconfig.cache.mkdir("models"))
    folder = models_dir / SLOW / "int8"
    if not folder.exists():
        subprocess.run(
            [
                *(sys.executable, "benchmarks/random_model.py", "--shape", "llama-250m"),
                *("--weight-format", "int8", "--out", str(folder)),
            ],
            cwd=ROOT,
            check=True,
        )
    return models_dir


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, slow_model: Path) -> Iterator[LiveApp]:
    """An app that serves the built-in model and can load the slow one."""
    data_dir = tmp_path_factory.mktemp("built-in")
    (data_dir / "models").mkdir()
    (data_dir / "models" / SLOW).symlink_to(slow_model / SLOW)
    app = LiveApp(data_dir)
    app.wait_until_ready()
    yield app
    app.stop()


@pytest.fixture(scope="session")
def slow_app(tmp_path_factory: pytest.TempPathFactory, slow_model: Path) -> Iterator[LiveApp]:
    """An app whose streams last long enough to be stopped, switched and killed."""
    data_dir = tmp_path_factory.mktemp("slow")
    (data_dir / "models").symlink_to(slow_model)
    app = LiveApp(data_dir, "--model", SLOW)
    app.wait_until_ready()
    yield app
    app.stop()


# Not for the whole session: Playwright keeps an event loop running in this thread, and tests of
# other modules need one of their own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium: the system's if there is one, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    installed = next(filter(None, map(shutil.which, names)), None)
    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update"]
    browser = playwright.chromium.launch(executable_path=installed, args=quiet)
    yield browser
    browser.close()


class Visitor:
    """One person with a browser of their own; `trouble` is what the console had to say."""

    def __init__(self, context: BrowserContext, app: LiveApp) -> None:
        self.context, self.app = context, app
        self.name = f"visitor-{next(_numbers)}"
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.trouble: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("request", lambda request: self._watch(request.url))

    def _listen(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind == "error" and not any(words in text for words in LEFT_EARLY):
            self.trouble.append(text)

    def _watch(self, address: str) -> None:
        if not address.startswith((self.app.url, "data:", "blob:")):
            self.trouble.append(f"asked for {address}")

    def open(self, path: str) -> None:
        self.page.goto(self.app.url + path)

    def register(self) -> None:
        self.open("/register")
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Confirm password").fill(PASSWORD)
        self.page.get_by_role("button", name="Register", exact=True).click()

    def log_in(self) -> None:
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in", exact=True).click()

    def click(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def choose_device(self, name: str) -> None:
        self.page.get_by_label("Device", exact=True).click()
        self.page.get_by_role("option", name=name).click()


@pytest.fixture
def visitors(browser: Browser) -> Iterator["VisitorFactory"]:
    factory = VisitorFactory(browser)
    yield factory
    factory.close()


class VisitorFactory:
    """Lets people in; keywords are options of their browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def stranger(self, app: LiveApp, **options: object) -> Visitor:
        self._contexts.append(self._browser.new_context(**options))  # type: ignore[arg-type]
        return Visitor(self._contexts[-1], app)

    def signed_in(self, app: LiveApp, **options: object) -> Visitor:
        visitor = self.stranger(app, **options)
        visitor.register()
        visitor.log_in()
        visitor.page.get_by_label("User instruction").wait_for()
        return visitor

    def close(self) -> None:
        for context in self._contexts:
            context.close()
