// What somebody may do, in words, for `whoami`: each right with the programs it is held over. Names what he sees, never
// patterns. Must not decide anything (access.hpp does). Source: docs/contract/access.md, 2.3 and 4.
// Cases: tests/protocols/access_rules_test.cpp.
#pragma once

#include "protocols/access.hpp"

#include <span>
#include <string>
#include <vector>

namespace troupe::protocols {

struct named_subject {
  subject what;
  std::string name; ///< as it is shown
};

struct held_word {
  std::string right; ///< its word, or `signal:NAME`
  bool all = false;  ///< over every program there is or will be, or over the daemon
  std::vector<std::string> names;
};

/// Of one program: `start`, `signal:HUP`.
std::vector<std::string> words_of(const mask& held);

/// In the order of the rights; those over nothing are left out. `all`: of the board, in the order to be shown.
std::vector<held_word> held_words(const access_rules& rules, const standing& who, std::span<const named_subject> all);

} // namespace troupe::protocols
