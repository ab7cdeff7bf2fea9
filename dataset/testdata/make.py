"""Makes the files that the readers' tests compare with: written by NumPy, safetensors and Pillow.

Run from the folder dataset: python testdata/make.py. Versions used: see versions.txt beside it.
Values are chosen so that tests can compute them again: element i of an array is f(i).
"""
import io, json, os, sys
import numpy as np, PIL, safetensors, ml_dtypes
from PIL import Image, ImageOps
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)

def at(*p):
    path = os.path.join(ROOT, *p)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path

def npy():
    i = np.arange(24).reshape(2, 3, 4)
    for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]:
        for order, word in [("<", "le"), (">", "be")]:
            if name in ("i1", "u1", "?") and order == ">":
                continue
            v = i - 5 if name[0] in "fi" else i
            if name[0] == "f":
                v = v / 8
            if name == "?":
                v = i % 3 == 0
            tag = "b1" if name == "?" else name
            np.save(at("npy", "testdata", f"{tag}-{word}.npy"), v.astype(order + name if name != "?" else "?"))
    np.save(at("npy", "testdata", "fortran.npy"), np.asfortranarray((i - 5).astype("<f4") / 8))
    np.save(at("npy", "testdata", "text.npy"), np.array(["train", "", "Grüße 漢字 𝄞"]))
    np.save(at("npy", "testdata", "text-be.npy"), np.array(["train", "", "Grüße 漢字 𝄞"]).astype(">U10"))
    np.save(at("npy", "testdata", "bytes.npy"), np.array([b"ab", b"c"]))
    np.save(at("npy", "testdata", "scalar.npy"), np.float32(1.5))
    np.save(at("npy", "testdata", "empty.npy"), np.zeros((0, 3), "<f4"))
    np.save(at("npy", "testdata", "object.npy"), np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(at("npy", "testdata", "complex.npy"), np.array([1j]))
    np.save(at("npy", "testdata", "structured.npy"), np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    with open(at("npy", "testdata", "version2.npy"), "wb") as f:
        np.lib.format.write_array(f, np.arange(3, dtype="<f4"), version=(2, 0))
    # all halves and what NumPy makes of them
    h = np.arange(65536, dtype=np.uint16).view(np.float16)
    h[np.isnan(h)] = 0
    with np.errstate(all="ignore"):
        s = h.astype(np.float64)
        s[~np.isfinite(s)] = 0
    json.dump({"sum of the finite halves times their number": float((s * np.arange(65536)).sum())}, open(at("array", "testdata", "halves.json"), "w"))

def npz():
    rng = np.arange(40, dtype="<f4").reshape(10, 4) / 4
    arrays = dict(x=rng, y=np.arange(10) % 3, split=np.array(["train"] * 6 + ["val"] * 4), id=np.array([f"s{i}" for i in range(10)]), group_site=np.array(list("aabbccaabb")))
    np.savez(at("npz", "testdata", "stored.npz"), **arrays)
    np.savez_compressed(at("npz", "testdata", "deflated.npz"), **arrays)

def st():
    save_file({"a": np.arange(6, dtype="<f4").reshape(2, 3), "b": np.arange(5, dtype="<i8"), "h": np.arange(4, dtype="<f2") / 8,
               "bf": (np.arange(4) / 8).astype(ml_dtypes.bfloat16), "ok": np.array([True, False])}, at("safetensors", "testdata", "library.safetensors"), metadata={"format": "pt"})

def picture(h, w, c):
    y, x, k = np.meshgrid(np.arange(h), np.arange(w), np.arange(c), indexing="ij")
    return ((x * 37 + y * 91 + k * 53 + x * y * 7 + (x * x * (k + 1)) // 3) % 256).astype(np.uint8)

def images():
    d = lambda n: at("image", "testdata", n)
    refs = {}
    for (h, w, c, th, tw) in [(37, 53, 3, 24, 24), (37, 53, 3, 64, 80), (28, 28, 1, 32, 32), (40, 30, 3, 40, 11), (5, 7, 1, 9, 3)]:
        p = picture(h, w, c)
        for name, f in [("bilinear", 2), ("bicubic", 3), ("lanczos", 1), ("box", 4), ("hamming", 5), ("nearest", 0)]:
            r = np.asarray(Image.fromarray(p if c == 3 else p[:, :, 0]).resize((tw, th), f)).reshape(th, tw, c)
            refs[f"{h} {w} {c} {th} {tw} {name}"] = r.tobytes().hex()
    json.dump(refs, open(d("resize.json"), "w"), indent=0)
    p = picture(5, 7, 1)[:, :, 0].astype(np.float32) / 255
    json.dump({m: np.asarray(Image.fromarray(p, "F").resize((4, 9), f)).flatten().tolist() for m, f in [("bilinear", 2), ("bicubic", 3)]}, open(d("resize-float.json"), "w"))

    p = Image.fromarray(picture(9, 12, 3))
    smooth = Image.fromarray((np.stack(np.meshgrid(np.arange(16), np.arange(24)), -1).sum(-1) * 6).astype(np.uint8)).convert("RGB")
    p.save(d("rgb.png")); p.convert("L").save(d("grey.png")); p.quantize(16).save(d("palette.png")); p.save(d("rgb.bmp")); p.save(d("rgb.tif"), compression="tiff_lzw")
    p.quantize(16).save(d("palette.gif")); p.save(d("lossless.webp"), lossless=True)
    a = np.dstack([picture(9, 12, 3), (np.arange(108).reshape(9, 12) * 2).astype(np.uint8)])
    rgba = Image.fromarray(a, "RGBA"); rgba.save(d("alpha.png")); rgba.convert("LA").save(d("grey-alpha.png")); rgba.save(d("alpha.webp"), lossless=True)
    Image.fromarray((picture(9, 12, 1)[:, :, 0].astype(np.uint16) * 257 - (picture(9, 12, 1)[:, :, 0] > 100)).astype(np.uint16)).save(d("sixteen.png"))
    smooth.save(d("rgb.jpg"), quality=95, subsampling=0); smooth.save(d("chroma420.jpg"), quality=95, subsampling=2); smooth.convert("L").save(d("grey.jpg"), quality=95)
    yy, xx = np.mgrid[0:21, 0:27]
    edges = Image.fromarray(np.stack([(xx // 5 % 2) * 200 + 20, (yy // 4 % 2) * 180 + 30, ((xx + yy) // 6 % 2) * 220], -1).astype(np.uint8))
    edges.save(d("edges420.jpg"), quality=98, subsampling=2); edges.save(d("edges422.jpg"), quality=98, subsampling=1)
    edges.save(d("lossy.webp"), quality=90)
    ea = edges.convert("RGBA"); ea.putalpha(Image.fromarray(((xx * 9) % 256).astype(np.uint8))); ea.save(d("lossy-alpha.webp"), quality=90, alpha_quality=100)
    smooth.convert("CMYK").save(d("cmyk.jpg"), quality=95); smooth.save(d("progressive.jpg"), quality=95, subsampling=0, progressive=True)
    for o in range(1, 9):
        e = Image.Exif(); e[274] = o
        p.save(d(f"exif{o}.png"), exif=e); 
    e = Image.Exif(); e[274] = 6
    smooth.save(d("exif6.jpg"), quality=95, subsampling=0, exif=e); p.save(d("exif6.webp"), lossless=True, exif=e); p.save(d("exif6.tif"), tiffinfo={274: 6})
    out = {}
    for n in sorted(os.listdir(os.path.dirname(d("x")))):
        if n.endswith(".json") or n.endswith(".txt"): continue
        im = Image.open(d(n))
        mode = im.mode
        if mode.startswith("I;16") or mode == "I":
            v = np.asarray(im).astype(np.float64) / 257
            out[n] = {"mode": mode, "h": v.shape[0], "w": v.shape[1], "c": 1, "pix": [round(float(q), 4) for q in v.flatten()]}
            continue
        im = ImageOps.exif_transpose(im)
        if "A" in im.getbands() or "transparency" in im.info:
            im = im.convert("RGBA"); bg = Image.new("RGBA", im.size, "white"); bg.alpha_composite(im); im = bg.convert("RGB")
        elif mode != "L":
            im = im.convert("RGB")
        v = np.asarray(im)
        v = v.reshape(v.shape[0], v.shape[1], -1)
        out[n] = {"mode": mode, "h": v.shape[0], "w": v.shape[1], "c": v.shape[2], "pix": v.tobytes().hex()}
    json.dump(out, open(d("decoded.json"), "w"), indent=0)

def pipeline():
    """Resize to a shorter side of 27, crop 24 x 24, scale, normalise: as torchvision's transforms on Pillow images do it."""
    p = picture(37, 53, 3)
    Image.fromarray(p).save(at("testdata", "pipeline.png"))
    short, size, crop = 37, 27, 24
    w = int(size * 53 / 37)
    r = np.asarray(Image.fromarray(p).resize((w, size), 2))
    top, left = int(round((size - crop) / 2.0)), int(round((w - crop) / 2.0))
    r = r[top:top + crop, left:left + crop]
    mean, std = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    x = ((r.astype(np.float32) / np.float32(255)) - mean) / std
    json.dump({"imagenet": [round(float(v), 5) for v in x.transpose(2, 0, 1).flatten()]}, open(at("testdata", "pipeline.json"), "w"))

npy(); npz(); st(); images(); pipeline()
open(os.path.join(HERE, "versions.txt"), "w").write(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, Pillow {PIL.__version__}, safetensors {safetensors.__version__}, ml_dtypes {ml_dtypes.__version__}\n")
