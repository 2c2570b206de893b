"""The files that clients upload: descriptions in the state, contents beside it."""

import asyncio
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from .errors import file_not_found, invalid
from .identifiers import fresh_id
from .state import State

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
HOUR, DAY = 3600, 86400
PAGE = 10_000


class Files:
    """Upload, list, read and delete. Missing and expired files look alike."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder = folder
        self.state = state
        folder.mkdir(mode=0o700, exist_ok=True)

    async def add(self, *, filename: str, purpose: str, content: bytes, expires_after: int | None) -> dict[str, Any]:
        """Store a file and return its object. `expires_after` is in seconds."""
        if purpose not in PURPOSES:
            supported = ", ".join(f"'{name}'" for name in PURPOSES)
            message = f"Invalid value: '{purpose}'. Supported values are: {supported}."
            raise invalid(message, param="purpose", code="invalid_value")
        if expires_after is not None and not HOUR <= expires_after <= 30 * DAY:
            message = f"Invalid 'expires_after.seconds': expected a value from {HOUR} to {30 * DAY}."
            raise invalid(message, param="expires_after.seconds", code="invalid_value")
        now = int(time.time())
        file: dict[str, Any] = {
            "id": fresh_id("file").replace("_", "-"),
            "object": "file",
            "bytes": len(content),
            "created_at": now,
            "expires_at": now + expires_after if expires_after else None,
            "filename": filename,
            "purpose": purpose,
            "status": "processed",
            "status_details": None,
        }
        await asyncio.to_thread((self.folder / file["id"]).write_bytes, content)
        await self.state.add_file(file)
        return file

    async def find(self, file_id: str) -> dict[str, Any]:
        """The file's object. Raises ApiError (404)."""
        file = await self.state.find_file(file_id)
        if file is None:
            raise file_not_found(file_id)
        return file

    async def read(self, file_id: str) -> bytes:
        """The file's content. Raises ApiError (404). The id is looked up first, so it never becomes a foreign path."""
        file = await self.find(file_id)
        return await asyncio.to_thread((self.folder / file["id"]).read_bytes)

    async def delete(self, file_id: str) -> None:
        """Delete a file with its content. Raises ApiError (404)."""
        file = await self.find(file_id)
        await self.state.delete_file(file["id"])
        self.drop([file["id"]])

    def drop(self, file_ids: list[str]) -> None:
        """Remove contents from the disk."""
        for file_id in file_ids:
            (self.folder / file_id).unlink(missing_ok=True)


def add_routes(app: web.Application, files: Files) -> None:
    """The endpoints under /v1/files."""

    async def upload(request: web.Request) -> web.Response:
        if not request.content_type.startswith("multipart/"):
            raise invalid("The request must be multipart/form-data with a 'file'.", param="file")
        form = await request.post()
        upload = form.get("file")
        if not isinstance(upload, web.FileField):
            raise invalid("Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
        seconds = str(form.get("expires_after[seconds]", ""))
        file = await files.add(
            filename=upload.filename,
            purpose=str(form.get("purpose", "")),
            content=await asyncio.to_thread(upload.file.read),
            expires_after=int(seconds) if seconds.isdecimal() else None,
        )
        return web.json_response(file)

    async def listing(request: web.Request) -> web.Response:
        found = await files.state.files()
        if request.query.get("order") == "asc":
            found.reverse()
        if "purpose" in request.query:
            found = [file for file in found if file["purpose"] == request.query["purpose"]]
        return web.json_response(page(found, request.query, most=PAGE, usual=PAGE))

    async def show(request: web.Request) -> web.Response:
        return web.json_response(await files.find(request.match_info["id"]))

    async def content(request: web.Request) -> web.Response:
        return web.Response(body=await files.read(request.match_info["id"]), content_type="application/octet-stream")

    async def delete(request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        await files.delete(file_id)
        return web.json_response({"id": file_id, "object": "file", "deleted": True})

    app.router.add_post("/v1/files", upload)
    app.router.add_get("/v1/files", listing)
    app.router.add_get("/v1/files/{id}", show)
    app.router.add_get("/v1/files/{id}/content", content)
    app.router.add_delete("/v1/files/{id}", delete)


def page(found: list[dict[str, Any]], query: Any, *, most: int, usual: int) -> dict[str, Any]:
    """One page of a listing in the API's cursor form: `after` an id, at most `limit` objects."""
    limit = query.get("limit", str(usual))
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise invalid(f"Invalid 'limit': expected a value from 1 to {most}.", param="limit", code="invalid_value")
    ids = [entry["id"] for entry in found]
    start = 0
    if "after" in query:
        if query["after"] not in ids:
            raise invalid(f"No object found with id '{query['after']}'.", param="after")
        start = ids.index(query["after"]) + 1
    shown = found[start : start + int(limit)]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + len(shown) < len(found),
    }
