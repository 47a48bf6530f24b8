"""Reading slices with Faust: the part that is written against private parts of other libraries.

Faust keeps its groups, rebalancing, acknowledgement and commit. Ours is what decides whether an
event can get lost, and what a record costs. In the order of the data's way:

- `fetching`: when aiokafka asks the broker, and how its answer becomes records
- `batches`: a batch of records as Kafka keeps it, checked and counted by its offsets
- `compression`: batches unpacked, up to a limit
- `salvage`: what aiokafka's parser refuses, read record by record
- `slice_consumer`: Faust's consumer, which hands over one slice a partition and seeks by the ledger
- `faust_app`: the Faust application on that consumer
- `membership`: of two workers with one slot, the older one leaves

faust-streaming and aiokafka are pinned exactly; `tests/unit/slices/test_faust_contract.py` names
each private part that is used here and fails where one changes.
"""
