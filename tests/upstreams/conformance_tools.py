"""The tools of the conformance server that answer in one round."""

import asyncio
import json

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import PromptsListChanged, ToolsListChanged

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="


def text(words):
    return {"type": "text", "text": words}


def said(words):
    return {"content": [text(words)]}


def embedded(uri, mime_type, words):
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": words}}


IMAGE = {"type": "image", "data": PNG, "mimeType": "image/png"}

# Tools with one result, whatever the arguments are.
PLAIN = {
    "test_simple_text": said("This is a simple text response for testing."),
    "test_image_content": {"content": [IMAGE]},
    "test_audio_content": {"content": [{"type": "audio", "data": WAV, "mimeType": "audio/wav"}]},
    "test_embedded_resource": {
        "content": [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
    },
    "test_multiple_content_types": {
        "content": [
            text("Multiple content types test:"),
            IMAGE,
            embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
        ]
    },
    "test_error_handling": {**said("This tool intentionally returns an error for testing"), "isError": True},
    "test_x_mcp_header": said("the header agrees with the argument"),
    "json_schema_2020_12_tool": said("the schema is in tools/list"),
}

ADDRESS = {
    "$anchor": "addressDef",
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
}

INPUT_SCHEMAS = {
    "test_x_mcp_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    },
    "test_sampling": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
    "test_elicitation": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": ADDRESS},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
}


async def log(context, words):
    await context.session.send_log_message("info", words, related_request_id=context.request_id)


async def with_logging(context, _arguments, _bus):
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await log(context, words)
        await asyncio.sleep(0.05)
    return said("three lines were logged")


async def with_progress(context, _arguments, _bus):
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100, f"Completed step {done} of 100")
        await asyncio.sleep(0.05)
    return said("progress was reported three times")


async def sampling(context, arguments, _bus):
    asked = types.SamplingMessage.model_validate({"role": "user", "content": text(arguments["prompt"])})
    answer = await context.session.create_message([asked], max_tokens=100, related_request_id=context.request_id)
    return said(f"LLM response: {answer.content.text}")


def eliciting(schema, message=None):
    """Makes a tool that asks the user for what `schema` says."""

    async def run(context, arguments, _bus):
        asked = message or arguments["message"]
        answer = await context.session.elicit_form(asked, schema, related_request_id=context.request_id)
        return said(f"User response: action={answer.action}, content={json.dumps(answer.content)}")

    return run


def form(**properties):
    return {"type": "object", "properties": properties}


def titled(*choices):
    return [{"const": const, "title": title} for const, title in choices]


DEFAULTS = form(
    name={"type": "string", "default": "John Doe"},
    age={"type": "integer", "default": 30},
    score={"type": "number", "default": 95.5},
    status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "default": True},
)

PRIORITIES = titled(("high", "High"), ("low", "Low"))
LABELS = titled(("bug", "A bug"), ("docs", "Documentation"))
CHOICES = form(
    untitledSingle={"type": "string", "enum": ["red", "green", "blue"]},
    titledSingle={"type": "string", "oneOf": PRIORITIES},
    untitledMulti={"type": "array", "items": {"type": "string", "enum": ["read", "write"]}},
    titledMulti={"type": "array", "items": {"anyOf": LABELS}},
    legacyEnum={"type": "string", "enum": ["small", "large"], "enumNames": ["Small", "Large"]},
)


async def missing_capability(context, _arguments, _bus):
    held = context.session.client_capabilities
    if held is None or held.sampling is None:
        needed = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(code=types.MISSING_REQUIRED_CLIENT_CAPABILITY, message="the client cannot sample", data=needed)
    return said("the client can sample")


async def reconnection(context, _arguments, _bus):
    if context.close_sse_stream:
        await context.close_sse_stream()
    # The client waits for 100 ms before it connects again.
    await asyncio.sleep(0.3)
    return said("the client is connected again")


async def only_logging(context, _arguments, _bus):
    await log(context, "for clients that asked for log messages")
    return said("one line was logged, if the request asked for it")


def announcing(event):
    """Makes a tool that tells every open subscription of a change."""

    async def run(_context, _arguments, bus):
        await bus.publish(event())
        return said("announced")

    return run


RUNNING = {
    "test_tool_with_logging": with_logging,
    "test_tool_with_progress": with_progress,
    "test_sampling": sampling,
    "test_elicitation": eliciting(form(response={"type": "string"})),
    "test_elicitation_sep1034_defaults": eliciting(DEFAULTS, "Please check these values"),
    "test_elicitation_sep1330_enums": eliciting(CHOICES, "Please choose"),
    "test_missing_capability": missing_capability,
    "test_reconnection": reconnection,
    "test_logging_tool": only_logging,
    "test_trigger_tool_change": announcing(ToolsListChanged),
    "test_trigger_prompt_change": announcing(PromptsListChanged),
}
