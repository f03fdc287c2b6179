"""How is a function kept, and is what was kept really there? The manifest comes last (S14).

`back_up` reads every part, puts it away, and then names it all in a manifest. A crash before that
leaves objects that nothing names: they count for nothing, and a second run puts them again.
`read_back` fetches every object once more; only what it finds whole is a proof.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.backup import (
    CALLS,
    LATEST,
    SCHEMA,
    Backup,
    BackupProof,
    CodeKind,
    CodePart,
    Component,
    Manifest,
    Missing,
    Part,
    StoredObject,
    configuration_digest,
    errors_in,
    gaps_in,
    parts_of,
)
from trimtab.domain.digest import canonical_json
from trimtab.domain.errors import InputError, NotFoundError, OutsideError, TamperedError
from trimtab.domain.wire import from_wire, to_wire
from trimtab.ports.vault import FunctionArchive, Vault

MANIFESTS = "manifests/"
"""Where the vault keeps the manifests. Everything else lies below the account's number."""

CODE = "code/"
"""Where code lies in the folder of a function: apart from the documents, which hold environments,
so that a sandbox may be given the one without the other."""

CHANGED = "it was changed while it was read: back it up again"


def folder_of(function: FunctionArn) -> str:
    """Name the folder of a function: the account first, so that a bucket policy can part them."""
    return f"{function.account}/{function.region}/{function.name}/"


def manifest_key(function: FunctionArn, backup_id: str) -> str:
    return f"{MANIFESTS}{folder_of(function)}{backup_id}"


def read_all(
    function: FunctionArn, archive: FunctionArchive
) -> tuple[dict[str, Any], tuple[Missing, ...]]:
    """Read every part of a function; what cannot be read is missing, with the call that failed."""
    documents: dict[str, Any] = {}
    missing: list[Missing] = []

    def read(part: Part) -> Any:
        try:
            documents[part.name] = archive.read(part)
        except OutsideError as error:
            missing.append(_missing(part.name, CALLS[part.component], str(error)))
            return None
        for told in errors_in(documents[part.name]):
            missing.append(_missing(part.name, CALLS[part.component], f"it answers {told}"))
        return documents[part.name]

    versions = read(Part(component=Component.VERSIONS)) or ()
    aliases = [str(alias["Name"]) for alias in read(Part(component=Component.ALIASES)) or ()]
    for part in parts_of(versions, sorted(aliases)):
        if part.component not in (Component.VERSIONS, Component.ALIASES):
            read(part)
    return documents, tuple(missing)


def _missing(part: str, call: str, why: str) -> Missing:
    return Missing(part=part, call=call, why=why)


def back_up(
    function: FunctionArn, archive: FunctionArchive, vault: Vault, *, now: datetime
) -> Manifest:
    """Put a function away and return its manifest, which may be that of an incomplete backup.

    Raises: OutsideError when the function itself, or the vault, cannot be used.
    """
    first = archive.read(Part(component=Component.FUNCTION, qualifier=LATEST))["Configuration"]
    documents, missing = read_all(function, archive)
    code: tuple[CodePart, ...] = ()
    if not missing:
        backup = Backup(function=function, documents=documents)
        code, missing = _keep_code(backup, archive, vault)
    stored = tuple(
        _keep_document(function, name, document, vault)
        for name, document in sorted(documents.items())
    )
    if not missing:
        last = archive.read(Part(component=Component.FUNCTION, qualifier=LATEST))["Configuration"]
        kept = documents[Part(component=Component.FUNCTION, qualifier=LATEST).name]
        if not _same(first, kept["Configuration"]) or not _same(first, last):
            missing = (_missing("function", CALLS[Component.FUNCTION], CHANGED),)
    manifest = Manifest(
        schema=SCHEMA,
        function=function,
        taken_at=now,
        revision_id=str(first["RevisionId"]),
        code_sha256=str(first["CodeSha256"]),
        configuration_digest=configuration_digest(first),
        documents=stored,
        code=code,
        missing=missing,
    )
    body = canonical_json(to_wire(manifest)).encode()
    vault.put(manifest_key(function, manifest.backup_id), [body], sha256=_sha256(body))
    return manifest


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    fields = ("RevisionId", "CodeSha256")
    return all(one.get(field) == other.get(field) for field in fields)


