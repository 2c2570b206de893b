"""What people bring from outside: told by its bytes, taken apart in a process that may be killed, never trusted.

It knows no Django and nothing of ours: `child` runs in a process of its own, with all modules but
`kinds`, `names` and `workshop`; `workshop` is the way to it.
"""
