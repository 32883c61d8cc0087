"""The step that asks optimum-intel whether it knows a kind of model, before gigabytes are fetched.

A process of its own, since asking means to load the conversion libraries.
"""

import sys
from importlib.metadata import version
from typing import Any

from packaging.version import Version

from app.errors import ConversionFailed
from app.inference.conversion import failures
from app.inference.conversion.channel import Say, serve
from app.inference.offline import stay_offline

MODULE = "app.inference.conversion.support"

TEXT_GENERATION = "text-generation-with-past"
TEXT_TO_TEXT = "text2text-generation-with-past"


def work(task: dict[str, Any], _say: Say) -> None:
    """Refuse `task["model_type"]` with a reason if it has no export here."""
    stay_offline()
    import optimum.exporters.openvino.model_configs  # noqa: F401 (it registers what it knows)
    from optimum.exporters.tasks import TasksManager

    model_type = str(task["model_type"])
    try:
        known: dict[str, Any] = TasksManager.get_supported_tasks_for_model_type(
            model_type, exporter="openvino", library_name="transformers"
        )
    except KeyError:
        known = {}
    made = known.get(TEXT_TO_TEXT if task["seq2seq"] else TEXT_GENERATION)
    if made is None:
        raise ConversionFailed(failures.unsupported(model_type))
    newest = getattr(getattr(made, "func", made), "MAX_TRANSFORMERS_VERSION", None)
    if newest is not None and Version(version("transformers")) > Version(newest):
        raise ConversionFailed(failures.too_old(model_type, newest))


if __name__ == "__main__":
    sys.exit(serve(work, failures.readable))
