"""Image generation: exactly the partial images asked for, edits of the given pictures, a mask that is kept."""

import asyncio
import base64
import io
import re
from typing import Any

from PIL import Image, UnidentifiedImageError

from ..context import Turn
from ..errors import invalid
from ..events import Answer
from ..painter import LARGEST, Painting, encode_picture, paint
from .message import cut, say
from .text import excerpt

USUAL = (1024, 1024)
FORMATS = ("png", "webp", "jpeg", "gif")
PIXELS = 64_000_000


async def prepare(turn: Turn, tool: dict[str, Any]) -> Painting:
    """What the request asks to be painted. Raises ApiError for options and pictures that do not fit."""
    if tool.get("output_format", "png") not in FORMATS:
        message = f"Invalid value: '{tool['output_format']}'. This provider paints {', '.join(FORMATS)}."
        raise invalid(message, param="tools", code="invalid_value")
    if tool.get("background") == "transparent" and tool.get("output_format", "png") in ("jpeg", "gif"):
        raise invalid("Transparent background is not supported for this output format.", param="tools")
    sources = [] if tool.get("action") == "generate" else await given_pictures(turn)
    mask = await given_mask(turn, tool)
    if tool.get("action") == "edit" and not sources:
        raise invalid("The action 'edit' needs an image in the input.", param="tools", code="invalid_value")
    if mask and not sources:
        # As recorded: a mask without an image is taken as the image itself.
        sources = [mask]
    if mask and mask.size != sources[0].size:
        message = "Invalid mask image: the mask size does not match the image size."
        raise invalid(message, param="tools", code="invalid_image_mode")
    return Painting(
        prompt=turn.prompt,
        size=size_of(tool, sources),
        transparent=tool.get("background") == "transparent",
        sources=tuple(sources),
        mask=mask,
    )


async def given_pictures(turn: Turn) -> list[Image.Image]:
    """The pictures to work on: those of the new messages, or else the last one that was generated before."""
    parts = [part for item in turn.new_of("message") for part in item["content"] if part["type"] == "input_image"]
    contents = [await turn.picture(part) for part in parts]
    if not contents:
        made = [item["result"] for item in turn.items if item["type"] == "image_generation_call" and item.get("result")]
        contents = [base64.b64decode(result) for result in made[-1:]]
    return [await asyncio.to_thread(open_picture, content) for content in contents]


async def given_mask(turn: Turn, tool: dict[str, Any]) -> Image.Image | None:
    """The mask, by its `file_id` or data URL. Raises ApiError for one without an alpha channel."""
    named = tool.get("input_image_mask")
    if not named:
        return None
    mask = await asyncio.to_thread(open_picture, await turn.picture(named))
    if not mask.has_transparency_data:
        message = "Invalid mask image: it must have an alpha channel, transparent where the image is to be edited."
        raise invalid(message, param="tools", code="invalid_image_mode")
    return mask


def open_picture(content: bytes) -> Image.Image:
    """The picture in a file. Raises ApiError where it is none, or far too large."""
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > PIXELS:
            raise invalid("The image is too large.", param="input", code="image_too_large")
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        message = "The image data you provided does not represent a valid image."
        raise invalid(message, param="input", code="invalid_image") from error
    return picture


def size_of(tool: dict[str, Any], sources: list[Image.Image]) -> tuple[int, int]:
    """The size asked for; `auto` is that of the given picture, or the usual one. Raises ApiError for a wrong one."""
    size = tool.get("size") or "auto"
    if size == "auto":
        return sources[0].size if sources else USUAL
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    fits = width and height and not width % 16 and not height % 16 and max(width, height) <= LARGEST
    if not fits or not 1 / 3 <= width / height <= 3:
        message = f"Invalid value: '{size}'. Both edges must be divisible by 16, up to {LARGEST}, in a ratio up to 3:1."
        raise invalid(message, param="tools", code="invalid_value")
    return width, height


async def generate(answer: Answer, turn: Turn, tool: dict[str, Any], painting: Painting) -> None:
    """One picture, with its partial images before it, and a word about it."""
    form = tool.get("output_format", "png")
    shape = {
        "background": "transparent" if painting.transparent else "opaque",
        "output_format": form,
        "quality": "medium" if tool.get("quality", "auto") == "auto" else tool["quality"],
        "size": f"{painting.size[0]}x{painting.size[1]}",
    }
    compression = tool.get("output_compression", 100)
    partial_images = tool.get("partial_images", 0)
    async with answer.item("ig", type="image_generation_call", status="in_progress", result=None) as item:
        await answer.progress(item, "in_progress")
        await answer.progress(item, "generating")
        for number in range(partial_images):
            await answer.pause(24)
            content = await draw(painting, form, compression, progress=(number + 1) / (partial_images + 1))
            where = {"partial_image_index": number, "partial_image_b64": content}
            await answer.progress(item, "partial_image", **where, **shape)
        await answer.pause(24)
        result = await draw(painting, form, compression, progress=1)
        await answer.progress(item, "completed")
        action = "edit" if painting.sources else "generate"
        revised = f"A painted demo picture: {excerpt(turn.prompt)}"
        item |= {"status": "completed", "action": action, **shape, "revised_prompt": revised, "result": result}
    await say(answer, cut(f"Here is a painted demo picture for “{excerpt(turn.prompt)}”. No model made it."))


async def draw(painting: Painting, form: str, compression: int, *, progress: float) -> str:
    """The picture as base64, painted in a thread."""

    def work() -> str:
        picture = paint(painting, progress=progress)
        return base64.b64encode(encode_picture(picture, form, compression)).decode()

    return await asyncio.to_thread(work)
