"""The doors of servers: paths that take signed calls.

`signed_calls` checks signatures made with a store's secret, and API tokens instead of them;
`shopify` checks Shopify's signatures. A door authenticates a call before its body is parsed: a
signature counts as a secret key of its store for ingestion only.
"""
