"""What can go wrong, and who is expected to act on it?

TrimtabError
├── InputError            a person mends the input: policy file, event, form, command line
│   └── SettingsError     a person sets the missing variable
├── OutsideError          AWS or another service failed
│   ├── RetryableError    try again: throttled, 5xx, a lost connection (only this is retried)
│   ├── PermanentError    trying again is useless: a person reads the reason
│   │   ├── AccessDeniedError   a role or policy lacks a statement
│   │   └── NotFoundError       it is not there (any more)
│   └── WriteUnknownError       a write got no clear answer: re-read before saying anything (S26)
├── ConflictError         somebody else was first: read again, then decide
└── TamperedError         a record is not what was written: stop and call a person
"""


class TrimtabError(Exception):
    """The root: everything Trimtab raises on purpose."""


class InputError(TrimtabError):
    """What a person gave cannot be used; the message says what, where and what to do."""


class SettingsError(InputError):
    """A setting is missing or malformed; the message names the variable."""


class OutsideError(TrimtabError):
    """A service outside answered with a failure, or not at all."""


class RetryableError(OutsideError):
    """The same call may succeed later."""


class PermanentError(OutsideError):
    """The same call will fail again."""


class AccessDeniedError(PermanentError):
    """The role may not do this."""


class NotFoundError(PermanentError):
    """The thing asked for does not exist."""


class WriteUnknownError(OutsideError):
    """A write may or may not have landed."""


class ConflictError(TrimtabError):
    """A condition on a stored record did not hold: somebody else was first."""


class TamperedError(TrimtabError):
    """A stored record does not match its own digest, chain or signature."""
