"""What the tests share. One of each: look here before writing another.

Worlds and servers
    servers             Kafka and PostgreSQL, once a run
    world               topics and a database of a test's own
    kafka_container     Kafka in a container, where Docker answers
    linked_kafka        a broker that is reached through a link
    links               a TCP link to a server, which can turn mute
    chromium            a page in Chromium, by its command line
    browser             pages in Chromium that a test drives, and the sites that they are of
    tracked_shop        a shop with the tracker, and a gateway that can be made to fail
    gateway_link        between a page and the real gateway: it passes on, refuses, hangs or cuts
    services            our services as processes of their own
    commands            the command line as a process
    inline_commands     the command line in the test's own process
    stand_in_service    a process that serves its health, for tests of the supervisor
    stand_in_stack      a supervisor with such processes

Waiting
    waiting             until something holds, in a thread or on the event loop
    whole_days          until a day has time left for a test of its figures

Receivers
    receiver            an HTTP server that answers as the test says
    http_messages       a request that it keeps, and its reply
    behaviours          connections that misbehave
    vendors             answers of Google, Meta and Cloudflare
    query_stand_in      answers of the query service
    receiver_process    receivers in a process of their own
    certificates        certificates for receivers with TLS

Records
    ingest_records      records as the gateway writes them
    generated_records   the same, drawn by hypothesis
    documented_answers  requests drawn from an OpenAPI document, and their answers
    raw_batches         batches as bytes, also such as no client of ours writes
    transactions        records in Kafka's transactions
    dead_letters        dead letters as the agents write them
    delivered_events    events as they are delivered
    kafka_records       all records of a topic
    used_plans          stores with plans and figures
    experiment_changes  moves of tests, without their author's checks
    stored_tests        tests of a store with their rollups, in the tables
    experiment_rollups  phases and rollups in memory, for results
    subscriber          another team's reader of events.*
    live_reader         reads the stream of live events as a page does

Metrics and packages
    scrapes             what services export, and what rules ask of it
    node_packages       packages from npm, installed once a run
    python_packages     packages of PyPI that the suite's own would not go with

Recomputing and rules
    scenes              the demo's scenes, and a stack set up for them
    accepted_events     the events that the demo wrote
    table_comparison    the tables beside what the plain model makes of events
    grouping            which tests run in one worker
    failure_list        who failed, at the end of a run's print
    source_rules        rules for names and sizes in the package
    private_parts       private parts of libraries that the package uses
"""
