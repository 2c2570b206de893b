#!/usr/bin/env python
"""The project's command line. A bad setting ends it with one sentence."""

import os
import sys

from django.core.management import execute_from_command_line

from webapp.env import BadSetting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"webapp.settings.{os.environ.get('SALON_ENV') or 'development'}")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        sys.exit(f"Salon cannot start: {error}")
