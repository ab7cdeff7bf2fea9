#!/usr/bin/env python3
"""Cut the report's fonts to the characters in use. See README.md for where the originals come from.

Usage: subset.py NODE_MODULES (needs fonttools and brotli)
"""
import os
import sys

from fontTools import subset
from fontTools.varLib import instancer

# Latin letters and figures, thin and no-break space, dashes, quotes, dots, arrows, minus, signs, super- and subscripts.
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180)]
SIGNS = [0x2009, 0x202F, 0x2010, 0x2011, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026,
         0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x22C5, 0x2070, 0x2074, 0x2075,
         0x2076, 0x2077, 0x2078, 0x2079, 0x207B, *range(0x2080, 0x208A), 0x3BC, 0x2032]

# Output, original, axes.
FONTS = [
    ("source-serif.woff2", "@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2",
     {"wght": 500, "opsz": 28}),
    ("inter.woff2", "inter-ui/variable/InterVariable.woff2", {"wght": (400, 600), "opsz": 14}),
    ("jetbrains-mono.woff2", "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
     {"wght": (400, 600)}),
]


def main() -> None:
    modules = sys.argv[1]
    for out, source, axes in FONTS:
        options = subset.Options()
        options.flavor = "woff2"
        options.layout_features = ["kern", "ccmp", "tnum", "zero"]
        options.hinting = False
        options.name_IDs = [0, 1, 2, 13, 14]
        font = subset.load_font(os.path.join(modules, source), options)
        cut = subset.Subsetter(options)
        cut.populate(unicodes=[*LATIN, *SIGNS])
        cut.subset(font)
        font = instancer.instantiateVariableFont(font, axes)
        subset.save_font(font, out, options)
        print(out, os.path.getsize(out))


if __name__ == "__main__":
    main()
