"""The whole application: `create_app` puts it together, `serve` runs it."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import api, metrics_route
from app.auth.accounts import Accounts
from app.auth.routes import build_router
from app.chat import Chat
from app.config import Settings
from app.conversations import Conversations
from app.database import Database
from app.gate import Gate
from app.inference.engine_process import EngineHandle, EngineProcess
from app.inference.jobs import Jobs
from app.inference.service import InferenceService
from app.inference.tuning.idle import IdleTuning
from app.inference.types import EngineSpec
from app.pages.layout import build_pages, mount
from app.services import Services
from app.web.answers import install_error_handlers

SHUTDOWN_GRACE_S = 30


def create_app(
    settings: Settings, new_engine: Callable[[EngineSpec], EngineHandle] = EngineProcess
) -> Gate:
    """The app behind its gate. The model begins to load when the app starts up.

    Raises DatabaseTooNew if a newer VinoChat wrote the database.
    """
    database = Database(settings.resolved_database_url)
    database.upgrade()
    accounts = Accounts(database, settings)
    conversations = Conversations(database)
    inference = InferenceService(settings, new_engine)
    chat = Chat(conversations, inference)
    jobs = Jobs(settings)
    tuning = IdleTuning(settings, inference, jobs, new_engine)
    services = Services(settings, accounts, conversations, inference, chat, jobs)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        inference.start()
        tuning.start()
        yield
        await tuning.stop()
        await jobs.stop()
        await inference.stop(SHUTDOWN_GRACE_S)
        await chat.saved()
        accounts.close()
        database.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    # Gradio grants any Origin unless a middleware of its parent forbids it.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    install_error_handlers(app)
    app.include_router(api.router(inference))
    app.include_router(metrics_route.router(inference.metrics))
    app.include_router(build_router(accounts, settings))
    mount(app, build_pages(services))
    return Gate(app, settings=settings, accounts=accounts)


class Server(uvicorn.Server):
    """Says where it listens as soon as pages answer."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets streams finish; a second one ends the server at once."""
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            host = f"[{host}]" if ":" in host else host
            print(f"VinoChat ready at {scheme}://{host}:{port}", flush=True)
            # What is there by now is there to stay, and need not be looked through for garbage.
            gc.freeze()
            gc.enable()


def serve(settings: Settings) -> None:
    """Run the app until it is told to end. `app.preflight` says beforehand what cannot work."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    # The app is made inside the loop that runs it: Gradio makes a loop of its own, and leaks it,
    # for every component that is built where none runs.
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.ssl_certfile,
        ssl_keyfile=settings.ssl_keyfile,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )
    # uvicorn raises the signal again when it is done; by then everything is closed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    await Server(config).serve()
