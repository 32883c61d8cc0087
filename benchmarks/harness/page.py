"""A tab of the app's pages without its browser: what Gradio's own client sends, reads and patches.

A tab knows its page from `/config`, as the browser does: events are found by the label or the text
of what a person would touch. An event's updates arrive as differences and are put together here.
"""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from gradio_client.utils import apply_diff  # type: ignore[import-untyped]

from benchmarks.harness import http
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App
from benchmarks.harness.streams import Stream

Outputs = list[Any]
_TOKENS = re.compile(r"(\d+) tokens ·")


class EventFailed(Exception):
    """A page showed an error instead of what was asked for."""


class Tab:
    """One page of a signed-in person; made by `open_page`."""

    def __init__(self, port: int, cookie: str, config: dict[str, Any], page: str) -> None:
        self._port = port
        self._headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{port}"}
        shown, here = config["page"][page], {c["id"]: c for c in config["components"]}
        self._components = {id_: here[id_] for id_ in shown["components"]}
        wanted = set(shown["dependencies"])
        self._events = [event for event in config["dependencies"] if event["id"] in wanted]
        self._session = secrets.token_hex(6)

    async def load(self) -> None:
        """What the page does when it opens: every event that fills it."""
        for event in self._events:
            if any(trigger == "load" for _, trigger in event["targets"]):
                await self._finish(event, 0, self._inputs(event, {}))

    @asynccontextmanager
    async def standing_open(self) -> AsyncIterator[None]:
        """What the page does while somebody looks at it: its timers run."""
        ticking = asyncio.create_task(self._tick_for_ever())
        try:
            yield
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking

    async def _tick_for_ever(self) -> None:
        timers = [(e, t[0]) for e in self._events for t in e["targets"] if t[1] == "tick"]
        seconds = min(self._components[id_]["props"]["value"] for _, id_ in timers)
        while True:
            await asyncio.sleep(seconds)
            for event, id_ in timers:
                await self._finish(event, id_, self._inputs(event, {}))

    async def fire(
        self, name: str, trigger: str, values: dict[str, Any] | None = None
    ) -> AsyncIterator[Outputs]:
        """Let an event run; yields its outputs each time they change.

        `name` is the label or the text of a component, `values` what stands in the event's inputs,
        by label; the others are as the page was built. Raises EventFailed with what the page shows.
        """
        id_, event = self._find(name, trigger)
        async for outputs in self._run(event, id_, self._inputs(event, values or {})):
            yield outputs

    async def instruct(self, ask: Ask) -> Stream:
        """Submit the Instruct page's form, and watch "Model response" until the end."""
        return await self._watch("User instruction", ask)

    async def chat(self, ask: Ask) -> Stream:
        """Begin a conversation on the Chat page, and watch the reply."""
        return await self._watch("Message", ask)

    async def _watch(self, label: str, ask: Ask) -> Stream:
        """What a person sees of one completion. The page's own seed is used, another each time."""
        asked_at, arrivals = time.monotonic(), []
        last = line = ""
        values = {
            label: ask.messages[0]["content"],
            "Max New Tokens": ask.tokens,
            "Temperature": ask.temperature,
            "Top-p (nucleus sampling)": ask.top_p,
            "Top-k": 0,
        }
        async for text, beside, *_ in self.fire(label, "submit", values):
            shown = json.dumps(text, ensure_ascii=False) if isinstance(text, list) else text
            if isinstance(shown, str) and len(shown) > len(last):
                arrivals.append(time.monotonic())
                last = shown
            line = beside if isinstance(beside, str) else line
        receipts = _TOKENS.findall(last + line)
        made = int(receipts[-1]) if receipts else 0
        return Stream(asked_at, tuple(arrivals), time.monotonic(), made, made == ask.tokens, last)

    def _find(self, name: str, trigger: str) -> tuple[int, dict[str, Any]]:
        for id_, component in self._components.items():
            props = component["props"]
            if name in (props.get("label"), props.get("value")):
                for event in self._events:
                    if [id_, trigger] in event["targets"] and event["outputs"]:
                        return id_, event
        raise LookupError(f"This page has no {name!r} with the event {trigger!r}.")

    def _inputs(self, event: dict[str, Any], values: dict[str, Any]) -> list[Any]:
        shown = (self._components[id_]["props"] for id_ in event["inputs"])
        return [values.get(props.get("label"), props.get("value")) for props in shown]

    async def _finish(self, event: dict[str, Any], id_: int, inputs: list[Any]) -> None:
        async for _ in self._run(event, id_, inputs):
            pass

    async def _run(
        self, event: dict[str, Any], id_: int, inputs: list[Any]
    ) -> AsyncIterator[Outputs]:
        content = {
            "data": inputs,
            "event_data": None,
            "fn_index": event["id"],
            "trigger_id": id_,
            "session_hash": self._session,
        }
        if not event["queue"]:
            answer = await http.post_json(
                self._port, "/gradio_api/run/predict", content, self._headers
            )
            yield json.loads(await answer.body())["data"]
            return
        joined = await http.post_json(self._port, "/gradio_api/queue/join", content, self._headers)
        await joined.body()
        async for outputs in self._read_updates():
            yield outputs

    async def _read_updates(self) -> AsyncIterator[Outputs]:
        path = f"/gradio_api/queue/data?session_hash={self._session}"
        stream = await http.request(self._port, "GET", path, self._headers)
        outputs: Outputs = []
        async for data in stream.events():
            message = json.loads(data)
            kind = message["msg"]
            if kind not in ("process_generating", "process_completed"):
                continue
            output = message["output"]
            if not message.get("success", True):
                raise EventFailed(output.get("error") or "The page shows an error.")
            if kind == "process_completed" or not outputs:
                outputs = output["data"]
            else:
                pairs = zip(outputs, output["data"], strict=True)
                outputs = [apply_diff(shown, patch) for shown, patch in pairs]
            yield outputs


async def open_page(app: App, cookie: str, path: str) -> Tab:
    """Ask for a page as a browser does: the document, then what fills it."""
    await http.get(app.port, path, {"Cookie": cookie})
    tab = Tab(app.port, cookie, await read_config(app, cookie), path.removeprefix("/"))
    await tab.load()
    return tab


async def read_config(app: App, cookie: str) -> dict[str, Any]:
    """The component tree of all pages."""
    response = await http.request(app.port, "GET", "/config", {"Cookie": cookie})
    return dict(json.loads(await response.body()))
