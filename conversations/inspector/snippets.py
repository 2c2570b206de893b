"""The request again as a command and as a program. The key comes from the environment; no snippet holds one."""

from __future__ import annotations

import inspect
import json
import pprint
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from openai.resources.responses import Responses

from conversations.inspector.request import sent_body
from conversations.models import Response
from conversations.shown import REDACTED
from conversations.upstream.config import ProviderConfig

AZURE_TOKEN = "$(az account get-access-token --resource https://ai.azure.com --query accessToken --output tsv)"  # noqa: S105


NOTES = {
    f'"{REDACTED}': "# Secrets of tools were taken out: put them in where it says “redacted”.",
    ": kept here]": "# Bytes were taken out: put a data URL or a file_id where it says “kept here”.",
}


@dataclass(frozen=True)
class Target:
    """Where a snippet sends its request, and the variable that has the key; "" means a token of Entra ID."""

    base_url: str
    variable: str
    api_version: str = ""
    image_deployment: str = ""
    scope: str = ""


def target(origin: str) -> Target:
    """Return the configured provider; where the embedded one speaks, the gateway of this server at `origin`."""
    config: ProviderConfig | None = settings.SALON_PROVIDER
    if config is None:
        return Target(f"{origin}/openai/v1/", "SALON_API_KEY")
    azure = config.kind.startswith("azure")
    variable = "AZURE_OPENAI_API_KEY" if azure else "OPENAI_API_KEY"
    return Target(
        config.base_url,
        "" if azure and not config.api_key else variable,
        api_version=config.api_version or "",
        image_deployment=config.image_deployment or "",
        scope=config.entra_scope,
    )


def curl(response: Response, to: Target) -> str:
    """Return a command for a shell. The body is quoted, so that nothing in it is expanded."""
    url = f"{to.base_url}responses" + (f"?api-version={to.api_version}" if to.api_version else "")
    key = f"${to.variable}" if to.variable else AZURE_TOKEN
    auth = f"api-key: {key}" if to.api_version and to.variable else f"Authorization: Bearer {key}"
    lines = [
        f'curl --no-buffer "{url}" \\',
        f'  --header "{auth}" \\',
        '  --header "Content-Type: application/json" \\',
    ]
    if to.image_deployment:
        lines.append(f'  --header "x-ms-oai-image-generation-deployment: {to.image_deployment}" \\')
    body = json.dumps(sent_body(response), ensure_ascii=False, indent=2)
    return "\n".join([*_notes(body), *lines, "  --data-binary @- <<'JSON'", body, "JSON", ""])


def python(response: Response, to: Target) -> str:
    """Return a program for the official client, which prints the text as it comes."""
    known = set(inspect.signature(Responses.create).parameters)
    body = sent_body(response)
    notes = "".join(f"{note}\n" for note in _notes(json.dumps(body, ensure_ascii=False)))
    arguments = {name: value for name, value in body.items() if name in known}
    if more := {name: value for name, value in body.items() if name not in known}:
        arguments["extra_body"] = more
    if to.image_deployment:
        arguments["extra_headers"] = {"x-ms-oai-image-generation-deployment": to.image_deployment}
    written = "".join(f"    {name}={_literal(value)},\n" for name, value in arguments.items())
    return (
        f"{notes}{_client(to)}\n"
        f"with client.responses.create(\n{written}) as stream:\n"
        "    for event in stream:\n"
        '        if event.type == "response.output_text.delta":\n'
        '            print(event.delta, end="", flush=True)\n'
    )


def _client(to: Target) -> str:
    kind = "AzureOpenAI" if to.api_version else "OpenAI"
    imports = [f"from openai import {kind}"]
    if to.variable:
        imports.insert(0, "import os\n")
        key = f'api_key=os.environ["{to.variable}"]'
    else:
        imports.insert(0, "from azure.identity import DefaultAzureCredential, get_bearer_token_provider")
        name = "azure_ad_token_provider" if to.api_version else "api_key"
        key = f'{name}=get_bearer_token_provider(DefaultAzureCredential(), "{to.scope}")'
    where = f'base_url="{to.base_url}"'
    version = f', api_version="{to.api_version}"' if to.api_version else ""
    return "\n".join([*imports, "", f"client = {kind}({where}, {key}{version})"])


def _notes(body: str) -> list[str]:
    return [note for sign, note in NOTES.items() if sign in body]


def _literal(value: Any) -> str:
    """Return a Python literal, indented to stand as an argument."""
    return pprint.pformat(value, sort_dicts=False, width=100).replace("\n", "\n    ")


SNIPPETS: dict[str, Callable[[Response, Target], str]] = {"curl": curl, "python": python}
