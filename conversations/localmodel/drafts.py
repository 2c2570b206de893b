"""The response before anything was done: how it repeats the request, with every default filled in."""

import time
from typing import Any
from urllib.parse import urlsplit


def new_response(response_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """The response as it is before anything was done: every field that the API has, the defaults filled in."""
    reasoning, text = body.get("reasoning", {}), body.get("text", {})
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if body.get("background") else "in_progress",
        "background": body.get("background", False),
        "completed_at": None,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "presence_penalty": 0.0,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": float(body.get("temperature", 1.0)),
        "text": {"format": echo_format(text.get("format")), "verbosity": text.get("verbosity", "medium")},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [echo(tool) for tool in body.get("tools", [])],
        "top_logprobs": body.get("top_logprobs", 0),
        "top_p": float(body.get("top_p", 1.0)),
        "truncation": body.get("truncation", "disabled"),
        "usage": None,
        "user": body.get("user"),
        "metadata": body.get("metadata", {}),
    }


def echo(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as a response repeats it: defaults filled in, secrets and masks left out."""
    if tool["type"] == "function":
        return {"description": None, "parameters": None, "strict": True} | tool
    if tool["type"] == "mcp":
        parts = urlsplit(tool["server_url"])
        return {
            "type": "mcp",
            "allowed_tools": tool.get("allowed_tools"),
            "headers": None,
            "require_approval": tool.get("require_approval", "always"),
            "server_description": tool.get("server_description"),
            "server_label": tool["server_label"],
            "server_url": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/<redacted>",
        }
    if tool["type"] == "image_generation":
        defaults = {
            "background": "auto",
            "moderation": "auto",
            "n": 1,
            "output_compression": 100,
            "output_format": "png",
            "quality": "auto",
            "size": "auto",
        }
        return defaults | {name: value for name, value in tool.items() if name != "input_image_mask"}
    return tool


def echo_format(form: dict[str, Any] | None) -> dict[str, Any]:
    """A text format as a response repeats it."""
    if form is None:
        return {"type": "text"}
    return {"description": None, "strict": False, **form} if form.get("type") == "json_schema" else form


def usage(asked: int, made: int, *, reasoning: int = 0) -> dict[str, Any]:
    """Tokens in and out, as the API counts them; reasoning is part of what was made."""
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": asked + made,
    }
