"""Whether an answer fits the schema that it was asked for in. Runs in the child alone: a schema may cost anything."""

from __future__ import annotations

import json
from typing import IO, Any

LONGEST = 160
"""Characters of what is wrong."""


def check(source: IO[bytes]) -> dict[str, Any]:
    """Read `{"schema", "text"}`; return `valid`, and where it is not, a sentence that says what is wrong where."""
    source.seek(0)
    given = json.load(source)
    try:
        answer = json.loads(given["text"])
    except (ValueError, RecursionError):
        return {"valid": False, "problem": "The answer is not JSON."}
    if given["schema"] is None:
        return {"valid": True, "problem": ""}
    import jsonschema_rs

    try:
        # Patterns without look-around and back references take time in proportion to the text
        validator = jsonschema_rs.Draft202012Validator(
            given["schema"], validate_formats=False, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:
        try:
            validator = jsonschema_rs.Draft202012Validator(given["schema"], validate_formats=False)
        except ValueError:
            return {"valid": False, "problem": "The schema of this answer cannot be read."}
    problem = next(iter(validator.iter_errors(answer)), None)
    if problem is None:
        return {"valid": True, "problem": ""}
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem.instance_path).lstrip(".")
    what = " ".join(problem.message.split())
    what = what if len(what) <= LONGEST else what[:LONGEST] + "…"
    return {"valid": False, "problem": f"The answer does not fit its schema{f' at {where}' if where else ''}: {what}."}
