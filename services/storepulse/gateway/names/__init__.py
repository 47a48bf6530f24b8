"""Names that clients bring into the figures: pages, selectors, landing pages, stores.

`new_name_limits` counts the new ones of each key and hour, `database_names` holds those that the
database has already, `database_name_queries` reads them.
"""
