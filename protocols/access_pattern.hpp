// One item of a role's `programs=`: which processes and groups it stands for. Text in, yes or no out.
// Must not know roles or rights (access.hpp does). Source: docs/contract/access.md, 1.5.
// Cases: tests/protocols/access_pattern_test.cpp.
#pragma once

#include "protocols/glob.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// What a right is held over.
struct subject {
  std::string_view group;
  std::string_view process; ///< empty: the group itself, for groups without processes
  std::string_view section; ///< `program:x`, `fcgi-program:x`, `eventlistener:x`; of such a group also `group:x`
};

class access_pattern {
public:
  /// Longer ones stand for nothing, and with `!` for everything, so that neither lets anybody in.
  static constexpr std::size_t longest = 256;

  /// `web*`, `g:p`, `@label`, `*`; each also with `!` in front.
  explicit access_pattern(std::string_view text);

  bool takes_out() const { return takes_out_; } ///< `!PATTERN`
  bool is_everything() const { return is_ == kind::everything; }
  bool is_label() const { return is_ == kind::label; }
  /// Is it one of those the pattern names, `!` or not? `labels`: of the section.
  bool fits(const subject& what, std::span<const std::string> labels) const;

private:
  enum class kind : std::uint8_t { nothing, everything, section, process, label } is_ = kind::section;
  bool takes_out_ = false;
  glob outer_; ///< the section's name, or the group's
  glob inner_; ///< the process's name
  std::string label_;
};

} // namespace troupe::protocols
