"""The whole app, really served on a loopback port, on scripted engines."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn

from app.config import Settings
from app.main import create_app
from tests.scripted import Engines

PASSWORD = "a quiet harbour at dawn"


@contextlib.contextmanager
def serve(settings: Settings, engines: Engines) -> Iterator[str]:
    """Serve the app and give its address, once its first engine is ready."""
    servers: list[uvicorn.Server] = []

    async def run(listener: socket.socket) -> None:
        config = uvicorn.Config(
            create_app(settings, engines), log_config=None, timeout_graceful_shutdown=1
        )
        servers.append(uvicorn.Server(config))
        await servers[0].serve(sockets=[listener])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(run(listener)))
        thread.start()
        try:
            wait_for(lambda: engines.made and engines.last.alive)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            servers[0].should_exit = True
            thread.join(20)


def wait_for(condition: Callable[[], object], timeout_s: float = 10) -> None:
    """Wait, without an event loop, for something that is bound to come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
