"""Pictures without a model: a landscape from the hash of a prompt, labelled so that nobody takes it for more.

The same prompt gives the same picture. Words for colours, times of day and seasons are heeded. An edit keeps the given
picture: inside the mask it paints anew, without a mask it re-colours the whole and adds what the prompt's hash says.
"""

import io
import random
import re
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from .identifiers import digest

Colour = tuple[int, int, int]

LABEL = "demo"
COLOURS: dict[str, Colour] = {
    "red": (200, 60, 50),
    "orange": (230, 130, 50),
    "yellow": (235, 200, 80),
    "green": (90, 150, 90),
    "blue": (70, 120, 190),
    "purple": (130, 90, 170),
    "pink": (225, 140, 165),
    "brown": (140, 100, 70),
    "gray": (140, 140, 145),
    "grey": (140, 140, 145),
    "black": (40, 42, 50),
    "white": (235, 236, 238),
    "gold": (212, 170, 70),
    "turquoise": (70, 180, 175),
}
# Words of mood: the sky from its top to the horizon, and the land.
MOODS: dict[str, tuple[Colour, Colour, Colour]] = {
    "night": ((16, 20, 48), (58, 66, 110), (28, 36, 52)),
    "winter": ((150, 175, 205), (232, 238, 244), (214, 224, 232)),
    "sunset": ((70, 60, 120), (245, 160, 90), (82, 62, 84)),
    "autumn": ((150, 175, 190), (240, 215, 175), (168, 104, 56)),
    "summer": ((76, 142, 214), (205, 228, 240), (106, 158, 92)),
    "sea": ((104, 164, 214), (222, 234, 238), (44, 108, 138)),
}
PLAIN_MOODS = tuple(MOODS)
LARGEST = 3840


@dataclass(frozen=True)
class Painting:
    """What is asked for. Sizes in pixels; `sources` are given pictures, `mask` is clear where may be painted."""

    prompt: str
    size: tuple[int, int]
    transparent: bool = False
    sources: tuple[Image.Image, ...] = ()
    mask: Image.Image | None = None


