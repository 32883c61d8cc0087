"""What is refused before anything starts."""

import errno
import os
import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from app import preflight
from app.config import Settings
from app.database import Database
from app.errors import (
    DatabaseTooNew,
    InvalidParameter,
    UnknownDevice,
    UnknownModel,
    VinoChatError,
)
from app.inference.devices import Device


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "list_devices", lambda: [Device("CPU", ""), Device("AUTO", "")])


def settings(data_dir: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, **values)


def open_database(settings: Settings) -> None:
    with preflight.open_database(settings):
        pass


def test_what_can_be_served_passes(tmp_path: Path) -> None:
    good = settings(tmp_path / "new", port=0)
    preflight.check_address(good)
    preflight.check_model(good)
    open_database(good)
    assert (tmp_path / "new" / "vinochat.db").exists()


def test_a_model_or_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"nope is not installed as int8.*built-in"):
        preflight.check_model(settings(tmp_path, model="nope"))
    with pytest.raises(UnknownModel, match=r"convert qwen2-1\.5b-instruct --weight-format"):
        preflight.check_model(settings(tmp_path, model="qwen2-1.5b-instruct"))
    with pytest.raises(UnknownDevice, match=r"no device XPU here. Choose --device CPU or AUTO"):
        preflight.check_model(settings(tmp_path / "new", device="XPU"))
    assert not (tmp_path / "new").exists(), "a refusal leaves nothing behind"


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        for check in (preflight.check_model, open_database):
            with pytest.raises(InvalidParameter, match=r"Not a directory.*--data-dir"):
                check(settings(folder))


def test_a_data_folder_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, without a user who lacks it: root may do anything."""
    monkeypatch.setattr(preflight.os, "access", lambda *_: False)
    with pytest.raises(InvalidParameter, match="Permission denied"):
        preflight.check_model(settings(tmp_path))

    def refuse(_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(preflight.os, "scandir", refuse)
    for check in (preflight.check_model, open_database):
        with pytest.raises(InvalidParameter, match="Permission denied"):
            check(settings(tmp_path))


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(VinoChatError, match=f"Port {port} is in use") as caught:
            preflight.check_address(settings(tmp_path, port=port))
        assert not isinstance(caught.value, InvalidParameter)
    preflight.check_address(settings(tmp_path, port=port))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.4"])
def test_a_host_that_is_not_here_is_named(host: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=f"{host}, port 0.*--host"):
        preflight.check_address(settings(tmp_path, port=0, host=host))


def test_a_certificate_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    for files in (
        {"ssl_certfile": tmp_path / "missing.pem"},
        {"ssl_certfile": tmp_path / "bad.pem"},
        {"ssl_keyfile": tmp_path / "bad.pem"},
    ):
        with pytest.raises(InvalidParameter, match="VINOCHAT_SSL_CERTFILE"):
            preflight.check_address(settings(tmp_path, port=0, **files))


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    with preflight.open_database(settings(tmp_path)) as database, database.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        open_database(settings(tmp_path))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "vinochat.db").write_text("something else altogether")
    with pytest.raises(VinoChatError, match="not a database"):
        open_database(settings(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Database, "__init__", refuse)
    with pytest.raises(VinoChatError, match="Permission denied"):
        open_database(settings(tmp_path / "new"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("bogus", "parse"),
        ("nosuch://host/db", "nosuch"),
        ("mssql+pymssql://host/db", "needs the Python package pymssql"),
    ],
)
def test_an_address_of_no_database_is_named(url: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=f"VINOCHAT_DATABASE_URL.*{reason}") as caught:
        open_database(settings(tmp_path, database_url=url))
    assert "\n" not in str(caught.value)
