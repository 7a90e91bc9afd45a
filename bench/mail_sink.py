"""A mail server that takes every message, slowly, and writes down what it saw.

    python -m bench.mail_sink PORT FILE

A line of JSON for each message, before the sender is told that it was taken: the time
(seconds since 1970), the recipient and the Message-ID. So a sender that dies waiting
for the answer has sent its message, and cannot know it.
"""

import asyncio
import json
import random
import sys
import time
from email import message_from_bytes
from pathlib import Path
from typing import Final

LINE_BYTES: Final = 2**20
SLOWEST_SECONDS: Final = 0.2
ANSWERS: Final = {
    "EHLO": "250 sink",
    "HELO": "250 sink",
    "MAIL": "250 go on",
    "RCPT": "250 go on",
    "NOOP": "250 go on",
    "RSET": "250 go on",
    "QUIT": "221 bye",
    "DATA": "354 end with a dot",
}


class Sink:
    """One file for all connections."""

    def __init__(self, file: Path) -> None:
        self.file = file.open("a", buffering=1)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Talk to one sender until it leaves or is gone."""

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        recipient = ""
        try:
            await say("220 sink")
            while line := await reader.readline():
                words = line.decode("ascii", "replace").strip()
                command = words[:4].upper()
                await say(ANSWERS.get(command, "500 what?"))
                match command:
                    case "QUIT":
                        break
                    case "RCPT":
                        recipient = words.partition("<")[2].partition(">")[0]
                    case "DATA":
                        body = await reader.readuntil(b"\r\n.\r\n")
                        self.write_down(recipient, body)
                        # Design choice: long enough to be killed in.
                        await asyncio.sleep(random.uniform(0, SLOWEST_SECONDS))  # noqa: S311
                        await say("250 taken")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it was killed, which is what this server is for
        finally:
            writer.close()

    def write_down(self, recipient: str, body: bytes) -> None:
        message_id = message_from_bytes(body)["Message-ID"]
        seen = {"at": time.time(), "to": recipient, "id": message_id}
        self.file.write(json.dumps(seen) + "\n")


async def main(port: int, file: Path) -> None:
    sink = Sink(file)
    server = await asyncio.start_server(
        sink.serve, "127.0.0.1", port, limit=LINE_BYTES, reuse_address=True
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
