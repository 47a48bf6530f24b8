"""Events as they arrive: each process reads Kafka once for all its readers.

    tail            reads the topics in its own thread, starting 90 seconds back
    arrivals        records, decoded no further than is shown
    wording         an event as one line of text
    refusals        the same for beacons that the gateway refused
    outcomes        matches accepted events with their outcome
    ledger_look     reads the ledger for events without another sign of their outcome
    window          the newest events in the order of their last change, and what readers missed
    rates           events of each second by outcome
    hub             combines these while there are readers
    feed            one reader's stream of server-sent events
    single_records  one record from Kafka, for the view of one event
    details         everything that is known about one event
    routes          the two paths

Rules: an event's id is the place of its record in Kafka. It is the same in every process and can be
looked up as long as Kafka keeps the record. A key of one store learns nothing about other stores,
not even how many events they had. A reader that is too slow misses events and is told how many.
"""
