"""Programs that run beside us: started, started again when they die, and ended."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from capleak.local.folders import ROOT, Account

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 15.0
STEADY_SECONDS = 30.0  # ran this long: the next death starts from the first delay
GRACE_SECONDS = 10.0  # from the polite signal to SIGKILL
TAIL = 2_000  # characters

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program, where it writes, and the signal that asks it to stop."""

    name: str
    argv: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    folder: Path = ROOT
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def ending_with_us(stop_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: on Linux the kernel signals the child when this process dies.

    It runs after the child's account was set, which would clear the wish. We start no
    threads, so running Python between fork and exec is safe.
    """
    parent = os.getpid()

    def ask_the_kernel() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != parent:
                os._exit(1)

    return ask_the_kernel


def spawn(service: Service, keep_open: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """Start the program in a process group of its own, its output added to its log.

    The terminal's Ctrl-C reaches only us, so that the order of stopping is ours.
    """
    account = service.account
    with service.log.open("ab") as log:
        return subprocess.Popen(
            service.argv,
            cwd=service.folder,
            env=service.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
            pass_fds=keep_open,
            start_new_session=True,
            preexec_fn=ending_with_us(service.stop_signal),  # noqa: PLW1509
        )


def end_group(pid: int) -> None:
    """Kill what is left of the process group that `spawn` made for this process."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


@dataclass(slots=True)
class _Kept:
    service: Service
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    delay_seconds: float = FIRST_DELAY_SECONDS
    start_again_at: float | None = None


class Supervisor:
    """Keeps its services running until the end of the `with` block, then ends them."""

    def __init__(self, keep_open: Sequence[int] = ()) -> None:
        self._keep_open = keep_open
        self._kept: list[_Kept] = []
        self._at_end: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for action in self._at_end:
            action()

    def at_end(self, action: Callable[[], None]) -> None:
        """Do this after all services ended."""
        self._at_end.append(action)

    def start(self, service: Service) -> subprocess.Popen[bytes]:
        process = spawn(service, self._keep_open)
        self._kept.append(_Kept(service, process))
        return process

    def run(self, *services: Service) -> list[int]:
        """Run programs side by side to their ends, or to an interrupt; exit codes."""
        running: list[subprocess.Popen[bytes]] = []
        try:
            running.extend(spawn(service, self._keep_open) for service in services)
            return [process.wait() for process in running]
        finally:
            for process in running:
                end_group(process.pid)
                process.wait()

    def tend(self, say: Callable[[str], None]) -> None:
        """Start again what died, each time after a longer pause. Call it often."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.start_again_at is None:
                if kept.process.poll() is None:
                    continue
                end_group(kept.process.pid)
                if now - kept.started > STEADY_SECONDS:
                    kept.delay_seconds = FIRST_DELAY_SECONDS
                how = ending(kept.process.returncode)
                say(
                    f"{kept.service.name} ended ({how}) and is started again. "
                    f"Its log is {kept.service.log}"
                )
                kept.start_again_at = now + kept.delay_seconds
                kept.delay_seconds = min(2 * kept.delay_seconds, LONGEST_DELAY_SECONDS)
            elif now >= kept.start_again_at:
                kept.process = spawn(kept.service, self._keep_open)
                kept.started, kept.start_again_at = now, None

    def stop(self) -> None:
        """Ask all to stop, wait, and kill what did not."""
        for kept in self._kept:
            if kept.process.poll() is None:
                with suppress(ProcessLookupError):
                    kept.process.send_signal(kept.service.stop_signal)
        deadline = time.monotonic() + GRACE_SECONDS
        for kept in self._kept:
            with suppress(subprocess.TimeoutExpired):
                kept.process.wait(max(0.0, deadline - time.monotonic()))
            end_group(kept.process.pid)
            kept.process.wait()
        self._kept.clear()


def tail(log: Path) -> str:
    """The end of a log, to show with the failure that it explains."""
    return f"{log.read_text(errors='replace')[-TAIL:].strip()}\n\n"


def ending(code: int) -> str:
    """How a process ended, in words: `exit code 1`, `SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
