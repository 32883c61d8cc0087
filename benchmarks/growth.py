"""How tokens per second and the first token grow with the users and with the prompt's length.

One to sixty-four users ask at once through /v1, with the app's own limits: beyond sixteen they wait
in its queue, which the time to the first token includes. Then one user asks with prompts of 100 to
8,000 tokens. Prints a table and draws growth.svg beside the JSON.
"""

import argparse
import statistics
from collections.abc import Sequence

from benchmarks.harness import workload
from benchmarks.harness.app import people
from benchmarks.harness.chart import Panel, svg
from benchmarks.harness.crowd import Crowd
from benchmarks.harness.figures import Figure, Report, percentile
from benchmarks.harness.streams import Stream, throughput

ROUNDS = 1
USERS = [1, 2, 4, 8, 16, 32, 64]
PROMPTS = [100, 250, 500, 1000, 2000, 4000, 8000]
_PEOPLE = 16
_AROUND = 20  # tokens that the chat template puts around a prompt

Runs = dict[int, list[list[Stream]]]
"""By the number of users, or of prompt tokens: the streams of each round."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, nargs="+", default=USERS, help="(1 2 4 … 64)")
    parser.add_argument("--prompts", type=int, nargs="+", default=PROMPTS, help="(100 … 8000)")
    parser.add_argument("--tokens", type=int, default=32, help="new tokens for each user (32)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("growth", "From one user to many, and from short prompts to long ones")
    everybody = people(options.data_dir, min(_PEOPLE, max(options.users)))
    async with workload.serving(options.model) as app:
        crowd = Crowd(app, options.model.id, everybody)
        await crowd.through_api(workload.asks(1, options.tokens, 0))
        by_users: Runs = {users: [] for users in options.users}
        by_prompt: Runs = {length: [] for length in options.prompts}
        for number in range(1, options.rounds + 1):
            for users, rounds in by_users.items():
                asks = workload.asks(users, options.tokens, number * 100 + users)
                rounds.append(await crowd.through_api(asks))
                print(f"  {users} users: {throughput(rounds[-1]):.1f} tokens/s", flush=True)
            for length, rounds in by_prompt.items():
                asks = workload.asks(1, options.tokens, number * 10_000 + length, length - _AROUND)
                rounds.append(await crowd.through_api(asks))
                print(f"  {length} tokens: first after {rounds[-1][0].ttft:.2f} s", flush=True)
    _tell_users(report, by_users)
    _tell_prompts(report, by_prompt)
    report.picture = svg(_panels(report))
    report.notes.append(
        f"{options.tokens} new tokens each, 32 prompt tokens where not said otherwise; "
        f"{options.rounds} round(s). Drawn in growth.svg."
    )
    return report


def _tell_users(report: Report, runs: Runs) -> None:
    for users, rounds in runs.items():
        firsts = [stream.ttft for streams in rounds for stream in streams]
        report.add(
            Figure.median(f"{users} users: together", [throughput(r) for r in rounds], "tokens/s"),
            Figure(f"{users} users: first token, median", statistics.median(firsts), "s"),
            Figure(f"{users} users: first token, p95", percentile(firsts, 95), "s"),
        )


def _tell_prompts(report: Report, runs: Runs) -> None:
    for length, rounds in runs.items():
        streams = [stream for (stream,) in rounds]
        firsts = [stream.ttft for stream in streams]
        prefill = [stream.prompt_tokens / stream.ttft for stream in streams]
        report.add(
            Figure.median(f"{length} prompt tokens: first token", firsts, "s"),
            Figure.median(f"{length} prompt tokens: read", prefill, "tokens/s"),
            Figure.median(f"{length} prompt tokens: written", _decoding(streams), "tokens/s"),
        )


def _decoding(streams: Sequence[Stream]) -> list[float]:
    """Tokens per second after the first one."""
    return [(s.tokens - 1) / (s.ended_at - s.asked_at - s.ttft) for s in streams]


def _panels(report: Report) -> list[Panel]:
    def curve(kind: str, name: str) -> list[tuple[float, float]]:
        found = (figure for figure in report.figures if figure.name.endswith(f" {kind}: {name}"))
        return [(float(figure.name.split()[0]), figure.value) for figure in found]

    users = {name: curve("users", f"first token, {name}") for name in ("median", "p95")}
    prompt = {name: curve("prompt tokens", name) for name in ("read", "written")}
    return [
        Panel("Tokens per second, all users together", "users", {"": curve("users", "together")}),
        Panel("First token, seconds", "users", users),
        Panel("First token, seconds", "prompt tokens", {"": curve("prompt tokens", "first token")}),
        Panel("Tokens per second of one user", "prompt tokens", prompt),
    ]
