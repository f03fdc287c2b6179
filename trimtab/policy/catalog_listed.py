"""Which signals describe how a function is built and set up? All are in the listing."""

from trimtab.policy.formulas import beyond_free_storage, total_size
from trimtab.policy.signal import Signal, SignalType, Tier

_NEVER = "never: it is in the listing"
_IMAGE = " None for a container image."
_NO_VPC = " None without a VPC."
_NOT_DECRYPTED = "Lambda could not decrypt the variables for the read role, or they changed since"
_NOT_IN_TABLE = "Trimtab's table of runtimes does not have it"


def _listed(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    source: str = "ListFunctions",
    unknown_when: str = _NEVER,
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source=source,
        tier=Tier.LISTED,
        unknown_when=unknown_when,
    )


def _dated(name: str, meaning: str) -> Signal:
    return _listed(
        name,
        SignalType.DAYS,
        f"{meaning}; 0 or less once it has come.{_IMAGE}",
        unit="days",
        source="ListFunctions, and the table of runtimes",
        unknown_when=f"{_NOT_IN_TABLE}, or has no such day",
    )


CODE_SIGNALS = (
    _listed("code.handler", SignalType.TEXT, f"What Lambda calls, such as index.handler.{_IMAGE}"),
    _listed(
        "code.is_signed",
        SignalType.FLAG,
        "Whether its code was signed under a code-signing configuration.",
    ),
    _listed("code.layers", SignalType.TEXTS, f"The ARNs of its layer versions.{_IMAGE}"),
    _listed("code.layer_count", SignalType.COUNT, f"How many layers it has.{_IMAGE}"),
    _listed(
        "code.layers_size_mb",
        SignalType.SIZE,
        f"All its layers, zipped; 0 without layers.{_IMAGE}",
        unit="MB",
        unknown_when="the listing leaves out the size of a layer",
    ),
    _listed(
        "code.largest_layer_mb",
        SignalType.SIZE,
        "Its largest layer, zipped. None without layers and for a container image.",
        unit="MB",
        unknown_when="the listing leaves out the size of a layer",
    ),
    Signal(
        name="code.total_size_mb",
        type=SignalType.SIZE,
        unit="MB",
        meaning=f"The deployment package and all layers, zipped.{_IMAGE}",
        source="function.code_size_mb + code.layers_size_mb",
        tier=Tier.LISTED,
        unknown_when="the listing leaves out the size of a layer",
        derived_from=("function.code_size_mb", "code.layers_size_mb"),
        formula=total_size,
    ),
    _listed(
        "code.has_insights_layer",
        SignalType.FLAG,
        "Whether it has the layer of Lambda Insights, which measures memory and CPU.",
        unknown_when="it is a container image, which may hold the extension itself",
    ),
    _listed("function.has_description", SignalType.FLAG, "Whether it has a description."),
)

RUNTIME_SIGNALS = (
    _listed(
        "runtime.family",
        SignalType.TEXT,
        f"dotnet, go, java, nodejs, provided, python or ruby.{_IMAGE}",
        unknown_when="the runtime is of no family that Trimtab knows",
    ),
    _listed(
        "runtime.is_deprecated",
        SignalType.FLAG,
        f"Whether AWS has stopped patching the runtime.{_IMAGE}",
        source="ListFunctions, and the table of runtimes",
        unknown_when=_NOT_IN_TABLE,
    ),
    _dated("runtime.days_to_deprecation", "Days until AWS stops patching the runtime"),
    _dated(
        "runtime.days_to_block_create", "Days until no function can be created with the runtime"
    ),
    _dated(
        "runtime.days_to_block_update",
        "Days until functions with the runtime can no longer be updated, though they still run",
    ),
)

