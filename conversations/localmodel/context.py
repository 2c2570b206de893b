"""What a script is given: the conversation so far, the new items, the tools, the files."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from .errors import invalid
from .faults import Faults
from .files import Files
from .requests import chosen

TOKEN_CHARACTERS = 4
IMAGE_TOKENS = 85
UNCOUNTED = ("id", "type", "role", "status", "call_id", "encrypted_content", "result", "annotations", "logprobs")


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


def text_of(item: dict[str, Any]) -> str:
    """The words of a message."""
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in item["content"]).strip()


def count_tokens(value: Any) -> int:
    """About how many tokens a text, or the texts inside a value, are: the demo counts four characters as one."""
    if isinstance(value, str):
        return IMAGE_TOKENS if value.startswith("data:") else -(-len(value) // TOKEN_CHARACTERS)
    if isinstance(value, dict):
        return sum(count_tokens(part) for name, part in value.items() if name not in UNCOUNTED)
    return sum(map(count_tokens, value)) if isinstance(value, list) else 0
