"""What the libraries say of a failed conversion, as a sentence for people that names the remedy."""

import errno
import re

from app.errors import VinoChatError

_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"not enough memory|bad_alloc|cannot allocate memory|MemoryError|OUT_OF_HOST_MEMORY",
        "There is not enough memory to convert this model. Close other programs or choose a "
        "smaller one.",
    ),
    (
        r"No space left on device|disk is full|File too large|iostream error",
        "The disk is full. Free some space and convert again.",
    ),
    (
        r"SafetensorError|invalid header|incomplete metadata",
        "The model's weights are damaged or cut short. Download the model again.",
    ),
    (
        r"Weights only load failed|weights_only|UnpicklingError",
        "The model's weight files hold more than tensors, which could run code, so they are not "
        "opened. Get a version of the model with .safetensors files.",
    ),
    (
        r"contains custom code|trust_remote_code",
        "This model needs Python code that comes with it. An administrator can allow that code for "
        "this model (--trust-remote-code); it then runs on this machine while the model is "
        "converted. Or choose a ready-made OpenVINO version.",
    ),
    (
        r"requires the following packages .*not found in your environment: ([\w, -]+)",
        "The code that comes with this model needs Python packages that are not here. "
        "Choose another version of the model.",
    ),
    (
        r"Maximum required is|Minimum required is",
        "The libraries installed here are too new or too old for this kind of model. Choose a "
        "ready-made OpenVINO version of it (a repository named OpenVINO/…-ov), or convert it by "
        "hand with the versions that the log names and copy the result to DATA_DIR/models/.",
    ),
    (
        r"custom or unsupported architecture|does not recognize this architecture|model type"
        r"|Unrecognized configuration|only supports the tasks|Unrecognized model",
        "The libraries installed here cannot convert this kind of model. Choose a ready-made "
        "OpenVINO version of it (a repository named OpenVINO/…-ov), or another model.",
    ),
)


def unsupported(model_type: str) -> str:
    """What to say of a kind of model that no library here exports."""
    return (
        f"The libraries installed here cannot convert models of the kind {model_type}. Choose a "
        "ready-made OpenVINO version (a repository named OpenVINO/…-ov), or another model."
    )


def too_old(model_type: str, newest: str) -> str:
    """What to say of a kind of model that only older libraries export."""
    return (
        f"Models of the kind {model_type} are converted by transformers {newest} or older only, "
        "and none of the catalogue is of that kind. Choose a ready-made OpenVINO version (a "
        "repository named OpenVINO/…-ov), or convert it by hand with that version and copy the "
        "result to DATA_DIR/models/MODEL_ID/WEIGHT_FORMAT/."
    )


def readable(error: Exception) -> str:
    """One or two sentences for the failure; the traceback belongs in the log."""
    if isinstance(error, VinoChatError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The disk is full. Free some space and convert again."
    text = f"{type(error).__name__}: {error}"
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, text):
            return remedy
    return f"The model could not be converted ({type(error).__name__}); the log has the details."
