"""Names that clients add to the figures: pages, selectors, landing pages, events, stores.

`new_name_limits` counts the new ones by key and hour, `database_names` holds those that are in the
database, `database_name_queries` reads them.
"""
