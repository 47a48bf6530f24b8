"""A FastStream batch subscriber on aiokafka, acknowledged after the transaction."""

from __future__ import annotations

import asyncio

# It has a virtual environment of its own, where a type checker does not look.
from faststream import AckPolicy, FastStream  # type: ignore[import-not-found] # see above
from faststream.kafka import KafkaBroker  # type: ignore[import-not-found] # see above
from faststream.kafka.message import KafkaMessage  # type: ignore[import-not-found] # see above
from faststream.security import SASLPlaintext  # type: ignore[import-not-found] # see above

from bench.contenders.heatmap_job import HeatmapJob, Job

BATCH = 10_000

job = Job.given()
work = HeatmapJob(job)
broker = KafkaBroker(
    job.bootstrap,
    security=SASLPlaintext(username=job.user, password=job.password) if job.user else None,
    logger=None,
)


async def undecoded(message: KafkaMessage) -> object:
    """The bytes as they are: FastStream would try each of them as JSON first."""
    return message.body


@broker.subscriber(  # type: ignore[untyped-decorator] # see above
    job.ingest,
    batch=True,
    max_records=BATCH,
    group_id=job.group,
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
    decoder=undecoded,
)
async def heatmap(values: list[bytes]) -> None:
    await asyncio.to_thread(work.apply, values)


if __name__ == "__main__":
    asyncio.run(FastStream(broker).run())
