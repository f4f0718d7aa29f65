// What a fuzz target gives and what drives it. A target is one file with these two; linked with generate.cpp it is a
// test of the suite, linked with clang's -fsanitize=fuzzer alone it is searched by coverage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

/// Aborts where the code under test does not hold what it promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Pieces that make interesting inputs more likely.
extern const std::vector<std::string> fragments;

inline void require(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}
