"""HTTP for programs: the probes, and /v1 of `app.openai_api`."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from app.inference.service import InferenceService
from app.inference.types import ServiceState
from app.openai_api import docs
from app.openai_api import routes as openai_routes


def router(inference: InferenceService) -> APIRouter:
    """The routes for programs, apart from the metrics."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> Response:
        return _readiness(inference.state)

    openai_api = openai_routes.router(inference)
    routes.include_router(openai_api)
    routes.include_router(docs.router(openai_api, inference))
    return routes


def _readiness(state: ServiceState) -> Response:
    serving = state.serving
    if serving is None:
        content = {"status": state.status, "reason": state.detail}
        return JSONResponse(content, 503, {"Retry-After": "5"})
    return JSONResponse(
        {
            "status": "ready",
            "model": serving.model.model_id,
            "device": serving.device,
            "weight_format": serving.model.weight_format,
            "engine": serving.info.kind,
        }
    )
