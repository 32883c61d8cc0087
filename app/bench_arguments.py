"""The options of `bench`. What they mean is bench_command's matter."""

import argparse
from collections.abc import Callable

ENGINES = ("auto", "genai", "optimum", "optimum-stateless", "torch", "torch-float32")
_FORMATS = ("fp16", "int8", "int4")


def add_bench(parser: argparse.ArgumentParser) -> None:
    """What to measure, and how the figures are shown. Most take several values with commas."""
    several = parser.add_argument_group("what is compared; several with commas, all combinations")
    several.add_argument("--model", dest="models", type=_words(), metavar="IDS", help="(built-in)")
    several.add_argument(
        "--weight-format",
        dest="weight_formats",
        type=_words(*_FORMATS),
        metavar="FORMATS",
        help="fp16, int8, int4 (int8)",
    )
    several.add_argument(
        "--device", dest="devices", type=_words(), metavar="DEVICES", help="CPU, GPU, AUTO … (CPU)"
    )
    several.add_argument(
        "--engine",
        dest="engines",
        type=_words(*ENGINES),
        metavar="ENGINES",
        help="genai; optimum; optimum-stateless, which keeps a text's past outside of the model; "
        "torch, PyTorch on the original weights as they are stored; torch-float32, the same "
        "computed in float32 (auto, what serves the model)",
    )
    several.add_argument(
        "--prompt-tokens", type=_numbers(1_000_000), default=(32, 256), metavar="LENGTHS",
        help="(32,256)",
    )  # fmt: skip
    several.add_argument(
        "--users", type=_numbers(1024), default=(1, 4), metavar="COUNTS",
        help="requests at once (1,4); those beyond VINOCHAT_MAX_RUNNING wait, as in serving",
    )  # fmt: skip
    parser.add_argument(
        "--new-tokens", type=_number(8192), default=32, metavar="N", help="in each completion (32)"
    )
    parser.add_argument(
        "--rounds", type=_number(1000), default=3, metavar="N", help="of each combination (3)"
    )
    parser.add_argument("--checkpoint", metavar="DIR", help="what PyTorch reads for --model")
    parser.add_argument("--plot", metavar="FILE", help="draw a picture into this .svg or .png")
    parser.add_argument("--data-dir", metavar="DIR", help="where the models are (data)")
    parser.add_argument("--json", action="store_true", help="print all facts as JSON")


def _words(*known: str) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
        wrong = [word for word in words if known and word not in known]
        if wrong or not words:
            choice = f"choose among {', '.join(known)}" if known else "name at least one"
            raise argparse.ArgumentTypeError(f"{', '.join(wrong) or 'nothing'}: {choice}")
        return words

    return parse


def _number(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = 0
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {most}")
        return number

    return parse


def _numbers(most: int) -> Callable[[str], tuple[int, ...]]:
    def parse(text: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(_number(most)(part.strip()) for part in text.split(",")))

    return parse
