"""Settings: who beats whom, where the data folder is, and what a wrong value says."""

from pathlib import Path

import pytest

from app import preflight
from app.config import REPOSITORY, Settings, load_settings
from app.errors import InvalidParameter


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder of its own, so that no other `.env` is read."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"VINOCHAT_{name.upper()}", raising=False)


def refusal(**overrides: object) -> str:
    with pytest.raises(InvalidParameter) as caught:
        load_settings(**overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_command_line_beats_the_environment_which_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(port=None).port == 7860
    (tmp_path / ".env").write_text("VINOCHAT_PORT=1001\nVINOCHAT_MODEL=in-the-file\n")
    assert load_settings(port=None).port == 1001
    monkeypatch.setenv("VINOCHAT_PORT", "1002")
    assert load_settings(port=None).port == 1002
    assert load_settings(port=1003).port == 1003
    assert load_settings(port=1003).model == "in-the-file"


def test_the_data_folder_is_absolute_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert load_settings().data_dir == REPOSITORY / "data"
    assert load_settings(data_dir="here").data_dir == tmp_path / "here"
    assert load_settings(data_dir=".").data_dir == tmp_path
    assert load_settings(data_dir="~/vino").data_dir == tmp_path / "home" / "vino"
    settings = load_settings(data_dir="here")
    assert settings.models_dir == tmp_path / "here" / "models"
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/here/vinochat.db"
    chosen = load_settings(database_url="sqlite:///other.db")
    assert chosen.resolved_database_url == "sqlite:///other.db"


@pytest.mark.parametrize("folder", ["", "~nobody-of-that-name/vino"])
def test_a_folder_that_cannot_be_is_refused(folder: str) -> None:
    assert refusal(data_dir=folder).startswith("data_dir (VINOCHAT_DATA_DIR or --data-dir)")


def test_a_folder_behind_links_that_go_in_a_circle_is_refused(tmp_path: Path) -> None:
    """Here, or by the first who looks inside: newer Pythons resolve such links to themselves."""
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(InvalidParameter, match="data"):
        preflight.check_model(load_settings(data_dir=tmp_path / "circle"))


def test_an_empty_folder_in_the_environment_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VINOCHAT_DATA_DIR", "")
    assert refusal() == "data_dir (VINOCHAT_DATA_DIR) is wrong: Name a folder."


def test_a_wrong_value_names_the_setting_the_option_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = refusal(port=99999)
    assert "port (VINOCHAT_PORT or --port)" in message
    assert "65535" in message
    monkeypatch.setenv("VINOCHAT_REGISTRATION", "sometimes")
    message = refusal(port=None)
    assert message.startswith("registration (VINOCHAT_REGISTRATION) is wrong")
    assert "'open', 'approval' or 'closed'" in message
    assert "--registration" not in message, "there is no such option"


def test_devices_are_spelt_as_openvino_does() -> None:
    assert load_settings(device="gpu.1").device == "GPU.1"


def test_the_hubs_own_variables_are_read_and_the_token_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    settings = load_settings()
    assert (settings.hf_token, settings.hf_endpoint) == ("hf_secret", "http://mirror.example")
    assert "hf_secret" not in repr(settings)
    monkeypatch.setenv("VINOCHAT_HF_TOKEN", "hf_ours")
    assert load_settings().hf_token == "hf_ours", "our own name beats the common one"
