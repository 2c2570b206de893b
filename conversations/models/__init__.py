from conversations.models.conversation import Branch, Conversation, Membership
from conversations.models.file import File
from conversations.models.item import Item
from conversations.models.log import Fact, StreamChunk
from conversations.models.response import Response
from conversations.models.user import User

# After the rows that they belong to
from conversations.models.tool import Decides, FunctionTool, ToolCall  # isort: skip
from conversations.models.mcp import McpServer, McpTool  # isort: skip
from conversations.models.approval import Approval  # isort: skip

__all__ = [
    "Approval",
    "Branch",
    "Conversation",
    "Decides",
    "Fact",
    "File",
    "FunctionTool",
    "Item",
    "McpServer",
    "McpTool",
    "Membership",
    "Response",
    "StreamChunk",
    "ToolCall",
    "User",
]
