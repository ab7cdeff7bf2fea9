"""The talk with the benchmark: a JSON object a line in, one a line out.

    {"do": "start", "threads": 2}                      -> {"version": "..."}
    {"do": "prepare", "what": "product", "n": 512}     -> {"values": [...]}
    {"do": "run", "times": 5}                          -> {"wall": 0.1, "cpu": 0.2, "resident": 1e9}

prepare makes a piece of work and returns some of its values, so that both sides are seen to compute
the same, null for what is no finite number; run repeats it and returns the seconds of all repetitions and
the most memory that the process ever had, in bytes.
What goes wrong is {"error": "..."}.
"""

import json
import math
import os
import resource
import sys
import time


def resident():
    """The most memory of this process; ru_maxrss begins with that of the process that started it."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(start, prepare):
    """Answers until the input ends. prepare(request) returns the work and a function that reads its values."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print stays out of the answers
    work = None

    def answer(request):
        nonlocal work
        if request["do"] == "start":
            return start(request["threads"])
        if request["do"] == "prepare":
            work, values = prepare(request)
            work()
            return {"values": [v if math.isfinite(v) else None for v in values()]}
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(request["times"]):
            work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {"wall": wall, "cpu": cpu, "resident": resident()}

    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as e:  # the other side decides what a failure means
            reply = {"error": f"{type(e).__name__}: {e}"}
        out.write(json.dumps(reply) + "\n")
        out.flush()
