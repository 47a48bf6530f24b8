"""Consuming topics as slices, each applied once: the machinery that every such process shares.

A slice is a run of consecutive records of one partition. It is prepared while the one before is
written, its effects and the ledger's row are one transaction, and it is acknowledged after that.
Whoever writes a new consumer hands in two things and wires them up:

1. `prepare(slice)`: decodes and checks, on a thread of its own, and never raises for a bad record:
   those are in `dead` of what it returns (`consumer.Prepared`).
2. a transaction (`consumer.Transaction`), whose `apply` stores what was prepared:

       with slice_transaction(connection, prepared.slice, place, partition, name) as entry:
           if not entry.new:
               return Outcome(redelivered=entry.redelivered)
           ...  # effects of the records at the places entry.new, through entry.cursor
           entry.advance()
       return Outcome(applied=...)

3. `Consumer(name, topic, prepare, make_transaction)`, and `worker.run(settings, member, consumers)`
   in the process's own module; `agents/worker.py` is the example.

`transport` reads slices with Faust, `partitions` knows where each partition continues, `pipeline`
keeps the order, `writer` carries a transaction through faults, `ledger` makes it apply once,
`worker` is the process around them. What PostgreSQL refuses about a record sets that record aside;
what will pass is waited for; anything else ends the process with nothing acknowledged.
"""
