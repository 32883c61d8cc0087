"""The first token of a conversation's tenth turn, with 2,000 tokens of history, against its first.

Without prefix caching the tenth turn would read the whole history again; how long that takes is
shown by a prompt of the same length that the engine has not seen. Every question has as many tokens
as the first one. The history is what the model itself wrote, in whole conversations through /v1.
"""

import argparse
import asyncio

from benchmarks.harness import api, workload
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, Person, people
from benchmarks.harness.crowd import whole
from benchmarks.harness.figures import Figure, Report, at_most, ratio
from benchmarks.harness.rounds import in_turns
from benchmarks.harness.streams import Stream

ROUNDS = 9
FIRST, TENTH = "turn 1", "turn 10"
AIM = at_most(1.5)
_TURNS_BEFORE = 9
_AROUND = 20  # tokens that the chat template puts around a question and its answer
_SHORT = 2
_COLD_ROUNDS = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--history", type=int, default=2000, help="tokens before turn 10 (2000)")
    parser.add_argument("--question", type=int, default=40, help="tokens of each question (40)")
    parser.add_argument("--conversations", type=int, default=3, help="how many are held (3)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("turns", "The first token of turn 10 against that of turn 1")
    person = people(options.data_dir, 1)[0]
    async with workload.serving(options.model) as app:
        print(f"Holding {options.conversations} conversations of nine turns …", flush=True)
        numbers = range(options.conversations)
        held = await asyncio.gather(*(_hold(app, person, options, number) for number in numbers))
        lengths: dict[str, int] = {}

        async def first_token(name: str, turns: list[str], number: int) -> float:
            ask = Ask(api.chat(turns), _SHORT, seed=number)
            (stream,) = whole([await api.complete(app.port, person.key, options.model.id, ask)])
            lengths[name] = stream.prompt_tokens
            return stream.ttft * 1000

        async def first(number: int) -> float:
            return await first_token(FIRST, [_question(options, number, "first")], number)

        async def tenth(number: int) -> float:
            before = held[number % len(held)]
            return await first_token(TENTH, [*before, _question(options, number, "tenth")], number)

        print("First token, ms:", flush=True)
        waits = await in_turns({FIRST: first, TENTH: tenth}, options.rounds)
        unseen = [
            await first_token("unseen", [workload.text(lengths[TENTH] - _AROUND, -number)], number)
            for number in range(1, _COLD_ROUNDS + 1)
        ]
    for name, wait in waits.items():
        report.add(Figure.median(f"{name}, {lengths[name]} prompt tokens", wait, "ms"))
    report.add(Figure.median(f"unseen prompt of {lengths['unseen']} tokens", unseen, "ms"))
    report.add(ratio(f"{TENTH} / {FIRST}", waits[TENTH], waits[FIRST], AIM))
    report.notes.append(f"Medians of {options.rounds} rounds in turns, one user, through /v1.")
    return report


async def _hold(app: App, person: Person, options: argparse.Namespace, number: int) -> list[str]:
    """Nine questions and answers, which together with the template are as long as was asked."""
    answer = options.history // _TURNS_BEFORE - options.question - _AROUND
    turns: list[str] = []
    for turn in range(_TURNS_BEFORE):
        turns.append(_question(options, number, f"turn {turn}"))
        ask = Ask(api.chat(turns), max(answer, 1), seed=number)
        stream: Stream
        (stream,) = whole([await api.complete(app.port, person.key, options.model.id, ask)])
        turns.append(stream.text)
    return turns


def _question(options: argparse.Namespace, number: int, place: str) -> str:
    return workload.text(options.question, f"{place}, {number}")
