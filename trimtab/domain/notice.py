"""What is one email about? The plain content of what Trimtab sends; `report` gives it its looks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One message to one person, as it goes out."""

    to: str
    subject: str
    html: str
    text: str
    reference: str
    """The run or change it belongs to: a header that lets a sending be found again."""