def paint(painting: Painting, *, progress: float = 1.0) -> Image.Image:
    """The picture, RGB or RGBA; below a `progress` of 1 a coarser state of the same one."""
    if painting.sources:
        picture = edit(painting)
    else:
        picture = landscape(painting.prompt, painting.size)
        if painting.transparent:
            picture = cut_out(picture)
        label(picture, (0, 0, *painting.size))
    if progress >= 1:
        return picture
    width, height = painting.size
    coarse = max(4, int(max(width, height) * progress / 8))
    small = picture.resize(
        (max(1, width * coarse // max(width, height)), max(1, height * coarse // max(width, height)))
    )
    blurred = small.resize(painting.size, Image.Resampling.BICUBIC)
    # Before it is done, nothing of a masked picture but the masked part may look different either.
    return locked(painting, blurred) if painting.mask else blurred


def landscape(prompt: str, size: tuple[int, int]) -> Image.Image:
    """A sky, a sun or moon, ridges one before the other, and trees."""
    dice = random.Random(digest(prompt))  # noqa: S311 - the same prompt is to give the same picture
    words = re.findall(r"[a-z]+", prompt.lower())
    mood = next((word for word in words if word in MOODS), dice.choice(PLAIN_MOODS))
    top, horizon, land = MOODS[mood]
    accents = [COLOURS[word] for word in words if word in COLOURS] or [dice.choice(list(COLOURS.values()))]
    width, height = size
    picture = gradient(top, blend(horizon, accents[0], 0.35), size)
    draw = ImageDraw.Draw(picture)
    line = height * dice.uniform(0.5, 0.65)
    radius = min(size) * dice.uniform(0.06, 0.12)
    x, y = width * dice.uniform(0.2, 0.8), line * dice.uniform(0.3, 0.8)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=blend(horizon, (255, 250, 225), 0.8))
    for layer in range(4):
        shade = blend(horizon, blend(land, accents[layer % len(accents)], 0.4), 0.3 + layer * 0.22)
        points = ridge(dice, width=width, base=line + (height - line) * layer / 4.5, rise=height * 0.09)
        draw.polygon([*points, (width, height), (0, height)], fill=shade)
        for _ in range(dice.randint(3, 9) * layer):
            foot_x, foot_y = dice.choice(points)
            tree = height * dice.uniform(0.02, 0.05) * layer
            trunk = [(foot_x - tree / 3, foot_y), (foot_x + tree / 3, foot_y), (foot_x, foot_y - tree)]
            draw.polygon(trunk, fill=blend(shade, (20, 30, 30), 0.35))
    return picture


def gradient(top: Colour, bottom: Colour, size: tuple[int, int]) -> Image.Image:
    """One colour above that becomes another below."""
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


def ridge(dice: random.Random, *, width: int, base: float, rise: float) -> list[tuple[float, float]]:
    """A line of hills from the left edge to the right one."""
    steps = 48
    heights, height = [], base
    for _ in range(steps + 1):
        height += dice.uniform(-1, 1) * rise / 4 + (base - height) * 0.15
        heights.append(height)
    return [(width * step / steps, height) for step, height in enumerate(heights)]


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """A mixture with this share of the other colour."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def cut_out(picture: Image.Image) -> Image.Image:
    """The picture in a soft oval, clear around it."""
    width, height = picture.size
    alpha = Image.new("L", picture.size, 0)
    ImageDraw.Draw(alpha).ellipse((width * 0.04, height * 0.04, width * 0.96, height * 0.96), fill=255)
    picture = picture.convert("RGBA")
    picture.putalpha(alpha.filter(ImageFilter.GaussianBlur(max(2, width // 200))))
    return picture


def edit(painting: Painting) -> Image.Image:
    """A picture made of given ones: painted anew inside the mask, or re-coloured, or several beside each other."""
    if painting.mask:
        return locked(painting, landscape(painting.prompt, painting.size))
    sources = [ImageOps.fit(source.convert("RGB"), painting.size) for source in painting.sources]
    if len(sources) == 1:
        tinted = gradient(*MOODS[mood_of(painting.prompt)][:2], painting.size)
        picture = ImageEnhance.Contrast(Image.blend(sources[0], tinted, 0.3)).enhance(1.15)
    else:
        picture = collage(painting)
    label(picture, (0, 0, *painting.size))
    return picture


def mood_of(prompt: str) -> str:
    """The mood that a prompt names, or the one that its hash chooses."""
    words = re.findall(r"[a-z]+", prompt.lower())
    return next((word for word in words if word in MOODS), PLAIN_MOODS[int(digest(prompt), 16) % len(PLAIN_MOODS)])


def collage(painting: Painting) -> Image.Image:
    """All given pictures in front of a landscape, in rows."""
    width, height = painting.size
    picture = landscape(painting.prompt, painting.size)
    count = len(painting.sources)
    columns = next(number for number in range(1, count + 1) if number * number >= count)
    rows = -(-count // columns)
    cell = (width * 8 // 10 // columns, height * 8 // 10 // rows)
    for place, source in enumerate(painting.sources):
        tile = ImageOps.contain(source.convert("RGB"), (max(1, cell[0] * 9 // 10), max(1, cell[1] * 9 // 10)))
        x = width // 10 + place % columns * cell[0] + (cell[0] - tile.width) // 2
        y = height // 10 + place // columns * cell[1] + (cell[1] - tile.height) // 2
        picture.paste(tile, (x, y))
    return picture


def locked(painting: Painting, painted: Image.Image) -> Image.Image:
    """The first given picture with paint only where the mask is clear; everywhere else it keeps every pixel."""
    assert painting.mask
    source = painting.sources[0]
    original = source.convert("RGBA" if source.has_transparency_data else "RGB").resize(painting.size)
    free = ImageChops.invert(painting.mask.convert("RGBA").getchannel("A").resize(painting.size))
    picture = Image.composite(painted.convert(original.mode), original, free)
    labelled = picture.copy()
    box = free.point(lambda value: 255 if value == 255 else 0).getbbox()
    if box:
        label(labelled, box, centred=True)
    return Image.composite(labelled, picture, free)


def label(picture: Image.Image, box: tuple[int, int, int, int], *, centred: bool = False) -> None:
    """Write what this is into the lower right of a box, or into its middle, on the picture itself."""
    left, top, right, bottom = box
    size = max(8, min(right - left, bottom - top) // 18)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(picture)
    x0, y0, x1, y1 = draw.textbbox((0, 0), LABEL, font=font)
    width, height = x1 - x0, y1 - y0
    x, y = right - width - size, bottom - height - size
    if centred:
        x, y = (left + right - width) / 2, (top + bottom - height) / 2
    frame = (x - size / 2, y - size / 2, x + width + size / 2, y + height + size / 2)
    draw.rounded_rectangle(frame, size / 3, fill=(30, 30, 34))
    draw.text((x - x0, y - y0), LABEL, font=font, fill=(245, 245, 240))


def encode_picture(picture: Image.Image, form: str, compression: int) -> bytes:
    """The picture as a png, webp, jpeg or gif file; `compression` is the quality of the lossy ones, 0 to 100."""
    buffer = io.BytesIO()
    if form == "jpeg":
        picture.convert("RGB").save(buffer, "JPEG", quality=compression)
    elif form == "webp":
        picture.save(buffer, "WEBP", quality=compression)
    else:
        picture.save(buffer, form.upper(), **({"compress_level": 3} if form == "png" else {}))
    return buffer.getvalue()
