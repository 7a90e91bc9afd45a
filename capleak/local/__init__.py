"""CapLeak on one machine by one command: embedded services and their processes.

`python -m capleak.local run` serves, `… services -- CMD` lends the services to a
command, `… manage ARGS` is manage.py on the data of `run`. Nothing here needs Django's
settings: they read the environment that this package prepares.
"""