def _keep_document(function: FunctionArn, name: str, document: Any, vault: Vault) -> StoredObject:
    body = canonical_json(document).encode()
    digest = _sha256(body)
    key = f"{folder_of(function)}{digest}"
    vault.put(key, [body], sha256=digest)
    return StoredObject(name=name, key=key, sha256=digest, size_bytes=len(body))


def _keep_code(
    backup: Backup, archive: FunctionArchive, vault: Vault
) -> tuple[tuple[CodePart, ...], tuple[Missing, ...]]:
    kept: dict[str, CodePart] = {}
    missing = []
    for qualifier in (LATEST, *backup.versions):
        code_sha256 = str(backup.configuration(qualifier)["CodeSha256"])
        if code_sha256 in kept:
            continue
        try:
            kept[code_sha256] = _code(backup, qualifier, code_sha256, archive, vault)
        except (OutsideError, TamperedError, InputError) as error:
            why = str(error)
            missing.append(_missing(f"code {code_sha256}", CALLS[Component.CODE], why))
    return tuple(kept[code] for code in sorted(kept)), tuple(missing)


def _code(
    backup: Backup, qualifier: str, code_sha256: str, archive: FunctionArchive, vault: Vault
) -> CodePart:
    said = backup.of(Component.FUNCTION, qualifier)["Code"]
    if backup.configuration(qualifier).get("PackageType") == "Image":
        image = said.get("ResolvedImageUri") or said.get("ImageUri")
        if not image:
            raise InputError("Lambda does not say which image it runs")
        return CodePart(code_sha256=code_sha256, kind=CodeKind.IMAGE, image=str(image))
    if said.get("ResolvedS3Object"):
        where = {key: str(value) for key, value in said["ResolvedS3Object"].items()}
        return CodePart(code_sha256=code_sha256, kind=CodeKind.REFERENCED, s3_object=where)
    digest = hexadecimal(code_sha256)
    key = f"{folder_of(backup.function)}{CODE}{digest}"
    size_bytes = vault.put(key, archive.code(qualifier), sha256=digest)
    name = f"code {code_sha256}"
    stored = StoredObject(name=name, key=key, sha256=digest, size_bytes=size_bytes)
    return CodePart(code_sha256=code_sha256, kind=CodeKind.ZIP, stored=stored)


