"""Run a program that does not outlive its parent: `tether.py SIGNAL PARENT UID:GID|- PROGRAM …`.

Performs the last steps before exec, which must happen in the child: it drops root, and asks the
kernel for SIGNAL at the parent's death, so that a supervisor killed with -9 leaves no orphan. It is
a separate script because a `preexec_fn` is unsafe in a process with threads. It may use the
standard library only (it is run by path, before privileges are dropped). For the kernel the parent
is a *thread*, so the caller must start programs from a thread that stays.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become `PROGRAM`. Does not return."""
    number, parent, account, *command = arguments
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, because the kernel drops the request when credentials change.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != int(parent):  # it died before the request
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - running a program is this file's purpose


if __name__ == "__main__":
    main(sys.argv[1:])
