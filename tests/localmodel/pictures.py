"""Small pictures for tests."""

import base64
import io

from PIL import Image


def png(picture: Image.Image) -> bytes:
    """A picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def plain(size: tuple[int, int], colour: tuple[int, ...]) -> bytes:
    """A PNG of one colour; four numbers make it one with an alpha channel."""
    return png(Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour))


def data_url(content: bytes) -> str:
    """The content as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def opened(result: str) -> Image.Image:
    """The picture in an image call's base64 result."""
    return Image.open(io.BytesIO(base64.b64decode(result)))
