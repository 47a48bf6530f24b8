"""What visitors are told of tests: their variant, the tests of a store, and pages with variants.

`parameters` reads what is asked, `answers` holds the answers ready, `exposing` stores exposures,
`reads` puts them together.
"""
