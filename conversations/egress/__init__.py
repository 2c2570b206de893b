"""The guarded client: every outbound request that a person or a model can cause goes through `client.fetch`.

    page = await fetch("https://example.com/", limits=Limits(types=("text/html",)))

It speaks http and https only, reaches public addresses only (`addresses`), and checks when it connects: a name is
resolved once, and the connection goes to the address that was checked. Each redirect is checked in the same way.
`SALON_EGRESS_ALLOW` opens private hosts and networks. Knows no Django: the embedded provider uses it too.
"""
