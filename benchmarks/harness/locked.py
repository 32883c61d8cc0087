"""One model in one process behind a lock, as notebooks and most demos serve it.

Each request has a thread and a `TextIteratorStreamer`; `generate` runs one at a time, because a
second one on the same model raises. Its clients read the streamers in the same process, so that it
pays for no HTTP and no pipe. The model is optimum-intel's or, for comparison, PyTorch's own.
"""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.harness.api import Ask
from benchmarks.harness.streams import Stream

_END_S = 5.0
NOTEBOOK = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "CACHE_DIR": ""}
"""What the OpenVINO notebooks pass as `ov_config`."""


class LockedModel:
    """The process; `dtype` is "openvino" or one of PyTorch's names. Blocks while it measures."""

    def __init__(self, model_dir: Path, dtype: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, child_pipe = context.Pipe()
        arguments = (str(model_dir), dtype, child_pipe)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        child_pipe.close()
        self._pipe.recv()

    def run(self, asks: Sequence[Ask]) -> list[Stream]:
        """Complete all of them, as fast as the lock lets them."""
        self._pipe.send(list(asks))
        return list(self._pipe.recv())

    def close(self) -> None:
        self._pipe.close()  # which ends it by itself, unless it is in the middle of a round
        self._process.join(_END_S)
        self._process.terminate()
        self._process.join()


def serve(model_dir: str, dtype: str, pipe: Connection) -> None:
    """The process: each list of questions is answered with its streams; ends with the pipe."""
    from transformers import AutoTokenizer

    model, tokenizer = _load(model_dir, dtype), AutoTokenizer.from_pretrained(model_dir)
    lock = threading.Lock()
    pipe.send("ready")
    while True:
        try:
            asks: list[Ask] = pipe.recv()
        except EOFError:
            return
        with ThreadPoolExecutor(len(asks)) as users:
            streams = users.map(lambda ask: _complete(model, tokenizer, lock, ask), asks)
            pipe.send(list(streams))


def _load(model_dir: str, dtype: str) -> Any:
    if dtype == "openvino":
        from optimum.intel import OVModelForCausalLM

        return OVModelForCausalLM.from_pretrained(model_dir, device="CPU", ov_config=NOTEBOOK)
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model_dir, dtype=getattr(torch, dtype))


def _complete(model: Any, tokenizer: Any, lock: threading.Lock, ask: Ask) -> Stream:
    """One user: a thread that generates when it is its turn, and a streamer read to its end."""
    from transformers import TextIteratorStreamer

    asked_at, arrivals = time.monotonic(), []
    inputs = tokenizer.apply_chat_template(
        list(ask.messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    options = {
        "do_sample": True,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "top_k": 0,
        "min_new_tokens": ask.tokens,
        "max_new_tokens": ask.tokens,
    }

    def generate() -> None:
        with lock:
            model.generate(**inputs, **options, streamer=streamer)

    thread = threading.Thread(target=generate)
    thread.start()
    pieces = []
    for piece in streamer:
        if piece:
            arrivals.append(time.monotonic())
            pieces.append(piece)
    thread.join()
    return Stream(asked_at, tuple(arrivals), time.monotonic(), ask.tokens, True, "".join(pieces))
