"""Choice of TCP ports on the loopback address."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

from hub.cli.errors import LaunchError

LOOPBACK: Final = "127.0.0.1"
LOWEST: Final = 15_000
TRIES: Final = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on, below those that outgoing connections are given.

    From the ephemeral range, a port could be taken by any outgoing connection while its server
    restarts, and a client that keeps trying could connect to itself.
    """
    choice = random.SystemRandom()
    for _ in range(TRIES):
        port = choice.randrange(LOWEST, _first_ephemeral())
        if is_free(port):
            return port
    raise LaunchError(f"No free TCP port was found on {LOOPBACK} in {TRIES} tries.")


def _first_ephemeral() -> int:
    try:
        low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
    return low if low > LOWEST + 1_000 else 32_768