def hexadecimal(code_sha256: str) -> str:
    """Return the digest of a zip in hexadecimal; Lambda gives it in base64.

    Raises: InputError when it is none.
    """
    try:
        raw = base64.b64decode(code_sha256, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != hashlib.sha256().digest_size:
        raise InputError(f"CodeSha256 {code_sha256!r} is not a SHA-256: the code cannot be checked")
    return raw.hex()


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What was found in the vault: a proof, or what is wrong."""

    proof: BackupProof | None
    faults: tuple[str, ...]


def manifest_of(function: FunctionArn, backup_id: str, vault: Vault) -> Manifest:
    """Fetch a manifest.

    Raises: NotFoundError; TamperedError when it is not what its id names.
    """
    key = manifest_key(function, backup_id)
    manifest = _manifest(key, vault)
    if manifest.backup_id != backup_id or manifest.function != function:
        raise TamperedError(f"{key}: it is not the manifest that its id names")
    return manifest


def _manifest(key: str, vault: Vault) -> Manifest:
    try:
        return from_wire(Manifest, json.loads(b"".join(vault.get(key))))
    except (ValueError, InputError) as error:
        raise TamperedError(f"{key}: it does not hold a manifest: {error}") from error


def read_back(
    function: FunctionArn, backup_id: str, vault: Vault, *, now: datetime, kept_for: timedelta
) -> ReadBack:
    """Fetch every object of a backup again, and compare. `kept_for`: how long the vault keeps it.

    Raises: RetryableError, AccessDeniedError when the vault cannot be read; NotFoundError when
    there is no such backup; TamperedError when its manifest was altered.
    """
    manifest = manifest_of(function, backup_id, vault)
    faults = [f"{m.part} is missing: {m.call}: {m.why}" for m in manifest.missing]
    expires_at = manifest.taken_at + kept_for
    if now >= expires_at:
        faults.append(f"it has expired on {expires_at:%Y-%m-%d}")
    if manifest.schema != SCHEMA:
        faults.append(f"its schema is {manifest.schema}, not {SCHEMA}")
    for stored in manifest.objects:
        faults += _faults_of(stored, vault)
    if not faults:
        faults += [f"{gap} is not in it" for gap in gaps_in(_load(manifest, vault))]
    if faults:
        return ReadBack(proof=None, faults=tuple(faults))
    proof = BackupProof(
        function=function,
        backup_id=backup_id,
        taken_at=manifest.taken_at,
        read_back_at=now,
        expires_at=expires_at,
        revision_id=manifest.revision_id,
        code_sha256=manifest.code_sha256,
        configuration_digest=manifest.configuration_digest,
        objects=len(manifest.objects),
        size_bytes=manifest.size_bytes,
    )
    return ReadBack(proof=proof, faults=())


def _faults_of(stored: StoredObject, vault: Vault) -> Iterator[str]:
    try:
        digest, size_bytes = _measured(vault.get(stored.key))
    except NotFoundError:
        yield f"{stored.name} is gone: {stored.key}"
        return
    if digest != stored.sha256 or size_bytes != stored.size_bytes:
        yield f"{stored.name} is not what was kept: {stored.key}"


def _measured(chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size_bytes += len(chunk)
    return digest.hexdigest(), size_bytes


def load(function: FunctionArn, backup_id: str, vault: Vault) -> Backup:
    """Fetch the documents of a backup. Call `read_back` before: this checks each document alone.

    Raises: NotFoundError, OutsideError; TamperedError when a document was altered.
    """
    return _load(manifest_of(function, backup_id, vault), vault)


def _load(manifest: Manifest, vault: Vault) -> Backup:
    documents = {}
    for stored in manifest.documents:
        body = b"".join(vault.get(stored.key))
        if _sha256(body) != stored.sha256:
            raise TamperedError(f"{stored.name} is not what was kept: {stored.key}")
        documents[stored.name] = json.loads(body)
    return Backup(
        function=manifest.function,
        documents=documents,
        code=manifest.code,
        taken_at=manifest.taken_at,
    )


def as_it_is(function: FunctionArn, archive: FunctionArchive) -> Backup:
    """Read a function as it is now, for a comparison; its code is not read.

    Raises: OutsideError naming the first part that cannot be read.
    """
    documents = {}
    heads = (Component.VERSIONS, Component.ALIASES)
    for component in heads:
        part = Part(component=component)
        documents[part.name] = archive.read(part)
    found = Backup(function=function, documents=documents)
    for part in parts_of(found.versions, found.aliases):
        if part.component not in heads:
            documents[part.name] = archive.read(part)
    return replace(found, documents=documents)


def listed(vault: Vault, function: FunctionArn | None = None) -> tuple[Manifest, ...]:
    """Return the manifests in the vault, of one function or of all, oldest first.

    Raises: OutsideError; TamperedError when one cannot be read as what its key names.
    """
    below = "" if function is None else folder_of(function)
    found = []
    for key in vault.keys(f"{MANIFESTS}{below}"):
        manifest = _manifest(key, vault)
        if manifest_key(manifest.function, manifest.backup_id) != key:
            raise TamperedError(f"{key}: it is not the manifest that its id names")
        found.append(manifest)
    return tuple(sorted(found, key=lambda m: (m.taken_at, m.backup_id)))
