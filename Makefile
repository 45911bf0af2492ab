# make test     every test, with what they need installed first (PostgreSQL, Chromium, npm packages, Java)
# make quick    the tests that need no browser and no server but ours: under two minutes
# make release  the program for production, without the world of the demo
# make house    the figures of the house: packages, files, interfaces, and their limits
# make check    what must be true before tests run: gofmt, vet, staticcheck
# make bench    the figures, as ratios taken side by side in one run
# make long     the long forms of the tests that CI runs short
# make screenshots  pictures of every page: phone and desk, light and dark, French and English, into screenshots/
# make fuzz     each fuzz target for a minute
.PHONY: release test quick house check need bench long fuzz screenshots build

SHELL := /bin/bash
export CGO_ENABLED ?= 1
ifeq ($(HOME),) # Go keeps its caches below it
export HOME := $(CURDIR)/.cache/home
endif

build:
	CGO_ENABLED=0 go build -trimpath -o cloison ./cmd/cloison

release:
	CGO_ENABLED=0 go build -trimpath -tags slim -o cloison ./cmd/cloison

need:
	@scripts/need

check:
	@unformatted=$$(find . -path './.*' -prune -o -name '*.go' -print0 | xargs -0 gofmt -l); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	CGO_ENABLED=0 go build ./...
	CGO_ENABLED=0 go build -tags slim -o /dev/null ./cmd/cloison

test: need check
	go run ./internal/testrun

quick:
	go run ./internal/testrun -quick

house:
	@scripts/house

long: need
	CLOISON_LONG=1 go run ./internal/testrun -limit 3h

bench: need
	scripts/bench

screenshots: need
	CLOISON_SCREENSHOTS=$(CURDIR)/screenshots go test -timeout 20m -count=1 -run 'InARealBrowser|TestEveryPage|TestTheOpenPage|TestThePeople' ./console/... ./cmd/cloison
	@echo "The pictures are in screenshots/"

fuzz:
	@for target in $$(grep -rl --include=*_test.go '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$target/*_test.go | sed 's/func //'); do \
	    go test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s -fuzzminimizetime 10x $$target || exit 1; done; done
