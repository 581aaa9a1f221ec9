"""Remembers the events of each stream, so that a client can resume one with `Last-Event-ID`."""

from mcp.server.streamable_http import EventMessage, EventStore


class Events(EventStore):
    def __init__(self):
        self.kept = []

    async def store_event(self, stream_id, message):
        self.kept.append((stream_id, message))
        return str(len(self.kept))

    async def replay_events_after(self, last_event_id, send_callback):
        place = int(last_event_id) if last_event_id.isdecimal() else 0
        if not 1 <= place <= len(self.kept):
            return None
        stream = self.kept[place - 1][0]
        for number, (owner, message) in enumerate(self.kept[place:], place + 1):
            if owner == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream
