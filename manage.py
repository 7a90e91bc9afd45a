#!/usr/bin/env python
"""Run a CapLeak management command; `make run` is the way to start everything."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "capleak.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
