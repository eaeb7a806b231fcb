"""Landlock, by which the Linux kernel limits the files that a process may use."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from enum import IntFlag
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on all architectures."""
GET_VERSION, PATH_BENEATH = 1, 1
SET_NO_NEW_PRIVILEGES = 38
TRUNCATE_VERSION = 3
"""Version of Landlock that knows the right to truncate; older ones refuse it."""


class Access(IntFlag):
    """What a process may do with files; `linux/landlock.h` defines the values."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_FOLDER = 1 << 3
    REMOVE_FILE = 1 << 5
    MAKE_FILE = 1 << 8
    TRUNCATE = 1 << 14


ALL = Access((1 << 13) - 1)
"""All rights of version 1."""
READ = Access.READ_FILE | Access.READ_FOLDER
WRITE = READ | Access.WRITE_FILE | Access.REMOVE_FILE | Access.MAKE_FILE | Access.TRUNCATE
"""Neither programs nor folders, links, pipes and devices can be made or started."""


class _Rules(ctypes.Structure):
    _fields_ = [("handled_access", ctypes.c_uint64)]


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def limit_files(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Limit this thread, and those it starts, to some files and folders, and start no programs.

    Missing files are left out. Return False, and limit nothing, if the kernel has no Landlock.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, GET_VERSION)
    if version < 1:
        return False
    handled = ALL | Access.TRUNCATE if version >= TRUNCATE_VERSION else ALL
    rules = _Rules(handled)
    ruleset = _call(libc, CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    for paths, access in ((readable, READ), (writable, WRITE)):
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(libc, ruleset, path, access & handled)
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl failed")
    _call(libc, RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return True


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: Access) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not path.is_dir():
            access &= Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE
        rule = _Rule(access, parent)
        _call(libc, ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock failed")
    return result
