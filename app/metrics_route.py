"""GET /metrics for Prometheus. Who may read it is the gate's business."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from app.inference.service import InferenceService


def router(inference: InferenceService) -> APIRouter:
    """The route that a Prometheus server scrapes; docs/metrics.md lists what it finds."""
    routes = APIRouter()

    @routes.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(_metrics(inference), media_type="text/plain; version=0.0.4")

    return routes


def _metrics(inference: InferenceService) -> str:
    """Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/."""
    gauges = {
        "ready": ("Whether completions are possible", int(inference.state.serving is not None)),
        "requests_running": ("Requests on the engine", inference.running),
        "requests_waiting": ("Requests in the waiting queue", inference.waiting),
    }
    return "".join(
        f"# HELP vinochat_{name} {help}.\n# TYPE vinochat_{name} gauge\nvinochat_{name} {value}\n"
        for name, (help, value) in gauges.items()
    )
