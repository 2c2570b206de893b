"""One item of every kind that the API knows, and the events that bring it, in their order."""

from __future__ import annotations

import copy
from typing import Any

Item = dict[str, Any]
Event = dict[str, Any]

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TOOL = {
    "type": "function",
    "name": "lux",
    "description": "Light on a page.",
    "parameters": {"type": "object", "properties": {"distance": {"type": "number"}}},
    "strict": True,
}
MCP_TOOL = {
    "type": "mcp",
    "server_label": "shop",
    "server_url": "https://shop.example/mcp?key=hush",
    "authorization": "hush",
    "headers": {"X-Key": "hush"},
}
ANSWER = (
    "Straight under the shade the page receives 506 lux ([a.example](https://a.example/sheet?utm_source=openai)). "
    "The sheet says the same. I drew it: [chart](sandbox:/mnt/data/chart.png)."
)


def _at(text: str, start: int = 0) -> dict[str, int]:
    begin = ANSWER.index(text, start)
    return {"start_index": begin, "end_index": begin + len(text)}


ITEMS: dict[str, Item] = {
    "reasoning": {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [
            {"type": "summary_text", "text": "**Weighing the cosine law**\n\nThe light falls with the square."},
            {"type": "summary_text", "text": "**Choosing a table**\n\nFour distances are enough."},
        ],
        "content": [{"type": "reasoning_text", "text": "182 / 0.36 is about 506."}],
        "encrypted_content": "gAAAAABsealed",
    },
    "web_search_call": {
        "id": "ws_1",
        "type": "web_search_call",
        "status": "completed",
        "action": {
            "type": "search",
            "query": "photometry of reading lamps",
            "queries": ["photometry of reading lamps", "lux at sixty centimetres"],
            "sources": [{"type": "url", "url": "https://a.example/sheet"}],
        },
    },
    "file_search_call": {
        "id": "fs_1",
        "type": "file_search_call",
        "status": "completed",
        "queries": ["candela downwards"],
        "results": [
            {
                "file_id": "file-1",
                "filename": "fenn-photometry.pdf",
                "score": 0.87,
                "text": "Downwards the lamp gives 182 candela.",
                "attributes": {},
            },
            {"file_id": "file-2", "filename": "notes.md", "score": 0.31, "text": "Measured 490 on my own desk."},
        ],
    },
    "code_interpreter_call": {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "status": "completed",
        "container_id": "cntr_1",
        "code": "for d in (45, 60, 75, 100):\n    print(d, round(182 / (d / 100) ** 2))\n",
        "outputs": [
            {"type": "logs", "logs": "45 899\n60 506\n75 324\n100 182\n"},
            {"type": "image", "url": PIXEL},
        ],
    },
    "image_generation_call": {
        "id": "ig_1",
        "type": "image_generation_call",
        "status": "completed",
        "result": None,
        "revised_prompt": "A green lamp on walnut",
        "size": "1024x1024",
        "quality": "high",
    },
    "function_call": {
        "id": "fc_1",
        "type": "function_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "lux",
        "arguments": '{"distance": 0.6, "angle": 30}',
    },
    "function_call_output": {
        "id": "fco_1",
        "type": "function_call_output",
        "status": "completed",
        "call_id": "call_1",
        "name": "lux",
        "output": '{"lux": 438}',
    },
    "custom_tool_call": {
        "id": "ctc_1",
        "type": "custom_tool_call",
        "call_id": "call_2",
        "name": "sql",
        "input": "SELECT name FROM lamps WHERE lux > 400",
    },
    "custom_tool_call_output": {
        "id": "ctco_1",
        "type": "custom_tool_call_output",
        "status": "completed",
        "call_id": "call_2",
        "name": "sql",
        "output": [{"type": "input_text", "text": "Fenn\nSedge"}, {"type": "input_image", "image_url": PIXEL}],
    },
    "mcp_list_tools": {
        "id": "mcpl_1",
        "type": "mcp_list_tools",
        "server_label": "shop",
        "tools": [
            {"name": "update_product", "description": "Changes one product.", "input_schema": {"type": "object"}},
            {"name": "find_product", "description": "Finds products by name.", "input_schema": {"type": "object"}},
        ],
    },
    "mcp_approval_request": {
        "id": "mcpr_1",
        "type": "mcp_approval_request",
        "server_label": "shop",
        "name": "update_product",
        "arguments": '{"sku": "FENN-01", "price": 149}',
    },
    "mcp_approval_response": {
        "id": "mcprs_1",
        "type": "mcp_approval_response",
        "approval_request_id": "mcpr_1",
        "approve": True,
        "reason": "The price is right.",
    },
    "mcp_call": {
        "id": "mcp_1",
        "type": "mcp_call",
        "status": "failed",
        "server_label": "shop",
        "name": "update_product",
        "arguments": '{"sku": "FENN-01", "price": 149}',
        "output": None,
        "error": {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "The shop is closed."}]},
    },
    "computer_call": {
        "id": "cu_1",
        "type": "computer_call",
        "status": "completed",
        "call_id": "call_3",
        "actions": [
            {"type": "click", "button": "left", "x": 438, "y": 431},
            {"type": "type", "text": "Fenn"},
            {"type": "keypress", "keys": ["ENTER"]},
        ],
        "pending_safety_checks": [{"id": "sc_1", "code": "sensitive_domain", "message": "The page is a bank's."}],
    },
    "computer_call_output": {
        "id": "cuo_1",
        "type": "computer_call_output",
        "status": "completed",
        "call_id": "call_3",
        "output": {"type": "computer_screenshot", "image_url": PIXEL},
        "acknowledged_safety_checks": [{"id": "sc_1", "message": "The page is a bank's."}],
    },
    "local_shell_call": {
        "id": "lsh_1",
        "type": "local_shell_call",
        "status": "completed",
        "call_id": "call_4",
        "action": {
            "type": "exec",
            "command": ["ls", "-la", "my lamps"],
            "env": {"LANG": "C"},
            "working_directory": "/srv",
        },
    },
    "local_shell_call_output": {
        "id": "lsho_1",
        "type": "local_shell_call_output",
        "status": "completed",
        "output": '{"stdout": "fenn.pdf", "exit_code": 0}',
    },
    "shell_call": {
        "id": "sh_1",
        "type": "shell_call",
        "status": "completed",
        "call_id": "call_5",
        "action": {
            "commands": ["wc -l lamps.csv", "head -2 lamps.csv"],
            "timeout_ms": 60000,
            "max_output_length": 4096,
        },
    },
    "shell_call_output": {
        "id": "sho_1",
        "type": "shell_call_output",
        "status": "completed",
        "call_id": "call_5",
        "max_output_length": 4096,
        "output": [
            {"stdout": "12 lamps.csv\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
            {"stdout": "", "stderr": "head: lamps.csv: gone\n", "outcome": {"type": "exit", "exit_code": 1}},
        ],
    },
    "apply_patch_call": {
        "id": "apc_1",
        "type": "apply_patch_call",
        "status": "completed",
        "call_id": "call_6",
        "operation": {
            "type": "update_file",
            "path": "lib/light.py",
            "diff": "@@\n def lux(distance):\n-    return 182 / distance\n+    return 182 / distance**2\n",
        },
    },
    "apply_patch_call_output": {
        "id": "apco_1",
        "type": "apply_patch_call_output",
        "status": "completed",
        "call_id": "call_6",
        "output": "Done",
    },
    "tool_search_call": {
        "id": "tsc_1",
        "type": "tool_search_call",
        "status": "completed",
        "execution": "server",
        "arguments": {"query": "light"},
    },
    "tool_search_output": {
        "id": "tso_1",
        "type": "tool_search_output",
        "status": "completed",
        "execution": "server",
        "tools": [TOOL, MCP_TOOL],
    },
    "additional_tools": {"id": "at_1", "type": "additional_tools", "role": "developer", "tools": [TOOL]},
    "program": {
        "id": "prog_1",
        "type": "program",
        "call_id": "call_7",
        "fingerprint": "fp_1",
        "code": "const light = await tools.lux({ distance: 0.6 });\nreturn light;",
    },
    "program_output": {
        "id": "progo_1",
        "type": "program_output",
        "status": "completed",
        "call_id": "call_7",
        "result": '{"lux": 506}',
    },
    "compaction": {"id": "cmp_1", "type": "compaction", "encrypted_content": "gAAAAABsealed"},
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "phase": "final_answer",
        "content": [
            {
                "type": "output_text",
                "text": ANSWER,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url": "https://a.example/sheet?utm_source=openai",
                        "title": "The sheet",
                        **_at("([a.example](https://a.example/sheet?utm_source=openai))"),
                    },
                    {
                        "type": "file_citation",
                        "file_id": "file-1",
                        "filename": "fenn-photometry.pdf",
                        "index": ANSWER.index(" I drew"),
                    },
                    {
                        "type": "container_file_citation",
                        "container_id": "cntr_1",
                        "file_id": "cfile_1",
                        "filename": "chart.png",
                        **_at("sandbox:/mnt/data/chart.png"),
                    },
                    {"type": "file_path", "file_id": "file-3", "index": len(ANSWER)},
                ],
            },
            {"type": "refusal", "refusal": "I will not price it."},
        ],
    },
    "hologram_call": {"id": "ho_1", "type": "hologram_call", "status": "completed", "depth": 3},
}
"""By type. The last is one that nobody knows yet."""

