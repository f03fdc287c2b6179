"""Which signals describe a function itself? Its settings, tags, owner and state."""

from trimtab.policy.formulas import tag_count, tool_tag
from trimtab.policy.signal import Signal, SignalType, Tier

_NEVER = "never: it is in the listing"


def _listed(
    name: str,
    type_: SignalType,
    meaning: str,
    *,
    unit: str = "",
    unknown_when: str = _NEVER,
) -> Signal:
    return Signal(
        name=name,
        type=type_,
        unit=unit,
        meaning=meaning,
        source="ListFunctions",
        tier=Tier.LISTED,
        unknown_when=unknown_when,
    )


FUNCTION_SIGNALS = (
    _listed("function.name", SignalType.TEXT, "The name of the function."),
    _listed("function.memory_mb", SignalType.MEMORY, "The configured memory.", unit="MB"),
    _listed("function.timeout_s", SignalType.DURATION, "The configured timeout.", unit="s"),
    _listed(
        "function.runtime",
        SignalType.TEXT,
        "The runtime identifier, such as python3.13; 'container image' for an image.",
    ),
    _listed("function.architecture", SignalType.TEXT, "x86_64 or arm64."),
    _listed("function.package_type", SignalType.TEXT, "Zip or Image."),
    _listed(
        "function.age_days",
        SignalType.DAYS,
        "Days since its code or configuration was last changed.",
        unit="days",
    ),
    _listed(
        "function.code_size_mb",
        SignalType.SIZE,
        "The deployment package, zipped. None for a container image.",
        unit="MB",
    ),
    _listed(
        "function.ephemeral_storage_mb", SignalType.SIZE, "The configured size of /tmp.", unit="MB"
    ),
    _listed("function.has_vpc", SignalType.FLAG, "Whether it is attached to a VPC."),
    _listed(
        "function.kind",
        SignalType.TEXT,
        "'event function', the one kind Trimtab knows.",
        unknown_when="the raw answer shows a key or value that Trimtab does not know (S11)",
    ),
    Signal(
        name="function.tags",
        type=SignalType.MAPPING,
        unit="",
        meaning="The tags, name to value; empty when there are none.",
        source="Resource Groups Tagging API",
        tier=Tier.BULK,
        unknown_when="the listing of tags failed for the account and region",
    ),
    Signal(
        name="function.tag_count",
        type=SignalType.COUNT,
        unit="",
        meaning="How many tags it has.",
        source="the number of function.tags",
        tier=Tier.BULK,
        unknown_when="the tags are unknown",
        derived_from=("function.tags",),
        formula=tag_count,
    ),
    Signal(
        name="owner.present",
        type=SignalType.FLAG,
        unit="",
        meaning="Whether one of the tags that owners.yaml names has a value. None when it names no"
        " tag.",
        source="Resource Groups Tagging API, owners.yaml",
        tier=Tier.BULK,
        unknown_when="the listing of tags failed for the account and region",
    ),
    Signal(
        name="owner.tool_tag",
        type=SignalType.TEXT,
        unit="",
        meaning="The tool that its tags name as its owner, in words; 'none' where they name none."
        " CloudFormation always tags, Terraform only where it is told to.",
        source="the names and values of function.tags",
        tier=Tier.BULK,
        unknown_when="the tags are unknown",
        derived_from=("function.tags",),
        formula=tool_tag,
    ),
    Signal(
        name="owner.tool",
        type=SignalType.TEXT,
        unit="",
        meaning="The tool that owns the function, in words; 'none' where none is proven to.",
        source="tags of the function, CloudFormation, CloudTrail, fleet.yaml",
        tier=Tier.DEEP,
        unknown_when="tags or CloudTrail could not be read, or nothing says nobody owns it (S12)",
    ),
    Signal(
        name="function.state",
        type=SignalType.TEXT,
        unit="",
        meaning="Active, Pending, Inactive or Failed.",
        source="GetFunctionConfiguration",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.last_update_status",
        type=SignalType.TEXT,
        unit="",
        meaning="Successful, InProgress or Failed.",
        source="GetFunctionConfiguration",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.aliases",
        type=SignalType.MAPPING,
        unit="",
        meaning="Its aliases, name to version; empty when there are none.",
        source="ListAliases",
        tier=Tier.DEEP,
        unknown_when="the call failed",
    ),
    Signal(
        name="function.alias_obstacle",
        type=SignalType.TEXT,
        unit="",
        meaning="Why its aliases could not follow a change of $LATEST; 'none' when they could.",
        source="ListAliases, GetFunctionConfiguration of the versions served",
        tier=Tier.DEEP,
        unknown_when="a call failed",
    ),
)
