"""What the guarded client says.

EgressError
├── AddressRefused     it may not be asked at all: say so, asking again changes nothing
└── FetchFailed        it was asked, and did not answer as it should: slow, gone, too large, of another type
"""


class EgressError(Exception):
    """`sentence` is for people. It names the host at most: a path or query can hold a secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class AddressRefused(EgressError, OSError):
    """An OSError too, so that it may come out of a resolver."""


class FetchFailed(EgressError):
    pass
