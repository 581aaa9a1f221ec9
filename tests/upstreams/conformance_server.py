"""The server that the official conformance suite tests, written with the Python SDK 2.x.

    python conformance_server.py PORT

It has the tools, resources and prompts that the scenarios of the suite ask for. Multi-round tools are in
multi_round.py.
"""

import sys

import multi_round
import mcp_types as types
import uvicorn
from conformance_tools import IMAGE, INPUT_SCHEMAS, PLAIN, PNG, RUNNING, text
from events import Events
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError

NAME = "conformance"

RESOURCES = {
    "test://static-text": {"mimeType": "text/plain", "text": "A static text."},
    "test://static-binary": {"mimeType": "image/png", "blob": PNG},
    "test://watched-resource": {"mimeType": "text/plain", "text": "A resource to subscribe to."},
}

TEMPLATE = ("test://template/", "/data")

PROMPTS = {
    "test_simple_prompt": [],
    "test_prompt_with_arguments": ["arg1", "arg2"],
    "test_prompt_with_embedded_resource": ["resourceUri"],
    "test_prompt_with_image": [],
    "test_input_required_result_prompt": [],
}

bus = InMemorySubscriptionBus()


async def list_tools(_context, _params):
    names = [*PLAIN, *RUNNING, *multi_round.TOOLS]
    tools = [
        {"name": name, "description": f"Fixture {name}", "inputSchema": INPUT_SCHEMAS.get(name, {"type": "object"})}
        for name in names
    ]
    return types.ListToolsResult.model_validate({"tools": tools})


async def call_tool(context, params):
    name, arguments = params.name, params.arguments or {}
    if name in PLAIN:
        return types.CallToolResult.model_validate(PLAIN[name])
    if name in RUNNING:
        return types.CallToolResult.model_validate(await RUNNING[name](context, arguments, bus))
    if name in multi_round.TOOLS:
        return multi_round.TOOLS[name](context, params)
    raise MCPError(code=types.INVALID_PARAMS, message=f"no tool {name}")


async def list_resources(_context, _params):
    resources = [{"uri": uri, "name": uri, "mimeType": held["mimeType"]} for uri, held in RESOURCES.items()]
    return types.ListResourcesResult.model_validate({"resources": resources})


async def list_templates(_context, _params):
    template = {"uriTemplate": "{id}".join(TEMPLATE), "name": "template", "mimeType": "application/json"}
    return types.ListResourceTemplatesResult.model_validate({"resourceTemplates": [template]})


async def read_resource(_context, params):
    uri = str(params.uri)
    before, after = TEMPLATE
    if uri in RESOURCES:
        held = RESOURCES[uri]
    elif uri.startswith(before) and uri.endswith(after):
        part = uri.removeprefix(before).removesuffix(after)
        held = {"mimeType": "application/json", "text": f'{{"id":"{part}","templateTest":true,"data":"Data for ID: {part}"}}'}
    else:
        raise MCPError(code=types.INVALID_PARAMS, message="Resource not found", data={"uri": uri})
    return types.ReadResourceResult.model_validate({"contents": [{"uri": uri, **held}]})


async def list_prompts(_context, _params):
    prompts = [
        {"name": name, "description": f"Fixture {name}", "arguments": [{"name": one, "required": True} for one in arguments]}
        for name, arguments in PROMPTS.items()
    ]
    return types.ListPromptsResult.model_validate({"prompts": prompts})


async def get_prompt(_context, params):
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            contents = [text("This is a simple prompt for testing.")]
        case "test_prompt_with_arguments":
            contents = [text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")]
        case "test_prompt_with_embedded_resource":
            resource = {"uri": given.get("resourceUri"), "mimeType": "text/plain", "text": "An embedded resource."}
            contents = [{"type": "resource", "resource": resource}, text("Please process the embedded resource above.")]
        case "test_prompt_with_image":
            contents = [IMAGE, text("Please analyze the image above.")]
        case "test_input_required_result_prompt":
            return multi_round.prompt(params)
        case name:
            raise MCPError(code=types.INVALID_PARAMS, message=f"no prompt {name}")
    messages = [{"role": "user", "content": content} for content in contents]
    return types.GetPromptResult.model_validate({"messages": messages})


async def complete(_context, _params):
    return types.CompleteResult.model_validate({"completion": {"values": ["paris"], "total": 1, "hasMore": False}})


async def accept(_context, _params):
    return types.EmptyResult()


def server():
    made = Server(
        NAME,
        version="1",
        get_tool_input_schema=INPUT_SCHEMAS.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=accept,
        on_unsubscribe_resource=accept,
        on_subscriptions_listen=ListenHandler(bus),
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
        on_set_logging_level=accept,
    )
    made.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME))
    return made


OLDER = (b"mcp-protocol-version", b"2025-03-26")


def primed(app):
    """`server-sse-polling` of suite 0.1 expects a priming event, but names a revision for which the SDK sends none."""

    async def run(scope, receive, send):
        if OLDER in scope.get("headers", []):
            headers = [(OLDER[0], b"2025-11-25") if header == OLDER else header for header in scope["headers"]]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return run


if __name__ == "__main__":
    app = primed(server().streamable_http_app(event_store=Events(), retry_interval=100))
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
