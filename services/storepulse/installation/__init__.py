"""Check that a shop's page includes the tracker correctly: `storepulse doctor --site`.

`content_policy` and `tag` are pure; only `fetching` accesses the network.
"""
