"""One item of every kind that the API knows."""

from __future__ import annotations

from typing import Any

Item = dict[str, Any]

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
