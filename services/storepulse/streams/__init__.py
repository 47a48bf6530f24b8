"""Each kind of event in a folder of its own.

- `stream`: the record that each folder's `stream.py` fills in, and that everybody else reads
- `registry`: all records by name; the folders are the list
- `beacon`, `wording`: what the beacons of all streams share
- `reducers`, `reduction`: how a stream's reducer is found, and what it gives
- `screen`: the conditions that screens are made of
- `skeleton`: the files of a new stream, for `storepulse streams new`
"""
