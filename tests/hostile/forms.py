"""Which posts look like the form, and are not? Bodies, content types, nonces and cookies."""

import base64
import gzip
import json
import zlib
from urllib.parse import quote, urlencode

from tests.hostile.stand import (
    COOKIE,
    COOKIE_NAME,
    FORM,
    FRESH,
    MARK,
    NONCE,
    SECOND,
    Case,
    Event,
    form,
    post,
)
from trimtab.flows.decide import MAX_REASON, token_hash
from trimtab.flows.visit import MAX_BODY, MAX_FIELDS

VALID = form()
DEEP = "[" * 3000 + "]" * 3000
MULTIPART = (
    f'--b{MARK}\r\nContent-Disposition: form-data; name="nonce"\r\n\r\n{NONCE}\r\n'
    f'--b{MARK}\r\nContent-Disposition: form-data; name="decision"\r\n\r\napprove\r\n--b{MARK}--'
)


def in_base64(body: bytes) -> Event:
    return post(base64.b64encode(body).decode(), isBase64Encoded=True)


def fields(*pairs: tuple[str, str]) -> str:
    return urlencode(pairs)


BODIES: dict[str, Event] = {
    "empty": post(""),
    "only an ampersand": post("&"),
    "many ampersands": post("&" * 5000),
    "only equals": post("=" * 100),
    "a name without a value": post(f"nonce&decision&{MARK}"),
    "one space": post(" "),
    "plain text": post(f"please approve {MARK}"),
    "json": post(json.dumps({"nonce": NONCE, "decision": "approve"})),
    "json deeply nested": post(DEEP),
    "json as a field name": post(f'{{"nonce":"{NONCE}","decision":"approve","x":"=y"}}'),
    "xml with an entity": post(f'<!DOCTYPE a [<!ENTITY x "{MARK}">]><a>&x;</a>'),
    "multipart under our content type": post(MULTIPART),
    "semicolons for ampersands": post(VALID.replace("&", ";")),
    "escaped ampersands": post(VALID.replace("&", "%26")),
    "escaped equals": post(VALID.replace("=", "%3D")),
    "escaped twice": post(quote(VALID)),
    "names in brackets": post(f"form[nonce]={NONCE}&form[decision]=approve"),
    "names as lists": post(f"nonce[]={NONCE}&decision[]=approve"),
    "names with a dot": post(f"form.nonce={NONCE}&form.decision=approve"),
    "names in capitals": post(f"NONCE={NONCE}&DECISION=approve"),
    "names with a space before": post(f"+nonce={NONCE}&+decision=approve"),
    "names with a null": post(f"nonce%00={NONCE}&decision%00=approve"),
    "a byte order mark": post(f"\ufeffnonce={NONCE}&decision=approve"),
    "full width names": post(f"\uff4e\uff4f\uff4e\uff43\uff45={NONCE}&decision=approve"),
    "a question mark before": post("?" + VALID),
    "a decision in capitals": post(form(decision="APPROVE")),
    "a decision past": post(form(decision="approved")),
    "a decision expired": post(form(decision="expired")),
    "a decision with a space": post(form(decision="approve ")),
    "a decision with a line break": post(form(decision="approve\n")),
    "a decision with a null": post(form(decision="approve\0")),
    "a decision in full width": post(form(decision="\uff41pprove")),
    "a decision with a look-alike": post(form(decision="\u0430pprove")),
    "a decision of both": post(form(decision="approve,reject")),
    "a decision that is a number": post(form(decision="1")),
    "a decision that is true": post(form(decision="true")),
    "a decision of markup": post(form(decision=f"<script>{MARK}</script>")),
    "a decision of a template": post(form(decision="{{7*7}}" + MARK)),
    "a decision of a query": post(form(decision=f"approve' OR '{MARK}'='{MARK}")),
    "a decision of a path": post(form(decision=f"../../{MARK}")),
    "no decision": post(fields(("nonce", NONCE), ("reason", MARK))),
    "a no without a reason": post(form(decision="reject", reason="")),
    "a no with spaces for a reason": post(form(decision="reject", reason=" \t\r\n ")),
    "a no with unicode spaces": post(form(decision="reject", reason="\u2003\u00a0\u2028")),
    "a reason one too long": post(form(reason="x" * (MAX_REASON + 1))),
    "a no one too long": post(form(decision="reject", reason="x" * (MAX_REASON + 1))),
    "a reason of wide characters too long": post(form(reason="\U0001f600" * (MAX_REASON + 1))),
    "a reason of thousands": post(form(reason=MARK * 2500)),
    "a body one too long": post(VALID + "&p=" + "x" * (MAX_BODY - len(VALID) - 2)),
    "a body of a megabyte": post(VALID + "&p=" + "x" * 1_000_000),
    "a body of six megabytes": post("a" * 6_000_000),
    "one field too many": post(VALID + "".join(f"&f{n}=" for n in range(MAX_FIELDS - 2))),
    "a thousand fields": post(VALID + "&a=b" * 1000),
    "ten thousand fields": post(VALID + "".join(f"&f{n}=1" for n in range(10_000))),
    "a field name of thousands": post(VALID + "&" + "n" * 9_000 + "=1"),
    "not UTF-8 in the reason": post(f"nonce={NONCE}&decision=approve&reason=%ff%fe"),
    "not UTF-8 in the nonce": post(f"nonce={NONCE}%80&decision=approve"),
    "not UTF-8 in a name": post(VALID + "&%c3%28=1"),
    "an overlong slash": post(VALID + "&x=%c0%af"),
    "an escaped surrogate": post(VALID.replace("fine", "%ed%a0%80")),
    "a lone surrogate in the reason": post(f"nonce={NONCE}&decision=approve&reason=\ud800{MARK}"),
    "a lone surrogate in the nonce": post(f"nonce=\udfff{NONCE}&decision=approve"),
    "a lone surrogate in a no": post(f"nonce={NONCE}&decision=reject&reason=\udc00"),
    "a lone surrogate in a name": post(VALID + "&\ud83d=1"),
    "base64 that is broken": post("%%%" + MARK, isBase64Encoded=True),
    "base64 without padding": post("bm9uY2U", isBase64Encoded=True),
    "base64 with line breaks": post("bm9u\nY2U9\n", isBase64Encoded=True),
    "base64 of the other alphabet": post("_-_-_-_-", isBase64Encoded=True),
    "base64 with other characters between": post(
        "!".join(base64.b64encode(VALID.encode()).decode()), isBase64Encoded=True
    ),
    "base64 that is not ASCII": post("gr\u00fc\u00dfe", isBase64Encoded=True),
    "base64 of bytes that are no text": in_base64(b"\xff\xfe\x00" + MARK.encode()),
    "base64 of gzip": in_base64(gzip.compress(VALID.encode(), mtime=0)),
    "base64 of a bomb": in_base64(gzip.compress(b"a=" + b"x" * 5_000_000, mtime=0)),
    "base64 of deflate": in_base64(zlib.compress(VALID.encode())),
    "base64 of UTF-16": in_base64(VALID.encode("utf-16")),
    "base64 of UTF-32": in_base64(VALID.encode("utf-32")),
    "base64 of UTF-7": in_base64(b"nonce+AD0-x&decision+AD0-approve"),
    "base64 of EBCDIC": in_base64(VALID.encode("cp037")),
    "base64 twice": in_base64(base64.b64encode(VALID.encode())),
    "base64 of too much": in_base64(VALID.encode() + b"&p=" + b"x" * MAX_BODY),
    "base64 that is not said to be": post(base64.b64encode(VALID.encode()).decode()),
    "the valid form said to be base64": post(VALID, isBase64Encoded=True),
    "the decision twice": post(VALID + "&decision=reject"),
    "the same decision twice": post(VALID + "&decision=approve"),
    "the nonce twice": post(VALID + f"&nonce={NONCE}"),
    "another nonce behind": post(VALID + f"&nonce={MARK}"),
    "the reason twice": post(VALID + "&reason=other"),
    "an unknown field twice": post(VALID + "&x=1&x=2"),
    "the decision twice, once escaped": post(VALID + "&d%65cision=reject"),
    "the decision in query only": post(f"nonce={NONCE}", rawQueryString="decision=approve"),
    "all of it in the query only": post("", rawQueryString=VALID),
}

