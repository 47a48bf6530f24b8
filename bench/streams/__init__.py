"""What the streams' bench plays: one module a stream, found by the stream's name.

A module has `beacons(rnd, since_ms, until_ms, count)`, which gives `count` different beacons as a
client sends them, in order of time. A stream without a module plays the samples of its record.
"""
