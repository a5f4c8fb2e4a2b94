#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["aiohttp>=3.14", "standardwebhooks>=1.1"]
# ///
"""Receives the hub's webhooks: verifies each, keeps it once as a file, prints one line.

WEBHOOK_SECRET is the endpoint's secret, `whsec_…`. INBOX is the folder for the files, HOST and
PORT are where it listens: `inbox`, 127.0.0.1 and 9000 when absent. What is refused stands on
standard error. SIGTERM and Ctrl-C let what is under way end.
"""

from __future__ import annotations

import asyncio
import binascii
import contextlib
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import (
    EmptyWebhookSecretError,
    Webhook,
    WebhookVerificationError,
)

BODY_LIMIT_BYTES = 64 * 1024  # the hub's bodies stay far below: incidents up to 20,000 bytes
READ_SECONDS = 10
STOP_SECONDS = 10
FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Inbox:
    """A folder with one file for each event, named by its `webhook-id`.

    The files are both the record of what has come and the queue of what is to be done.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    def keep(self, event_id: str, body: bytes) -> bool:
        """Store it so that it outlives a crash; False if it is there already.

        Any number of threads and processes may do this at once: linking a name succeeds once.
        """
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".") as draft:
            draft.write(body)
            draft.flush()
            os.fsync(draft.fileno())
            try:
                os.link(draft.name, self._folder / f"{event_id}.json")
            except FileExistsError:
                return False
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return True


class Receiver:
    """Answers the hub's requests."""

    def __init__(self, webhook: Webhook, inbox: Inbox) -> None:
        self._webhook = webhook
        self._inbox = inbox
        self._under_way = 0
        self._idle = asyncio.Event()

    async def receive(self, request: web.Request) -> web.Response:
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._answer(request)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def finish(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await self._idle.wait()

    async def _answer(self, request: web.Request) -> web.Response:
        """204 once the event is kept, also when it was kept before; work on it comes later."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await request.read()  # the raw bytes: these are what was signed
        except TimeoutError:
            return refusal(408, "the body took too long")
        try:
            event = self._webhook.verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError) as error:
            return refusal(400, str(error))
        event_id = request.headers["webhook-id"]
        if not FILE_NAME.fullmatch(event_id):
            return refusal(400, "webhook-id is not the name of a file")
        try:
            is_new = await asyncio.to_thread(self._inbox.keep, event_id, body)
        except OSError as error:
            print(error, file=sys.stderr)  # noqa: T201
            return refusal(503, "the event could not be kept")  # the hub tries again
        if is_new:
            print(line_about(event_id, event), flush=True)  # noqa: T201 - its standard output
        return web.Response(status=204)


def line_about(event_id: str, event: dict[str, Any]) -> str:
    """Topic, sequence, the incident's ref if it is about one, id."""
    data = event.get("data", {})
    ref = data.get("incident", {}).get("ref", "-")
    return f"{event.get('type', '-')} {data.get('sequence', '-')} {ref} {event_id}"


def refusal(status: int, reason: str) -> web.Response:
    """The answer, and a line on standard error; the hub keeps its text with the attempt."""
    print(f"refused {status}: {reason}", file=sys.stderr, flush=True)  # noqa: T201
    return web.Response(status=status, text=f"{reason}\n")


async def serve(receiver: Receiver, *, host: str, port: int) -> None:
    """Listen until SIGTERM or Ctrl-C."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    app.router.add_post("/{path:.*}", receiver.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    print(f"Listening on http://{host}:{port}", flush=True)  # noqa: T201
    await stopped.wait()
    await site.stop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await receiver.finish()
    await runner.cleanup()


def main() -> None:
    """Read the environment, and serve."""
    try:
        webhook = Webhook(os.environ.get("WEBHOOK_SECRET", ""))
    except (EmptyWebhookSecretError, binascii.Error):
        sys.exit("WEBHOOK_SECRET must be the endpoint's secret: whsec_ and base64.")
    receiver = Receiver(webhook, Inbox(Path(os.environ.get("INBOX", "inbox"))))
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "9000"))
    asyncio.run(serve(receiver, host=host, port=port))


if __name__ == "__main__":
    main()
