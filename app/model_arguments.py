"""The options of `models` and `convert`. What they mean is models_command's matter."""

import argparse


def add_models(parser: argparse.ArgumentParser) -> None:
    """What to look for in the catalogue, and for whom."""
    parser.add_argument("--search", default="", metavar="WORDS", help="in name or description")
    parser.add_argument("--language", default="", choices=("en", "zh", "ja"))
    parser.add_argument("--page", default="", choices=("instruct", "chat"), help="what it is for")
    parser.add_argument("--licence", default="", metavar="NAME", help="exactly as listed")
    parser.add_argument("--users", type=int, default=4, metavar="N", help="people at once (4)")
    parser.add_argument("--context", type=int, default=2048, metavar="N", help="of each (2048)")
    parser.add_argument("--data-dir", metavar="DIR", help="where the models are (data)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Which model, and how it is compressed."""
    parser.add_argument(
        "source", metavar="MODEL_ID_OR_PATH", help="of the catalogue or the hub, or a folder"
    )
    parser.add_argument("--model-id", default="", metavar="NAME", help="how it is called here")
    parser.add_argument(
        "--weight-format",
        dest="weight_formats",
        action="append",
        default=[],
        metavar="FORMAT",
        help="fp16, int8 or int4; several with commas or repeated (as recommended)",
    )
    parser.add_argument("--group-size", type=int, metavar="N", help="int4: weights to one scale")
    parser.add_argument("--ratio", type=float, metavar="R", help="int4: share that is not int8")
    rounding = parser.add_mutually_exclusive_group()
    rounding.add_argument("--sym", dest="sym", action="store_true", default=None, help="int4")
    rounding.add_argument("--asym", dest="sym", action="store_false", default=None, help="int4")
    parser.add_argument("--awq", action="store_true", help="int4: more exact, takes much longer")
    parser.add_argument(
        "--calibration", default="", metavar="FILE", help="AWQ: a text, or a data set of the hub"
    )
    parser.add_argument("--revision", default="", metavar="R", help="branch, tag or commit")
    parser.add_argument(
        "--trust-remote-code", action="store_true", help="run Python code that the model brings"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where models go (data)")
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")
