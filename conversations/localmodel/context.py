"""What a model is given: the items of the former responses, then the new ones, checked as the service checks them."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import invalid, item_not_found
from .faults import Faults
from .files import Files
from .identifiers import derived_id
from .requests import chosen
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
TOKEN_CHARACTERS = 4


@dataclass
class Turn:
    """One request as a script sees it: `items` is everything, `new` the end of it that this request brought."""

    body: dict[str, Any]
    items: list[dict[str, Any]]
    new: list[dict[str, Any]]
    faults: Faults
    files: Files

    @property
    def prompt(self) -> str:
        """The text of the last message of the user; empty where there is none."""
        return self.said[-1] if self.said else ""

    @property
    def said(self) -> list[str]:
        """The texts of all messages of the user, oldest first."""
        return [text_of(item) for item in self.items if item["type"] == "message" and item["role"] == "user"]

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools that may be used in this turn, which `tool_choice` may narrow."""
        tools, choice = self.body.get("tools", []), self.body.get("tool_choice", "auto")
        if isinstance(choice, str):
            return [] if choice == "none" else tools
        choices = choice["tools"] if choice.get("type") == "allowed_tools" else [choice]
        return [tool for tool in tools if any(chosen(tool, wanted) for wanted in choices)]

    @property
    def must_call(self) -> bool:
        """Whether a tool has to be called."""
        choice = self.body.get("tool_choice", "auto")
        if isinstance(choice, dict):
            return bool(choice.get("type") != "allowed_tools" or choice.get("mode") == "required")
        return bool(choice == "required")

    def includes(self, name: str) -> bool:
        """Whether the request's `include` names this."""
        return name in self.body.get("include", [])

    def new_of(self, kind: str) -> list[dict[str, Any]]:
        """The new items of a type."""
        return [item for item in self.new if item["type"] == kind]

    def find(self, kind: str, field: str, value: str) -> dict[str, Any] | None:
        """The item of a type whose field has this value."""
        return next((item for item in self.items if item["type"] == kind and item.get(field) == value), None)

    async def picture(self, part: dict[str, Any]) -> bytes:
        """The content of an image by its `file_id` or data URL. Raises ApiError where it cannot be had."""
        if part.get("file_id"):
            return await self.files.read(part["file_id"])
        return read_data_url(part.get("image_url") or "")


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


def read_data_url(url: str) -> bytes:
    """The bytes of a base64 data URL. Other URLs are refused: this provider fetches no images."""
    head, comma, data = url.partition(",")
    if not url.startswith("data:"):
        message = "Error while downloading the image: the built-in provider reads data URLs and file ids only."
        raise invalid(message, param="input", code="invalid_image_url")
    try:
        if not comma or not head.endswith(";base64"):
            raise binascii.Error
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        message = "Invalid 'image_url': expected a base64-encoded data URL with an image MIME type."
        raise invalid(message, param="input", code="invalid_base64_image") from error


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


def text_of(item: dict[str, Any]) -> str:
    """The words of a message."""
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in item["content"]).strip()


def count_tokens(value: Any) -> int:
    """About how many tokens a text or the texts inside a value are: the demo model counts four characters as one."""
    if isinstance(value, str):
        data = value.startswith("data:")
        return 85 if data else -(-len(value) // TOKEN_CHARACTERS)
    if isinstance(value, dict):
        return sum(
            count_tokens(part) for name, part in value.items() if name not in ("id", "encrypted_content", "result")
        )
    return sum(map(count_tokens, value)) if isinstance(value, list) else 0


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


def suffix_of(filename: str) -> str:
    """The ending of a file's name, without the dot and in small letters."""
    return Path(filename).suffix.lower().lstrip(".")
