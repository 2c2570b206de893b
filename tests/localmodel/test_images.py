"""Image generation: sizes, formats, partial images, edits, masks."""

import json
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from .conftest import Provider
from .pictures import data_url, opened, plain, png
from .scenarios import SMALL_IMAGE, ask


def picture(response: dict[str, Any]) -> Image.Image:
    """The picture that a response generated."""
    return opened(call_of(response)["result"])


def call_of(response: dict[str, Any]) -> dict[str, Any]:
    """The image call of a response."""
    return next(item for item in response["output"] if item["type"] == "image_generation_call")


def edit(text: str, *images: dict[str, Any], **tool: Any) -> dict[str, Any]:
    """A request to edit images."""
    parts = [{"type": "input_image", **image} for image in images]
    content = [{"type": "input_text", "text": text}, *parts]
    return ask([{"role": "user", "content": content}], tools=[{"type": "image_generation", **tool}])


@pytest.mark.parametrize("wanted", [0, 1, 2, 3])
def test_exactly_the_partial_images_asked_for_arrive(provider: Provider, wanted: int) -> None:
    events = provider.stream(ask("Draw an owl", tools=[{**SMALL_IMAGE, "partial_images": wanted}]))
    partials = [event for event in events if event["type"] == "response.image_generation_call.partial_image"]
    assert [event["partial_image_index"] for event in partials] == list(range(wanted))
    pictures = [event["partial_image_b64"] for event in partials] + [call_of(events[-1]["response"])["result"]]
    assert len(set(pictures)) == wanted + 1
    assert {opened(content).size for content in pictures} == {(256, 256)}


def test_more_partial_images_than_three_are_refused(provider: Provider) -> None:
    status, error = provider.refused(ask("Draw", tools=[{**SMALL_IMAGE, "partial_images": 4}]))
    assert (status, error["param"]) == (400, "tools[0].partial_images")


def test_size_and_format_are_as_asked(provider: Provider) -> None:
    for form, size, mode in (("png", "128x384", "RGB"), ("webp", "256x128", "RGB"), ("jpeg", "256x256", "RGB")):
        tool = {"type": "image_generation", "size": size, "output_format": form}
        response = provider.create(ask("Draw an owl", tools=[tool]))
        made = picture(response)
        assert (made.format, f"{made.width}x{made.height}", made.mode) == (form.upper(), size, mode)
        assert call_of(response)["size"] == size


def test_the_usual_picture_is_a_square_of_1024(provider: Provider) -> None:
    assert picture(provider.create(ask("Draw an owl", tools=[{"type": "image_generation"}]))).size == (1024, 1024)


def test_a_transparent_background_is_transparent(provider: Provider) -> None:
    made = picture(provider.create(ask("Draw an owl", tools=[{**SMALL_IMAGE, "background": "transparent"}])))
    assert made.mode == "RGBA"
    assert made.getpixel((0, 0))[3] == 0
    assert made.getpixel((128, 128))[3] == 255


def test_the_prompt_decides_the_picture(provider: Provider) -> None:
    def draw(prompt: str) -> bytes:
        return picture(provider.create(ask(prompt, tools=[SMALL_IMAGE]))).tobytes()

    assert draw("A winter river") == draw("A winter river")
    assert draw("A winter river") != draw("A summer night")


@pytest.mark.parametrize("size", ["100x100", "16x4096", "1024x16", "large"])
def test_a_size_that_cannot_be_is_refused(provider: Provider, size: str) -> None:
    assert provider.refused(ask("Draw", tools=[{"type": "image_generation", "size": size}]))[0] == 400


def test_an_edit_keeps_every_pixel_outside_the_mask(provider: Provider) -> None:
    source = Image.effect_noise((128, 96), 80).convert("RGB")
    mask = Image.new("RGBA", source.size, (0, 0, 0, 255))
    ImageDraw.Draw(mask).rectangle((32, 24, 95, 71), fill=(0, 0, 0, 0))
    body = edit(
        "Put a red door there",
        {"image_url": data_url(png(source))},
        partial_images=2,
        input_image_mask={"image_url": data_url(png(mask))},
    )
    events = provider.stream(body)
    results = [event["partial_image_b64"] for event in events if "partial_image_b64" in event]
    results.append(call_of(events[-1]["response"])["result"])
    for result in results:
        changed = ImageChops.difference(opened(result).convert("RGB"), source)
        assert changed.getbbox() == (32, 24, 96, 72)


def test_images_and_masks_can_be_files(provider: Provider) -> None:
    files = {}
    for name, content in {"image": plain((64, 64), (0, 0, 200)), "mask": plain((64, 64), (0, 0, 0, 0))}.items():
        files[name] = provider.sdk.files.create(file=(f"{name}.png", content), purpose="vision").id
    body = edit("Winter", {"file_id": files["image"]}, input_image_mask={"file_id": files["mask"]})
    assert picture(provider.create(body)).size == (64, 64)
    assert "input_image_mask" not in json.dumps(provider.create(body)["tools"])


def test_a_mask_of_another_size_or_without_alpha_is_refused(provider: Provider) -> None:
    image = {"image_url": data_url(plain((64, 64), (0, 0, 200)))}
    for mask in (plain((32, 32), (0, 0, 0, 0)), plain((64, 64), (0, 0, 0))):
        status, error = provider.refused(edit("Winter", image, input_image_mask={"image_url": data_url(mask)}))
        assert (status, error["code"]) == (400, "invalid_image_mode")


def test_an_edit_shows_what_was_given(provider: Provider) -> None:
    made = picture(provider.create(edit("Make it winter", {"image_url": data_url(plain((64, 64), (220, 0, 0)))})))
    red, green, blue = made.convert("RGB").getpixel((20, 20))
    assert red > green
    assert red > blue


def test_several_images_come_into_one(provider: Provider) -> None:
    images = [{"image_url": data_url(plain((32, 32), colour))} for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    made = picture(provider.create(edit("A gift basket", *images, size="256x256"))).convert("RGB")
    colours = {colour for _, colour in made.getcolors(256 * 256)}
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= colours


def test_the_picture_before_is_edited_next(provider: Provider) -> None:
    first = provider.create(ask("Draw an owl", tools=[SMALL_IMAGE]))
    second = provider.create(
        ask("Now make it look realistic", tools=[{"type": "image_generation"}], previous_response_id=first["id"])
    )
    assert call_of(second)["action"] == "edit"
    assert picture(second).size == (256, 256)
    by_hand = [{"role": "user", "content": "Draw an owl"}, *first["output"], {"role": "user", "content": "Winter"}]
    assert call_of(provider.create(ask(by_hand, tools=[SMALL_IMAGE])))["action"] == "edit"


def test_what_is_no_image_is_refused(provider: Provider) -> None:
    for url, code in (
        ("data:image/png;base64,!!!", "invalid_base64_image"),
        (data_url(b"not an image"), "invalid_image"),
        ("https://example.com/a.png", "invalid_image_url"),
    ):
        status, error = provider.refused(edit("Winter", {"image_url": url}))
        assert (status, error["code"]) == (400, code)


def test_the_label_is_visible(provider: Provider) -> None:
    made = picture(provider.create(ask("Draw an owl", tools=[SMALL_IMAGE]))).convert("RGB")
    corner = made.crop((128, 200, 256, 256))
    colours = {colour for _, colour in corner.getcolors(128 * 56)}
    assert (30, 30, 34) in colours
    assert any(min(colour) > 230 for colour in colours)
