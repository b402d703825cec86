"""The programs that are timed: one process each, so that a library's threads, memory and failures are its own."""

import os
import select
import signal
import subprocess


class Failed(Exception):
    """Why a cell has no number."""


class Process:
    """Answers lines with lines. One that takes too long is ended, and begins anew when it is asked again; `log` has what it says else."""

    def __init__(self, command, threads, log):
        self.command, self.log, self.running = command, log, None
        # PyTorch's and XLA's threads. flowc's own are named on its command line, and its peers have one each (bench/Peak.cpp).
        omp = {} if "model_timer" in command[0] else {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        self.environment = os.environ | omp | {"JAX_PLATFORMS": "cpu"}
        self.processors = set(sorted(os.sched_getaffinity(0))[:threads])

    def ask(self, line, limit):
        if self.running is None:
            self.running = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log, "w"),
                                            text=True, env=self.environment, start_new_session=True)
            os.sched_setaffinity(self.running.pid, self.processors)
        try:
            self.running.stdin.write(line + "\n")
            self.running.stdin.flush()
        except BrokenPipeError:
            pass  # the answer below is that it has ended
        if not select.select([self.running.stdout], [], [], limit)[0]:
            self.end()
            raise Failed(f"over {limit:.0f} s")
        answer = self.running.stdout.readline().strip()
        if not answer:
            code = self.running.wait()
            self.running = None
            with open(self.log) as log:
                last = (log.read().strip().splitlines() or [""])[-1]
            raise Failed("out of memory" if code == -signal.SIGKILL else f"ended with {code}: {last}"[:200])
        if answer.startswith("error "):
            raise Failed(answer.removeprefix("error "))
        return answer

    def end(self):
        if self.running is not None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.running = None
