"""What may no kind of change ever do, as long as the way back is not built?"""

from trimtab.remediations import NEVER, all_iam_actions


def test_no_kind_asks_for_what_is_denied_to_all() -> None:
    assert not set(NEVER) & set(all_iam_actions())


def test_s14_nothing_may_be_deleted_while_no_backup_is_read_back() -> None:
    assert {"lambda:DeleteFunction", "lambda:DeleteAlias"} <= set(NEVER)
    assert not [action for action in all_iam_actions() if ":Delete" in action]


def test_s15_nothing_may_be_throttled_while_no_quarantine_releases_itself() -> None:
    assert {"lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"} <= set(NEVER)
    assert not [
        action for action in all_iam_actions() if "Concurrency" in action.partition("Put")[2]
    ]
