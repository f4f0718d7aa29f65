# The few commands a person needs. Everything else is CMake's: see CMakePresets.json.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
TEST_JOBS ?= 1 # system tests at once; those that measure run alone all the same (tests/system.cmake)
DEVELOPER ?= OFF # ON: warnings are errors
BIN = build/release/bin

.PHONY: all programs run test test-sanitizers test-survive chaos faults bench packages packages-again lint check install uninstall clean

# Only what runs: no tests, and none of the packages that tests need.
all:
	scripts/bootstrap
	@$(MAKE) --no-print-directory programs

programs:
	test -e build/release/build.ninja || cmake --preset user
	cmake --build --preset user -j$(JOBS)

run: all
	@echo
	@echo "Starting examples/basic/supervisord.conf in the foreground; Ctrl-C stops it. In another terminal, try:"
	@echo "    $(BIN)/supervisorctl -c examples/basic/supervisord.conf status"
	@echo "    curl http://127.0.0.1:9001/metrics       # and the page, in a browser: http://127.0.0.1:9001/"
	@echo
	$(BIN)/supervisord -n -c examples/basic/supervisord.conf

test:
	scripts/bootstrap test web
	cmake --preset release -DTROUPE_DEVELOPER=$(strip $(DEVELOPER))
	cmake --build --preset release -j$(JOBS)
	scripts/fetch-oracle build/oracle
	ctest --test-dir build/release --output-on-failure --parallel $(strip $(TEST_JOBS))

# The unit suite and the system smoke run under address+undefined and thread sanitizers.
test-sanitizers:
	scripts/bootstrap test
	for preset in asan-ubsan tsan; do \
	  cmake --preset $$preset && cmake --build --preset $$preset -j$(JOBS) && \
	  ctest --test-dir build/$$preset --output-on-failure -L 'unit|actors|smoke' --parallel $(strip $(TEST_JOBS)) || exit 1; \
	done

# After `make test`: the system tests once more, each daemon with a keeper (docs/survive.md), but for those that see to
# their keepers themselves.
test-survive:
	TROUPE_SURVIVE=1 ctest --test-dir build/release --output-on-failure -L system -E '^(survive.*|keeper)_test$$'

# Nothing is lost over hundreds of upgrades, with fifty programs that come and go, nor over a thousand kills; and a whole
# stack stands up again after ten minutes of anything.
chaos:
	TROUPE_UPGRADES=200 TROUPE_WRITERS=50 python3 tests/upgrade_test.py Upgrade
	TROUPE_KILLS=1000 python3 tests/keeper_test.py Worker
	TROUPE_KILLS=1000 TROUPE_WRITERS=50 TROUPE_PAUSE=0.05 python3 tests/survive_test.py Kept Upgrade
	TROUPE_KILLS=1000 python3 tests/survive_events_test.py Events
	TROUPE_STACK_SECONDS=300 python3 tests/stack_test.py Chance

# After `make test`: the worker dies at each of its fault points (platform/fault_point.hpp), in ten walks through all of them.
faults:
	TROUPE_WALKS=10 python3 tests/fault_points_test.py

bench:
	scripts/bootstrap test bench
	cmake --preset release
	cmake --build --preset release -j$(JOBS)
	scripts/fetch-oracle build/oracle
	python3 benchmarks/run.py

# The Debian packages, the bundle for containers, in build/packages, and what they do to throw-away copies of this machine
# and to the smallest Debian. JOBS and DEB_BUILD_OPTIONS.
packages:
	scripts/bootstrap
	scripts/bootstrap package
	DEB_BUILD_OPTIONS="$(DEB_BUILD_OPTIONS) parallel=$(JOBS)" scripts/build-deb build/packages
	scripts/build-bundle build/packages
	tests/packaging/minimal build/packages/minimal.tar
	python3 tests/packaging/matrix.py
	python3 tests/packaging/containers.py

# The packages once more, in the smallest Debian with nothing but what debian/control names: the same bytes come of it.
packages-again:
	tests/packaging/again build/packages

lint:
	scripts/bootstrap test lint
	scripts/lint

# In about a minute, what a commit needs.
check:
	scripts/check

install: all
	cmake --install build/release --prefix $(PREFIX)

uninstall:
	cmake --build build/release --target uninstall

clean:
	rm -rf build
