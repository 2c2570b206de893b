"""Whether an answer fits the schema that it was asked for in. Runs in the child alone: patterns may never end."""

from __future__ import annotations

import json
from typing import IO, Any

MOST_SHOWN = 120
"""Characters of what is wrong."""


def check(source: IO[bytes]) -> dict[str, Any]:
    """Read `{"schema", "text"}`; return `valid`, and where it is not, a sentence that says what is wrong where."""
    source.seek(0)
    given = json.load(source)
    try:
        answer = json.loads(given["text"])
    except ValueError:
        return {"valid": False, "problem": "The answer is not JSON."}
    if given["schema"] is None:
        return {"valid": True, "problem": ""}
    from jsonschema import Draft202012Validator  # a tenth of a second
    from jsonschema.exceptions import SchemaError, best_match

    try:
        problem = best_match(Draft202012Validator(given["schema"]).iter_errors(answer))
    except SchemaError:
        return {"valid": False, "problem": "The schema cannot be read."}
    if problem is None:
        return {"valid": True, "problem": ""}
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem.absolute_path).lstrip(".")
    what = f"it does not fit “{problem.validator}”"
    expected = problem.validator_value
    if problem.validator == "type":
        what = f"it should be {expected if isinstance(expected, str) else ' or '.join(expected)}"
    elif problem.validator == "required":
        missing = [name for name in expected if name not in problem.instance]
        what = f"“{missing[0] if missing else '?'}” is missing"
    elif problem.validator == "enum":
        what = f"it should be one of {json.dumps(expected, ensure_ascii=False)}"
    elif problem.validator == "additionalProperties":
        what = "it has a property that the schema does not know"
    what = what if len(what) <= MOST_SHOWN else what[:MOST_SHOWN] + "…"
    return {"valid": False, "problem": f"The answer does not fit its schema{f' at {where}' if where else ''}: {what}."}
