"""The app against the notebook way (one optimum-intel model behind a lock) and against PyTorch.

Sixteen users ask at once. PyTorch's model waits for nobody either, so its tokens per second do not
depend on how many ask; it is asked by fewer, since it is slow. float32 is what PyTorch does by
default; bfloat16 is measured where the CPU computes in it.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.harness import workload
from benchmarks.harness.app import people
from benchmarks.harness.crowd import Crowd, whole
from benchmarks.harness.figures import Figure, Report, at_least, cpu_can, ratio
from benchmarks.harness.locked import LockedModel
from benchmarks.harness.rounds import Side, in_turns
from benchmarks.harness.streams import throughput

ROUNDS = 3
APP, NOTEBOOK = "app, /v1", "notebook way"
AIM = at_least(4)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, default=16, help="(16)")
    parser.add_argument("--torch-users", type=int, default=1, help="who ask PyTorch at once (1)")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens for each user (128)")


async def measure(options: argparse.Namespace) -> Report:
    users, tokens = options.users, options.tokens
    report = Report("against_notebook", f"{users} users against one model behind a lock")
    bfloat16 = cpu_can("avx512_bf16") or cpu_can("amx_bf16")
    dtypes = ("float32", "bfloat16") if bfloat16 else ("float32",)
    report.notes += [
        f"{tokens} new tokens and 32 prompt tokens each, medians of {options.rounds} rounds in "
        f"turns. PyTorch was asked by {options.torch_users} at once.",
        f"This CPU {'computes' if bfloat16 else 'does not compute'} in bfloat16.",
    ]
    async with workload.serving(options.model) as app:
        crowd = Crowd(app, options.model.id, people(options.data_dir, users))

        async def ours(number: int) -> float:
            return throughput(await crowd.through_api(workload.asks(users, tokens, number)))

        with ExitStack() as models:
            sides: dict[str, Side] = {APP: ours}
            for name, side in _rivals(options, dtypes, models):
                sides[name] = side
            rates = await in_turns(sides, options.rounds)
    for name, rate in rates.items():
        report.add(Figure.median(name, rate, "tokens/s"))
    for name in list(rates)[1:]:
        aim = AIM if name == NOTEBOOK else None
        report.add(ratio(f"{APP} / {name}", rates[APP], rates[name], aim))
    return report


def _rivals(
    options: argparse.Namespace, dtypes: Sequence[str], models: ExitStack
) -> Iterator[tuple[str, Side]]:
    """Each model in a process that lives as long as `models`, and how it is measured."""

    def rival(folder: Path, dtype: str, users: int) -> Side:
        model = models.enter_context(closing(LockedModel(folder, dtype)))

        async def side(number: int) -> float:
            asks = workload.asks(users, options.tokens, number)
            return throughput(whole(await asyncio.to_thread(model.run, asks)))

        return side

    yield NOTEBOOK, rival(options.model.folder, "openvino", options.users)
    for dtype in dtypes:
        checkpoint = options.model.checkpoint()
        yield f"PyTorch {dtype}", rival(checkpoint, dtype, options.torch_users)
