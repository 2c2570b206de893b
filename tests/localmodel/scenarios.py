"""Requests that show each thing the demo model can do in one response; what all streams promise is tested on them."""

from typing import Any

from .pictures import data_url, plain

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather for a location",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
        "required": ["location"],
    },
}
CLOCK = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
MCP = {"type": "mcp", "server_label": "github", "server_url": "https://gitmcp.io/Azure/azure-rest-api-specs"}
PREVIEW = {
    "type": "computer_use_preview",
    "display_width": 1024,
    "display_height": 768,
    "environment": "browser",
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
SMALL_IMAGE = {"type": "image_generation", "size": "256x256"}
THINK = {"effort": "medium", "summary": "detailed"}


def ask(said: str, **options: Any) -> dict[str, Any]:
    """A request to the demo model."""
    return {"model": "demo", "input": said, **options}


def failing(fault: str, **options: Any) -> dict[str, Any]:
    """A request that asks for a fault."""
    return ask("Tell me about failures", metadata={"fault": fault}, **options)


SCENARIOS: dict[str, dict[str, Any]] = {
    "text": ask("Tell me about rivers and mills"),
    "background": ask("Tell me about rivers", background=True),
    "not stored": ask("Tell me about rivers", store=False),
    "logprobs": ask("Tell me about rivers", include=["message.output_text.logprobs"]),
    "exact text": failing("text=**Bold** & <b>tags</b>, 東京"),
    "deltas": failing("deltas=30"),
    "cut": ask("Tell me about rivers", max_output_tokens=20),
    "filtered": failing("content_filter_completion"),
    "failed": failing("failed_at=9"),
    "refusal": ask("Please refuse this"),
    "function": ask("What's the weather in San Francisco, in C?", tools=[WEATHER]),
    "functions": ask("I want to get weather and get time in Oslo", tools=[WEATHER, CLOCK]),
    "custom": ask("Print hello", tools=[{"type": "custom", "name": "run"}]),
    "json": ask("3 days in Rome", text={"format": {"type": "json_schema", "name": "trip", "schema": SCHEMA}}),
    "json object": ask("Rome as JSON", text={"format": {"type": "json_object"}}),
    "reasoning": ask("Why?", reasoning=THINK, include=["reasoning.encrypted_content"]),
    "reasoning without summary": ask("Why?", reasoning={"effort": "low"}),
    "reasoning and function": ask("The weather in Rome?", tools=[WEATHER], reasoning=THINK),
    "mcp": ask("What is this repo in 100 words?", tools=[{**MCP, "require_approval": "never"}]),
    "mcp approval": ask("What is this repo in 100 words?", tools=[MCP]),
    "mcp unreachable": ask("What is this?", tools=[{**MCP, "server_url": "http://127.0.0.1:9/mcp"}]),
    "image": ask("Draw an otter", tools=[{**SMALL_IMAGE, "partial_images": 2}]),
    "image edit": {
        "model": "demo",
        "tools": [SMALL_IMAGE],
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Make it winter"},
                    {"type": "input_image", "image_url": data_url(plain((64, 64), (200, 10, 10)))},
                ],
            }
        ],
    },
    "computer": ask("Search the web for bees", tools=[{"type": "computer"}]),
    "computer preview": ask("Search the web for bees", tools=[PREVIEW], truncation="auto"),
    "web search": ask("Search the web for bees", tools=[{"type": "web_search"}]),
    "file search": ask("Search my files for bees", tools=[{"type": "file_search", "vector_store_ids": ["vs_1"]}]),
    "code interpreter": ask(
        "Calculate the factorial of 5 with Python",
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
        include=["code_interpreter_call.outputs"],
    ),
}
