"""Who is let in, in the words of the matrix."""

LOGIN = "sign in"
"""Led to the sign-in page."""
PEOPLE = ("anonymous", "charlie", "bob", "reading bob", "alice", "suspended alice", "admin")

# Who gets what, in the order of PEOPLE. Charlie and Admin are not in Alice's conversation; Bob may write in it, or only
# read
ALL = (200, 200, 200, 200, 200, 200, 200)
NONE = (404, 404, 404, 404, 404, 404, 404)
INVALID = (400, 400, 400, 400, 400, 400, 400)
SIGNED_IN = (LOGIN, 200, 200, 200, 200, LOGIN, 200)
MEMBERS_PAGE = (LOGIN, 404, 200, 200, 200, LOGIN, 404)
MEMBERS = (401, 404, 200, 200, 200, 401, 404)
WRITERS = (401, 404, 200, 403, 200, 401, 404)
ASKER = (401, 404, 403, 403, 200, 401, 404)
UPLOADERS = (401, 200, 200, 200, 200, 401, 200)
OWNER = (401, 404, 403, 403, 200, 401, 404)

NOTE_OF_ALICE = (401, 404, 403, 403, 200, 401, 404)
OWNERS_FORM = (LOGIN, 404, 403, 403, 200, LOGIN, 404)
