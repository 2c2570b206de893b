"""One per process: what a conversation says goes once to each process, and from here to the process's own sockets."""

from conversations.hub.process import Hub, Live, hub
from conversations.hub.viewers import MOST_WAITING, Viewer

__all__ = ["MOST_WAITING", "Hub", "Live", "Viewer", "hub"]
