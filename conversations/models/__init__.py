from conversations.models.account_invitation import AccountInvitation
from conversations.models.approval import Approval
from conversations.models.audit import AuditEntry, Chain
from conversations.models.board import Board, BoardPicture
from conversations.models.case import Case, CaseNote, Report, Sanction
from conversations.models.catalog import CatalogEntry, RefusedParameter
from conversations.models.conversation import Branch, Conversation, Membership
from conversations.models.deletion import Certificate, Deletion, ProviderDeletion
from conversations.models.favourite import Favourite
from conversations.models.file import File, InputWay, ProviderFile
from conversations.models.group_access import GroupAccess
from conversations.models.hold import HoldTarget, LegalHold
from conversations.models.idempotency import IdempotencyKey
from conversations.models.importing import Import
from conversations.models.invitation import Invitation
from conversations.models.item import Item
from conversations.models.key import Key
from conversations.models.library import Persona, PersonaVersion, Prompt, PromptVersion
from conversations.models.log import Fact, StreamChunk
from conversations.models.mark import Bookmark, Reaction
from conversations.models.mcp import McpServer, McpTool
from conversations.models.mention import Mention
from conversations.models.notice import Notice, PushSubscription
from conversations.models.order import Folder, Tag
from conversations.models.personal import DataRequest
from conversations.models.pixel_lock import PixelLock
from conversations.models.reading import Reading
from conversations.models.rendition import Rendition
from conversations.models.response import Response
from conversations.models.retention import RetentionRule
from conversations.models.schema import AnswerSchema
from conversations.models.setting import Change, Setting
from conversations.models.share import Share
from conversations.models.tool import Decides, FunctionTool, ToolCall
from conversations.models.usage import Budget, Reservation, Spending, Usage
from conversations.models.user import User
from conversations.models.vector_store import VectorStore

__all__ = [
    "AccountInvitation",
    "AnswerSchema",
    "Approval",
    "AuditEntry",
    "Board",
    "BoardPicture",
    "Bookmark",
    "Branch",
    "Budget",
    "Case",
    "CaseNote",
    "CatalogEntry",
    "Certificate",
    "Chain",
    "Change",
    "Conversation",
    "DataRequest",
    "Decides",
    "Deletion",
    "Fact",
    "Favourite",
    "File",
    "Folder",
    "FunctionTool",
    "GroupAccess",
    "HoldTarget",
    "IdempotencyKey",
    "Import",
    "InputWay",
    "Invitation",
    "Item",
    "Key",
    "LegalHold",
    "McpServer",
    "McpTool",
    "Membership",
    "Mention",
    "Notice",
    "Persona",
    "PersonaVersion",
    "PixelLock",
    "Prompt",
    "PromptVersion",
    "ProviderDeletion",
    "ProviderFile",
    "PushSubscription",
    "Reaction",
    "Reading",
    "RefusedParameter",
    "Rendition",
    "Report",
    "Reservation",
    "Response",
    "RetentionRule",
    "Sanction",
    "Setting",
    "Share",
    "Spending",
    "StreamChunk",
    "Tag",
    "ToolCall",
    "Usage",
    "User",
    "VectorStore",
]
