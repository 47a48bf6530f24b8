"""Consuming topics as slices, each applied once: what every process that reads Kafka shares.

A slice is a run of consecutive records of one partition. It is prepared while the one before is
written, its effects and the ledger's row are one transaction, and it is acknowledged after that.
What PostgreSQL refuses about a record sets that record aside; what will pass is waited for;
anything else ends the process with nothing acknowledged.

The files, in the order of the data's way:

- `driver/`: Faust and aiokafka, made to hand over slices (each of its files is named there)
- `slice`: the slice itself
- `partitions`: where each partition continues, by the ledger and by the broker
- `offsets`: the ledger's ranges, as pure arithmetic
- `pipeline`: one consumer's loop, which prepares, writes and acknowledges in order
- `halts`: partitions that wait for a person, since most of a slice did not decode
- `lanes`: the threads that write slices of different partitions side by side
- `writer`: carries a slice's transaction through the faults of the world
- `database_faults`: what an error of PostgreSQL means: wait, set records aside, or leave
- `bisection`: finds the records of a slice that cannot be applied
- `ledger`: the locked row that makes a transaction apply each record once
- `publisher`: records to Kafka, awaited before the commit
- `freshness`: how old the newest effect is, or the oldest slice that waits

Around them:

- `consumer`: what a consumer hands in, and the words between it and all of this
- `topics`: whether the topics are there that a process needs
- `application`: the Faust application, with the reason for each setting
- `worker`: the process: checks, runs, is watched, stops cleanly
- `watching/`: lag, watchdog and health of a running process
- `process_exit`: how a process leaves

Whoever writes a new consumer hands in two things and wires them up:

1. `prepare(slice)`: decodes and checks, on a thread of its own, and never raises for a bad record:
   those are in `dead` of what it returns (`consumer.PreparedSlice`).
2. a transaction (`consumer.Transaction`), whose `apply` stores what was prepared:

       with slice_transaction(connection, prepared.slice, source, broker, name) as row:
           if not row.new_indexes:
               return SliceOutcome(redelivered=row.redelivered_count)
           ...  # effects of the records at row.new_indexes, through row.cursor
           row.advance()
       return SliceOutcome(applied=...)

3. `Consumer(name, topic, prepare, make_transaction)`, and `worker.run(settings, member, consumers)`
   in the process's own module; `agents/worker.py` is the example.
"""
