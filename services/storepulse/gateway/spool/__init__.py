"""The gateway's disk, for what it answered while Kafka could not be written.

`records` is the format, `segments` the files, `spool` takes events and answers after the fsync,
`drain` brings them to Kafka, oldest first.
"""
