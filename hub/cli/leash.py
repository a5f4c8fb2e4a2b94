"""Becomes another program that ends when the process that started it ends.

Started by path with `python -I -S leash.py PARENT SIGNAL UID:GID COMMAND…`, so that it neither
needs the project's packages nor, once it has become another user, anything of this checkout.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
CANNOT_EXECUTE = 127  # what a shell answers


def main(arguments: list[str]) -> int:
    parent, signal_number, account, *command = arguments
    if account:
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which would clear it. It survives exec and names the signal that the
        # kernel sends when the starting thread is gone, however it went.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent):
        return 0  # it was gone before the kernel was asked
    try:
        os.execvp(command[0], command)  # noqa: S606 - a shell in between would break the leash
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
        return CANNOT_EXECUTE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
