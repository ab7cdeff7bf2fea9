"""Runs the micro-kernels, AVX-512 ones included, in the Bochs processor emulator and compares them
with NumPy: exactly on whole numbers, closely on others. For machines without AVX-512.

    go test -c -o kernel.test . && python gen/emulate.py kernel.test

Needs bochscpu-python 0.4.0, NumPy, nm and readelf. (Its wheel wants glibc 2.38; on an older one
preload a library with __isoc23_strtoull and __isoc23_sscanf that call the old functions.)
"""
import struct
import subprocess
import sys

import bochscpu
import bochscpu.cpu
import bochscpu.memory as memory
import numpy as np

PAGE, TABLE, CODE, DATA = 4096, 0x100000, 0x4100000000, 0x4200000000
KERNELS = [  # name, rows, columns, operand, result
    ("product32avx2", 6, 16, np.float32, np.float32),
    ("product64avx2", 6, 8, np.float64, np.float64),
    ("mixedAVX2", 6, 16, np.float32, np.float64),
    ("product32avx512", 14, 32, np.float32, np.float32),
    ("product64avx512", 14, 16, np.float64, np.float64),
    ("mixedAVX512", 14, 32, np.float32, np.float64),
]


def machine_code(binary):
    """The bytes of every kernel, as the linker placed them."""
    run = lambda *args: subprocess.run(args, capture_output=True, text=True, check=True).stdout
    symbols = sorted((int(f[0], 16), f[2]) for f in (line.split() for line in run("nm", "-n", binary).splitlines()) if len(f) == 3)
    section = next(line for line in run("readelf", "-SW", binary).splitlines() if " .text " in line).split()
    at = section.index(".text")
    shift = int(section[at + 3], 16) - int(section[at + 2], 16)
    data = open(binary, "rb").read()
    return {name.split(".")[-2]: data[start + shift:end + shift]
            for (start, name), (end, _) in zip(symbols, symbols[1:]) if "internal/kernel." in name and name.endswith(".abi0")}


class Machine:
    """One emulated processor in long mode, with pages for code and data."""

    def __init__(self):
        self.session, self.table = bochscpu.Session(), memory.PageMapLevel4Table()
        for base, physical, count, write in ((CODE, 0x14000000, 2 * len(KERNELS), 0), (DATA, 0x15000000, 48, 1)):
            for i in range(count):
                memory.page_insert(physical + i * PAGE, memory.allocate_host_page())
                self.table.insert(base + i * PAGE, physical + i * PAGE, write)
        for host, guest in self.table.commit(TABLE):
            memory.page_insert(guest, host)

    def write(self, address, data):
        for i in range(0, len(data), PAGE):
            assert memory.virt_write(TABLE, address + i, list(data[i:i + PAGE]))

    def read(self, address, size):
        return b"".join(bytes(memory.virt_read(TABLE, address + i, min(PAGE, size - i))) for i in range(0, size, PAGE))

    def call(self, slot, code, args):
        """Calls code with its arguments on the stack, as Go's assembly expects, then halts."""
        start, stack = CODE + 2 * PAGE * slot, DATA + PAGE // 2
        self.write(start, b"\xe8" + struct.pack("<i", 59) + b"\xf4" + b"\x90" * 58 + code)
        self.write(stack, struct.pack("<%dq" % len(args), *args))
        state = bochscpu.State()
        bochscpu.cpu.set_long_mode(state)
        state.cr3, state.rsp, state.rip = TABLE, stack, start
        state.cr4 |= 1 << 9 | 1 << 10 | 1 << 18  # SSE, its exceptions, XSAVE
        state.xcr0, state.mxcsr, state.mxcsr_mask = 0xE7, 0x1F80, 0xFFFF
        state.cs = self.segment(0x10, 0x209B)
        state.ds = state.ss = state.es = state.fs = state.gs = self.segment(0x18, 0xC93)
        self.session.cpu.state = state
        hook, failed = bochscpu.Hook(), []

        def exception(session, cpu, vector, error):
            failed.append((vector, hex(session.cpu.state.rip)))
            session.stop()

        hook.exception, hook.hlt = exception, lambda session, cpu: session.stop()
        self.session.run([hook])
        assert not failed, "exception %s" % failed
        assert self.session.cpu.state.rip in (start + 5, start + 6)

    @staticmethod
    def segment(selector, attributes):
        s = bochscpu.Segment()
        s.present, s.selector, s.base, s.limit, s.attr = True, selector, 0, 0xFFFFFFFF, attributes
        return s


def main():
    machine, codes, rng = Machine(), machine_code(sys.argv[1]), np.random.default_rng(1)
    a_at, b_at, c_at = DATA + 2 * PAGE, DATA + 8 * PAGE, DATA + 20 * PAGE + 4
    for slot, (name, rows, cols, operand, result) in enumerate(KERNELS):
        mixed = operand != result
        for k in (1, 2, 3, 4, 5, 8, 13):
            for add in (1,) if mixed else (0, 1):
                for whole in (True, False):
                    draw = (lambda shape: rng.integers(-8, 9, shape)) if whole else rng.standard_normal
                    a, b = draw((k, rows)).astype(operand), draw((k, cols)).astype(operand)
                    c = np.full((rows + 1, cols + 3), 77, result)  # the last row and columns must stay
                    c[:rows, :cols] = rng.integers(-8, 9, (rows, cols))
                    for address, values in ((a_at, a), (b_at, b), (c_at, c)):
                        machine.write(address, values.tobytes())
                    machine.call(slot, codes[name], [k, a_at, b_at, c_at, cols + 3] + ([] if mixed else [add]))
                    got = np.frombuffer(machine.read(c_at, c.nbytes), result).reshape(c.shape)
                    want = c.astype(np.float64)
                    want[:rows, :cols] = a.T.astype(np.float64) @ b.astype(np.float64) + (c[:rows, :cols] if add else 0)
                    error = np.abs(got - want).max()
                    bound = 0 if whole else 1e-5 if operand == np.float32 else 1e-13
                    assert error <= bound, (name, k, add, whole, error)
        print(name, "agrees")


main()
