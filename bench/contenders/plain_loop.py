"""A confluent-kafka consumer loop: large batches, offsets committed after the transaction.

Without a ledger of offsets its effects are at least once; the ids in PostgreSQL make them once.
"""

from __future__ import annotations

from typing import cast

from confluent_kafka import Consumer

from bench.contenders.heatmap_job import HeatmapJob, Job

BATCH = 10_000


def main() -> None:
    job = Job.given()
    work = HeatmapJob(job)
    consumer = Consumer(
        {
            **job.librdkafka,
            "group.id": job.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
            "queued.min.messages": 100_000,
        }
    )
    consumer.subscribe([job.ingest])
    while True:
        messages = consumer.consume(BATCH, 0.5)
        for message in messages:
            if message.error():
                raise RuntimeError(str(message.error()))
        if messages:
            work.apply([cast("bytes", message.value()) for message in messages])
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    main()
