"""Experiment: which variants visitors were shown, and what they did afterwards."""

from __future__ import annotations

from typing import get_args

from storepulse.streams.experiment.beacon import INPUT, EventType, derived_id, sample
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint

STREAM = Stream(
    name="experiment",
    input=INPUT,
    types=EventTypes(column="event_type", names=get_args(EventType)),
    endpoints=(
        StreamEndpoint(path="/api/ab-testing/events", lists=True),
        StreamEndpoint(
            path="/api/ab-testing/conversion/{test_id}",
            lists=True,
            states={"event_type": "Conversion"},
        ),
        StreamEndpoint(
            path="/api/ab-testing/metric/{test_id}",
            lists=True,
            states={"event_type": "Metric"},
        ),
    ),
    rows="experiment_events",
    counts=Counts(
        events=("experiment_rows", "experiment_hourly"),
        shortest_kept="experiment_events",
        of_rows=("experiment_units", "experiment_sums", "experiment_counts"),
    ),
    sample=sample,
    priority="high",
    session_required=False,
    derived_id=derived_id,
)
