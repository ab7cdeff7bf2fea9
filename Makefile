# Targets for people; .ci/run calls the same ones.

GO ?= go
export CGO_ENABLED = 0

.PHONY: build test generate check-generated lint cross arm64 fuzz bench browser recorder vectors clean

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

cross: ## builds for the other systems
	GOOS=linux GOARCH=arm64 $(GO) build -o /dev/null ./cmd/stratascope
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/stratascope
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/stratascope

arm64: ## the portable kernels' tests as arm64, under qemu-user
	GOOS=linux GOARCH=arm64 $(GO) test -exec qemu-aarch64-static ./internal/kernel ./linalg

FUZZTIME ?= 20s
fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
			echo "fuzz $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

clean:
	rm -rf bin
