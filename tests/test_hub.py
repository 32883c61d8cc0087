"""The hub stand-in, held against the real client: what the conversion's tests rely on."""

import filecmp
import os
from pathlib import Path

import httpx
import pytest
from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get

from tests.hub import MEMBER, STRANGER, Hub

NAME = "maker/model"
WEIGHTS = f"{NAME}/model.safetensors"
SIZE = 300_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(os.urandom(SIZE))
    (folder / "sub" / "notes of a kind.txt").write_text("x")
    return folder


def download(hub: Hub, target: Path, **how: object) -> Path:
    where = snapshot_download(NAME, endpoint=hub.url, local_dir=target, **{"token": False, **how})
    return Path(where)


def test_a_whole_repository(hub: Hub, folder: Path, tmp_path: Path) -> None:
    commit = hub.add(NAME, folder)
    got = download(hub, tmp_path / "got")
    names = ["config.json", "model.safetensors", "sub/notes of a kind.txt"]
    assert filecmp.cmpfiles(folder, got, names, shallow=False)[0] == names
    assert hub.served[WEIGHTS] == SIZE
    info = HfApi(hub.url, token=False).model_info(NAME, files_metadata=True)
    assert info.sha == commit
    weights = next(file for file in info.siblings if file.rfilename == "model.safetensors")
    assert weights.size == weights.lfs.size == SIZE
    assert not info.gated


def test_the_tree_says_the_same(hub: Hub, folder: Path) -> None:
    hub.add(NAME, folder)
    api = HfApi(hub.url, token=False)
    assert {file.path for file in api.list_repo_tree(NAME, recursive=True)} == {
        "config.json",
        "model.safetensors",
        "sub/notes of a kind.txt",
    }
    (file,) = api.get_paths_info(NAME, "model.safetensors")
    assert file.lfs.sha256


def test_an_older_revision_stays(hub: Hub, folder: Path, tmp_path: Path) -> None:
    first = hub.add(NAME, folder)
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "config.json").write_text("{}")
    assert hub.add(NAME, newer) != first
    assert (download(hub, tmp_path / "a") / "config.json").read_text() == "{}"
    assert (download(hub, tmp_path / "b", revision=first) / "model.safetensors").exists()
    with pytest.raises(RevisionNotFoundError):
        HfApi(hub.url, token=False).model_info(NAME, revision="0" * 40)


def test_a_data_set(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.add("maker/texts", folder, kind="datasets")
    got = hf_hub_download(
        *("maker/texts", "config.json"),
        **{"repo_type": "dataset", "endpoint": hub.url, "local_dir": tmp_path, "token": False},
    )
    assert Path(got).read_text() == (folder / "config.json").read_text()
    with pytest.raises(RepositoryNotFoundError):
        HfApi(hub.url, token=False).model_info("maker/texts")


def test_a_dropped_connection_goes_on_where_it_was(
    hub: Hub, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The client forgets the part of a piece that it was reading, and its pieces are 10 MB.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 10_000)
    hub.add(NAME, folder)
    hub.break_after(WEIGHTS, 100_000)
    got = download(hub, tmp_path / "got")
    assert filecmp.cmp(got / "model.safetensors", folder / "model.safetensors", shallow=False)
    assert hub.served[WEIGHTS] == SIZE


def test_resumed_by_hand_it_serves_only_the_rest(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.add(NAME, folder)
    part = tmp_path / "part"
    part.write_bytes((folder / "model.safetensors").read_bytes()[:200_000])
    with part.open("ab") as file:
        url = hf_hub_url(NAME, "model.safetensors", endpoint=hub.url)
        http_get(url, file, resume_size=200_000, expected_size=SIZE)
    assert filecmp.cmp(part, folder / "model.safetensors", shallow=False)
    assert hub.served[WEIGHTS] == 100_000


def test_a_flipped_byte(hub: Hub, folder: Path, tmp_path: Path) -> None:
    """The client compares sizes only: whoever wants to be sure compares the SHA-256."""
    hub.add(NAME, folder)
    hub.corrupt(WEIGHTS, at=-7)
    got = (download(hub, tmp_path / "got") / "model.safetensors").read_bytes()
    want = (folder / "model.safetensors").read_bytes()
    assert [at for at in range(SIZE) if got[at] != want[at]] == [SIZE - 7]


def test_slowness(hub: Hub, folder: Path) -> None:
    hub.add(NAME, folder)
    hub.bytes_per_second = 50_000
    url = hf_hub_url(NAME, "model.safetensors", endpoint=hub.url)
    with httpx.stream("GET", url, follow_redirects=True) as answer:
        received = next(answer.iter_raw())
        assert 0 < len(received) < SIZE / 10
        hub.mend()


def test_gated_without_and_with_a_token(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.add(NAME, folder, gated=True)
    assert HfApi(hub.url, token=False).model_info(NAME).gated == "manual"
    for token, status in ((False, 401), (STRANGER, 403)):
        with pytest.raises(GatedRepoError) as refused:
            download(hub, tmp_path / "no", token=token)
        assert refused.value.response.status_code == status
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        HfApi(hub.url, token="hf_wrong").model_info(NAME)
    assert not hub.served
    assert (download(hub, tmp_path / "yes", token=MEMBER) / "model.safetensors").exists()
    assert hub.tokens_seen() == {STRANGER, MEMBER, "hf_wrong"}


def test_the_token_is_not_sent_to_where_weights_are_stored(
    hub: Hub, folder: Path, tmp_path: Path
) -> None:
    hub.add(NAME, folder, gated=True)
    download(hub, tmp_path / "got", token=MEMBER)
    stored = [token for _, path, token in hub.requests if path.startswith("/cdn/")]
    assert stored == [""]


@pytest.mark.parametrize("token", [False, MEMBER])
def test_unknown_names(hub: Hub, folder: Path, token: str | bool) -> None:
    hub.add(NAME, folder)
    with pytest.raises(RepositoryNotFoundError):
        HfApi(hub.url, token=token).model_info("maker/other")
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(NAME, "other.json", endpoint=hub.url, token=token)


def test_a_hub_that_is_down(hub: Hub, folder: Path) -> None:
    hub.add(NAME, folder)
    hub.down = True
    assert httpx.get(f"{hub.url}/api/models/{NAME}").status_code == 503
    hub.mend()
    assert HfApi(hub.url, token=False).model_info(NAME).sha
