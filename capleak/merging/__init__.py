"""Two records of one person become one, with every entry and every earlier version.

`questions` finds what only a person can decide, `run` does all of it in one transaction
or nothing. Every table of a record has its rule in `rules`; a test fails for a table
that has none, and a record with rows of it is not merged.
"""