TYPES: dict[str, str] = {
    "json": "application/json",
    "problem": "application/problem+json",
    "multipart": f"multipart/form-data; boundary=b{MARK}",
    "mixed": f"multipart/mixed; boundary=b{MARK}",
    "text, as a form may send it": "text/plain",
    "html": "text/html",
    "xml": "application/xml",
    "octets": "application/octet-stream",
    "gzip": "application/gzip",
    "graphql": "application/graphql",
    "a beacon": "text/plain;charset=UTF-8",
    "empty": "",
    "a star": "*/*",
    "ours behind another": f"text/plain, {FORM}",
    "ours in a parameter": f"text/plain; x={FORM}",
    "ours with a tail": f"{FORM}-{MARK}",
    "ours with a suffix": f"{FORM}+json",
    "ours, then another": f"{FORM}, application/json",
    "ours in UTF-16": f"{FORM}; charset=utf-16",
    "ours in UTF-7": f"{FORM}; charset=utf-7",
    "ours in no charset there is": f"{FORM}; charset={MARK}",
    "ours with a boundary": f"{FORM}; boundary={MARK}",
    "ours with a line break": f"{FORM}\r\nX-{MARK}: 1",
    "ours with a null": f"{FORM}\0",
}

OTHER_NAME = f"trimtab-{token_hash(SECOND)[:12]}"
COOKIES: dict[str, list[str]] = {
    "none": [],
    "an empty one": [""],
    "a name only": [COOKIE_NAME],
    "no value": [f"{COOKIE_NAME}="],
    "a value only": [f"={NONCE}"],
    "another value": [f"{COOKIE_NAME}={MARK}-other"],
    "a longer value": [f"{COOKIE}x"],
    "a shorter value": [COOKIE[:-1]],
    "a value in capitals": [f"{COOKIE_NAME}={NONCE.upper()}"],
    "a quoted value": [f'{COOKIE_NAME}="{NONCE}"'],
    "a value with attributes": [f"{COOKIE}; Path=/"],
    "the cookie of another approval": [f"{OTHER_NAME}={NONCE}"],
    "a name in capitals": [COOKIE.replace("trimtab", "TRIMTAB")],
    "a shorter name": [f"{COOKIE_NAME[:-1]}={NONCE}"],
    "a longer name": [f"{COOKIE_NAME}0={NONCE}"],
    "a prefixed name": [f"__Host-{COOKIE}"],
    "two in one": [f"a={MARK}; {COOKIE}"],
    "two in one with a comma": [f"a={MARK},{COOKIE}"],
    "tossed before ours": [f"{COOKIE_NAME}={MARK}-tossed", COOKIE],
    "tossed behind ours": [COOKIE, f"{COOKIE_NAME}={MARK}-tossed"],
    "tossed empty": [COOKIE, f"{COOKIE_NAME}="],
    "a line break in it": [f"{COOKIE_NAME}=\r\nSet-Cookie: {MARK}=1"],
    "a line break before": [f"x=1\r\n{COOKIE}"],
    "a null": [f"{COOKIE}\0"],
    "a lone surrogate": [f"{COOKIE}\ud800"],
    "not ASCII": [f"{COOKIE}\u00e9"],
    "look-alike letters": [COOKIE.replace("trimtab", "trimt\u0430b")],
    "a thousand others": [f"c{n}={MARK}" for n in range(1000)],
    "one of a megabyte": [f"{COOKIE_NAME}=" + "x" * 1_000_000],
}

