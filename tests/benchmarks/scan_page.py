"""How long does the page of a 20,000-function scan take to write, to open and to search?

Run with `python -m tests.benchmarks.scan_page`. Writes build/bench/scan-20000.html; asserts
nothing. Without Chromium and playwright it measures the writing only.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from pathlib import Path

from tests.report.big_scan import AS_OF, cards, sightings
from trimtab.domain.checklist import Checklist, Point, scores
from trimtab.flows.tally import tally
from trimtab.report.scan_page import scan_page

FUNCTIONS, POLICIES = 20_000, 50
PAGE = Path(__file__).resolve().parents[2] / "build" / "bench" / "scan-20000.html"
SEARCHES = ("orders", "billing worker-07", "100000000012", "8192 mb", "nothing at all")
SEARCH = """async (text) => {
  const input = document.getElementById("search");
  const began = performance.now();
  input.value = text;
  input.dispatchEvent(new Event("input"));
  const done = performance.now();
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  return [done - began, performance.now() - began, document.getElementById("shown").textContent];
}"""


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write() -> None:
    policies = cards(POLICIES)
    seen = sightings(FUNCTIONS, policies)
    sums = tally(seen)
    before, began = peak_mb(), time.perf_counter()
    points = tuple(Point(title=card.title, policies=(card.id,)) for card in policies[:20])
    ready = Checklist(id="ready", title="Ready for production", points=points)
    text = scan_page(
        seen,
        gaps=(),
        left_out=(),
        sums=sums,
        policies=policies,
        checklists=((ready, scores(ready, seen)),),
        now=AS_OF,
    )
    took = time.perf_counter() - began
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(
        f"scan page: {sums.functions:,} functions, {POLICIES} policies, {sums.verdicts:,} "
        f"verdicts, {sums.findings:,} findings, {sums.gaps:,} gaps: written in {took:.1f} s, "
        f"{PAGE.stat().st_size / 1e6:.1f} MB, peak {peak_mb():,.0f} MB "
        f"({peak_mb() - before:+,.0f} MB for the page)"
    )


def look() -> None:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be missing
    except ImportError:
        program = None
    if program is None:
        print("scan page: not opened, Chromium or playwright is missing")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(PAGE.as_uri())
        page.locator("#list tbody tr").first.wait_for()
        print(f"opened and drawn in {time.perf_counter() - began:.2f} s")
        for text in SEARCHES:
            worked, drawn, said = page.evaluate(SEARCH, text)
            print(f"  search {text!r}: {worked:.0f} ms, drawn after {drawn:.0f} ms: {said}")
        for order in ("saving", "cost", "name"):
            took = page.evaluate(
                "(order) => { const began = performance.now(); "
                "document.getElementById('order').value = order; "
                "document.getElementById('order').dispatchEvent(new Event('input')); "
                "return performance.now() - began; }",
                order,
            )
            print(f"  order by {order}: {took:.0f} ms the first time")
        browser.close()


if __name__ == "__main__":
    write()
    look()
    sys.exit(0)