ENVIRONMENT_SIGNALS = (
    _listed(
        "environment.variable_count",
        SignalType.COUNT,
        "How many environment variables it has.",
        unknown_when=_NOT_DECRYPTED,
    ),
    _listed(
        "environment.secret_like_count",
        SignalType.COUNT,
        "How many of them are named like a secret. Names only: Trimtab keeps no value.",
        unknown_when=_NOT_DECRYPTED,
    ),
    _listed(
        "environment.secret_like_names",
        SignalType.TEXTS,
        "The names of those that are named like a secret, such as DB_PASSWORD.",
        unknown_when=_NOT_DECRYPTED,
    ),
    _listed(
        "environment.secret_value_count",
        SignalType.COUNT,
        "How many of them hold what has the published form of a secret: an AWS, GitHub, Slack,"
        " Stripe or Google key, a private key, a JWT, a connection string with a password. A value"
        " is looked at where it is read, and dropped there.",
        unknown_when=_NOT_DECRYPTED,
    ),
    _listed(
        "environment.secret_value_names",
        SignalType.TEXTS,
        "The names of those, never a value.",
        unknown_when=_NOT_DECRYPTED,
    ),
    _listed(
        "environment.has_customer_key",
        SignalType.FLAG,
        "Whether a KMS key of the customer, not that of AWS, encrypts its variables at rest. None"
        " without variables.",
    ),
    _listed(
        "environment.kms_key",
        SignalType.TEXT,
        "The ARN of that key. None where AWS's own is used.",
    ),
)

NETWORK_SIGNALS = (
    _listed("vpc.id", SignalType.TEXT, f"The VPC it is attached to.{_NO_VPC}"),
    _listed(
        "vpc.subnet_count", SignalType.COUNT, f"How many subnets it may be placed in.{_NO_VPC}"
    ),
    _listed(
        "vpc.security_group_count", SignalType.COUNT, f"How many security groups it has.{_NO_VPC}"
    ),
    _listed("vpc.allows_ipv6", SignalType.FLAG, f"Whether it may send IPv6 from the VPC.{_NO_VPC}"),
    _listed("role.arn", SignalType.TEXT, "The ARN of its execution role."),
    _listed("role.name", SignalType.TEXT, "The name of its execution role, without the path."),
)

STORAGE_SIGNALS = (
    _listed("storage.mount_count", SignalType.COUNT, "How many file systems it mounts."),
    _listed("storage.has_efs", SignalType.FLAG, "Whether it mounts an EFS file system."),
    Signal(
        name="storage.billed_mb",
        type=SignalType.SIZE,
        unit="MB",
        meaning="The part of /tmp that costs: what is above the 512 MB that are free.",
        source="function.ephemeral_storage_mb - 512 MB",
        tier=Tier.LISTED,
        unknown_when=_NEVER,
        derived_from=("function.ephemeral_storage_mb",),
        formula=beyond_free_storage,
    ),
)

RUNNING_SIGNALS = (
    _listed(
        "tracing.mode",
        SignalType.TEXT,
        "Active: Lambda samples requests for X-Ray. PassThrough: it follows its caller.",
    ),
    _listed(
        "snapstart.mode",
        SignalType.TEXT,
        "PublishedVersions: each published version starts from a snapshot. None: SnapStart is off.",
    ),
    _listed("snapstart.is_on", SignalType.FLAG, "Whether SnapStart is on for published versions."),
    _listed(
        "async.has_dead_letter_target",
        SignalType.FLAG,
        "Whether it names a queue or topic for asynchronous events that failed for good. An"
        " on-failure destination does the same and does not show here.",
    ),
    _listed(
        "async.dead_letter_kind",
        SignalType.TEXT,
        "The service of that target: sqs or sns. None without one.",
    ),
    _listed("logging.format", SignalType.TEXT, "Text or JSON."),
    _listed("logging.group", SignalType.TEXT, "The log group it writes to."),
    _listed(
        "logging.has_own_group",
        SignalType.FLAG,
        "Whether that is the group named after it, /aws/lambda/<name>, and no other.",
    ),
    _listed(
        "logging.application_level",
        SignalType.TEXT,
        "The least severe level its code may log. None where the format is Text.",
    ),
    _listed(
        "logging.system_level",
        SignalType.TEXT,
        "The least severe level Lambda logs. None where the format is Text.",
    ),
    _listed(
        "logging.hides_reports",
        SignalType.FLAG,
        "Whether Lambda leaves out REPORT lines, so that memory used cannot be read from them.",
    ),
)

LISTED_SIGNALS = (
    *CODE_SIGNALS,
    *RUNTIME_SIGNALS,
    *ENVIRONMENT_SIGNALS,
    *NETWORK_SIGNALS,
    *STORAGE_SIGNALS,
    *RUNNING_SIGNALS,
)
