"""Whether a shop's page has the tracker as it must be: what `storepulse doctor --site` checks.

`content_policy` and `tag` are pure; `fetching` is the only part that asks the network.
"""
