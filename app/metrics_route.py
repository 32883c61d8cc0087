"""GET /metrics for Prometheus. Who may read it is the gate's business."""

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from app.inference.metrics import Metrics


def router(metrics: Metrics) -> APIRouter:
    """The route that a Prometheus server scrapes; docs/metrics.md lists what it finds."""
    routes = APIRouter()

    @routes.get("/metrics")
    async def scrape() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
