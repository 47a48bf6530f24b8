"""Of two workers with one slot, the older one leaves.

Kafka gives a slot to whoever joined with it last and forgets the member before. aiokafka takes that
for a session that expired and joins again, which throws the newer worker out in turn: they take
turns every second, and nothing moves. So a member that the broker cannot have forgotten by itself,
since its session still lasted, leaves the process. One whose session may be over, because it was
frozen or the broker was away, joins again.
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
    # The first to hear of it as often as not; what follows would join again before a heartbeat.
    group_coordinator.OffsetCommitRequest,
)
#: aiokafka has no name for the last one: FENCED_INSTANCE_ID.
_MEMBER_FORGOTTEN = {errors.UnknownMemberIdError.errno, 82}
_MEMBER_KNOWN = {errors.NoError.errno, errors.RebalanceInProgressError.errno}


class SlotCoordinator(group_coordinator.GroupCoordinator):  # type: ignore[misc]
    """aiokafka's side of a group, that leaves when its slot is taken."""

    _confirmed_at = float("-inf")

    async def _send_req(self, request: Any) -> Any:
        sent_at = monotonic()
        response = await super()._send_req(request)
        if isinstance(request, _MEMBERSHIP_REQUESTS) and self._group_instance_id is not None:
            codes = _error_codes(response)
            if codes & _MEMBER_FORGOTTEN:
                self._leave_if_taken()
            elif codes <= _MEMBER_KNOWN:
                # From before the request left: the broker's count of the session begins later.
                self._confirmed_at = sent_at
        return response

    def _leave_if_taken(self) -> None:
        if monotonic() - self._confirmed_at < self._session_timeout_ms / 1000:
            leave("another worker has taken this slot", slot=self._group_instance_id)


def _error_codes(response: Any) -> set[int]:
    """What an answer says: a commit's has a code for each partition."""
    if hasattr(response, "error_code"):
        return {response.error_code}
    return {code for _topic, partitions in response.topics for _partition, code in partitions}


def leave_when_slot_is_taken() -> None:
    """Holds for every consumer that is started in this process from now on."""
    consumer.GroupCoordinator = SlotCoordinator
