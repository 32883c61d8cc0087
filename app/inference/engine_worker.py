"""What runs inside an engine process: load one engine, then serve the pipe until told to end.

The messages of the pipe are here too. Heavy libraries are imported only after the process has
started; `engine_process` imports this module in the web process.
"""

import logging
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from app.errors import LoadFailed, VinoChatError
from app.inference import load_errors
from app.inference.engines.protocol import Engine
from app.inference.offline import stay_offline
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    EngineSpec,
    EngineStats,
    SamplingParams,
    TokenEvent,
)

logger = logging.getLogger(__name__)

_HEARTBEAT_S = 0.5
_WARM_UP_ID = -1
_WARM_UP_S = 300.0


@dataclass(frozen=True, slots=True)
class Submit:
    """To the child: run this request."""

    request: EngineRequest


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the child: end this request early."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Close:
    """To the child: end every request and exit."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: the model is compiled and has been warmed up."""

    info: EngineInfo
    stats: EngineStats


@dataclass(frozen=True, slots=True)
class Failed:
    """From the child: it gives up and exits. `text` is raw unless it is `readable`."""

    text: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Events:
    """From the child: what a step brought, and now and then how full the engine is.

    Empty ones are a sign of life.
    """

    events: tuple[TokenEvent, ...]
    stats: EngineStats | None = None


ToChild = Submit | Cancel | Close
FromChild = Ready | Failed | Events


def load(spec: EngineSpec) -> Engine:
    """Compile the model of `spec` with the engine that it names."""
    # Not at the top: this module is imported by the web process, too.
    if spec.kind == "genai":
        from app.inference.engines.genai import GenaiEngine

        return GenaiEngine(spec)
    if spec.kind == "torch":
        from app.inference.engines.torch import TorchEngine

        return TorchEngine(spec)
    from app.inference.engines.optimum import OptimumEngine

    return OptimumEngine(spec)


def try_out(spec: EngineSpec, timeout_s: float = 600.0) -> EngineInfo:
    """Load a model in a process of its own, let it write a few tokens, and end the process.

    Raises LoadFailed with a readable reason. Blocks; whatever ends it, no process is left behind.
    For a process that is no engine and wants to know whether a model runs, such as a conversion.
    """
    context = multiprocessing.get_context("spawn")
    pipe, child_pipe = context.Pipe()
    child_lifeline, lifeline = context.Pipe(duplex=False)
    child = context.Process(target=main, args=(spec, child_pipe, child_lifeline), daemon=True)
    child.start()
    # Only the child may hold these now, or its end would never show as an end of file.
    child_pipe.close()
    child_lifeline.close()
    try:
        if not pipe.poll(timeout_s):
            raise LoadFailed(f"The model was not ready on {spec.device} within {timeout_s:.0f} s.")
        told: FromChild = pipe.recv()
    except EOFError:
        child.join()
        raise LoadFailed(load_errors.how_it_died(child.exitcode or 0)) from None
    finally:
        lifeline.close()
        child.kill()
        child.join()
        pipe.close()
    match told:
        case Ready(info):
            return info
        case Failed(text, readable):
            raise LoadFailed(text if readable else load_errors.readable(text, spec.device))
    raise LoadFailed("The engine process said something unexpected. Try again.")


def main(spec: EngineSpec, pipe: Connection, lifeline: Connection) -> None:
    """The engine process, from start to end. The other end of `lifeline` is held by the parent."""
    # Ctrl-C and a service manager signal the whole group; the parent decides when this one ends,
    # so that streams can finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(format="%(asctime)s engine %(levelname)s %(name)s: %(message)s")
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    stay_offline()
    try:
        engine = load(spec)
        _warm_up(engine)
        pipe.send(Ready(engine.info, engine.stats))
        _serve(engine, pipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        readable = isinstance(error, VinoChatError)
        logger.error("The engine process gives up", exc_info=None if readable else error)
        pipe.send(Failed(str(error) if readable else f"{type(error).__name__}: {error}", readable))


def _end_with_parent(lifeline: Connection) -> None:
    """Leave at once when the parent dies or lets go, also in the middle of a compile."""
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os._exit(1)


def _warm_up(engine: Engine) -> None:
    """Run a tiny completion: the first inference repacks the weights, which takes seconds."""
    params = SamplingParams(temperature=0, max_new_tokens=2)
    engine.submit(EngineRequest(_WARM_UP_ID, (0,) * 4, params, seed=0, stop_token_ids=()))
    deadline = time.monotonic() + _WARM_UP_S
    while time.monotonic() < deadline:
        for event in engine.step():
            if event.finish_reason == "error":
                raise LoadFailed(f"The model loads but cannot write: {event.error}")
            if event.finish_reason:
                return
    raise LoadFailed(f"The model loads but writes nothing within {_WARM_UP_S:.0f} s.")


def _serve(engine: Engine, pipe: Connection) -> None:
    told_at = time.monotonic()
    while True:
        while pipe.poll(0 if engine.busy else None):
            message: ToChild = pipe.recv()
            match message:
                case Submit(request):
                    engine.submit(request)
                case Cancel(request_id):
                    engine.cancel(request_id)
                case Close():
                    pipe.send(Events(tuple(engine.close())))
                    return
        events = engine.step()
        # The last word before a rest, too: nothing would correct it until there is work again.
        if time.monotonic() - told_at > _HEARTBEAT_S or not engine.busy:
            pipe.send(Events(tuple(events), engine.stats))
            told_at = time.monotonic()
        elif events:
            pipe.send(Events(tuple(events)))
