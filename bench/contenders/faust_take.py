"""Stock Faust: an agent that takes batches. Its acknowledgements are Faust's own, so that events
are lost when a write fails; only its speed is looked at here."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import faust

from bench.contenders.heatmap_job import HeatmapJob, Job

BATCH = 5_000
WITHIN_SECONDS = 0.5

job = Job.given()
work = HeatmapJob(job)
app = faust.App(
    job.group,
    broker=[f"aiokafka://{job.bootstrap}"],
    broker_credentials=(
        faust.SASLCredentials(username=job.user, password=job.password) if job.user else None
    ),
    consumer_auto_offset_reset="earliest",
    broker_max_poll_records=BATCH,
    stream_buffer_maxsize=BATCH * 2,
    topic_disable_leader=True,
    web_enabled=False,
    store="memory://",
    datadir=f"{job.folder}/{job.group}",
)
topic = app.topic(job.ingest, key_serializer="raw", value_serializer="raw", internal=False)


@app.agent(topic, concurrency=1)
async def heatmap(stream: Any) -> None:
    async for values in stream.take(BATCH, within=WITHIN_SECONDS):
        await asyncio.to_thread(work.apply, values)


if __name__ == "__main__":
    sys.argv = ["faust_take", "worker", "--loglevel=warn", "--without-web"]
    app.main()
