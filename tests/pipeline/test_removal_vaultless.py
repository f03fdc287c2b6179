"""Does a removal end at once, and with what to do, where no vault is? (S14)"""

from tests.pipeline.removal_house import NAME, a_house, approved
from trimtab.domain.outcome import OutcomeWord
from trimtab.domain.round_events import VAULT_MISSING
from trimtab.pipeline.record import record_change


def test_s14_where_there_is_no_vault_a_removal_ends_at_once_and_says_what_to_deploy() -> None:
    house = a_house()
    change = approved(house)
    assert house.carry(change).word is OutcomeWord.BACKUP
    why, now = {"reason": "there is no vault in eu-west-1: deploy one"}, house.clock.now()
    record_change(house.ledger, change, VAULT_MISSING, why, actor="trimtab-backup", at=now)
    ended = house.carry(change)
    assert (house.status(change), ended.reason) == ("not_written", why["reason"])
    assert NAME in house.functions._functions
