#!/usr/bin/env python
"""The project's command line. A bad setting ends it with one sentence."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from webapp.env import choose_settings

if __name__ == "__main__":
    try:
        choose_settings()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Salon cannot start: {error}")
