"""The order of events in real streams, as regular expressions over their types without the leading `response.`."""

import re
from typing import Any

TEXT = (
    "content_part.added ((output_text.delta |output_text.annotation.added )*output_text.done "
    "|(refusal.delta )*refusal.done )content_part.done "
)
SUMMARY = (
    "(reasoning_summary_part.added (reasoning_summary_text.delta )*reasoning_summary_text.done "
    "reasoning_summary_part.done )*"
)
STEPS = {
    "message": TEXT,
    "reasoning": SUMMARY,
    "function_call": "(function_call_arguments.delta )*function_call_arguments.done ",
    "custom_tool_call": "(custom_tool_call_input.delta )*custom_tool_call_input.done ",
    "image_generation_call": (
        "image_generation_call.in_progress image_generation_call.generating "
        "(image_generation_call.partial_image )*image_generation_call.completed "
    ),
    "mcp_list_tools": "mcp_list_tools.in_progress mcp_list_tools.(completed|failed) ",
    "mcp_call": ("mcp_call.in_progress mcp_call_arguments.delta mcp_call_arguments.done mcp_call.(completed|failed) "),
    "mcp_approval_request": "",
    "computer_call": "",
    "web_search_call": "web_search_call.in_progress web_search_call.searching web_search_call.completed ",
    "file_search_call": "file_search_call.in_progress file_search_call.searching file_search_call.completed ",
    "code_interpreter_call": (
        "code_interpreter_call.in_progress (code_interpreter_call_code.delta )*code_interpreter_call_code.done "
        "code_interpreter_call.interpreting code_interpreter_call.completed "
    ),
}


def problem(events: list[dict[str, Any]]) -> str | None:
    """What is wrong with the order of a stream's events; None where nothing is."""
    types = [event["type"].removeprefix("response.") for event in events]
    beginning = 3 if types[1] == "queued" else 2
    if types[:beginning] not in (["created", "in_progress"], ["created", "queued", "in_progress"]):
        return f"begins with {types[:3]}"
    if types[-1] not in ("completed", "incomplete", "failed"):
        return f"ends with {types[-1]}"
    broken = types[-1] == "failed"
    index = -1
    inside: list[dict[str, Any]] = []
    for event in events[beginning:-1]:
        inside.append(event)
        if event["type"] == "response.output_item.added":
            index += 1
            if len(inside) > 1:
                return f"item {index} opens inside another"
        if event["type"] != "error" and event["output_index"] != index:
            return f"{event['type']} is of item {event['output_index']}, not {index}"
        if event["type"] == "response.output_item.done":
            if found := problem_of_item(inside):
                return found
            inside = []
    return None if broken or not inside else "an item stays open"


def problem_of_item(events: list[dict[str, Any]]) -> str | None:
    """What is wrong with the order of the events of one item."""
    item = events[-1]["item"]
    ids = {event["item_id"] for event in events if "item_id" in event} | {events[0]["item"]["id"], item["id"]}
    types = "".join(event["type"].removeprefix("response.") + " " for event in events[1:-1])
    expected = STEPS[item["type"]].replace(".", r"\.")
    if len(ids) > 1:
        return f"several ids in one item: {ids}"
    return None if re.fullmatch(expected, types) else f"{item['type']}: {types}"
