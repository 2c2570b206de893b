"""What goes over the wire for each verb, at each kind of provider."""

import json
from collections.abc import Awaitable, Callable

import pytest

from conversations.upstream.client import Provider
from conversations.upstream.errors import ProviderRefused, ResponseNotFound

from .script import Script, answer_events, answering, collect, sse, streaming

Serve = Callable[..., Awaitable[tuple[Provider, Script]]]
NOT_FOUND = {"error": {"message": "Response with id 'resp_1' not found.", "type": "invalid_request_error"}}


async def test_verbs_on_responses_are_the_documented_requests(serve: Serve) -> None:
    whole = {"id": "resp_1", "object": "response", "status": "completed", "output": [], "new_field": 1}
    provider, script = await serve(answering(whole))
    assert await provider.create_response({"model": "m", "input": "ü", "new": [1]}) == whole
    assert await provider.retrieve_response("resp_1", include=["reasoning.encrypted_content"]) == whole
    assert await provider.cancel_response("resp_1") == whole
    assert await provider.list_input_items("resp_1", after="msg_1", limit=5) == whole
    assert [(request.method, request.path_qs) for request in script.requests] == [
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/resp_1?include%5B%5D=reasoning.encrypted_content"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("GET", "/v1/responses/resp_1/input_items?limit=5&order=asc&after=msg_1"),
    ]
    assert script.sent(0) == {"model": "m", "input": "ü", "new": [1], "stream": False}


async def test_deleting_is_done_also_when_nothing_is_there_any_more(serve: Serve) -> None:
    provider, _ = await serve(answering({"id": "resp_1", "deleted": True}), answering(NOT_FOUND, status=404))
    assert await provider.delete_response("resp_1")
    assert await provider.delete_response("resp_1")
    assert await provider.delete_file("file-1")


@pytest.mark.parametrize("body", [b"", b"<html></html>", {"detail": "Not Found"}, {"error": {"code": "404"}}])
async def test_a_wrong_address_is_not_taken_for_a_deletion(serve: Serve, body: object) -> None:
    provider, _ = await serve(answering(body, status=404))
    with pytest.raises(ProviderRefused):
        await provider.delete_response("resp_1")


async def test_an_unknown_response_is_not_found(serve: Serve) -> None:
    provider, _ = await serve(answering(NOT_FOUND, status=404))
    for call in (provider.retrieve_response, provider.cancel_response, provider.list_input_items):
        with pytest.raises(ResponseNotFound):
            await call("resp_1")


@pytest.mark.parametrize("hostile", ["", ".", ".."])
async def test_an_id_that_would_name_another_resource_is_never_sent(serve: Serve, hostile: str) -> None:
    provider, script = await serve(answering({}))
    with pytest.raises(ResponseNotFound):
        await provider.delete_response(hostile)
    assert script.requests == []


@pytest.mark.parametrize("hostile", ["../files/x", "a/b", "a?stream=true", "a#b", "ü ", "%2e%2e"])
async def test_an_id_stays_within_its_segment_of_the_path(serve: Serve, hostile: str) -> None:
    provider, script = await serve(answering({"deleted": True}))
    await provider.delete_response(hostile)
    [request] = script.requests
    assert request.rel_url.raw_path.startswith("/v1/responses/")
    assert request.rel_url.raw_path.count("/") == 3
    assert request.query_string == ""


async def test_tokens_are_counted_for_the_request_as_it_would_be_sent(serve: Serve) -> None:
    provider, script = await serve(answering({"object": "response.input_tokens", "input_tokens": 42}))
    body = {"model": "m", "input": "x", "tools": [], "stream": True, "store": False, "max_output_tokens": 9}
    assert await provider.count_input_tokens(body) == 42
    assert script.requests[0].path == "/v1/responses/input_tokens"
    assert script.sent() == {"model": "m", "input": "x", "tools": []}


async def test_models_are_listed_by_id(serve: Serve) -> None:
    provider, _ = await serve(answering({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}))
    assert await provider.list_models() == ["a", "b"]


async def test_a_file_is_uploaded_read_and_deleted(serve: Serve) -> None:
    content = bytes(range(256)) * 1000
    provider, script = await serve(
        answering({"id": "file-1"}),
        answering({"id": "file-1", "bytes": 3}),
        answering(content),
        answering({"deleted": True}),
    )
    uploaded = await provider.upload_file(
        name="Grüße.png", content=content, media_type="image/png", purpose="assistants"
    )
    assert uploaded == {"id": "file-1"}
    assert await provider.retrieve_file("file-1") == {"id": "file-1", "bytes": 3}
    assert await provider.file_content("file-1") == content
    assert await provider.delete_file("file-1")
    form = script.bodies[0]
    assert script.requests[0].content_type == "multipart/form-data"
    assert content in form
    assert b'name="purpose"\r\n\r\nassistants' in form
    assert b"image/png" in form
    assert [request.path for request in script.requests] == [
        "/v1/files",
        "/v1/files/file-1",
        "/v1/files/file-1/content",
        "/v1/files/file-1",
    ]


async def test_an_answer_that_is_no_json_is_a_wrong_address(serve: Serve) -> None:
    provider, _ = await serve(answering(b"<html>Welcome</html>"))
    with pytest.raises(ProviderRefused, match="Responses API"):
        await provider.retrieve_response("resp_1")


async def test_a_redirect_is_not_followed_with_what_people_wrote(serve: Serve) -> None:
    moved = answering(b"", status=307, headers={"Location": "/elsewhere"})
    provider, script = await serve(moved)
    with pytest.raises(ProviderRefused):
        await provider.create_response({"model": "m"})
    assert len(script.requests) == 1


async def test_a_key_is_sent_as_bearer_and_azures_images_name_their_deployment(serve: Serve) -> None:
    provider, script = await serve(answering({}), kind="azure", api_key="k1", image_deployment="images-1")
    await provider.retrieve_response("resp_1")
    [request] = script.requests
    assert request.headers["Authorization"] == "Bearer k1"
    assert request.headers["x-ms-oai-image-generation-deployment"] == "images-1"
    assert "api-version" not in request.query


async def test_the_dated_azure_gets_its_version_and_its_kind_of_key(serve: Serve) -> None:
    good = streaming(sse(*answer_events()))
    provider, script = await serve(good, kind="azure-dated", api_key="k1", api_version="2025-04-01-preview")
    async with provider.stream_response({"model": "my-deployment"}) as stream:
        await collect(stream)
    [request] = script.requests
    assert request.path_qs == "/v1/responses?api-version=2025-04-01-preview"
    assert request.headers["api-key"] == "k1"
    assert "Authorization" not in request.headers


async def test_without_a_key_none_is_sent_whatever_the_environment_holds(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-this-server")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "not-for-this-server")
    provider, script = await serve(answering({}), api_key=None)
    await provider.retrieve_response("resp_1")
    assert "not-for-this-server" not in str(script.requests[0].headers)


async def test_the_embedded_provider_is_reached_past_the_proxy_of_the_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    provider, _ = await serve(answering({"id": "resp_1"}), kind="local")
    assert await provider.retrieve_response("resp_1") == {"id": "resp_1"}


async def test_a_large_request_goes_out_whole(serve: Serve) -> None:
    image = "data:image/png;base64," + "A" * 20_000_000
    provider, script = await serve(answering({"id": "resp_1"}))
    await provider.create_response({"model": "m", "input": [{"type": "input_image", "image_url": image}]})
    assert json.loads(script.bodies[0])["input"][0]["image_url"] == image
