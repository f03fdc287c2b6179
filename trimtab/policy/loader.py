"""Which bundle do these files make, or what is wrong with them? Text in, policies out. No I/O."""

import re
from collections.abc import Mapping

from trimtab.domain.change_spec import ChangeSpec
from trimtab.domain.digest import content_id
from trimtab.policy import loader_runtimes
from trimtab.policy.loader_checklist import FOLDER as CHECKLISTS
from trimtab.policy.loader_checklist import read_checklist
from trimtab.policy.loader_policy import read_policy
from trimtab.policy.loader_rules import (
    read_exemptions,
    read_fleet,
    read_guardrails,
    read_owners,
)
from trimtab.policy.loader_sinks import check_named_policies
from trimtab.policy.loader_tests import TESTS_SUFFIX
from trimtab.policy.loader_yaml import read_document
from trimtab.policy.model import Bundle, Policy
from trimtab.policy.problems import Document, Mistakes, PolicyErrors, unknown_word
from trimtab.policy.runtimes import SHIPPED_TABLE

FLEET, GUARDRAILS, OWNERS, EXEMPTIONS, RUNTIMES = RULES = (
    "fleet.yaml",
    "guardrails.yaml",
    "owners.yaml",
    "exemptions.yaml",
    loader_runtimes.FILE,
)
REQUIRED = (FLEET, GUARDRAILS, OWNERS)
MAX_FILES = 1000
"""Files in one bundle; chosen, twenty times the shipped packs."""
MAX_BUNDLE_BYTES = 8 * 1024**2
"""All files but the tests; chosen, forty times the shipped packs."""

_POLICY_FILE = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*\.yaml")


def load_bundle(files: Mapping[str, str | bytes], *, kinds: Mapping[str, ChangeSpec]) -> Bundle:
    """Load every file of a policies folder, its path inside the folder -> its text.

    Files that are not YAML are passed over; tests beside policies are for `run_policy_tests`.
    Raises: PolicyErrors with every mistake of every file.
    """
    mistakes = Mistakes()
    documents = _documents(files, mistakes)
    for name in REQUIRED:
        if name not in files:
            mistakes.in_file(name, "this file is missing")
    rails = documents.get(GUARDRAILS)
    guardrails = None if rails is None else read_guardrails(rails, kinds, mistakes)
    fleet = read_fleet(documents[FLEET], kinds, mistakes) if FLEET in documents else None
    owners = read_owners(documents[OWNERS], guardrails, mistakes) if OWNERS in documents else None
    pages = [page for name, page in documents.items() if name not in RULES and not is_list(name)]
    loaded = [read_policy(page, kinds, guardrails, mistakes) for page in pages]
    policies = sorted((p for p in loaded if p is not None), key=lambda policy: policy.id)
    stems = _policy_ids(files, mistakes)
    if FLEET in documents:
        check_named_policies(documents[FLEET], stems, mistakes)
    lists = [read_checklist(documents[n], stems, mistakes) for n in documents if is_list(n)]
    waived = documents.get(EXEMPTIONS)
    exemptions = () if waived is None else read_exemptions(waived, stems, mistakes)
    dated = documents.get(RUNTIMES)
    runtimes = SHIPPED_TABLE if dated is None else loader_runtimes.read_runtimes(dated, mistakes)
    if mistakes.problems or fleet is None or guardrails is None or owners is None:
        raise PolicyErrors(mistakes.problems)
    return Bundle(
        policies=tuple(policies),
        fleet=fleet,
        guardrails=guardrails,
        owners=owners,
        exemptions=exemptions,
        checklists=tuple(one for one in lists if one is not None),
        runtimes=runtimes,
        digest=_digest(policies, documents),
    )


def _documents(files: Mapping[str, str | bytes], mistakes: Mistakes) -> dict[str, Document]:
    names = [n for n in sorted(files) if n.endswith(".yaml") and not n.endswith(TESTS_SUFFIX)]
    for name in sorted(files):
        if name.endswith(".yml"):
            mistakes.in_file(name, "files here end in .yaml: rename it, or nothing reads it")
    whole = sum(len(files[name]) for name in names)
    if whole > MAX_BUNDLE_BYTES:
        text = f"all files together are larger than {MAX_BUNDLE_BYTES // 1024**2} MiB"
        mistakes.in_file(names[0], text)
        return {}
    if len(names) > MAX_FILES:
        mistakes.in_file(names[MAX_FILES], f"more than {MAX_FILES} files")
    documents = {}
    for name in names[:MAX_FILES]:
        if name not in RULES and _POLICY_FILE.fullmatch(name) is None:
            mistakes.in_file(name, _misplaced(name))
            continue
        read = read_document(name, files[name])
        if isinstance(read, Document):
            documents[name] = read
        else:
            mistakes.problems.extend(read)
    return documents


def is_list(name: str) -> bool:
    """Tell whether a file is a checklist by where it stands."""
    return name.startswith(CHECKLISTS)


def _misplaced(name: str) -> str:
    if "/" in name:
        return "policies stand as <pack>/<policy-id>.yaml, in lower case"
    return unknown_word("file", name, RULES)


def _policy_ids(files: Mapping[str, str | bytes], mistakes: Mistakes) -> frozenset[str]:
    """Return the ids by file name, noting a name that two packs share."""
    seen: dict[str, str] = {}
    for name in sorted(files):
        if _POLICY_FILE.fullmatch(name) is None or is_list(name):
            continue
        stem = name.rpartition("/")[2].removesuffix(".yaml")
        if stem in seen:
            mistakes.in_file(name, f"{seen[stem]} has the same policy id")
        seen[stem] = name
    return frozenset(seen)


def _digest(policies: list[Policy], documents: Mapping[str, Document]) -> str:
    rules = {n: documents[n].data for n in sorted(documents) if n in RULES or is_list(n)}
    return content_id({"policies": {p.id: p.digest for p in policies}, "rules": rules})
