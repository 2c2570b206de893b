"""What a browser is shown of an item, and what it never is."""

import json

from conversations.shown import shown_item
from tests.items.gallery import ITEMS, MCP_TOOL


def test_encrypted_content_stays_on_the_server() -> None:
    for kind in ("reasoning", "compaction"):
        assert "sealed" not in json.dumps(shown_item(ITEMS[kind]))
        assert "sealed" in json.dumps(ITEMS[kind]), "what is stored is left as it is"


def test_secrets_of_tools_stay_on_the_server() -> None:
    for kind in ("tool_search_output", "additional_tools"):
        space = {"type": "namespace", "name": "shops", "tools": [MCP_TOOL]}
        shown = json.dumps(shown_item({"type": kind, "tools": [MCP_TOOL, space, "odd"]}))
        assert "hush" not in shown
        assert "https://shop.example/mcp" in shown
        assert "X-Key" in shown


def test_a_reference_to_bytes_becomes_their_address_wherever_it_stands() -> None:
    reference = {"$file": "file_1", "width": 4, "height": 3, "prefix": "data:image/png;base64,"}
    address = {"id": "file_1", "url": "/files/file_1/", "width": 4, "height": 3}
    assert shown_item({"type": "image_generation_call", "result": reference})["image"] == address
    output = {"type": "computer_screenshot", "image_url": reference}
    assert shown_item({"type": "computer_call_output", "output": output})["output"]["image_url"] == address
    ran = {"type": "code_interpreter_call", "outputs": [{"type": "image", "url": reference}]}
    assert shown_item(ran)["outputs"][0]["url"] == address


def test_an_address_with_a_password_is_shown_without_it() -> None:
    tool = {"type": "mcp", "server_label": "shop", "server_url": "https://bob:hush@shop.example:8443/mcp"}
    [shown] = shown_item({"type": "additional_tools", "tools": [tool]})["tools"]
    assert shown["server_url"] == "https://shop.example:8443/mcp"
    [broken] = shown_item({"type": "additional_tools", "tools": [tool | {"server_url": "https://[bad?hush"}]})["tools"]
    assert "hush" not in broken["server_url"]
