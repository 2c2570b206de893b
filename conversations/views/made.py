"""Files that code made for an answer."""

from __future__ import annotations

import structlog
from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conversations import access
from conversations.errors import NotFound, Refused
from conversations.imports.writing import ELSEWHERE
from conversations.turns import made_files
from conversations.upstream.errors import UpstreamError
from conversations.views.json import SignedInRequest

log = structlog.get_logger(__name__)


@require_GET
@login_required
def made_file(request: SignedInRequest, conversation_id: str, response_id: int, made_id: str) -> HttpResponse:
    """Lead to a file that the answer cites; where it is not kept yet, it is fetched from the provider first."""
    try:
        found = access.conversation_for(request.user, conversation_id)
        response = access.response_in(found.conversation, response_id)
    except NotFound as error:
        raise Http404 from error
    cited = made_files.cited_in(response)
    if made_id not in cited:
        raise Http404
    container, name = cited[made_id]
    file = made_files.kept(response, name)
    if file is None and response.endpoint == ELSEWHERE:
        raise Http404  # an import may name anybody's file
    if file is None:
        try:
            file = made_files.store(response, async_to_sync(made_files.read)(container, made_id), name)
        except Refused as error:
            sentence = error.sentence
        except UpstreamError as error:
            ended = _("The provider’s container has ended, and this file with it. Ask for the file again.")
            sentence = ended if error.status == 404 else error.sentence
        except TimeoutError:
            sentence = _("The provider did not answer in time. Try again in a moment.")
        if file is None:
            messages.error(request, sentence)
            return redirect("conversation", conversation_id)
    return redirect("file", file.pk)
