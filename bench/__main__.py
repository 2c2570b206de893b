"""The benchmarks: python -m bench [PART...] [--quick]"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime

from bench import administration, browser, gateway, history, presence, purging, report, streaming, studio

PARTS = {
    "streaming": streaming.measure,
    "presence": presence.measure,
    "gateway": gateway.measure,
    "history": history.measure,
    "administration": administration.measure,
    "purging": purging.measure,
    "browser": browser.measure,
    "studio": studio.measure,
}


def main() -> None:
    parser = ArgumentParser(prog="python -m bench", description="Measure Salon beside a bare client.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all without one")
    parser.add_argument("--quick", action="store_true", help="small, and not written to docs/performance.md")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    for part in options.parts or PARTS:
        print(f"\n## {part.capitalize()}\n", flush=True)
        text = PARTS[part](options.quick)
        print(text, flush=True)
        if not options.quick:
            when = f"Measured {datetime.now(UTC):%Y-%m-%d} on {report.machine()}, commit {report.revision()}."
            report.write(part, f"{when}\n\n{text}")


if __name__ == "__main__":
    main()
