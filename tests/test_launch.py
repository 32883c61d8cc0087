"""The command line: exit statuses, one line for each mistake, and the `users` commands."""

import gc
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

import launch
from app import models_command, preflight
from app.auth.api_keys import ApiKeys
from app.auth.passwords import verify
from app.config import Settings, load_settings
from app.database import Database
from app.errors import LoadFailed
from app.inference.conversion import process
from app.inference.devices import Device
from app.inference.orders import Order
from app.inference.types import SamplingParams
from app.tables import User

ROOT = Path(__file__).parent.parent
PASSWORD = "a quiet harbour at dawn"

COMMANDS = (
    *(
        (),
        ("serve",),
        ("ask",),
        ("chat",),
        ("models",),
        ("convert",),
        ("bench",),
        ("tune",),
        ("users",),
    ),
    *(("users", action) for action in launch.USER_ACTIONS),
)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, in an environment and a working folder that say nothing else."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"VINOCHAT_{name.upper()}", raising=False)
    monkeypatch.setenv("VINOCHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(preflight, "list_devices", lambda: [Device("CPU", "")])
    return tmp_path / "data"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What would have been started, by name and arguments: nothing really is."""
    calls: list[tuple[object, ...]] = []

    def record(name: str) -> Callable[..., None]:
        return lambda *arguments: calls.append((name, *arguments))

    async def run(*arguments: object) -> None:
        calls.append(arguments)

    monkeypatch.setitem(sys.modules, "app.main", SimpleNamespace(serve=record("serve")))
    monkeypatch.setitem(sys.modules, "app.terminal", SimpleNamespace(ask=run, chat=run))
    monkeypatch.setattr(process, "run", run)
    return calls


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda line: monkeypatch.setattr("sys.stdin", io.StringIO(line))


def run(*words: str) -> int:
    """The exit status, whichever way the command ends."""
    try:
        return launch.main(words)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_help_has_an_example(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--help") == 0
    out = capsys.readouterr().out
    assert "Example: python launch.py " in out
    assert " ".join(command) in out.split("Example:")[1]


def test_help_speaks_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    run("--help")
    out = capsys.readouterr().out
    assert "parse" not in out
    assert "language models" in out
    run("ask", "--help")
    words = " ".join(capsys.readouterr().out.split())
    assert "from 0.0 to 5.0 (0.8)" in words
    assert "from 1 to 8192 (256)" in words
    assert "None" not in words


WRONG = {
    "unknown command": (("bogus",), "bogus"),
    "unknown option": (("ask", "hi", "--bogus"), "--bogus"),
    "missing text": (("ask",), "TEXT"),
    "out of range": (("ask", "hi", "--temperature", "9"), "from 0.0 to 5.0"),
    "not finite": (("ask", "hi", "--top-p", "nan"), "from 0.0 to 1.0"),
    "port out of range": (("--port", "99999"), "65535"),
    "unknown model for serve": (("serve", "--port", "0", "--model", "nope"), "built-in (int8)"),
    "a model of the catalogue": (
        ("--port", "0", "--model", "qwen2-1.5b-instruct"),
        "python launch.py convert qwen2-1.5b-instruct --weight-format int8",
    ),
    "unknown model for ask": (("ask", "hi", "--model", "nope"), "built-in (int8)"),
    "unknown model for chat": (("chat", "--model", "nope"), "built-in (int8)"),
    "unknown device for serve": (("serve", "--port", "0", "--device", "xpu"), "CPU"),
    "unknown device for ask": (("ask", "hi", "--device", "xpu"), "CPU"),
    "unknown device for chat": (("chat", "--device", "xpu"), "CPU"),
    "folder is a file for serve": (("--port", "0", "--data-dir", __file__), "--data-dir"),
    "folder is a file for ask": (("ask", "hi", "--data-dir", __file__), "--data-dir"),
    "folder is a file for users": (("users", "list", "--data-dir", __file__), "--data-dir"),
    "folder is a file for convert": (("convert", "a/b", "--data-dir", __file__), "--data-dir"),
    "nothing to convert": (("convert",), "MODEL_ID_OR_PATH"),
    "neither id nor folder": (("convert", "nonsense"), "nor a hub id such as"),
    "a file to convert": (("convert", __file__), "is a file"),
    "unknown weight format": (("convert", "a/b", "--weight-format", "int8,int2"), "int4"),
    "AWQ without int4": (("convert", "a/b", "--weight-format", "int8", "--awq"), "int4 only"),
    "wrong group size": (("convert", "a/b", "--group-size", "3"), "from 16 to 1024"),
    "both roundings": (("convert", "a/b", "--sym", "--asym"), "--asym"),
    "a name that leads elsewhere": (("convert", "a/b", "--model-id", "../x"), "letters"),
    "an engine that there is not": (("bench", "--engine", "genai,vllm"), "optimum-stateless"),
    "a format that there is not": (("bench", "--weight-format", "int8,int2"), "int4"),
    "nobody": (("bench", "--users", "0"), "from 1 to 1024"),
    "no numbers": (("bench", "--prompt-tokens", "32,,64"), "from 1 to 1000000"),
    "a picture of another kind": (("bench", "--plot", "speed.pdf"), ".svg and .png"),
    "a picture in no folder": (("bench", "--plot", "nowhere/speed.svg"), "another place"),
    "a checkpoint that nothing reads": (("bench", "--checkpoint", "x"), "--engine torch"),
    "unknown goal": (("tune", "--goal", "speed"), "throughput"),
    "unknown model for tune": (("tune", "--model", "nope"), "built-in (int8)"),
    "unknown device for tune": (("tune", "--device", "xpu"), "CPU"),
    "unknown language": (("models", "--language", "xx"), "zh"),
    "no people": (("models", "--users", "0"), "--users"),
    "unknown user": (("users", "promote", "nobody"), "nobody"),
    "bad name": (("users", "add", "a b"), "letters"),
    "weak password": (("users", "add", "ada"), "too short"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_use_ends_with_2_and_one_line(
    mistake: str,
    started: list[tuple[object, ...]],
    typed: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, hint = WRONG[mistake]
    typed("short\n")
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert started == []
    (line,) = err.splitlines()
    assert line.startswith("launch.py")
    assert hint in line


def test_a_wrong_setting_in_the_environment_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VINOCHAT_PORT", "x")
    assert run("users", "list") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "VINOCHAT_PORT" in line
    assert "--port" not in line, "users has no such option"


def test_a_port_in_use_ends_with_1_and_one_line(
    started: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert run("--port", str(other.getsockname()[1])) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "in use" in line
    assert "--port" in line
    assert started == []


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("users", "list")], ids=" ".join)
def test_a_newer_database_ends_with_1_and_one_line(
    words: tuple[str, ...],
    started: list[tuple[object, ...]],
    database: Database,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert run(*words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "9999" in line
    assert started == []


def test_a_failure_is_1_and_an_interrupt_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for failure, status in ((LoadFailed("No memory."), 1), (KeyboardInterrupt(), 130)):

        async def fail(*_: object, failure: BaseException = failure) -> None:
            raise failure

        monkeypatch.setitem(sys.modules, "app.terminal", SimpleNamespace(ask=fail))
        assert run("ask", "hi") == status
    assert capsys.readouterr().err == "launch.py ask: No memory.\n\n"


def test_options_reach_what_they_start(
    started: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VINOCHAT_PORT", "0")
    assert run() == 0
    assert run("--data-dir", "here") == 0
    assert run("ask", "hi", "--temperature", "0", "--stop", "a", "--stop", "b", "--json") == 0
    assert run("chat", "--seed", "3") == 0
    assert started[0] == ("serve", load_settings())
    assert started[1] == ("serve", load_settings(data_dir=tmp_path / "here"))
    params = SamplingParams(temperature=0, stop=("a", "b"))
    assert started[2] == (load_settings(), "hi", None, params, True)
    assert started[3][1:] == ("You are a helpful, honest assistant.", SamplingParams(seed=3))


def test_garbage_is_not_looked_for_while_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []
    serve = SimpleNamespace(serve=lambda _: looked.append(gc.isenabled()))
    monkeypatch.setitem(sys.modules, "app.main", serve)
    assert run("--port", "0") == 0
    assert looked == [False]
    assert gc.isenabled(), "whatever came of it"


def test_options_of_convert_make_an_order(
    started: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def convert(*arguments: object) -> None:
        started.append(arguments)

    monkeypatch.setattr(models_command, "convert", convert)
    (tmp_path / "mine").mkdir()
    (tmp_path / "text.txt").touch()
    words = "--weight-format int8,fp16 --weight-format int4 --group-size 64 --ratio 0.5 --sym --awq"
    more = "--calibration text.txt --revision v1 --model-id own --trust-remote-code --json"
    assert run("convert", "mine", *words.split(), *more.split()) == 0
    assert run("convert", "qwen2-1.5b-instruct") == 0
    order = Order(
        source=str(tmp_path / "mine"),
        model_id="own",
        weight_formats=("int8", "fp16", "int4"),
        group_size=64,
        ratio=0.5,
        sym=True,
        awq=True,
        calibration=str(tmp_path / "text.txt"),
        revision="v1",
        trust_remote_code=True,
    )
    assert started == [
        (load_settings(), order, True),
        (load_settings(), Order("qwen2-1.5b-instruct"), False),
    ]


def test_models_are_listed_for_people_and_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("models", "--search", "qwen2-1.5b", "--language", "zh") == 0
    out = capsys.readouterr().out
    assert "built-in" in out
    assert "qwen2-1.5b-instruct" in out
    assert "tokens/s" in out
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {model["model_id"] for model in listed["installed"]} == {"built-in"}
    assert len(listed["catalogue"]) > 30
    first = listed["catalogue"][0]
    assert first["estimate"]["verdict"] in ("fits", "tight", "too large")


@pytest.fixture
def users(typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a `users` command that succeeds, and returns what it prints."""

    def users(*words: str, stdin: str = "") -> str:
        typed(stdin)
        assert run("users", *words) == 0
        return capsys.readouterr().out

    return users


def test_a_life_of_an_account(database: Database, users: Callable[..., str]) -> None:
    def listed() -> list[tuple[str, str, str]]:
        rows = json.loads(users("list", "--json"))
        return [(row["username"], row["role"], row["status"]) for row in rows]

    assert users("list") == ""
    assert json.loads(users("list", "--json")) == []
    assert users("add", "ada", stdin=f"{PASSWORD}\n").split() == ["ada", "admin", "active"]
    (added,) = json.loads(users("add", "bob", "--json", stdin=f"{PASSWORD}\r\n"))
    assert (added["username"], added["role"]) == ("bob", "user")
    assert added["created_at"].startswith("20")
    assert users("disable", "bob").split() == ["bob", "user", "disabled"]
    assert users("enable", "BOB").split() == ["bob", "user", "active"]
    assert users("promote", "bob").split() == ["bob", "admin", "active"]
    assert listed() == [("ada", "admin", "active"), ("bob", "admin", "active")]
    assert len(users("list").splitlines()) == 2
    assert users("reset-password", "bob", stdin="another quiet harbour\n").split()[0] == "bob"
    with database.read() as db:
        hashes = {row.username: row.password_hash for row in db.query(User)}
    assert verify(PASSWORD, hashes["ada"]).ok
    assert verify("another quiet harbour", hashes["bob"]).ok
    for key in (
        users("api-key", "bob").splitlines()[-1],
        json.loads(users("api-key", "bob", "--json"))["key"],
    ):
        user = ApiKeys(database).resolve(key)
        assert user is not None
        assert user.username == "bob"


def test_a_key_has_a_name_is_listed_and_revoked(
    users: Callable[..., str], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    users("add", "ada", stdin=f"{PASSWORD}\n")
    key = users("api-key", "ada", "--key-name", "my laptop").splitlines()[-1]
    made = json.loads(users("api-key", "ada", "--key-name", "other", "--json"))
    newest, oldest = json.loads(users("api-key", "ada", "--list", "--json"))
    assert (newest["name"], oldest["name"]) == ("other", "my laptop")
    assert newest["id"] == made["id"]
    listed = users("api-key", "ada", "--list")
    assert key not in listed
    assert key[:7] in listed
    assert "my laptop" in listed
    assert "revoked" in users("api-key", "ada", "--revoke", oldest["id"])
    assert ApiKeys(database).resolve(key) is None
    assert ApiKeys(database).resolve(made["key"]) is not None
    for wrong in (oldest["id"], "nonsense"):
        assert run("users", "api-key", "ada", "--revoke", wrong) == 2
        assert "python launch.py users api-key ada --list" in capsys.readouterr().err
    assert run("users", "api-key", "ada", "--key-name", "") == 2
    assert "1 to 64 characters" in capsys.readouterr().err
    assert run("users", "api-key", "ada", "--list", "--revoke", "x") == 2


def test_a_password_is_typed_twice_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def type_in(*passwords: str) -> None:
        entries = list(passwords)

        def read(_prompt: str) -> str:
            if not entries:
                raise EOFError
            return entries.pop(0)

        monkeypatch.setattr("getpass.getpass", read)

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    type_in(PASSWORD, "another")
    assert run("users", "add", "ada") == 2
    assert "differ" in capsys.readouterr().err
    type_in(PASSWORD)
    assert run("users", "add", "ada") == 2
    assert "no password" in capsys.readouterr().err
    type_in(PASSWORD, PASSWORD)
    assert run("users", "add", "ada") == 0


def test_as_a_program_it_says_no_more_either() -> None:
    """The real thing: no traceback, no log lines, and it looks for the devices for real."""
    for words, status in ((("ask", "hi", "--device", "xpu"), 2), (("--port", "-1"), 2)):
        ended = subprocess.run(
            [sys.executable, "launch.py", *words], cwd=ROOT, capture_output=True, text=True
        )
        assert ended.returncode == status
        assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_folder_that_is_no_model_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = subprocess.run(
        [sys.executable, "launch.py", "convert", str(tmp_path / "empty")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("has no config.json") == 1
    assert ended.stderr.splitlines()[-1].startswith("launch.py convert: empty has no config.json")
    assert not (tmp_path / "data" / "models" / "empty").exists()


def test_output_takes_what_the_terminal_cannot_show() -> None:
    """As a Windows console does, or a pipe from one: help and completions are not all ASCII."""
    shown = subprocess.run(
        [sys.executable, "launch.py", "ask", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert shown.returncode == 0, shown.stderr


def test_output_that_nobody_reads_to_its_end_is_no_failure_of_ours(
    typed: Callable[[str], None],
) -> None:
    typed(f"{PASSWORD}\n")
    run("users", "add", "ada")
    with subprocess.Popen(
        [sys.executable, "launch.py", "users", "list"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as listing:
        assert listing.stdout
        assert listing.stderr
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait() == 1
