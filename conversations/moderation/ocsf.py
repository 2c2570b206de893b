"""Audit entries in the fields of OCSF, the schema that security tools read."""

from __future__ import annotations

from typing import Any

from conversations.models import AuditEntry

VERSION = "1.3.0"
AUTHENTICATION, ACCOUNT_CHANGE, API_ACTIVITY = 3002, 3001, 6003
OTHER = 99
ACTIVITIES = {
    "auth.sign_in": (AUTHENTICATION, 1),
    "auth.sign_out": (AUTHENTICATION, 2),
    "auth.sign_out_everywhere": (AUTHENTICATION, 2),
    "user.create": (ACCOUNT_CHANGE, 1),
    "user.password_change": (ACCOUNT_CHANGE, 3),
}
"""Class and activity of the actions that OCSF has a class for."""
VERBS = {"create": 1, "place": 1, "propose": 1, "read": 2, "export": 2, "update": 3, "restore": 3, "release": 3}
VERBS |= {"confirm": 3, "refuse": 3, "delete": 4, "purge": 4, "revoke": 4}
"""Activities of the class API Activity, by an action's last word."""


def event(entry: AuditEntry) -> dict[str, Any]:
    """Return an audit entry as an OCSF event; what OCSF has no field for stands under `unmapped`."""
    kind, activity = ACTIVITIES.get(entry.action, (API_ACTIVITY, VERBS.get(entry.action.rpartition(".")[2], OTHER)))
    succeeded = entry.outcome == AuditEntry.Outcome.SUCCESS
    return {
        "class_uid": kind,
        "category_uid": kind // 1000,
        "activity_id": activity,
        "type_uid": kind * 100 + activity,
        "time": int(entry.at.timestamp() * 1000),
        "severity_id": 1 if succeeded else 3,
        "status_id": 1 if succeeded else 2,
        "status": "Success" if succeeded else "Failure",
        "metadata": {
            "version": VERSION,
            "uid": str(entry.position),
            "sequence": entry.position,
            "correlation_uid": entry.request_id,
            "product": {"name": "Salon", "vendor_name": "Salon"},
        },
        "actor": {"user": {"uid": entry.actor_id, "type": entry.actor_type}},
        "user": {"uid": entry.object_id if entry.object_type == "user" else entry.actor_id},
        "api": {"operation": entry.action},
        "src_endpoint": {"ip": entry.address},
        "resources": [{"type": entry.object_type, "uid": entry.object_id}] if entry.object_type else [],
        "unmapped": {"details": entry.details, "previous": entry.previous, "seal": entry.seal},
    }