ONLY_INPUT: dict[str, Item] = {
    "configuration_update": {
        "type": "configuration_update",
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low"},
    },
    "compaction_trigger": {"type": "compaction_trigger"},
    "item_reference": {"type": "item_reference", "id": "msg_0"},
}


def events_of(items: list[Item]) -> list[Event]:
    """The stream of an answer with these items, with the events that recordings have for each, and numbered."""
    response = {"id": "resp_1", "object": "response", "model": "stand-in", "status": "in_progress", "output": []}
    events: list[Event] = [
        {"type": "response.created", "response": response},
        {"type": "response.in_progress", "response": response},
    ]
    for index, item in enumerate(items):
        events += _item_events(index, item)
    events.append({"type": "response.completed", "response": response | {"status": "completed", "output": items}})
    return [event | {"sequence_number": number} for number, event in enumerate(events)]


def _item_events(index: int, item: Item) -> list[Event]:
    at = {"output_index": index, "item_id": item.get("id", "")}
    started = {"type": "response.output_item.added", "output_index": index, "item": _begun(item)}
    ended = {"type": "response.output_item.done", "output_index": index, "item": copy.deepcopy(item)}
    between = [event | at for event in _INSIDE.get(item["type"], lambda _: [])(item)]
    return [started, *between, ended]


