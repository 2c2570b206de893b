#!/usr/bin/env python
"""The project's command line. A bad setting ends it with one sentence."""

import sys

from django.core.management import execute_from_command_line

from webapp import env

if __name__ == "__main__":
    with env.one_sentence():
        env.choose_settings()
        execute_from_command_line(sys.argv)
