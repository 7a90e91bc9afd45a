"""The take-out: everything that a record is, as one ZIP that can be brought in again.

`inventory` says what goes in and how, `writing` makes the ZIP, `reading` opens one that
somebody sent, and `storing` makes a record of it in an account that has none.
"""
