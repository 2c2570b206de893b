"""A designer paints a mask, takes a step back, edits, and nothing outside the mask is any other than before."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from tests.e2e.whole.chat import PATIENCE
from tests.e2e.whole.conftest import Enter
from tests.e2e.whole.test_studio import demo as demo
from tests.e2e.whole.test_studio import press, rows, shot
from tests.intake import made
from tests.live.server import Server


def paint(page: Page, *places: tuple[float, float]) -> None:
    """Draw a stroke through these places of the window, as shares of its sides."""
    box = page.get_by_role("application", name="Picture to paint the mask on").bounding_box()
    assert box is not None
    at = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def read(page: Page, picture: dict[str, Any]) -> Image.Image:
    """A picture as the browser gets it."""
    answer = page.request.get(picture["url"])
    assert answer.ok
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def outside(difference: Image.Image, mask: Image.Image) -> Image.Image:
    """What of a difference lies where the mask leaves nothing to be edited."""
    return ImageChops.darker(difference, Image.merge("RGB", [mask.point(lambda value: 255 * (value == 255))] * 3))


def test_a_mask_is_painted_and_with_the_pixel_lock_nothing_outside_it_changes(
    enter: Enter, demo: Server, tmp_path: Path
) -> None:
    page = enter(demo, "Alice")
    page.goto("/studio/")
    page.get_by_role("button", name="New work").click()
    press(page, "Generate", "A lamp in autumn", versions=1)

    page.get_by_role("button", name="Mask", exact=True).click()
    share = page.locator("mask-editor [data-ref=share]")
    expect(share).to_have_text("nothing masked")
    paint(page, (0.3, 0.4), (0.6, 0.5), (0.5, 0.7))
    expect(share).to_have_text(re.compile("mask [2-6] %"))
    stroke = share.inner_text()
    page.get_by_text("By numbers, from a file, larger canvas").click()
    page.get_by_role("form", name="Shape by numbers").get_by_label("Shape").select_option("ellipse")
    page.get_by_role("form", name="Shape by numbers").get_by_role("button", name="Add to the mask").click()
    expect(share).to_have_text(re.compile("mask 2[0-9] %"))
    page.get_by_role("button", name="Undo").click()
    expect(share).to_have_text(stroke)
    page.keyboard.press("Control+Shift+Z")
    expect(share).to_have_text(re.compile("mask 2[0-9] %"))
    page.keyboard.press("Control+Z")
    expect(share).to_have_text(stroke)
    shot(page, "mask")
    assert not Axe().run(page).response["violations"]

    small, words = tmp_path / "small.png", tmp_path / "words.png"
    small.write_bytes(made.encoded(Image.new("LA", (512, 512), (0, 0)), "PNG"))
    words.write_bytes(b"no picture")
    page.get_by_label("Mask file").set_input_files(small)
    expect(page.get_by_text("This mask has 512 × 512 pixels, the picture 1024 × 1024.")).to_be_visible()
    page.get_by_role("button", name="Leave it").click()
    page.get_by_label("Mask file").set_input_files(words)
    expect(page.get_by_text("A mask is a picture. Choose one.")).to_be_visible()
    expect(share).to_have_text(stroke)

    page.get_by_role("button", name="Whole screen").click()
    shot(page, "mask-screen")
    page.keyboard.press("Escape")

    page.get_by_text("Background, format, partials").click()
    page.get_by_label("Format").select_option("jpeg")  # which changes pixels everywhere, as real models do
    page.get_by_label("Compression").fill("60")
    press(page, "Edit", "A red house in winter", versions=2)
    expect(page.get_by_text("None of them is changed here.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Changed outside").click()
    expect(page.get_by_role("img", name="A red house in winter: Changed outside")).to_be_visible()
    shot(page, "heat")

    turn = page.request.get(f"{page.url.partition('#')[0]}state/").json()["turns"][-1]
    lock, mask_url = turn["pixel_lock"], f"/files/{turn['making']['mask']}/"
    mask = Image.open(io.BytesIO(page.request.get(mask_url).body())).getchannel("A")
    original, locked, model = (read(page, lock[name]) for name in ("original", "locked", "made"))
    assert ImageChops.difference(original, locked).getbbox() is not None
    assert outside(ImageChops.difference(original, locked), mask).getbbox() is None
    assert outside(ImageChops.difference(original, model), mask).getbbox() is not None
    assert lock["changed"] > 0
    expect(rows(page)).to_have_count(2)
