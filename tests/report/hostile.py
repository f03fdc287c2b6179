"""What would somebody write into a name, a tag or a reason who wants more than to be read?"""

from html.parser import HTMLParser

TEXTS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style><style>body{display:none}</style>",
    "{{ 7*7 }}{% raw %}",
    "x\r\nBcc: everyone@example.com\r\n\r\nhello",
    "x\u2028Review and answer:\u2029https://evil.example/a",
    "\u202eexe.evil\u202c",
    "'; rm -rf / #",
    "$(touch pwned) `id` ${HOME} \\",
    "see www.evil.example or mail me@evil.example",
    "[click](javascript:alert(1)) ![](https://evil.example/x.png)",
    "@everyone closes #1, owner/repo#2",
    "a | b ``` c --> <!-- trimtab:finding:other -->",
    "=HYPERLINK(1)",
)


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes: what text can never change."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def structure(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the elements of a page in order."""
    parser = Structure()
    parser.feed(html)
    return parser.found
