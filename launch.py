#!/usr/bin/env python3
"""VinoChat's command line: parse, then call one function."""

import argparse
import asyncio
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app import bench_arguments, model_arguments, preflight
from app.config import Settings, load_settings
from app.errors import InvalidAccount, InvalidParameter, NotFound, UnknownModel, VinoChatError
from app.inference.types import SAMPLING_RANGES, SamplingParams

ABOUT = "Talk to large language models on your own hardware. Each command has --help."
WRONG_USE = (InvalidAccount, InvalidParameter, NotFound, UnknownModel)


class Parser(argparse.ArgumentParser):
    """Wrong use ends with status 2 and one line that helps."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try: {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = build_parser()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "serve")
    options = parser.parse_args(words)
    try:
        options.run(options)
        sys.stdout.flush()
    except VinoChatError as error:
        print(f"{parser.prog} {words[0]}: {error}", file=sys.stderr)
        return 2 if isinstance(error, WRONG_USE) else 1
    except BrokenPipeError:  # whoever read the output has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's next line is its own
        return 130
    return 0


def build_parser() -> Parser:
    """The commands, each with an example."""
    example = "Example: python launch.py serve --port 8080"
    parser = Parser(prog="launch.py", description=ABOUT, epilog=example)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands)
    _add_ask(commands)
    _add_chat(commands)
    _add_models(commands)
    _add_convert(commands)
    _add_bench(commands)
    _add_tune(commands)
    _add_users(commands)
    return parser


def _command(
    commands: "argparse._SubParsersAction[Parser]", name: str, summary: str, *examples: str
) -> Parser:
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary}.",
        epilog="\n".join(f"Example: python launch.py {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_serve(commands: "argparse._SubParsersAction[Parser]") -> None:
    summary = "Start the web application (the default)"
    parser = _command(commands, "serve", summary, "serve --port 8080 --device AUTO")
    parser.add_argument("--host", help="address to listen on (127.0.0.1; 0.0.0.0 for the network)")
    parser.add_argument("--port", type=int, help="port to listen on (7860)")
    _add_model_options(parser)
    parser.set_defaults(run=_serve)


def _add_ask(commands: "argparse._SubParsersAction[Parser]") -> None:
    summary = "Answer one instruction in the terminal"
    parser = _command(commands, "ask", summary, 'ask "Who are you?" --temperature 0')
    parser.add_argument("text", metavar="TEXT", help="the instruction")
    parser.add_argument("--system", help="a system prompt")
    parser.add_argument("--json", action="store_true", help="print the completion as JSON")
    _add_sampling_options(parser)
    _add_model_options(parser)
    parser.set_defaults(run=_ask)


def _add_chat(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _command(commands, "chat", "Hold a conversation in the terminal", "chat --device CPU")
    parser.add_argument("--system", help="a system prompt (a helpful assistant)")
    _add_sampling_options(parser)
    _add_model_options(parser)
    parser.set_defaults(run=_chat)


def _add_model_options(parser: Parser) -> None:
    parser.add_argument("--data-dir", metavar="DIR", help="for models and database (data)")
    parser.add_argument("--model", metavar="ID", help="which installed model (built-in)")
    parser.add_argument("--weight-format", choices=("fp16", "int8", "int4"), help="(int8)")
    parser.add_argument("--device", help="CPU, GPU, GPU.1, AUTO … (CPU)")
    parser.add_argument("--engine", choices=("auto", "genai", "optimum"), help="(auto)")


def _add_sampling_options(parser: Parser) -> None:
    defaults = SamplingParams()
    for name, (low, high) in SAMPLING_RANGES.items():
        kind = int if isinstance(low, int) else float
        default = getattr(defaults, name)
        text = f"from {low} to {high} ({'another each time' if default is None else default})"
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    parser.add_argument(
        "--stop", action="append", metavar="TEXT", help="end the completion here (up to 4 times)"
    )


def _settings(options: argparse.Namespace) -> Settings:
    names = set(Settings.model_fields) & set(vars(options))
    return load_settings(**{name: getattr(options, name) for name in names})


def _sampling(options: argparse.Namespace) -> SamplingParams:
    given = {name: getattr(options, name) for name in SAMPLING_RANGES}
    given["stop"] = tuple(options.stop) if options.stop else None
    return SamplingParams(**{name: value for name, value in given.items() if value is not None})


def _serve(options: argparse.Namespace) -> None:
    # What is imported from here on stays: looking through it for garbage, again and again, would
    # cost a second. The server takes that up once it has started.
    gc.disable()
    try:
        _start_serving(_settings(options))
    finally:
        gc.enable()


def _start_serving(settings: Settings) -> None:
    preflight.check_address(settings)
    preflight.check_model(settings)
    with preflight.open_database(settings):
        pass  # it opens; the app opens it for itself
    from app.main import serve

    serve(settings)


def _ask(options: argparse.Namespace) -> None:
    settings, params = _settings(options), _sampling(options)
    preflight.check_model(settings)
    from app.terminal import ask

    asyncio.run(ask(settings, options.text, options.system, params, options.json))


def _chat(options: argparse.Namespace) -> None:
    settings, params = _settings(options), _sampling(options)
    preflight.check_model(settings)
    from app.chat import SYSTEM_PROMPTS
    from app.terminal import chat

    system = SYSTEM_PROMPTS["en"] if options.system is None else options.system
    asyncio.run(chat(settings, system, params))


def _add_models(commands: "argparse._SubParsersAction[Parser]") -> None:
    summary = "List installed models, and the catalogue with what to expect of it here"
    parser = _command(commands, "models", summary, "models --language zh --search qwen")
    model_arguments.add_models(parser)
    parser.set_defaults(run=_models)


def _models(options: argparse.Namespace) -> None:
    settings = _settings(options)
    if not 1 <= options.users <= 10_000 or not 1 <= options.context <= 10_000_000:
        raise InvalidParameter("--users must be from 1 to 10000 and --context from 1 to 10000000.")
    from app.inference.offers import Need, Wanted
    from app.models_command import list_models

    wanted = Wanted(options.search, options.language, options.page, licence=options.licence)
    need = Need(options.users, options.context, int(settings.kv_cache_gb * 2**30))
    list_models(settings, wanted, need, options.json)


def _add_convert(commands: "argparse._SubParsersAction[Parser]") -> None:
    summary = "Download a model, convert it for OpenVINO and compress it"
    examples = (
        "convert qwen2-1.5b-instruct --weight-format int8,int4",
        "convert Qwen/Qwen3-0.6B --weight-format int4 --group-size 64 --ratio 0.9 --awq",
        "convert ./my-checkpoint --model-id mine",
    )
    parser = _command(commands, "convert", summary, *examples)
    model_arguments.add_convert(parser)
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> None:
    settings = _settings(options)
    preflight.check_data_dir(settings)
    from app.inference.orders import Order
    from app.models_command import absolute, convert

    given = ",".join(options.weight_formats).split(",")
    order = Order(
        source=absolute(options.source),
        model_id=options.model_id,
        weight_formats=tuple(one.strip() for one in given if one.strip()),
        group_size=options.group_size,
        ratio=options.ratio,
        sym=options.sym,
        awq=options.awq,
        calibration=absolute(options.calibration),
        revision=options.revision,
        trust_remote_code=options.trust_remote_code,
    )
    asyncio.run(convert(settings, order, options.json))


def _add_bench(commands: "argparse._SubParsersAction[Parser]") -> None:
    examples = (
        "bench",
        "bench --weight-format int8,int4 --prompt-tokens 128,1024 --users 1,4,16",
        "bench --engine genai,optimum,optimum-stateless,torch --plot speed.svg",
        "bench --model mine --engine genai,torch --checkpoint ./my-checkpoint --json",
    )
    parser = _command(commands, "bench", "Measure how fast models are on this machine", *examples)
    bench_arguments.add_bench(parser)
    parser.set_defaults(run=_bench)


def _bench(options: argparse.Namespace) -> None:
    settings = _settings(options)
    preflight.check_data_dir(settings)
    from app.bench_command import Wanted, bench

    given = {name: getattr(options, name) for name in Wanted.__dataclass_fields__}
    for name in ("checkpoint", "plot"):
        given[name] = Path(given[name]) if given[name] else None
    asyncio.run(bench(settings, Wanted(**given), options.json))


def _add_tune(commands: "argparse._SubParsersAction[Parser]") -> None:
    summary = "Find the settings with which a model is fastest on this machine, and remember them"
    examples = (
        "tune",
        "tune --model mine --weight-format int4 --goal throughput",
        "tune --default",
    )
    parser = _command(commands, "tune", summary, *examples)
    parser.add_argument(
        "--goal",
        dest="tune_goal",
        choices=("latency", "throughput"),
        help="one user's answer as soon as possible, or most tokens for several (latency)",
    )
    parser.add_argument(
        "--default", action="store_true", help="measure nothing: use the default settings again"
    )
    parser.add_argument("--json", action="store_true", help="print JSON with every measurement")
    _add_model_options(parser)
    parser.set_defaults(run=_tune)


def _tune(options: argparse.Namespace) -> None:
    settings = _settings(options)
    preflight.check_model(settings)
    preflight.check_data_dir(settings)
    from app.tune_command import keep_default, tune_model

    command = keep_default if options.default else tune_model
    asyncio.run(command(settings, options.json))


def _add_users(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = _command(commands, "users", "Manage accounts", "users add ada")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, summary in USER_ACTIONS.items():
        example = "users list" if name == "list" else f"users {name} ada"
        action = _command(actions, name, summary, example)
        if name != "list":
            action.add_argument("username", metavar="NAME")
        if name == "api-key":
            _add_api_key_options(action)
        action.add_argument("--data-dir", metavar="DIR", help="where the database is (data)")
        action.add_argument("--json", action="store_true", help="print JSON")
        action.set_defaults(run=_users, action=name)


def _add_api_key_options(action: Parser) -> None:
    wish = action.add_mutually_exclusive_group()
    wish.add_argument(
        "--key-name", metavar="TEXT", default="command line", help="what it is for (command line)"
    )
    wish.add_argument("--list", action="store_true", help="list the keys instead, with their ids")
    wish.add_argument("--revoke", metavar="ID", help="make the key with this id useless instead")


USER_ACTIONS = {
    "list": "List all accounts",
    "add": "Add an account; the password is asked for, or read from standard input",
    "enable": "Let a disabled or waiting account log in",
    "disable": "Shut an account and end its logins",
    "promote": "Make an account an administrator",
    "reset-password": "Set a new password; it is asked for, or read from standard input",
    "api-key": "Make an API key and print it on the last line; or list or revoke keys",
}


def _users(options: argparse.Namespace) -> None:
    from app.users_command import users

    with preflight.open_database(_settings(options)) as database:
        users(database, options)


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal cannot show is no failure
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
