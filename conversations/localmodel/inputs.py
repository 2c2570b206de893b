"""The items that a request brings: read into their full form, and checked as the service checks them."""

from typing import Any

from .context import read_data_url
from .errors import invalid, item_not_found
from .files import Files
from .identifiers import derived_id
from .sealed import unseal
from .state import State

PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fc",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctc",
    "computer_call": "cu",
    "computer_call_output": "cu",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "image_generation_call": "ig",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "compaction": "cmp",
}
# A call and the item that answers it, which must come before the conversation goes on.
ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
}


async def read_input(value: str | list[Any], *, response_id: str, state: State, files: Files) -> list[dict[str, Any]]:
    """The new items in their full form, each with an id; references are resolved. Raises ApiError for a wrong one."""
    if isinstance(value, str):
        value = [{"role": "user", "content": value}]
    items = []
    for position, given in enumerate(value):
        if not isinstance(given, dict):
            raise invalid(f"Invalid type for 'input[{position}]': expected an object.", param=f"input[{position}]")
        kind = given.get("type") or ("message" if "role" in given else "item_reference")
        if kind == "item_reference":
            item = await state.find_item(str(given.get("id")))
            if item is None:
                raise item_not_found(str(given.get("id")))
        elif kind in PREFIXES:
            item = await read_item(given, kind, f"input[{position}]", state=state, files=files)
            item.setdefault("id", derived_id(PREFIXES[kind], response_id, "input", position))
        else:
            supported = ", ".join(f"'{name}'" for name in PREFIXES)
            message = f"Invalid value: '{kind}'. Supported values are: {supported}."
            raise invalid(message, param=f"input[{position}].type", code="invalid_value")
        items.append(item)
    return items


async def read_item(given: dict[str, Any], kind: str, where: str, *, state: State, files: Files) -> dict[str, Any]:
    """One new item in its full form."""
    item = {"type": kind, **{name: value for name, value in given.items() if value is not None and name != "type"}}
    if kind == "message":
        role = item.get("role")
        if role not in ("user", "assistant", "system", "developer"):
            raise invalid(f"Invalid value: '{role}'.", param=f"{where}.role", code="invalid_value")
        item["content"] = read_content(item.get("content"), role, f"{where}.content")
        item.setdefault("status", "completed")
        for part in item["content"]:
            await check_part(part, f"{where}.content", files)
    if kind in ANSWERS.values():
        item.setdefault("status", "completed")
        if not isinstance(item.get("call_id"), str) or "output" not in item:
            raise invalid(f"Missing required parameter: '{where}.call_id' or 'output'.", param=where)
    if kind in ("reasoning", "compaction") and "encrypted_content" in item:
        unseal(item["encrypted_content"])
    elif kind == "reasoning" and await state.find_item(str(item.get("id"))) is None:
        raise item_not_found(str(item.get("id")))
    return item


def read_content(content: Any, role: str, where: str) -> list[dict[str, Any]]:
    """A message's content as a list of parts."""
    if isinstance(content, str):
        kind = "output_text" if role == "assistant" else "input_text"
        content = [{"type": kind, "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) and "type" in part for part in content):
        raise invalid(f"Invalid type for '{where}': expected a string or an array of parts.", param=where)
    return [{"annotations": [], "logprobs": []} | part if part["type"] == "output_text" else part for part in content]


async def check_part(part: dict[str, Any], where: str, files: Files) -> None:
    """Raise ApiError for a part of a type that does not exist, for a missing file, for a broken data URL."""
    kinds = ("input_text", "input_image", "input_file", "output_text", "refusal")
    if part["type"] not in kinds:
        supported = ", ".join(f"'{kind}'" for kind in kinds)
        message = f"Invalid value: '{part['type']}'. Supported values are: {supported}."
        raise invalid(message, param=f"{where}[].type", code="invalid_value")
    if part.get("file_id"):
        await files.find(part["file_id"])
    elif part["type"] == "input_image" and str(part.get("image_url", "")).startswith("data:"):
        read_data_url(part["image_url"])


def expand_compactions(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items with each compaction replaced by the items that it stands for."""
    expanded: list[dict[str, Any]] = []
    for item in items:
        expanded += unseal(item["encrypted_content"]) if item["type"] == "compaction" else [item]
    return expanded


def check_items(items: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    """Raise ApiError where calls and their answers do not match, or a reasoning item stands alone."""
    calls = {(item["type"], item["call_id"]): item for item in items if item["type"] in ANSWERS}
    outputs = {(item["type"], item["call_id"]): item for item in items if item["type"] in ANSWERS.values()}
    for kind, answer in ANSWERS.items():
        for name, call_id in calls:
            if name == kind and (answer, call_id) not in outputs:
                what = kind.replace("_", " ")
                raise invalid(f"No tool output found for {what} {call_id}.", param="input")
        for name, call_id in outputs:
            if name == answer and (kind, call_id) not in calls:
                what = answer.replace("_", " ")
                raise invalid(f"No tool call found for {what} with call_id {call_id}.", param="input")
    check_approvals(items, new)
    for item, following in zip(new, [*new[1:], None], strict=True):
        alone = following is None or (following["type"] == "message" and following["role"] != "assistant")
        if item["type"] == "reasoning" and alone:
            message = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            raise invalid(message, param="input")
    for item in new:
        if item["type"] == "computer_call_output":
            call = calls["computer_call", item["call_id"]]
            acknowledged = {check["id"] for check in item.get("acknowledged_safety_checks", [])}
            if not acknowledged.issuperset(check["id"] for check in call.get("pending_safety_checks", [])):
                message = f"Computer call {item['call_id']} has safety checks that were not acknowledged."
                raise invalid(message, param="input")


def check_approvals(items: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    """Raise ApiError for an approval of nothing, and for a second answer to the same request."""
    asked = {item["id"] for item in items if item["type"] == "mcp_approval_request"}
    answered = [item["approval_request_id"] for item in items if item["type"] == "mcp_approval_response"]
    for item in new:
        request_id = item.get("approval_request_id") if item["type"] == "mcp_approval_response" else None
        if request_id is not None and request_id not in asked:
            raise invalid(f"No approval request found with id '{request_id}'.", param="input")
        if request_id is not None and answered.count(request_id) > 1:
            raise invalid(f"The approval request '{request_id}' was answered already.", param="input")


def shown(item: dict[str, Any], include: list[str]) -> dict[str, Any]:
    """An input item as the listing shows it: content of files left out, and images unless `include` asks for them."""
    if item["type"] == "computer_call_output" and "computer_call_output.output.image_url" not in include:
        return {**item, "output": {**item["output"], "image_url": None}}
    if item["type"] != "message":
        return item
    parts = []
    for part in item["content"]:
        if part["type"] == "input_image":
            image_url = part.get("image_url") if "message.input_image.image_url" in include else None
            defaults = {"detail": "auto", "file_id": None}
            parts.append({**defaults, **part, "image_url": image_url})
        else:
            parts.append({name: value for name, value in part.items() if name != "file_data"})
    return {**item, "content": parts}
