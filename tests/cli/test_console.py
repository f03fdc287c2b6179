"""Can what a table shows be copied, on whatever width?"""

import pytest
from rich.console import Console

from trimtab.cli import console

HEADINGS = ("#", "when", "who", "what", "in words")
ROW = ("1", "2026-11-21T15:34:20+00:00", "person-ugoox7y3re5p4gqz", "asked", "a [long] story " * 9)


@pytest.mark.parametrize("width", [60, 119, 120, 240])
def test_ids_and_moments_are_never_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    monkeypatch.setattr(console, "_out", Console(width=width, soft_wrap=True, highlight=False))
    console.print_table(HEADINGS, [ROW])
    said = capsys.readouterr().out
    assert ROW[1] in said
    assert ROW[2] in said
    assert "[long]" in said


def test_a_narrow_terminal_shows_a_block_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "_out", Console(width=80, soft_wrap=True, highlight=False))
    console.print_table(HEADINGS, [ROW, ROW])
    assert capsys.readouterr().out.splitlines()[3] == "what      asked"
