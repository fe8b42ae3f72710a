"""`GET /healthz` and `GET /readyz`."""

from fastapi import APIRouter, Request, Response, status

router = APIRouter()


@router.get("/healthz")
@router.get("/readyz")
async def health(request: Request) -> Response:
    """Say whether the model works.

    It was used before the server took its first request, so it is ready as long as its worker goes on. A worker
    that has ended does not come back: then the process has to be started again.
    """
    if request.app.state.worker.done():
        return Response("the model's worker has ended\n", status.HTTP_503_SERVICE_UNAVAILABLE, media_type="text/plain")
    return Response("ok\n", media_type="text/plain")
