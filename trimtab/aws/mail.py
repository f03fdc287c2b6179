"""How does an email go out? Through SES, one person per message, one line per header (S23)."""

from typing import Any

from trimtab.aws.errors import reading
from trimtab.domain.notice import Email

REFERENCE_HEADER = "X-Trimtab-Reference"


class SesMailer:
    """Sends from one verified address."""

    def __init__(self, client: Any, *, sender: str, configuration_set: str | None = None) -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, email: Email) -> None:
        content = {
            "Subject": _utf8(one_line(email.subject)),
            "Body": {"Html": _utf8(email.html), "Text": _utf8(email.text)},
            "Headers": [{"Name": REFERENCE_HEADER, "Value": one_line(email.reference)}],
        }
        asked: dict[str, Any] = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [one_line(email.to)]},
            "Content": {"Simple": content},
        }
        if self._configuration_set is not None:
            asked["ConfigurationSetName"] = self._configuration_set
        with reading(f"ses:SendEmail {one_line(email.reference)}"):
            self._client.send_email(**asked)


def one_line(text: str) -> str:
    """Make text safe in a header: control characters and line breaks become single spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
