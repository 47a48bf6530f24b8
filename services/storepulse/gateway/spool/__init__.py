"""The gateway's disk, for events accepted while Kafka cannot be written.

`records` is the format, `segments` the files, `spool` takes events and answers after the fsync,
`drain` sends them to Kafka, oldest first.
"""
