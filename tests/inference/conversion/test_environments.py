"""Older libraries beside the app's own. pip is not asked here, but by the marked tests."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import ConversionFailed
from app.inference import catalogue, offline
from app.inference.conversion import environments

REAL_RUN = subprocess.run


class Pip:
    """Stands in for `subprocess.run`: "installs" by making a folder, answers as it is told."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.stderr, self.starts = "", True

    def __call__(self, command: list[str], **how: Any) -> SimpleNamespace:
        if "pip" not in command:
            version = Path(how["env"]["PYTHONPATH"].split(":")[0], "version")
            return SimpleNamespace(stdout=version.read_text() if self.starts else "", returncode=0)
        self.commands.append(command)
        target = Path(command[command.index("--target") + 1])
        target.mkdir(parents=True)
        transformers = next(word for word in command if word.startswith("transformers=="))
        (target / "version").write_text(transformers.partition("==")[2])
        return SimpleNamespace(returncode=1 if self.stderr else 0, stderr=self.stderr)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    pip = Pip()
    monkeypatch.setattr(environments.subprocess, "run", pip)
    return pip


def test_every_version_of_the_catalogue_is_known() -> None:
    for entry in catalogue.entries():
        if entry.transformers:
            version = environments.exact(entry.transformers)
            assert f"transformers=={version}" in environments.PACKAGES[version]


def test_an_unknown_version_is_named() -> None:
    assert environments.exact("5.0") == "5.0.0"
    with pytest.raises(ConversionFailed, match=r"no environment with transformers 3\.2"):
        environments.exact("3.2")


def test_it_is_made_once(pip: Pip, tmp_path: Path) -> None:
    assert not environments.is_ready(tmp_path, "4.57.6")
    folder = environments.prepare(tmp_path, "4.57.6")
    assert environments.is_ready(tmp_path, "4.57.6")
    assert environments.prepare(tmp_path, "4.57.6") == folder
    assert len(pip.commands) == 1
    assert folder == tmp_path / "environments" / "transformers-4.57.6"
    visible = [path.name for path in folder.parent.iterdir() if not path.name.startswith(".")]
    assert visible == [folder.name]
    assert "--no-deps" in pip.commands[0]
    assert pip.commands[0][pip.commands[0].index("--only-binary") + 1] == ":all:"


def test_every_pin_is_exact() -> None:
    packages = [package for packages in environments.PACKAGES.values() for package in packages]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", package) for package in packages)


def test_what_a_models_code_names_but_a_conversion_does_not_need_is_stood_in_for(
    pip: Pip, tmp_path: Path
) -> None:
    folder = environments.prepare(tmp_path, "4.55.4")
    code = (
        "from transformers_stream_generator.main import NewGenerationMixin\n"
        "from transformers_stream_generator.main import StreamGenerationConfig\n"
        "class Model: generate_stream = NewGenerationMixin.generate\n"
        "for use in (Model().generate_stream, NewGenerationMixin.sample_stream):\n"
        "    try: use(1, do_stream=True)\n"
        "    except NotImplementedError as error: print(error)\n"
        "StreamGenerationConfig(do_stream=True)"
    )
    ended = REAL_RUN([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert ended.stdout.count("they do not stream") == 2
    assert "NotImplementedError: transformers_stream_generator is not installed" in ended.stderr


def test_it_is_made_anew_for_other_packages_or_another_python(pip: Pip, tmp_path: Path) -> None:
    folder = environments.prepare(tmp_path, "5.0")
    mark = json.loads((folder / environments.MARK).read_text())
    (folder / environments.MARK).write_text(json.dumps(mark | {"python": "2.7"}))
    assert not environments.is_ready(tmp_path, "5.0")
    environments.prepare(tmp_path, "5.0")
    assert len(pip.commands) == 2


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        (
            "No matching distribution found for transformers",
            "could not be downloaded",
        ),
        ("Max retries exceeded with url", "proxy"),
        ("/usr/bin/python: No module named pip", "python -m ensurepip"),
        ("error: subprocess-exited-with-error", "could not be installed"),
    ],
)
def test_a_failure_is_told_and_leaves_nothing(
    pip: Pip, tmp_path: Path, stderr: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    pip.stderr = stderr
    with pytest.raises(ConversionFailed, match=words):
        environments.prepare(tmp_path, "5.0")
    assert stderr in capfd.readouterr().err, "pip's words belong in the log"
    assert not [path for path in (tmp_path / "environments").iterdir() if path.is_dir()]
    pip.stderr = ""
    environments.prepare(tmp_path, "5.0")


def test_what_does_not_start_is_not_kept(pip: Pip, tmp_path: Path) -> None:
    pip.starts = False
    with pytest.raises(ConversionFailed, match="does not start"):
        environments.prepare(tmp_path, "5.0")
    assert not environments.is_ready(tmp_path, "5.0")


def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pip, with an index that nobody answers at."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(ConversionFailed, match="could not be downloaded from the Python package"):
        environments.prepare(tmp_path, "5.0")


SECRETS = (
    *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "VINOCHAT_HF_TOKEN", "VINOCHAT_DATABASE_URL"),
    *("VINOCHAT_METRICS_TOKEN", "VINOCHAT_REMOTE_API_KEY", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"),
    *("SSH_AUTH_SOCK", "OPENAI_API_KEY", "never-heard-of"),
)
FOR_PIP = ("PIP_INDEX_URL", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def test_a_models_code_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, *FOR_PIP):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("HF_HOME", "/where/a/token/lies")

    environment = offline.environment(tmp_path / "work", before=tmp_path / "older")
    assert "a secret" not in environment.values()
    assert environment["HF_HOME"] == str(tmp_path / "work" / "modules")
    assert {"PATH", "LC_ALL", "OMP_NUM_THREADS"} <= set(environment)
    for_pip = offline.environment(tmp_path, pip=True)
    assert {name for name, value in for_pip.items() if value == "a secret"} == set(FOR_PIP)
    code = "import os, sys; print(sys.path[1], os.environ['HF_HUB_OFFLINE'])"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert ended.stdout.split() == [str(tmp_path / "older"), "1"]
