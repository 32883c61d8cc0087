"""The benchmarks by name, each in one command.

python -m benchmarks                    lists them
python -m benchmarks against_bare       runs one; --help after the name tells its options
python -m benchmarks all                runs one after the other with their defaults
"""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks.harness.figures import RESULTS
from benchmarks.harness.workload import RandomModel
from benchmarks.random_model import SHAPES

SHAPE = "qwen2-0.5b"
NAMES = (
    "against_bare",
    "against_notebook",
    "turns",
    "latency",
    "startup",
    "switching",
    "growth",
    "memory",
    "page_updates",
    "prompt_lookup",
)


def main(words: Sequence[str] | None = None) -> None:
    modules = {name: import_module(f"benchmarks.{name}") for name in NAMES}
    parser = _parser(modules)
    options = parser.parse_args(words)
    if options.name is None:
        parser.print_help()
    elif options.name == "all":
        for name in NAMES:
            run(modules[name], parser.parse_args([name]))
    else:
        run(modules[options.name], options)


def run(module: ModuleType, options: argparse.Namespace) -> None:
    """Measure, print the result and keep it."""
    options.model = RandomModel(options.shape, options.data_dir)
    report = asyncio.run(module.measure(options))
    print(report.block())
    print(f"Kept in {report.save()}")


def _parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="name", metavar="NAME")
    for name, module in modules.items():
        about = str(module.__doc__)
        command = commands.add_parser(name, help=about.split("\n")[0], description=about)
        command.add_argument("--rounds", type=int, default=module.ROUNDS, help=f"({module.ROUNDS})")
        where = RESULTS / "data"
        command.add_argument(
            "--data-dir",
            type=lambda path: Path(path).resolve(),
            default=where,
            help="for the model, the accounts and the app's log (benchmarks/results/data)",
        )
        command.add_argument("--shape", choices=SHAPES, default=SHAPE, help=f"({SHAPE})")
        module.add_options(command)
    commands.add_parser("all", help="all of them, one after the other, with their defaults")
    return parser


if __name__ == "__main__":
    # Ended from outside is ended like Ctrl-C: no app and no engine is left behind.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    main()
