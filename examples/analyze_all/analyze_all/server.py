# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP interface: what is asked for by which path, and how it is answered.

``POST /analyze``   the verdict on a document
``GET /healthz``    status of the service and its components; 503 when unhealthy
``GET /readyz``     200 when requests are welcome, else 503 and why
``GET /version``    which release and instance this is
``GET /metrics``    for Prometheus
"""

from __future__ import annotations

import dataclasses
import functools
import platform
import time
import typing as t

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from analyze_all import health, learned, scoring
from analyze_all.document import take_apart
from analyze_all.faults import FaultInjector, InjectedError
from analyze_all.manifest import Manifest
from analyze_all.memory import resident_bytes
from analyze_all.metrics import CONTENT_TYPE, Metrics
from analyze_all.readiness import LeavingNotice, Readiness
from analyze_all.recent import RecentRequests
from analyze_all.sample import InvalidSample, Sample, parse

USER_HEADER = "X-User"
"""The request's header with the name by which a user gets a feature or not."""

if t.TYPE_CHECKING:
    from analyze_all.flags import Flags

LARGEST_BODY = 64 * 1024
"""Bytes; what takes longer to analyse than others should have to wait belongs in a queue."""

REFERENCE = "The door is open. Please come in and take a seat."
"""A document that is good beyond doubt, by which ``/healthz`` sees that scoring still works."""


class BodyTooLarge(Exception):
    """A request whose body is larger than what is analysed at once."""


class Service:
    """Answers requests for one instance of one release."""

    def __init__(
        self,
        manifest: Manifest,
        instance: str,
        limits: health.Limits,
        fault_seed: int | None = None,
        flags: Flags | None = None,
    ) -> None:
        self.readiness = Readiness(never_ready=manifest.faults.never_ready)
        self._manifest = manifest
        self._instance = instance
        self._limits = limits
        self._faults = FaultInjector(manifest.faults, fault_seed)
        self._flags = flags
        self._metrics = Metrics(manifest.version, instance)
        self._recent = RecentRequests()
        self._started = time.monotonic()

    def application(self) -> ASGIApp:
        """The service as an ASGI application."""
        routes = [
            Route("/analyze", self._analyze, methods=["POST"]),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/version", self._version),
            Route("/metrics", self._exposition),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _refusal, Exception: _breakdown})
        return LeavingNotice(app, self.readiness)

    async def _analyze(self, request: Request) -> Response:
        begun = time.perf_counter()
        code = 500
        by_ai, variant = self._flags.ai(request.headers.get(USER_HEADER)) if self._flags else (False, None)
        try:
            with self._metrics.in_flight.track_inprogress():
                response = await self._verdict(request, by_ai)
            code = response.status_code
            if variant is not None:
                response.headers["X-Variant"] = variant
        finally:
            self._metrics.answered(code, time.perf_counter() - begun, variant)
            self._recent.record(time.monotonic(), failed=code >= 500)
        return response

    async def _verdict(self, request: Request, by_ai: bool) -> Response:
        try:
            await self._faults.strike(by_ai)
            sample = parse(await _body(request))
        except InjectedError as error:
            return _error(500, "injected-error", str(error))
        except InvalidSample as error:
            return _error(400, "invalid-sample", str(error))
        except BodyTooLarge as error:
            return _error(413, "body-too-large", str(error))
        assessment = (learned if by_ai else scoring).assess(sample.document)
        self._metrics.assessed(sample, assessment)
        return JSONResponse(_as_json(sample, assessment))

    async def _healthz(self, _request: Request) -> Response:
        components = health.components(
            self._recent.count(time.monotonic()), resident_bytes(), _reference_assessment(), self._limits
        )
        status = health.worst(component["status"] for component in components.values())
        content = {
            "status": status,
            **self._identity,
            "uptime_seconds": round(time.monotonic() - self._started, 3),
            "components": components,
        }
        return JSONResponse(content, status_code=503 if status == "unhealthy" else 200)

    async def _readyz(self, _request: Request) -> Response:
        reasons = self.readiness.reasons_against()
        content = {"ready": not reasons, "reasons": reasons, **self._identity}
        return JSONResponse(content, status_code=503 if reasons else 200)

    async def _version(self, _request: Request) -> Response:
        return JSONResponse({"app": self._manifest.app, **self._identity, "python": platform.python_version()})

    async def _exposition(self, _request: Request) -> Response:
        return Response(self._metrics.exposition(), media_type=CONTENT_TYPE)

    @functools.cached_property
    def _identity(self) -> dict[str, str]:
        return {"release": self._manifest.version, "instance": self._instance}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge(f"the body has more than {LARGEST_BODY} bytes")
    return bytes(body)


def _as_json(sample: Sample, assessment: scoring.Assessment) -> dict[str, t.Any]:
    content: dict[str, t.Any] = {
        "verdict": assessment.verdict,
        "score": assessment.score,
        "kind": sample.kind,
        "words": len(sample.document.words),
        "unresolved": sample.document.unresolved,
        "aspects": {name: dataclasses.asdict(aspect) for name, aspect in assessment.aspects.items()},
    }
    if sample.expected is not None:
        content |= {"expected": sample.expected, "correct": sample.expected == assessment.verdict}
    return content


def _reference_assessment() -> scoring.Assessment:
    return scoring.assess(take_apart(REFERENCE))


def _error(code: int, error: str, message: str) -> Response:
    return JSONResponse({"error": error, "message": message}, status_code=code)


async def _refusal(_request: Request, error: Exception) -> Response:
    refusal = t.cast(HTTPException, error)
    content = {"error": "refused", "message": refusal.detail}
    return JSONResponse(content, status_code=refusal.status_code, headers=refusal.headers)


async def _breakdown(_request: Request, error: Exception) -> Response:
    return _error(500, "internal-error", type(error).__name__)
