# Everything a developer runs; .ci/run calls the same.
GO ?= go
FUZZTIME ?= 20s

.PHONY: build test race lint bench bench-load bench-case fuzz random demo

build:
	$(GO) build -o bin/spoor ./cmd/spoor

test:
	$(GO) test ./...

race:
	$(GO) test -race ./loader/... ./query/... ./ui/...

lint:
	@test -z "$$(gofmt -l cmd loader query themes ui testdata)" || { gofmt -l cmd loader query themes ui testdata; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

# Loading a million generated events, beside bare unpacking and DuckDB's read_json.
bench-load:
	SPOOR_BENCH_EVENTS=$${SPOOR_BENCH_EVENTS:-1000000} $(GO) test -run '^$$' -bench '^BenchmarkLoad$$' -benchtime 1x -timeout 120m ./query/store

# The questions of the screen, put to a copy of a case: median and worst of 20.
bench-case:
	@test -n "$(CASE)" || { echo "make bench-case CASE=COPY.spoor"; exit 1; }
	SPOOR_BENCH_CASE=$(abspath $(CASE)) $(GO) test -run '^$$' -bench '^BenchmarkCase$$' -benchtime 1x -timeout 60m ./query/store

fuzz:
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; done

# A million keys, clicks, pastes, sizes and replies, sent to the whole screen.
random:
	$(GO) test ./ui -run '^TestRandomMessages$$' -messages 1000000 -timeout 60m -v

demo: build
	bin/spoor demo

.PHONY: screenshots
screenshots:
	.ci/screenshots
