# The few commands a person needs. Everything else is CMake's: see CMakePresets.json.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BIN = build/release/bin

.PHONY: all run test test-sanitizers bench lint install clean

all:
	scripts/bootstrap
	cmake --preset release
	cmake --build --preset release -j$(JOBS)

run: all
	@echo
	@echo "Starting examples/basic/supervisord.conf in the foreground; Ctrl-C stops it. In another terminal, try:"
	@echo "    $(BIN)/supervisorctl -c examples/basic/supervisord.conf status"
	@echo "    curl http://127.0.0.1:9001/metrics       # and the page, in a browser: http://127.0.0.1:9001/"
	@echo
	$(BIN)/supervisord -n -c examples/basic/supervisord.conf

test: all
	scripts/bootstrap web
	scripts/fetch-oracle build/oracle
	ctest --test-dir build/release --output-on-failure

# The unit suite and the system smoke run under address+undefined and thread sanitizers.
test-sanitizers:
	scripts/bootstrap
	for preset in asan-ubsan tsan; do \
	  cmake --preset $$preset && cmake --build --preset $$preset -j$(JOBS) && \
	  ctest --test-dir build/$$preset --output-on-failure -L 'unit|actors|smoke' || exit 1; \
	done

bench: all
	scripts/bootstrap bench
	scripts/fetch-oracle build/oracle
	python3 benchmarks/run.py

lint: all
	scripts/bootstrap lint
	clang-format --dry-run -Werror $$(git ls-files 'config/*pp' 'platform/*pp' 'protocols/*pp' 'actors/*pp' 'apps/*.cpp')
	clang-tidy -p build/release $$(git ls-files 'config/*.cpp' 'platform/*.cpp' 'protocols/*.cpp' 'actors/*.cpp' 'apps/*.cpp')

install: all
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
