"""What is kept of a function before it is removed? All that Lambda says of it, and its code (S14).

The documents are as Lambda gave them, environment included: they live in the vault, encrypted, and
nowhere else (S16). A manifest names every stored object by its digest; a backup is named by the
digest of its manifest. A component that could not be read makes the backup incomplete: it is kept
as what it is, and never counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from trimtab.domain.arn import FunctionArn
from trimtab.domain.digest import canonical_json, content_id, sha256_hex
from trimtab.domain.wire import to_wire

SCHEMA = 1
LATEST = "$LATEST"


class Component(StrEnum):
    """One kind of thing that belongs to a function."""

    FUNCTION = "function"
    """Configuration, tags and where the code lies, of $LATEST or of one version."""
    VERSIONS = "versions"
    ALIASES = "aliases"
    POLICY = "policy"
    """The resource policy of the function, of an alias or of a version."""
    MAPPINGS = "event source mappings"
    URLS = "function URLs"
    ASYNC = "asynchronous invocation"
    RESERVED = "reserved concurrency"
    PROVISIONED = "provisioned concurrency"
    SCALING = "scaling"
    """Of provisioned concurrency: targets, scheduled actions, policies."""
    SIGNING = "code signing"
    RUNTIME = "runtime management"
    """Of $LATEST or of one version."""
    RECURSION = "recursion"
    CODE = "code"


CALLS: Mapping[Component, str] = {
    Component.FUNCTION: "lambda:GetFunction",
    Component.VERSIONS: "lambda:ListVersionsByFunction",
    Component.ALIASES: "lambda:ListAliases",
    Component.POLICY: "lambda:GetPolicy",
    Component.MAPPINGS: "lambda:ListEventSourceMappings",
    Component.URLS: "lambda:ListFunctionUrlConfigs",
    Component.ASYNC: "lambda:ListFunctionEventInvokeConfigs",
    Component.RESERVED: "lambda:GetFunctionConcurrency",
    Component.PROVISIONED: "lambda:ListProvisionedConcurrencyConfigs",
    Component.SCALING: "application-autoscaling:DescribeScalableTargets",
    Component.SIGNING: "lambda:GetFunctionCodeSigningConfig",
    Component.RUNTIME: "lambda:GetRuntimeManagementConfig",
    Component.RECURSION: "lambda:GetFunctionRecursionConfig",
    Component.CODE: "lambda:GetFunction",
}
"""The call that reads a component; for scaling the first of three."""

OF_ALL = (
    Component.VERSIONS,
    Component.ALIASES,
    Component.MAPPINGS,
    Component.URLS,
    Component.ASYNC,
    Component.RESERVED,
    Component.PROVISIONED,
    Component.SCALING,
    Component.SIGNING,
    Component.RECURSION,
)
"""Components that a function has once."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Part:
    """One component, of the function, or of one alias or version of it."""

    component: Component
    qualifier: str | None = None

    @property
    def name(self) -> str:
        at = "" if self.qualifier is None else f" of {self.qualifier}"
        return f"{self.component.value}{at}"


