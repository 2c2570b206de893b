"""What an action says when it will not do what it was asked.

Refused            a person or client asked for something that cannot be done: say why, change nothing
└── NotFound       unknown, or not theirs: the two look alike
"""


class Refused(Exception):
    """`sentence` is for people, `code` for programs, `status` is the HTTP status that fits."""

    status = 400

    def __init__(self, sentence: str, *, code: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        if status is not None:
            self.status = status


class NotFound(Refused):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is nothing here, or it is not shared with you.", code="not_found")
