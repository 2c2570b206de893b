"""What decoding costs, in microseconds an event: ours beside json alone. Run: python -m bench.decoding"""

import json
import time
from collections.abc import Callable
from functools import partial

from conversations.upstream.decoder import Decoder

EVENTS = 20_000
READS = {"one event a read": 1, "8 events a read": 8, "64 events a read": 64}


def delta(number: int) -> bytes:
    event = {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "item_id": "msg_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b",
        "output_index": 0,
        "content_index": 0,
        "delta": " lorem",
        "logprobs": [],
        "obfuscation": "kL8fQz1pWn",
    }
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def microseconds(work: Callable[[], int]) -> float:
    """The best of five runs, a event."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        count = work()
        best = min(best, (time.perf_counter() - began) / count)
    return best * 1e6


def decode(reads: list[bytes]) -> int:
    decoder = Decoder()
    return sum(len(decoder.feed(read)) for read in reads)


def main() -> None:
    deltas = [delta(number) for number in range(EVENTS)]
    bare = microseconds(lambda: sum(1 for raw in deltas if json.loads(raw.split(b"data: ", 1)[1])))
    rows = [("json.loads of the data alone", bare)]
    for name, size in READS.items():
        reads = [b"".join(deltas[place : place + size]) for place in range(0, EVENTS, size)]
        rows.append((f"Decoder, {name}", microseconds(partial(decode, reads))))
    image = b'data: {"type":"image","b64":"' + b"A" * 3_000_000 + b'"}\n\n'
    pieces = [image[place : place + 16384] for place in range(0, len(image), 16384)]
    rows.append(("Decoder, an image of 3 MB in reads of 16 KiB", microseconds(partial(decode, pieces))))
    print(f"{'':46} us/event   ratio")
    for name, cost in rows:
        print(f"{name:46} {cost:8.2f} {cost / bare:7.2f}")


if __name__ == "__main__":
    main()
