"""Events as they arrive: one look at Kafka for each process, shared by all who watch.

    tail            reads the topics in a thread of its own, from a minute and a half back
    arrivals        what a record is, without decoding more of it than is shown
    wording         one line of what an event says
    refusals        the same of what the gateway refused
    outcomes        which accepted event was applied, was a repeat, or died
    ledger_look     what the ledger says of those whose outcome nothing else tells
    window          the newest events, in the order of their last change, and who missed what
    rates           events of each second by what came of them
    hub             brings these together while somebody watches
    feed            one reader's stream of server-sent events
    single_records  one record out of Kafka, for who looks closer
    details         all that is known of one event
    routes          the two paths

Rules: an event's id says where its record lies in Kafka, so that it stays the same in every process
and can be looked up for as long as Kafka keeps it. A key of one store learns nothing of others, nor
how many events they had. What a reader does not take in time is dropped, and he is told how much.
"""
