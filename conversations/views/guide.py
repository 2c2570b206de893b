"""The page that tells how to point a client at Salon, with the reader's own address in every example."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

Words = str | Promise


@dataclass(frozen=True)
class Part:
    """A section of the page. `samples` are names in templates/settings/samples: subject and language."""

    id: str
    heading: Words
    words: Words
    samples: list[str] = field(default_factory=list)


LANGUAGES = {"python": "Python", "azure": "Python, AzureOpenAI", "javascript": "Node", "bash": "curl"}
PARTS = [
    Part(
        "client",
        _("Point a client at it"),
        _("Every OpenAI client works. It needs two things: the address and a key of yours."),
        ["client.python", "client.azure", "client.javascript", "client.bash"],
    ),
    Part("text", _("Text"), _("A chain of responses is one conversation."), ["text.python"]),
    Part(
        "streaming",
        _("Streaming"),
        _("The events are those of the Responses API, and your team sees the same words as they come."),
        ["streaming.python", "streaming.javascript", "streaming.bash"],
    ),
    Part(
        "conversations",
        _("Conversations"),
        _(
            "Conversations of the API are conversations here. The id of one that you are in stands in its address: "
            "what a program writes there appears on everybody's screen."
        ),
        ["conversations.python"],
    ),
    Part("tools", _("Functions"), _("The model asks, your program answers."), ["tools.python"]),
    Part("images", _("Images"), _("Pictures come as base64, and hang in the conversation."), ["images.python"]),
    Part(
        "files",
        _("Files"),
        _("A file is yours until you use it: then those who are in the conversation can open it."),
        ["files.python"],
    ),
    Part(
        "background",
        _("In the background"),
        _("What takes minutes goes on without your program, and can be asked for later."),
        ["background.python"],
    ),
]


@login_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    origin = request.build_absolute_uri("/")
    values = {
        "origin": origin.rstrip("/"),
        "base_url": f"{origin}openai/v1/",
        "key": "sk-salon-…",
        "model": "demo" if settings.SALON_PROVIDER is None else settings.SALON_MODELS[0],
    }
    parts = [{"part": part, "samples": [sample(name, values) for name in part.samples]} for part in PARTS]
    limits = {
        "key_requests": settings.SALON_GATEWAY_KEY_REQUESTS,
        "user_requests": settings.SALON_GATEWAY_USER_REQUESTS,
        "streams": settings.SALON_GATEWAY_STREAMS,
        "megabytes": settings.SALON_GATEWAY_BODY // 2**20,
    }
    return render(request, "settings/guide.html", values | {"parts": parts, "limits": limits})


def sample(name: str, values: dict[str, str]) -> dict[str, str]:
    """Return an example with its language, for people and for the colours; the page escapes it."""
    language = name.partition(".")[2]
    text = loader.get_template(f"settings/samples/{name}.txt").render(values)
    return {
        "label": LANGUAGES[language],
        "language": "python" if language == "azure" else language,
        "text": text.strip(),
    }
