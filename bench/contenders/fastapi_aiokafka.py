"""A collecting endpoint as it is usually written: FastAPI, Pydantic, aiokafka, JSON into Kafka.

One uvicorn worker with uvloop and httptools; `send_and_wait` with acks=all, a batch's events sent
together and awaited together. No rate limits, keys, envelope or Avro: less work than our gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal
from uuid import UUID, uuid4

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

from bench.contenders.heatmap_job import Job

job = Job.given()
Coordinate = Annotated[int, Field(ge=0, le=10_000)]


class Beacon(BaseModel):
    """One heatmap event of the published contract."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID = Field(default_factory=uuid4)
    store_id: UUID
    session_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")
    type: Literal["click", "scroll", "hover"]
    page_url: str = Field(pattern=r"^https?://", max_length=2048)
    x: Coordinate | None = None
    y: Coordinate | None = None
    viewport_width: Coordinate | None = None
    viewport_height: Coordinate | None = None
    document_height: Coordinate | None = None
    selector: str | None = Field(None, max_length=512)
    element_x: Coordinate | None = None
    element_y: Coordinate | None = None
    scroll_depth: int | None = Field(None, ge=0, le=100)
    dwell_ms: int | None = Field(None, ge=0)
    device: Literal["mobile", "tablet", "desktop"] | None = None
    timestamp: int | None = None


class Batch(BaseModel):
    events: list[Beacon] = Field(min_length=1, max_length=500)


class Accepted(BaseModel):
    status: str = "accepted"
    accepted: int
    ids: list[UUID]


producers: list[AIOKafkaProducer] = []


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # With the default of 16 KB a batch, aiokafka's waiting senders keep waking each other up,
    # which makes the batch endpoint several times slower.
    tuned = {} if job.default_producer else {"max_batch_size": 524_288, "linger_ms": 1}
    producer = AIOKafkaProducer(**job.aiokafka, acks="all", **tuned)
    await producer.start()
    producers.append(producer)
    yield
    await producer.stop()


app = FastAPI(lifespan=lifespan)


async def publish(beacon: Beacon) -> None:
    await producers[0].send_and_wait(
        job.ingest, beacon.model_dump_json().encode(), key=beacon.session_id.encode()
    )


@app.post("/api/heatmap/track", status_code=202)
async def track(beacon: Beacon) -> Accepted:
    await publish(beacon)
    return Accepted(accepted=1, ids=[beacon.event_id])


@app.post("/api/heatmap/track-batch", status_code=202)
async def track_batch(batch: Batch) -> Accepted:
    await asyncio.gather(*(publish(beacon) for beacon in batch.events))
    return Accepted(accepted=len(batch.events), ids=[b.event_id for b in batch.events])


@app.get("/readyz")
async def ready() -> Response:
    return Response()


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=job.port, log_level="warning", access_log=False)
