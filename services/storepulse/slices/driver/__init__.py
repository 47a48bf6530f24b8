"""Reading slices with Faust: the code that depends on private parts of other libraries.

Faust keeps its group membership, rebalancing, acknowledgement and commit. We replace what decides
whether an event can be lost, and what determines the cost of a record. In the order of data flow:

- `fetching`: when aiokafka asks the broker, and how its answer becomes records
- `batches`: a batch of records in Kafka's format, checked, with offsets from the batch
- `compression`: decompression of batches, up to a limit
- `salvage`: batches that aiokafka's parser refuses, read record by record
- `slice_consumer`: Faust's consumer, which delivers one slice per partition and seeks by the ledger
- `faust_app`: the Faust application with that consumer
- `membership`: of two workers with one slot, the older one exits

faust-streaming and aiokafka are pinned exactly. `tests/unit/slices/test_faust_contract.py` names
each private part that is used here and fails if one changes.
"""
