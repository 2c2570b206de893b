"""A stand-in provider that paints: prepared pictures in the image events of the Responses API, at an exact pace.

`GET /written` tells when each event with a picture was written, in milliseconds of the wall clock that a browser's
`performance.timeOrigin` counts from. Run: python -m bench.painter PORT
"""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import json
import random
import time
from argparse import ArgumentParser
from typing import Any

from aiohttp import web
from PIL import Image

PARTIALS, PAUSE = 3, 1.0
"""States of each picture, and the seconds before each and before the picture itself."""
PREPARED = 32


class Painter:
    def __init__(self, side: int) -> None:
        self.side = side
        self.pictures = [painted(number, side) for number in range(PREPARED if side <= 1024 else 1)]
        self.turn = itertools.count()
        self.written: list[float] = []

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_post("/v1/responses", self.respond)
        app.router.add_get("/written", self.tell)
        return app

    async def tell(self, _request: web.Request) -> web.Response:
        return web.json_response(self.written)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        asked, number = await request.json(), next(self.turn)
        response = {"id": f"resp_{number}", "object": "response", "model": asked["model"], "output": []}
        if not asked.get("stream"):
            return web.json_response(response | {"status": "completed"})
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        events = itertools.count()

        async def send(kind: str, **fields: Any) -> None:
            event = {"type": f"response.{kind}", "sequence_number": next(events), **fields}
            await stream.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

        item = {"id": f"ig_{number}", "type": "image_generation_call", "status": "in_progress", "result": None}
        await send("created", response=response | {"status": "in_progress"})
        await send("output_item.added", output_index=0, item=item)
        for state in range(PARTIALS if self.side <= 1024 else 0):
            await asyncio.sleep(PAUSE)
            picture = self.pictures[(4 * number + state) % len(self.pictures)]
            place = {"item_id": item["id"], "output_index": 0, "partial_image_index": state}
            await send("image_generation_call.partial_image", **place, partial_image_b64=picture)
            self.written.append(time.time() * 1000)
        await asyncio.sleep(PAUSE)
        result = self.pictures[(4 * number + PARTIALS) % len(self.pictures)]
        done = item | {"status": "completed", "result": result, "size": f"{self.side}x{self.side}", "quality": "low"}
        await send("output_item.done", output_index=0, item=done)
        await send("completed", response=response | {"status": "completed", "output": [done]})
        return stream


def painted(number: int, side: int) -> str:
    """Return a PNG in base64, with 1024 pixels a side of 1.5 MB, about as the service's are: shades with a grain."""
    chance = random.Random(number)
    shades = Image.new("RGB", (4, 4))
    shades.putdata([(chance.randrange(256), chance.randrange(256), chance.randrange(256)) for _ in range(16)])
    grain = Image.effect_noise((side, side), 24).convert("RGB")
    picture = Image.blend(shades.resize((side, side), Image.Resampling.BICUBIC), grain, 0.12)
    kept = io.BytesIO()
    picture.save(kept, "PNG", compress_level=1)
    return base64.b64encode(kept.getvalue()).decode()


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--side", type=int, default=1024)
    options = parser.parse_args()
    web.run_app(Painter(options.side).app(), host="127.0.0.1", port=options.port, print=None)
