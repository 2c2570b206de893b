"""What made a picture: read from the response that brought it and from what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversations.models import File, Item, Response, User

PARAMETERS = ("size", "quality", "background", "output_format", "output_compression", "moderation", "input_fidelity")
"""Of the `image_generation` tool, by the API's names."""
LONGEST_TITLE = 120
NEEDED = ("model", "parameters", "making", "provider_id", "branch_id", "input_from_id", "created_by", "conversation_id")
"""Of a response: it has large columns too."""


@dataclass(frozen=True)
class Recipe:
    prompt: str = ""
    """What the person asked for, in their words."""
    revised_prompt: str = ""
    """What the model made of it."""
    model: str = ""
    image_model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    maker: str = ""
    """Of the studio's makers, the one that was chosen there."""
    author: User | None = None
    response: Response | None = None
    claimed: bool = False
    """Whether only the picture's own metadata says so: it was uploaded with them."""

    @property
    def title(self) -> str:
        """The first words, for a caption."""
        words = " ".join((self.revised_prompt or self.prompt).split())
        return words if len(words) <= LONGEST_TITLE else words[:LONGEST_TITLE].rstrip() + "…"

    def for_studio(self, what: str) -> dict[str, Any]:
        """Return what the studio's form is filled with: `all` of it, the `prompt` only, or the `size` only."""
        values = {name: str(value) for name, value in self.parameters.items()}
        size = {"size": values["size"]} if "size" in values else {}
        if what == "size":
            return {"values": size, "references": []}
        known: dict[str, Any] = {"prompt": self.prompt or self.revised_prompt, "values": {}, "references": []}
        return known | {"maker": self.maker, "values": values} if what == "all" else known

    def as_json(self) -> dict[str, Any]:
        """What goes into manifests and into the picture's own metadata: no names of people."""
        known = {
            "prompt": self.prompt,
            "revised_prompt": self.revised_prompt,
            "model": self.model,
            "image_model": self.image_model,
            "parameters": self.parameters,
        }
        return {name: value for name, value in known.items() if value}


def recipes(files: Sequence[File]) -> dict[str, Recipe]:
    """Return what made each of these files, by its id, in four queries however many they are."""
    ids = {file.response_id for file in files if file.response_id is not None}
    responses = {
        response.pk: response
        for response in Response.objects.filter(pk__in=ids)
        .select_related("created_by")
        .only(
            "model",
            "parameters",
            "making",
            "provider_id",
            "branch_id",
            "input_from_id",
            "created_by",
            "conversation_id",
        )
    }
    asked = _asked(responses.values())
    calls = _calls(ids)
    owners = User.objects.in_bulk({file.owner_id for file in files if file.response_id is None and file.owner_id})
    return {
        file.pk: _recipe(file, responses[file.response_id], asked, calls)
        if file.response_id in responses
        else _claimed(file, owners.get(file.owner_id or 0))
        for file in files
    }


def references(response: Response) -> list[str]:
    """Return the ids of the pictures that were given along with the prompt of a response."""
    messages = Item.objects.present().filter(
        response=response.input_owner_id, direction=Item.Direction.INPUT, type="message", role="user"
    )
    parts = [
        part
        for payload in messages.order_by("index").values_list("payload", flat=True)
        if isinstance(payload, dict) and isinstance(payload.get("content"), list)
        for part in payload["content"]
        if isinstance(part, dict) and part.get("type") == "input_image"
    ]
    held = (part.get("image_url") for part in parts)
    return [image["$file"] for image in held if isinstance(image, dict) and isinstance(image.get("$file"), str)]


def _asked(responses: Iterable[Response]) -> dict[int, str]:
    """Return what a person wrote for each response; a regenerated one answers the words of another."""
    owners = {response.pk: response.input_owner_id for response in responses}
    messages = Item.objects.present().filter(
        response__in=set(owners.values()), direction=Item.Direction.INPUT, type="message", role="user"
    )
    said: dict[int, list[str]] = {}
    for owner, text in messages.order_by("index").values_list("response", "text"):
        said.setdefault(owner or 0, []).append(text)
    return {pk: "\n".join(filter(None, said.get(owner, []))) for pk, owner in owners.items()}


def _calls(responses: set[int]) -> dict[str, dict[str, Any]]:
    """Return the call that made each picture, by the file's id."""
    items = Item.objects.present().filter(
        response__in=responses, direction=Item.Direction.OUTPUT, type="image_generation_call"
    )
    found = {}
    for payload in items.values_list("payload", flat=True):
        result = payload.get("result") if isinstance(payload, dict) else None
        if isinstance(result, dict) and isinstance(result.get("$file"), str):
            found[result["$file"]] = payload
    return found


def _recipe(file: File, response: Response, asked: dict[int, str], calls: dict[str, dict[str, Any]]) -> Recipe:
    call, tool = calls.get(file.pk, {}), _tool(response)
    used = {name: call.get(name, tool.get(name)) for name in PARAMETERS}
    return Recipe(
        prompt=asked.get(response.pk, ""),
        revised_prompt=_text(call.get("revised_prompt")),
        model=response.model,
        image_model=_text(call.get("model") or tool.get("model")),
        parameters={name: value for name, value in used.items() if isinstance(value, str | int) and value != ""},
        maker=_text(response.making.get("maker")) if isinstance(response.making, dict) else "",
        author=response.created_by,
        response=response,
    )


def _claimed(file: File, owner: User | None) -> Recipe:
    says = file.made_with or {}
    words = {name: _text(says.get(name)) for name in ("prompt", "revised_prompt", "model", "image_model")}
    parameters = says.get("parameters")
    return Recipe(
        words["prompt"],
        words["revised_prompt"],
        words["model"],
        words["image_model"],
        parameters=parameters if isinstance(parameters, dict) else {},
        author=owner,
        claimed=bool(says),
    )


def _tool(response: Response) -> dict[str, Any]:
    tools = response.parameters.get("tools") if isinstance(response.parameters, dict) else None
    found = (tool for tool in tools or () if isinstance(tool, dict) and tool.get("type") == "image_generation")
    return next(found, {})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
