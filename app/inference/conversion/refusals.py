"""What the hub and the network say when files cannot be had, as sentences that name the remedy."""

from json import JSONDecodeError

import httpx
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from app.errors import ConversionFailed

_HUB = "https://huggingface.co"


class NotOnHub(ConversionFailed):
    """There is no such repository, or not for whoever asks."""


def of(repository: str, revision: str | None, error: Exception) -> Exception:
    """What to raise instead of `error`: that itself where it is of neither hub nor network."""
    card = f"{_HUB}/{repository}"
    if isinstance(error, GatedRepoError):
        return ConversionFailed(_GATED.format(repository=repository, card=card))
    if isinstance(error, RevisionNotFoundError):
        return ConversionFailed(
            f"{repository} has no revision {revision}. Leave it out for the newest one."
        )
    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return NotOnHub(_UNKNOWN.format(repository=repository))
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return _answered(repository, card, error.response.status_code)
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return ConversionFailed(
            f"The download of {repository} was cut short. Start the job again: it goes on where it "
            "stopped."
        )
    if isinstance(error, httpx.HTTPError | OfflineModeIsEnabled):
        return ConversionFailed(
            f"The hub could not be reached ({_short(error)}). Check the network, the proxy and "
            "HF_ENDPOINT, then start the job again: it goes on where it stopped."
        )
    if isinstance(error, JSONDecodeError | KeyError | TypeError):
        return ConversionFailed(
            "What answered is not the hub. A login page of the network may stand between, or "
            "HF_ENDPOINT is wrong."
        )
    return error


_GATED = (
    "{repository} is open only to people who accepted its licence. Accept it at {card}, then give "
    "a token of that account: as HF_TOKEN in the environment, or in the field on the Models page."
)


_UNKNOWN = (
    "There is no {repository} on the hub, or it is private. Check the spelling: a hub id "
    "looks like Qwen/Qwen2-1.5B-Instruct. A private one needs a valid token (HF_TOKEN, or the "
    "field on the Models page)."
)


def _answered(repository: str, card: str, status: int) -> ConversionFailed:
    if status == 404:
        return NotOnHub(_UNKNOWN.format(repository=repository))
    if status == 401:  # a model that wants a licence says so in another way
        return ConversionFailed(
            "The hub does not know this token. Check the field on the Models page and HF_TOKEN, "
            "or leave them empty: an open model needs none."
        )
    if status == 403:
        return ConversionFailed(_GATED.format(repository=repository, card=card))
    if status == 429:
        return ConversionFailed(
            "The hub asks to slow down (429). Start the job again in some minutes: it goes on "
            "where it stopped. With a token (HF_TOKEN) more is allowed."
        )
    return ConversionFailed(
        f"The hub answered with an error ({status}) for {repository}. Start the job again later: "
        "it goes on where it stopped."
    )


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:120] or type(error).__name__
