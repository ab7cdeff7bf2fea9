"""Seeds by an independent implementation of FNV-1a and SplitMix64's mixer (Python 3.11)."""
M = (1 << 64) - 1


def mix(z):
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & M
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & M
    return z ^ z >> 31


def seed(s, *parts):
    data = s.to_bytes(8, "little")
    for p in parts:
        data += len(p.encode()).to_bytes(8, "little") + p.encode()
    h = 14695981039346656037
    for b in data:
        h = ((h ^ b) * 1099511628211) & M
    return mix(h)


print(hex(seed(0)), hex(seed(42, "UNI-01", "fc2")))
print(hex(mix(mix((1 + 0x9E3779B97F4A7C15) & M) ^ mix(2))))