def parts_of(versions: Sequence[str], aliases: Sequence[str]) -> tuple[Part, ...]:
    """Return every part that a backup of such a function has to hold."""
    numbered = (LATEST, *versions)
    return (
        *(Part(component=Component.FUNCTION, qualifier=q) for q in numbered),
        *(Part(component=component) for component in OF_ALL),
        Part(component=Component.POLICY),
        *(Part(component=Component.POLICY, qualifier=q) for q in (*aliases, *versions)),
        *(Part(component=Component.RUNTIME, qualifier=q) for q in numbered),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What could not be read or kept, the call that failed, and why."""

    part: str
    call: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object in the vault. Its key holds its digest: other content has another key."""

    name: str
    """The part it holds, or the code it is."""
    key: str
    sha256: str
    """Of its content, in hexadecimal."""
    size_bytes: int


class CodeKind(StrEnum):
    ZIP = "zip"
    """Kept in the vault."""
    IMAGE = "image"
    """Stays in its repository, pinned by its digest."""
    REFERENCED = "referenced"
    """Stays in a bucket of its owner, pinned by its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart:
    """One deployment package, however many versions share it."""

    code_sha256: str
    """As Lambda names it: base64 for a zip."""
    kind: CodeKind
    stored: StoredObject | None = None
    image: str | None = None
    s3_object: Mapping[str, str] | None = None
    """Bucket, key and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup consists of, and what the function was at that moment. No secrets in it."""

    schema: int = SCHEMA
    function: FunctionArn
    taken_at: datetime
    revision_id: str
    code_sha256: str
    configuration_digest: str
    """Of $LATEST, without its environment: the digest may be shown."""
    documents: tuple[StoredObject, ...]
    code: tuple[CodePart, ...]
    missing: tuple[Missing, ...]

    @property
    def backup_id(self) -> str:
        return content_id(to_wire(self))

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def size_bytes(self) -> int:
        return sum(stored.size_bytes for stored in self.objects)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        return (*self.documents, *(c.stored for c in self.code if c.stored is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A function as its documents describe it: out of the vault, or as it is there right now."""

    function: FunctionArn
    documents: Mapping[str, Any]
    """Part name -> document, as Lambda gave it."""
    code: tuple[CodePart, ...] = ()
    taken_at: datetime | None = None

    def of(self, component: Component, qualifier: str | None = None) -> Any:
        return self.documents[Part(component=component, qualifier=qualifier).name]

    @property
    def versions(self) -> tuple[str, ...]:
        """Return its numbers, oldest first."""
        return tuple(sorted(self.of(Component.VERSIONS), key=int))

    @property
    def aliases(self) -> tuple[str, ...]:
        return tuple(sorted(str(alias["Name"]) for alias in self.of(Component.ALIASES)))

    def configuration(self, qualifier: str = LATEST) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.of(Component.FUNCTION, qualifier)["Configuration"]
        return found

    @property
    def configurations(self) -> tuple[Mapping[str, Any], ...]:
        """Return those of every version, oldest first, then that of $LATEST."""
        return tuple(self.configuration(q) for q in (*self.versions, LATEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupProof:
    """A backup that was fetched again, object by object, and is whole. Says what it is a copy of.

    Whoever removes the function compares revision, code and configuration with a fresh read.
    """

    function: FunctionArn
    backup_id: str
    taken_at: datetime
    read_back_at: datetime
    expires_at: datetime
    """From then on the vault may have let go of it."""
    revision_id: str
    code_sha256: str
    configuration_digest: str
    objects: int
    size_bytes: int


def configuration_digest(configuration: Mapping[str, Any]) -> str:
    """Name a configuration by its content; the environment is left out (S16)."""
    plain = {key: value for key, value in configuration.items() if key != "Environment"}
    return sha256_hex(canonical_json(plain))


def errors_in(document: Any) -> tuple[str, ...]:
    """Return what Lambda says in an answer that it could not tell: `Environment.Error` and such."""
    return tuple(_errors(document, ""))


ERRORS = ("Error", "TagsError", "FilterCriteriaError")
"""Members that stand in the place of what could not be read.
Source: botocore 1.44.5, lambda: EnvironmentResponse, GetFunctionResponse,
EventSourceMappingConfiguration."""
NOT_SEARCHED = ("Variables", "Tags", "FilterCriteria")
"""What people write themselves: a variable may be called Error."""


def _errors(value: Any, at: str) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _errors(item, at)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, item in value.items():
        if key in ERRORS and item:
            found.append(f"{at}{key}")
        elif key not in NOT_SEARCHED:
            found += _errors(item, f"{at}{key}.")
    return found


def gaps_in(backup: Backup) -> tuple[str, ...]:
    """Return what a backup would have to hold and does not; empty when it is whole."""
    heads = (Component.VERSIONS, Component.ALIASES)
    absent = [head.value for head in heads if Part(component=head).name not in backup.documents]
    if absent:
        return tuple(absent)
    wanted = parts_of(backup.versions, backup.aliases)
    gaps = [part.name for part in wanted if part.name not in backup.documents]
    if gaps:
        return tuple(gaps)
    kept = {code.code_sha256 for code in backup.code}
    needed = {str(configuration["CodeSha256"]) for configuration in backup.configurations}
    return (
        *(f"code {code}" for code in sorted(needed - kept)),
        *(error for name, doc in sorted(backup.documents.items()) for error in _told(name, doc)),
    )


def _told(name: str, document: Any) -> list[str]:
    return [f"{name}: {error}" for error in errors_in(document)]