NONCES: dict[str, str] = {
    "empty": "",
    "another": f"{MARK}-other",
    "longer": f"{NONCE}x",
    "shorter": NONCE[:-1],
    "in capitals": NONCE.upper(),
    "with a space": f" {NONCE}",
    "with a line break": f"{NONCE}\n",
    "with a null": f"{NONCE}\0",
    "not ASCII": f"{NONCE}\u00e9",
    "the cookie whole": COOKIE,
    "of the server's next page": FRESH,
    "a template": "{{nonce}}",
    "a pattern": ".*",
    "a percent": "%",
}


def cases() -> list[Case]:
    """Return posts with the right cookie or the right nonce, but never all of it."""
    events = {f"body: {name}": event for name, event in BODIES.items()}
    events |= {
        f"type: {name}": post(headers={"content-type": value}) for name, value in TYPES.items()
    }
    events |= {f"cookie: {name}": post(cookies=value) for name, value in COOKIES.items()}
    events |= {f"nonce: {name}": post(form(nonce=value)) for name, value in NONCES.items()}
    events |= {
        "nonce: empty on both sides": post(form(nonce=""), cookies=[f"{COOKIE_NAME}="]),
        "nonce: missing on both sides": post("decision=approve", cookies=[COOKIE_NAME]),
        "nonce: space on both sides": post(form(nonce=" "), cookies=[f"{COOKIE_NAME}= "]),
        "nonce: not ASCII on both sides": post(
            form(nonce="\u00e9"), cookies=[f"{COOKIE_NAME}=\u00e9"]
        ),
        "nonce: as header": post("decision=approve", headers={"x-csrf-token": NONCE}),
        "cookie: in a header only": post(cookies=[], headers={"cookie": COOKIE}),
        "cookie: in the form only": post(form() + f"&{COOKIE}", cookies=[]),
        "type: gzip said": post(headers={"content-encoding": "gzip", "content-type": "text/css"}),
    }
    return [Case(name=name, event=event, status=400) for name, event in events.items()]
