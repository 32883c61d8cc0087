"""What can be known to fail before anything starts, said in one line while somebody still reads.

Light on purpose: neither pages nor engines are imported, so the answer comes in a fraction of a
second. Everything raises VinoChatError with the remedy in its text.
"""

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import Settings
from app.errors import InvalidParameter, UnknownDevice, UnknownModel, VinoChatError
from app.inference import catalogue
from app.inference.devices import list_devices
from app.inference.installed import InstalledModel, list_installed
from app.inference.types import ModelRef

if TYPE_CHECKING:
    from app.database import Database


def check_model(settings: Settings) -> None:
    """The model is installed, the device is there, and the data folder can be used.

    Raises UnknownModel, UnknownDevice or InvalidParameter.
    """
    _check_readable(settings.data_dir)
    model = _installed(settings)
    devices = [device.name for device in list_devices()]
    if settings.device not in devices:
        raise UnknownDevice(
            f"There is no device {settings.device} here. Choose --device {' or '.join(devices)}.",
            "device",
        )
    if not model.converted:
        _check_writable(settings.data_dir)


def check_data_dir(settings: Settings) -> None:
    """The data folder can be used. Raises InvalidParameter."""
    _check_readable(settings.data_dir)
    _check_writable(settings.data_dir)


def check_address(settings: Settings) -> None:
    """Pages can be served where the settings want them.

    Raises InvalidParameter, or VinoChatError for a port that is in use.
    """
    _check_certificate(settings.ssl_certfile, settings.ssl_keyfile)
    where = f"{settings.host or 'any address'}, port {settings.port}"
    try:
        _bind(settings.host, settings.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise VinoChatError(
                f"Port {settings.port} is in use already, perhaps by another VinoChat. "
                "End that one, or choose another port with --port."
            ) from None
        raise InvalidParameter(
            f"Cannot listen on {where}: {error.strerror}. Choose others with --host and --port.",
            "host",
        ) from None


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator["Database"]:
    """The database, with all migrations applied.

    Raises InvalidParameter for an address or a folder that cannot be used, DatabaseTooNew, and
    VinoChatError for any other reason why it does not open.
    """
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from app.database import Database

    if not settings.database_url:
        _check_readable(settings.data_dir)
    try:
        database = Database(settings.resolved_database_url)
        database.upgrade()
    except ModuleNotFoundError as error:
        raise _wrong_url(f"it needs the Python package {error.name}; install that first") from None
    except ArgumentError as error:
        raise _wrong_url(_first_line(error)) from None
    except (DBAPIError, OSError) as error:
        reason = _first_line(getattr(error, "orig", error))
        raise VinoChatError(
            f"The database does not open: {reason}. Look after it, restore a backup, or choose "
            "another with --data-dir or VINOCHAT_DATABASE_URL."
        ) from None
    try:
        yield database
    finally:
        database.close()


def _installed(settings: Settings) -> InstalledModel:
    installed = list_installed(settings.models_dir)
    for model in installed:
        if model.ref == ModelRef(settings.model, settings.weight_format):
            return model
    names = ", ".join(str(model.ref) for model in installed)
    raise UnknownModel(
        f"The model {settings.model} is not installed as {settings.weight_format}. "
        f"Installed: {names or 'none'}. Choose with --model and --weight-format, or run "
        f"`{_remedy(settings)}` first."
    )


def _remedy(settings: Settings) -> str:
    entry = catalogue.entry(settings.model)
    if entry is None:
        return "python launch.py models"
    return f"python launch.py convert {entry.model_id} --weight-format {settings.weight_format}"


def _check_readable(folder: Path) -> None:
    """It is a folder that can be read, or it is not there yet."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(folder, error) from None


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(folder, error) from None
    if not os.access(folder, os.W_OK):
        raise _unusable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _unusable(folder: Path, error: OSError) -> InvalidParameter:
    return InvalidParameter(
        f"The data folder {folder} cannot be used: {error.strerror}. "
        "Choose another with --data-dir or VINOCHAT_DATA_DIR.",
        "data_dir",
    )


def _wrong_url(reason: str) -> InvalidParameter:
    return InvalidParameter(
        f"database_url (VINOCHAT_DATABASE_URL) is wrong: {reason}.", "database_url"
    )


def _check_certificate(certificate: Path | None, key: Path | None) -> None:
    if certificate is None and key is None:
        return
    try:
        if certificate is None:
            raise FileNotFoundError(errno.ENOENT, "there is a key, but no certificate")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise InvalidParameter(
            "VINOCHAT_SSL_CERTFILE and VINOCHAT_SSL_KEYFILE do not name a certificate and its key: "
            f"{error.strerror}.",
            "ssl_certfile",
        ) from None


def _bind(host: str, port: int) -> None:
    """Take each address behind the name for a moment, as the server will. OSError if it cannot."""
    addresses = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # elsewhere it would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
