"""Each kind of event in its own folder.

- `stream`: the record that each folder's `stream.py` defines, and that all other code reads
- `registry`: all records by name; the folders are the list
- `beacon`, `wording`: what the beacons of all streams share
- `reducers`, `reduction`: how a stream's reducer is found, and its result
- `screen`: conditions for screens
- `skeleton`: the files of a new stream, for `storepulse streams new`
"""
