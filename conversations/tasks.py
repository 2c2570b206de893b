"""What Procrastinate's workers run. The job is only the nudge: the response's row says what there is to do."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="run_turn", queue="turns", pass_context=False)
async def run_turn(response_id: int) -> None:
    """Run a turn in this worker; ends when the turn has ended, or at once where another runner has it."""
    from conversations.turns.runner import runner  # the web processes know this module too, and run no turns

    await runner.run(response_id)
