"""Which reasons would a person give who wants more than to be read?"""

from urllib.parse import parse_qs

from tests.hostile.inert import check_page
from tests.hostile.stand import COOKIE, FRESH, MARK, NONCE, TOKEN, Case, form, post
from tests.report.hostile import TEXTS, structure
from trimtab.flows.decide import MAX_REASON
from trimtab.report.words import inert

MORE = (
    "</p></section><form action=https://evil.example><button>Approve</button></form>",
    "<svg/onload=alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x&#62;",
    "<!--", "]]>", "<![CDATA[x]]>", "<?php echo 1 ?>", "<%= 7*7 %>", "${7*7}", "#{7*7}",
    "{{ ''.__class__.__mro__ }}", "{% include 'page.css' %}", "{# comment #}",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "'\"`><input autofocus onfocus=alert(1)>",
    "\x00\x01\x02\x07\x08\x0b\x1b[31mred\x7f",
    "line one\nline two\rline three\x85four",
    "Z\u0351\u0344\u0310\u034fa\u0322\u0347\u030al\u0359\u0302go" + "\u0301" * 300,
    "\u202eevorppa\u202c \u2066x\u2069 \u200f",
    "\u200b\ufeff\u2060\u00ad invisible",
    "\U000e0041\U000e0042 tags",
    "\ufdfd\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\ufffe\uffff noncharacters",
    "\ue000 private",
    "x" * (MAX_REASON - len(MARK) - 1),
    "\U0001f600" * (MAX_REASON - len(MARK) - 1),
    "../../../etc/passwd",
    "arn:aws:lambda:eu-west-1:111111111111:function:*",
    '","decision":{"word":"approved"},"x":"',
    "decision=approve&nonce=x",
    "%3Cscript%3E",
    "+ADw-script+AD4-",
    "\\u003cscript\\u003e",
)  # fmt: skip


def cases() -> list[Case]:
    """Return each text as the reason of a no, and of a yes."""
    return [
        Case(
            name=f"{word}: {number}",
            event=post(form(decision=word, reason=f"{MARK} {text}")),
            status=200,
        )
        for number, text in enumerate(TEXTS + MORE)
        for word in ("approve", "reject")
    ]


def kept(case: Case) -> str:
    """Return the reason as it must be on record: as sent, but for line ends and the edges."""
    (reason,) = parse_qs(case.event["body"])["reason"]
    return reason.replace("\r\n", "\n").strip()


def check_shown(html: str, case: Case) -> None:
    """The reason stands in the page as text, on one line, and has changed no element of it."""
    check_page(html.replace("://", ""))
    word = "Approved. Thank you." if "approve:" in case.name else "Rejected."
    assert word in html
    tags = [tag for tag, _ in structure(html)]
    assert tags.count("form") == 0
    for secret in (TOKEN, NONCE, COOKIE, FRESH):
        assert secret not in html
    assert all(
        character in "\n" or character == inert(character) or character == " " for character in html
    )