def _begun(item: Item) -> Item:
    """The item as it is announced: what streams is empty still."""
    begun = copy.deepcopy(item)
    if "status" in begun:
        begun["status"] = "in_progress"
    empty: dict[str, Any] = {"content": [], "summary": [], "arguments": "", "input": "", "code": "", "error": None}
    for name, value in empty.items():
        if name in begun and begun["type"] in _INSIDE:
            begun[name] = value
    if begun["type"] == "shell_call":
        begun["action"] |= {"commands": []}
    if begun["type"] == "shell_call_output":
        begun["output"] = []
    if begun["type"] == "apply_patch_call":
        begun["operation"] |= {"diff": ""}
    for name in ("outputs", "results"):
        if name in begun:
            begun[name] = None
    return begun


def _deltas(kind: str, text: str, last: str, **at: Any) -> list[Event]:
    half = len(text) // 2
    pieces = [{"type": f"response.{kind}.delta", "delta": piece, **at} for piece in (text[:half], text[half:])]
    return [*pieces, {"type": f"response.{kind}.done", last: text, **at}]


def _message(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, part in enumerate(item["content"]):
        at = {"content_index": number}
        refused = part["type"] == "refusal"
        empty = (
            {"type": "refusal", "refusal": ""} if refused else {"type": "output_text", "text": "", "annotations": []}
        )
        events.append({"type": "response.content_part.added", "part": empty, **at})
        name, field = ("refusal", "refusal") if refused else ("output_text", "text")
        *deltas, done = _deltas(name, part[field], field, **at)
        notes = [
            {"type": "response.output_text.annotation.added", "annotation_index": place, "annotation": note, **at}
            for place, note in enumerate(part.get("annotations", []))
        ]
        events += [*deltas, *notes, done, {"type": "response.content_part.done", "part": part, **at}]
    return events


def _reasoning(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, part in enumerate(item["summary"]):
        at = {"summary_index": number}
        empty = {"type": "summary_text", "text": ""}
        events.append({"type": "response.reasoning_summary_part.added", "part": empty, **at})
        events += _deltas("reasoning_summary_text", part["text"], "text", **at)
        events.append({"type": "response.reasoning_summary_part.done", "part": part, **at})
    for number, part in enumerate(item.get("content", [])):
        at = {"content_index": number}
        events.append({"type": "response.content_part.added", "part": {"type": "reasoning_text", "text": ""}, **at})
        events += _deltas("reasoning_text", part["text"], "text", **at)
    return events


def _statuses(kind: str, *names: str) -> list[Event]:
    return [{"type": f"response.{kind}.{name}"} for name in names]


def _shell_call(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, command in enumerate(item["action"]["commands"]):
        events.append({"type": "response.shell_call_command.added", "command": "", "command_index": number})
        events += _deltas("shell_call_command", command, "command", command_index=number)
    return events


def _shell_output(item: Item) -> list[Event]:
    events: list[Event] = []
    for number, output in enumerate(item["output"]):
        delta = {name: output[name] for name in ("stdout", "stderr") if output[name]}
        at = {"command_index": number}
        events.append({"type": "response.shell_call_output_content.delta", "delta": delta, **at})
        events.append({"type": "response.shell_call_output_content.done", "output": [output], **at})
    return events


_INSIDE: dict[str, Any] = {
    "message": _message,
    "reasoning": _reasoning,
    "web_search_call": lambda _: _statuses("web_search_call", "in_progress", "searching", "completed"),
    "file_search_call": lambda _: _statuses("file_search_call", "in_progress", "searching", "completed"),
    "code_interpreter_call": lambda item: [
        *_statuses("code_interpreter_call", "in_progress"),
        *_deltas("code_interpreter_call_code", item["code"], "code"),
        *_statuses("code_interpreter_call", "interpreting", "completed"),
    ],
    "image_generation_call": lambda _: _statuses("image_generation_call", "in_progress", "generating", "completed"),
    "function_call": lambda item: _deltas("function_call_arguments", item["arguments"], "arguments"),
    "custom_tool_call": lambda item: _deltas("custom_tool_call_input", item["input"], "input"),
    "mcp_list_tools": lambda _: _statuses("mcp_list_tools", "in_progress", "completed"),
    "mcp_call": lambda item: [
        *_statuses("mcp_call", "in_progress"),
        *_deltas("mcp_call_arguments", item["arguments"], "arguments"),
        *_statuses("mcp_call", "failed" if item["status"] == "failed" else "completed"),
    ],
    "shell_call": _shell_call,
    "shell_call_output": _shell_output,
    "apply_patch_call": lambda item: _deltas("apply_patch_call_operation_diff", item["operation"]["diff"], "diff"),
    "compaction": lambda _: _statuses("compaction", "compacting"),
}
