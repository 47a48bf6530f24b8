"""Consumption of topics in slices, each applied once: shared by all processes that read Kafka.

A slice is a run of consecutive records of one partition. It is prepared while the previous one is
written. Its effects and the ledger row are one transaction, and it is acknowledged after the
commit. A record that PostgreSQL refuses becomes a dead letter. A transient fault is retried until
it ends. Any other error ends the process with nothing acknowledged.

Files, in the order of the data flow:

- `driver/`: Faust and aiokafka, adapted to deliver slices (its `__init__` lists its files)
- `slice`: the slice itself
- `partitions`: where each partition continues, according to the ledger and the broker
- `offsets`: the ledger's ranges, as pure arithmetic
- `pipeline`: one consumer's loop, which prepares, writes and acknowledges in order
- `halts`: partitions that wait for an operator because most of a slice did not decode
- `lanes`: threads that write slices of different partitions concurrently
- `writer`: runs a slice's transaction and retries it after transient faults
- `bisection`: finds the records of a slice that cannot be applied
- `ledger`: the locked row that makes a transaction apply each record once
- `publisher`: sends records to Kafka and waits for them before the commit
- `freshness`: the age of the newest effect, or of the oldest waiting slice

Around them:

- `consumer`: the interface between a consumer and these modules
- `topics`: checks that the topics of a process exist
- `application`: the Faust application, with the reason for each setting
- `worker`: the process: checks, runs, is watched, stops cleanly
- `watching/`: lag, watchdog and health of a running process
- `process_exit`: how a process exits

A new consumer provides a `prepare` function and a transaction, and registers them:

1. `prepare(slice)`: decodes and checks, on its own thread. It never raises for a bad record: bad
   records are in `dead_records` of the result (`consumer.PreparedSlice`).
2. a transaction (`consumer.Transaction`), whose `apply` stores the prepared slice:

       with slice_transaction(connection, prepared.slice, source, broker, name) as row:
           if not row.new_indexes:
               return SliceOutcome(redelivered=row.redelivered_count)
           ...  # effects of the records at row.new_indexes, through row.cursor
           row.advance()
       return SliceOutcome(applied=...)

3. `Consumer(name, topic, prepare, make_transaction)`, and `worker.run(settings, member, consumers)`
   in the process's own module; see `agents/worker.py`.
"""
