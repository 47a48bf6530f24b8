"""The public reads of tests: a visitor's variant, a store's tests, and pages with variants.

`parameters` parses requests, `answers` caches answers, `exposing` stores exposures, `reads`
combines them.
"""
