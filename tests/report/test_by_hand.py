"""Do the commands of a by-hand undo name the right function, in the right order, safely quoted?"""

import shlex
import subprocess

import pytest

from tests.report.hostile import TEXTS
from tests.report.things import a_configuration, a_function, a_remediation
from trimtab.domain.remediation import BeforeImage
from trimtab.report.by_hand import by_hand, undo_command
from trimtab.report.hand_step import shell
from trimtab.report.words import inert


def test_aliases_go_back_before_the_memory() -> None:
    alias, memory = by_hand(a_remediation())
    assert shlex.split(alias.command)[2:] == [
        "update-alias",
        "--region",
        "eu-west-1",
        "--function-name",
        str(a_function()),
        "--name",
        "live",
        "--function-version",
        "12",
        "--routing-config",
        "AdditionalVersionWeights={}",
    ]
    assert shlex.split(memory.command)[-2:] == ["--memory-size", "3008"]


def test_an_alias_on_latest_needs_no_command() -> None:
    before = BeforeImage(configuration=a_configuration(), aliases={"dev": "$LATEST"})
    assert len(by_hand(a_remediation(before=before))) == 1


def test_s18_the_function_is_named_by_its_arn() -> None:
    other = a_function(account="999988887777", region="us-east-1")
    for step in by_hand(a_remediation(function=other)):
        words = shlex.split(step.command)
        assert words[words.index("--function-name") + 1] == str(other)
        assert words[words.index("--region") + 1] == "us-east-1"


def test_trimtab_takes_it_back_by_the_change_id() -> None:
    said = "trimtab undo abc --why 'say what went wrong'"
    assert undo_command(a_remediation(change_id="abc")) == said


@pytest.mark.parametrize("text", TEXTS)
def test_s23_a_shell_reads_hostile_text_as_one_word(text: str) -> None:
    line = f"printf '%s|' {shell('a', text)}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout == f"a|{inert(text)}|"
