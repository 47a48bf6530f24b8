"""Of two workers with one slot, the older one exits.

Kafka gives a slot to the worker that joined with it last and forgets the previous member. aiokafka
treats that as an expired session and joins again, which evicts the newer worker in turn: the two
alternate every second and neither makes progress. So a member exits if the broker cannot have
expired it, because its session had not timed out. A member whose session may have expired, because
it was frozen or the broker was away, joins again.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from aiokafka import errors
from aiokafka.consumer import consumer, group_coordinator

from storepulse.slices.process_exit import leave

_MEMBERSHIP_REQUESTS = (
    group_coordinator.HeartbeatRequest,
    group_coordinator.JoinGroupRequest,
    group_coordinator.SyncGroupRequest,
    # Often the first request to fail. Its error handling would rejoin before the next heartbeat.
    group_coordinator.OffsetCommitRequest,
)
#: aiokafka does not define error 82, FENCED_INSTANCE_ID.
_MEMBER_FORGOTTEN = {errors.UnknownMemberIdError.errno, 82}
_MEMBER_KNOWN = {errors.NoError.errno, errors.RebalanceInProgressError.errno}


class SlotCoordinator(group_coordinator.GroupCoordinator):  # type: ignore[misc]
    """aiokafka's group coordinator, which exits the process when its slot is taken."""

    _confirmed_at = float("-inf")

    async def _send_req(self, request: Any) -> Any:
        sent_at = monotonic()
        response = await super()._send_req(request)
        if isinstance(request, _MEMBERSHIP_REQUESTS) and self._group_instance_id is not None:
            codes = _error_codes(response)
            if codes & _MEMBER_FORGOTTEN:
                self._leave_if_taken()
            elif codes <= _MEMBER_KNOWN:
                # The time of sending: the broker's session timer starts later.
                self._confirmed_at = sent_at
        return response

    def _leave_if_taken(self) -> None:
        if monotonic() - self._confirmed_at < self._session_timeout_ms / 1000:
            leave("another worker has taken this slot", slot=self._group_instance_id)


def _error_codes(response: Any) -> set[int]:
    """Return the error codes of a response; a commit has one per partition."""
    if hasattr(response, "error_code"):
        return {response.error_code}
    return {code for _topic, partitions in response.topics for _partition, code in partitions}


def leave_when_slot_is_taken() -> None:
    """Apply `SlotCoordinator` to every consumer that this process starts from now on."""
    consumer.GroupCoordinator = SlotCoordinator
