"""Eight users streaming through the app against the bare engine, side by side in one run.

    python benchmarks/eight_users.py [--users 8] [--tokens 128] [--rounds 5]

Makes a 0.5B-shaped int8 model with random weights (speed does not depend on the values), drives
`ContinuousBatchingPipeline` directly in one process and the app through `/v1` in another, in turns,
and prints the median throughput of each, their ratio round by round, and how long `/healthz` took
while the app streamed. The bare engine has no client to serve: whatever the app, its HTTP and the
client cost on the same cores counts against the app.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
MODEL = "bench-0.5b"
PROMPT = "Tell me a long story about the sea and the people who live from it. "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=128, help="new tokens for each user")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        run_bare(options.bare, options.users, options.tokens)
    else:
        asyncio.run(compare(options.users, options.tokens, options.rounds))


def run_bare(model_dir: Path, users: int, tokens: int) -> None:
    """The engine alone, scheduled as the app schedules it; one round for each line on stdin."""
    import numpy
    import openvino
    import openvino_genai
    from tokenizers import Tokenizer

    prompt = Tokenizer.from_file(str(model_dir / "tokenizer.json")).encode(PROMPT).ids
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = 2048
    scheduler.enable_prefix_caching = True
    scheduler.dynamic_split_fuse = True
    scheduler.max_num_batched_tokens = 256
    pipeline = openvino_genai.ContinuousBatchingPipeline(str(model_dir), scheduler, "CPU", {})
    print("ready", flush=True)
    serial = 0
    for _ in sys.stdin:
        started = time.monotonic()
        handles = []
        for _ in range(users):
            serial += 1
            config = openvino_genai.GenerationConfig(
                max_new_tokens=tokens, do_sample=True, temperature=0.8, top_p=0.92, rng_seed=serial
            )
            ids = openvino.Tensor(numpy.array([[*prompt, serial % 250]], dtype=numpy.int64))
            handles.append(pipeline.add_request(serial, ids, config))
        produced = 0
        while pipeline.has_non_finished_requests():
            pipeline.step()
            for handle in handles:
                while handle.can_read():
                    produced += sum(len(o.generated_ids) for o in handle.read().values())
        print(json.dumps(produced / (time.monotonic() - started)), flush=True)


class Bare:
    """The bare engine in a process of its own."""

    def __init__(self, model_dir: Path, users: int, tokens: int) -> None:
        options = ["--bare", str(model_dir), "--users", str(users), "--tokens", str(tokens)]
        command = [sys.executable, __file__, *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._line()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def round(self) -> float:
        """Tokens per second of all requests together."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(json.loads(self._line()))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


class App:
    """The app as a person starts it, on a free port, with one account and one API key."""

    def __init__(self, data_dir: Path) -> None:
        model = ["--model", MODEL, "--data-dir", str(data_dir)]
        command = [sys.executable, "launch.py", "serve", "--port", "0", *model]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"VINOCHAT_MAX_RUNNING_PER_USER": "64"},
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        self.key = self._make_key(data_dir)

    def _make_key(self, data_dir: Path) -> str:
        users = [sys.executable, "launch.py", "users"]
        data = ["--data-dir", str(data_dir)]
        add = [*users, "add", "bench", *data]
        subprocess.run(add, cwd=ROOT, input="a long bench phrase\n", text=True, check=False)
        made = subprocess.run(
            [*users, "api-key", "bench", *data],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.split()[-1]

    async def ready(self) -> None:
        while await self.get("/readyz") != 200:
            await asyncio.sleep(0.2)

    async def get(self, path: str) -> int:
        """The HTTP status of a GET."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        )
        status = int((await reader.read()).split(b" ", 2)[1])
        writer.close()
        return status

    async def stream(self, seed: int, tokens: int) -> int:
        """One streamed completion read to its end; the tokens that the app says it made."""
        body = json.dumps(
            {
                "model": MODEL,
                "messages": [{"role": "user", "content": PROMPT}],
                "max_tokens": tokens,
                "temperature": 0.8,
                "top_p": 0.92,
                "seed": seed,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        )
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write((head + body).encode())
        tail = b""
        while piece := await reader.read(65536):
            tail = (tail + piece)[-2000:]
        writer.close()
        return int(re.findall(rb'"completion_tokens": (\d+)', tail)[-1])

    async def round(self, users: int, tokens: int, health: list[float]) -> float:
        """Tokens per second of all users together; the waits for /healthz go to `health`."""
        started = time.monotonic()
        watcher = asyncio.create_task(self._watch_health(health))
        counts = await asyncio.gather(*(self.stream(seed, tokens) for seed in range(users)))
        throughput = sum(counts) / (time.monotonic() - started)
        watcher.cancel()
        return throughput

    async def _watch_health(self, health: list[float]) -> None:
        while True:
            started = time.monotonic()
            await self.get("/healthz")
            health.append(time.monotonic() - started)
            await asyncio.sleep(0.2)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def make_model(data_dir: Path) -> Path:
    folder = data_dir / "models" / MODEL / "int8"
    if not folder.exists():
        maker = [sys.executable, "benchmarks/random_model.py", "--shape", "qwen2-0.5b"]
        target = ["--weight-format", "int8", "--out", str(folder)]
        subprocess.run([*maker, *target], cwd=ROOT, check=True)
    return folder


async def compare(users: int, tokens: int, rounds: int) -> None:
    data_dir = RESULTS / "data"
    model_dir = make_model(data_dir)
    bare, app = Bare(model_dir, users, tokens), App(data_dir)
    rates: list[tuple[float, float]] = []
    health: list[float] = []
    try:
        await app.ready()
        for number in range(rounds + 1):
            alone = await asyncio.to_thread(bare.round)
            through = await app.round(users, tokens, health if number else [])
            if number:  # the first round warms both up
                rates.append((alone, through))
                print(f"round {number}: bare {alone:.1f}, app {through:.1f} tokens/s", flush=True)
    finally:
        bare.close()
        app.close()
    report(users, rates, sorted(health))


def report(users: int, rates: list[tuple[float, float]], health: list[float]) -> None:
    ratios = [through / alone for alone, through in rates]
    p99 = health[int(len(health) * 0.99)] * 1000
    print(f"{users} users, medians of {len(rates)} rounds:")
    print(f"  bare engine   {statistics.median(a for a, _ in rates):7.1f} tokens/s")
    print(f"  app, /v1      {statistics.median(t for _, t in rates):7.1f} tokens/s")
    print(f"  app / bare    {statistics.median(ratios):7.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    print(f"  /healthz      p99 {p99:.0f} ms of {len(health)} calls meanwhile")


if __name__ == "__main__":
    main()
