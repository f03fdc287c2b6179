"""How does a template become text? One engine: everything inert, HTML escaped, nothing undefined.

The engine is loaded on first use, so that importing a page costs nothing.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.report import figures, memory_figure, provisioned_figure, words

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
PAGE, PICTURE = ("colours.css", "page.css", "picture.css"), ("colours.css", "picture.css")


def render(template: str, **values: Any) -> str:
    """Render one template; its name's ending decides whether text is escaped for HTML."""
    return _engine().get_template(template).render(values)


@cache
def page_style() -> str:
    """Return the one style sheet of all pages, as it stands in their style element."""
    return "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in PAGE)


def picture_style() -> str:
    """Return the style of a picture that stands alone, in a file of its own."""
    return "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in PICTURE)


def _inert(value: Any) -> Any:
    """Take line breaks and invisible characters out of everything that is not markup of ours."""
    return value if hasattr(value, "__html__") else words.inert(str(value))


@cache
def _engine() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow

    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    engine.globals["words"] = words
    engine.globals["figures"] = figures
    engine.globals["memory"] = memory_figure
    engine.globals["provisioned"] = provisioned_figure
    engine.globals["page_style"] = page_style
    return engine
