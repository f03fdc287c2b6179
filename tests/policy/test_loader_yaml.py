"""YAML is read as a small, safe subset; what is outside is refused with its line."""

from __future__ import annotations

import pytest

from trimtab.policy.loader_yaml import read_document
from trimtab.policy.problems import Document, Place


def faults(text: str | bytes, *, allow_null: bool = False) -> list[str]:
    read = read_document("f.yaml", text, allow_null=allow_null)
    assert not isinstance(read, Document)
    return [str(problem) for problem in read]


def data(text: str | bytes, *, allow_null: bool = False) -> object:
    read = read_document("f.yaml", text, allow_null=allow_null)
    assert isinstance(read, Document), read
    return read.data


def test_only_true_false_and_plain_numbers_are_anything_but_text() -> None:
    text = (
        "{a: true, b: false, c: 12, d: 1.5, e: -3, f: no, g: on, h: 2027-01-31, i: 09:00,"
        " j: 0123, k: '12', l: 1e3, m: .inf, n: 0x10, o: True, p: 1234567890123456,"
        ' q: "true", 5: [x]}'
    )
    assert data(text) == {
        "a": True,
        "b": False,
        "c": 12,
        "d": 1.5,
        "e": -3,
        "f": "no",
        "g": "on",
        "h": "2027-01-31",
        "i": "09:00",
        "j": "0123",
        "k": "12",
        "l": "1e3",
        "m": ".inf",
        "n": "0x10",
        "o": "True",
        "p": "1234567890123456",
        "q": "true",
        "5": ["x"],
    }


def test_a_document_knows_where_everything_stands() -> None:
    read = read_document("f.yaml", "a:\n  - b: 1\n    c: [2, 3]\n")
    assert isinstance(read, Document)
    assert read.value_at(("a", 0, "c", 1)) == Place(3, 12)
    assert read.key_at(("a", 0, "c")) == Place(3, 5)
    assert read.value_at(("a", 0, "missing", "deep")) == Place(2, 5)
    assert read.key_at(("nowhere",)) == Place(1, 1)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert data(b"\xef\xbb\xbfa: 1\n") == {"a": 1}


def test_nothing_where_a_value_belongs_is_a_mistake_unless_it_means_something() -> None:
    message = "there is no value here: give one, or remove the key"
    assert faults("a:\n  b:\n") == [f"f.yaml:2:5: {message}"]
    assert faults("{a: ~, b: [null]}") == [f"f.yaml:1:5: {message}", f"f.yaml:1:12: {message}"]
    assert data("a: ~\n", allow_null=True) == {"a": None}
    assert data("a: 'null'\n") == {"a": "null"}


def test_duplicate_keys_are_all_named_with_their_first_line() -> None:
    text = "a: 1\nb:\n  c: 1\n  c: 2\na: 2\n"
    assert faults(text) == [
        "f.yaml:4:3: key 'c' is already on line 3",
        "f.yaml:5:1: key 'a' is already on line 1",
    ]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
HOSTILE = [
    ("", "1:1: the file is empty"),
    ("# only a comment\n", "1:1: the file is empty"),
    ("a: 1\n---\nb: 2\n", "2:1: a file holds one document"),
    (BOMB, "1:4: anchors and aliases are not allowed"),
    ("a: *nobody\n", "anchors and aliases are not allowed"),
    ("*a : 1\n", "anchors and aliases are not allowed"),
    ("a: !!python/object/apply:os.system ['true']\n", "tags are not allowed"),
    ("a: !!timestamp 2027-01-31\n", "tags are not allowed"),
    ("? [a, b]\n: 1\n", "a key must be plain text"),
    ("a: {<<: {b: 1}, <<: {c: 2}}\n", "key '<<' is already on line 1"),
    ("a:\n\tb: 1\n", "not YAML: a tab: indent with spaces"),
    ("a: [1, 2\n", "not YAML:"),
    ("a: 'open\n", "not YAML:"),
    ("a: b: c\n", "1:5: not YAML:"),
    ("%YAML 9.9\n---\na: 1\n", "not YAML:"),
    ("a: \x00\n", "1:4: U+0000, a character that does not show: remove it"),
    ("a: \ufffe\n", "a character that YAML does not allow"),
    ("# a note\x85b: 1\n", "1:9: U+0085, a character that does not show"),
    ("a: 1\rb: 2\n", "1:5: U+000D, a character that does not show"),
    ("a: 1\nb: x\u202ey\n", "2:5: U+202E, a character that does not show"),
    ("a: 1\n\ufeffb: 2\n", "2:1: U+FEFF, a character that does not show"),
    ('a: "\\u202E"\n', "1:4: U+202E, a character that does not show"),
    ('"\\0": 1\n', "1:1: U+0000, a character that does not show"),
    ("a: {<<: {b: 1}}\n", "1:5: merge keys are not allowed: write it out"),
    ("a: \ud800\n", "not UTF-8"),
    (b"a: \xff\xfe\n", "not UTF-8"),
    ("[" * 100_000, "deeper than 32 levels"),
    ("{a: " * 50_000, "deeper than 32 levels"),
    ("- " * 100_000, "deeper than 32 levels"),
    ("? " * 100_000, ""),
    ("a: " + "x" * 262_144, "1:1: larger than 256 KiB"),
    ("[" + "1," * 100_000 + "]", "more than 10000 values"),
    ("a: 1\n" * 50_000, "key 'a' is already on line 1"),
]


@pytest.mark.parametrize(("text", "message"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_not_allowed_is_refused(text: str | bytes, message: str) -> None:
    """One that took time as its square would not come to an end here."""
    found = faults(text)
    assert any(message in line for line in found)
    assert len(found) <= 20


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert data('a: {"<<": 1}\n') == {"a": {"<<": 1}}


def test_lines_may_end_as_windows_ends_them() -> None:
    assert data("a: 1\r\nb: 2\r\n") == {"a": 1, "b": 2}


def test_a_tab_inside_text_is_allowed() -> None:
    assert data('a: "x\ty"\n') == {"a": "x\ty"}
