"""Remote MCP servers: what a request offers of them, and what is known of their tools.

The provider connects to them; from here they are only asked to list their tools, by the guarded client. There is no
other transport: nothing here starts a program.
"""
