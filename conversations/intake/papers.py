"""Sets a transcript as a PDF, in the child process: what was said may hold anything, and setting it takes a while.

The transcript comes as JSON lines: a title, then for each entry its heading and its parts.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import IO, Any

from fpdf import FPDF, FontFace
from fpdf.enums import WrapMode, XPos, YPos
from fpdf.errors import FPDFException
from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image

from conversations.intake.kinds import BadFile

MOST_PAGES = 2_000
TOO_LONG = "This is more than {pages:,} pages. Take it as HTML instead: that has no end."
INK, QUIET, LINE, GROUND = (38, 34, 29), (107, 99, 88), (205, 198, 187), (246, 243, 237)
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LINE_HEIGHT = 1.45
WIDEST = 170.0
"""Millimetres of an A4 page between its margins."""
HIGHEST = 120.0
MORE_FONTS = {
    "sans": "truetype/dejavu/DejaVuSans.ttf",
    "cjk": "opentype/noto/NotoSansCJK-Regular.ttc",
    "arabic": "truetype/noto/NotoSansArabic-Regular.ttf",
    "hebrew": "truetype/noto/NotoSansHebrew-Regular.ttf",
    "devanagari": "truetype/noto/NotoSansDevanagari-Regular.ttf",
    "thai": "truetype/noto/NotoSansThai-Regular.ttf",
    "emoji": "truetype/noto/NotoColorEmoji.ttf",
    "symbols": "truetype/noto/NotoSansSymbols2-Regular.ttf",
}
"""Fonts of the system, for what our own have no signs for."""
FONTS = Path("/usr/share/fonts")
STYLES = {"": "Regular", "B": "SemiBold", "I": "Italic", "BI": "SemiBoldItalic"}
SIZES = {"h1": 15.0, "h2": 13.5, "h3": 12.0}


def typeset(source: IO[bytes], target: IO[bytes]) -> dict[str, Any]:
    """Write the PDF of a transcript; return how many pages it has. Raise `BadFile` for one that is too long."""
    paper = Paper()
    for line in source:
        paper.take(json.loads(line))
        if paper.pdf.page_no() > MOST_PAGES:
            raise BadFile(TOO_LONG.format(pages=MOST_PAGES), code="too_long")
    target.write(paper.pdf.output())
    return {"pages": paper.pdf.page_no()}


class Paper:
    def __init__(self) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_margin(20)
        self.pdf.set_auto_page_break(True, 20)
        self._add_fonts()
        self.pdf.add_page()
        self._markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
        self._indent = 0.0
        self._typed = False
        """Whether a line break stays one, as people expect of what they typed."""

    def _add_fonts(self) -> None:
        for family, package, name in (
            ("text", "fontpkg_fira_sans", "FiraSans"),
            ("code", "fontpkg_ibm_plex_mono", "IBMPlexMono"),
        ):
            for style, weight in STYLES.items():
                with resources.as_file(resources.files(package) / "files" / f"{name}-{weight}.ttf") as path:
                    self.pdf.add_font(family, style, path)
        found = {name: FONTS / path for name, path in MORE_FONTS.items() if (FONTS / path).is_file()}
        for name, path in found.items():
            self.pdf.add_font(name, fname=path)
        self.pdf.set_fallback_fonts(list(found), exact_match=False)

    def take(self, record: dict[str, Any]) -> None:
        """Set one record of the transcript."""
        kind, text = record["kind"], str(record.get("text", ""))
        if kind == "title":
            self._line(text, size=20, style="B")
            self._line(str(record["when"]), size=9, color=QUIET)
        elif kind == "entry":
            self._heading(record)
        elif kind == "text":
            self._typed = bool(record.get("typed"))
            self._blocks(self._markdown.parse(text))
        elif kind == "thought":
            self._line(text, size=10, style="I", color=QUIET)
        elif kind == "data":
            self._code(text)
        elif kind == "picture":
            self._picture(record)
        else:
            self._line(text, size=9.5, style="I", color=QUIET)

    def _heading(self, record: dict[str, Any]) -> None:
        self.pdf.ln(5)
        if self.pdf.will_page_break(18):
            self.pdf.add_page()
        self._face(11, "B")
        self.pdf.write(self._height, str(record["name"]))
        self._face(9, "", QUIET)
        self.pdf.write(self._height, f"   {record['when']}")
        self.pdf.ln(self._height + 1)

    def _face(self, size: float, style: str = "", color: tuple[int, int, int] = INK, family: str = "text") -> None:
        self.pdf.set_font(family, style, size)
        self.pdf.set_text_color(*color)
        self._height = size * LINE_HEIGHT * 0.3528

    def _line(self, text: str, *, size: float = 11, style: str = "", color: tuple[int, int, int] = INK) -> None:
        self._face(size, style, color)
        self._cell(text)
        self.pdf.ln(1)

    def _cell(self, text: str, *, fill: bool = False) -> None:
        width = WIDEST - self._indent
        self.pdf.set_x(20 + self._indent)
        words = WrapMode.CHAR if fill else WrapMode.WORD
        place: dict[str, Any] = {"align": "L", "new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
        self.pdf.multi_cell(width, self._height, printable(text), fill=fill, wrapmode=words, **place)

    def _code(self, text: str) -> None:
        self._face(8.5, family="code")
        self.pdf.set_fill_color(*GROUND)
        self._cell(text.rstrip("\n") or " ", fill=True)
        self.pdf.ln(2)

    def _picture(self, record: dict[str, Any]) -> None:
        if not record.get("data"):
            self._line(str(record["text"]), size=9.5, style="I", color=QUIET)
            return
        try:
            with Image.open(io.BytesIO(base64.b64decode(record["data"])), formats=FORMATS) as opened:
                picture = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
        except (OSError, ValueError, Image.DecompressionBombError):
            self._line(str(record["text"]), size=9.5, style="I", color=QUIET)
            return
        across = min(WIDEST, picture.width * 25.4 / 144, HIGHEST * picture.width / picture.height)
        if self.pdf.will_page_break(across * picture.height / picture.width):
            self.pdf.add_page()
        self.pdf.image(picture, w=across, alt_text=str(record["text"]))
        self.pdf.ln(3)

    def _blocks(self, tokens: Sequence[Token]) -> None:
        position, markers = 0, list[str]()
        while position < len(tokens):
            token = tokens[position]
            position += 1
            if token.type == "table_open":
                end = next(at for at in range(position, len(tokens)) if tokens[at].type == "table_close")
                self._table(tokens[position:end])
                position = end + 1
            elif token.type in {"fence", "code_block"}:
                self._code(token.content)
            elif token.type == "hr":
                self._rule()
            elif token.type in {"bullet_list_open", "ordered_list_open", "blockquote_open"}:
                self._indent = min(self._indent + 6, 60)
                markers.append(str(token.attrGet("start") or 1) if token.type == "ordered_list_open" else "•")
            elif token.type in {"bullet_list_close", "ordered_list_close", "blockquote_close"}:
                self._indent = max(self._indent - 6, 0)
                markers.pop()
            elif token.type == "list_item_open":
                self._marker(markers)
            elif token.type == "inline":
                self._paragraph(token, tokens[position - 2])
        self._indent = 0.0

    def _marker(self, markers: list[str]) -> None:
        self._face(11)
        self.pdf.set_x(20 + self._indent - 5)
        mark = markers[-1]
        self.pdf.write(self._height, mark if mark == "•" else f"{mark}.")
        if mark != "•":
            markers[-1] = str(int(mark) + 1)

    def _paragraph(self, token: Token, opening: Token) -> None:
        size = SIZES.get(opening.tag, 11.0) if opening.type == "heading_open" else 11.0
        bold = "B" if opening.type == "heading_open" else ""
        self.pdf.set_left_margin(20 + self._indent)
        self.pdf.set_x(20 + self._indent)
        for text, style, link in runs(token.children or [], soft="\n" if self._typed else " "):
            code = "C" in style
            self._face(size - 1.5 if code else size, faces(style.replace("C", "") + bold), family=face_of(code=code))
            height, self._height = self._height, size * LINE_HEIGHT * 0.3528
            self.pdf.write(self._height, printable(text), link=link)
            self._height = height
        self.pdf.set_left_margin(20)
        self.pdf.ln(size * LINE_HEIGHT * 0.3528 + 1.5)

    def _rule(self) -> None:
        self.pdf.set_draw_color(*LINE)
        self.pdf.line(20, self.pdf.get_y() + 2, 190, self.pdf.get_y() + 2)
        self.pdf.ln(5)

    def _table(self, tokens: Sequence[Token]) -> None:
        rows = [row for row in rows_of(tokens) if row]
        if not rows:
            return
        width = max(len(row) for row in rows)
        self._face(9.5)
        self.pdf.set_draw_color(*LINE)
        before = self.pdf.get_y()
        try:
            with self.pdf.table(
                line_height=self._height, text_align="LEFT", headings_style=FontFace(emphasis="BOLD"), padding=1
            ) as table:
                for row in rows:
                    table.row([printable(cell) for cell in [*row, *[""] * (width - len(row))]])
        except (FPDFException, ValueError):  # so many columns that none has room for a letter
            self.pdf.set_y(before)
            self._code("\n".join(" | ".join(row) for row in rows))
        self.pdf.ln(3)


def face_of(*, code: bool) -> str:
    return "code" if code else "text"


def faces(style: str) -> str:
    """Return a style as fpdf takes it: each letter once."""
    return "".join(letter for letter in "BIS" if letter in style)


def runs(tokens: Sequence[Token], soft: str = " ") -> Iterator[tuple[str, str, str]]:
    """Yield the pieces of a paragraph: text, style, and where it leads."""
    styles: list[str] = []
    link = ""
    opened = {"strong_open": "B", "em_open": "I", "s_open": "S"}
    for token in tokens:
        if token.type in opened:
            styles.append(opened[token.type])
        elif token.type in {"strong_close", "em_close", "s_close"}:
            styles.pop()
        elif token.type == "link_open":
            address = str(token.attrGet("href") or "")
            link = address if address.startswith(("https://", "http://", "mailto:")) else ""
        elif token.type == "link_close":
            link = ""
        elif token.type == "code_inline":
            yield token.content, "C" + "".join(styles), link
        elif token.type == "softbreak":
            yield soft, "", ""
        elif token.type == "hardbreak":
            yield "\n", "", ""
        elif token.content:
            yield token.content, "".join(styles), link


def rows_of(tokens: Sequence[Token]) -> Iterator[list[str]]:
    row: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append("".join(text for text, _, _ in runs(token.children or [])))
        elif token.type == "tr_close":
            yield row


def printable(text: str) -> str:
    """Return text without what no font has: controls, and halves of surrogate pairs."""
    kept = "".join(sign for sign in text.expandtabs(4) if sign == "\n" or ord(sign) >= 32)
    return kept.encode("utf-8", "replace").decode()
