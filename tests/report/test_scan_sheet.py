"""Does the sheet of a scan say what is saved as numbers, and nothing where nothing is known?"""

import csv
import io

from tests.report.test_scan_page import a_line
from tests.report.test_scan_sums import UNREAD, save, seen
from trimtab.domain.terms import Mode
from trimtab.report.scan_sheet import COLUMNS, scan_sheet


def test_a_saving_is_two_numbers_also_where_a_change_may_cost_more() -> None:
    lines = (a_line(saving=save(-9, 31.5), mode=Mode.APPROVE), a_line(not_proposed="=starved"))
    text = scan_sheet((seen("1", *lines, gaps=(UNREAD,)),), (UNREAD,))
    *gaps, saved, kept = csv.DictReader(io.StringIO(text))
    assert (saved["saving_low_usd_month"], saved["saving_high_usd_month"]) == ("-9", "31.5")
    assert (kept["saving_low_usd_month"], kept["not_proposed"]) == ("", "'=starved")
    assert (saved["mode"], kept["mode"], gaps[0]["mode"]) == ("approve", "observe", "")
    assert [gap["saving_high_usd_month"] for gap in gaps] == ["", ""]
    assert all(len(row) == len(COLUMNS) for row in csv.reader(io.StringIO(text)))
