"""Tools and a prompt of the conformance server that ask the client for more input (2026-07-28, SEP-2322)."""

import mcp_types as types
from conformance_tools import text

ELICITATION, SAMPLING, ROOTS = "elicitation/create", "sampling/createMessage", "roots/list"


def elicitation(message, name, kind="string"):
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return {"method": ELICITATION, "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def sampling(message, tokens):
    messages = [{"role": "user", "content": text(message)}]
    return {"method": SAMPLING, "params": {"messages": messages, "maxTokens": tokens}}


WHO = elicitation("What is your name?", "name")
CONFIRM = elicitation("Please confirm", "ok", "boolean")
LIST_ROOTS = {"method": ROOTS, "params": {}}


def ask(requests, state=None):
    asked = {"resultType": "input_required", "inputRequests": requests}
    return types.InputRequiredResult.model_validate(asked | ({"requestState": state} if state else {}))


def done(words):
    return types.CallToolResult.model_validate({"content": [text(words)]})


def answers(params):
    """What the client answered, as on the wire."""
    given = params.input_responses or {}
    return {name: one.model_dump(mode="json", by_alias=True) for name, one in given.items()}


def rounds(*steps):
    """Makes a tool that asks each of `steps` in turn. Its state is the number of the step that was asked last."""

    def run(_context, params):
        last = int(params.request_state) if params.request_state else 0
        if last and steps[last - 1].keys() <= answers(params).keys():
            if last == len(steps):
                return done(f"state-ok: {answers(params)}")
            return ask(steps[last], str(last + 1))
        return ask(steps[0], "1")

    return run


def once(requests):
    """Makes a tool that keeps no state: it is done when all requests are answered."""

    def run(_context, params):
        given = answers(params)
        return done(f"Hello, {given}!") if requests.keys() <= given.keys() else ask(requests)

    return run


def supported(context, _params):
    """Asks only for what the client can do."""
    held = context.session.client_capabilities
    requests = {}
    if held and held.sampling is not None:
        requests["sample"] = sampling("Say hello", 50)
    if held and held.elicitation is not None:
        requests["ask"] = WHO
    return ask(requests, "asked")


def prompt(params):
    if "user_context" not in answers(params):
        return ask({"user_context": elicitation("What context should the prompt use?", "context")})
    words = f"Use this context: {answers(params)['user_context']}"
    return types.GetPromptResult.model_validate({"messages": [{"role": "user", "content": text(words)}]})


PREFIX = "test_input_required_result_"

TOOLS = {
    f"{PREFIX}elicitation": once({"user_name": WHO}),
    f"{PREFIX}sampling": once({"capital_question": sampling("What is the capital of France?", 100)}),
    f"{PREFIX}list_roots": once({"client_roots": LIST_ROOTS}),
    f"{PREFIX}request_state": rounds({"confirm": CONFIRM}),
    f"{PREFIX}multiple_inputs": rounds(
        {"user_name": WHO, "greeting": sampling("Generate a greeting", 50), "client_roots": LIST_ROOTS}
    ),
    f"{PREFIX}multi_round": rounds(
        {"step1": elicitation("Step 1: What is your name?", "name")},
        {"step2": elicitation("Step 2: What is your favorite color?", "color")},
    ),
    f"{PREFIX}tampered_state": rounds({"confirm": CONFIRM}),
    f"{PREFIX}capabilities": supported,
    "test_streaming_elicitation": once({"user_name": WHO}),
}
