"""The embedded provider: a separate process that speaks the Responses API on loopback.

It is a provider like any other to the rest of the program, which reaches it over HTTP with a key and imports nothing
of it but `launcher`. It knows no Django, and of ours the guarded client alone. Start it with
`python -m conversations.localmodel --data DIR`, or through `launcher.ensure(DIR)`.
"""
