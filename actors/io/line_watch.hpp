// Looks for a line among the bytes of a channel, as they come. Must not know whose they are, nor what follows from it.
// Cases: tests/io/line_watch_test.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

/// A POSIX extended expression, unanchored. Any thread.
class line_pattern {
public:
  /// Null: it is none; the configuration has been told before.
  static std::shared_ptr<const line_pattern> make(const std::string& expression);
  bool matches(const std::string& line) const;
  line_pattern(const line_pattern&) = delete;
  line_pattern& operator=(const line_pattern&) = delete;
  ~line_pattern();

private:
  struct compiled;
  explicit line_pattern(std::unique_ptr<compiled> what);
  std::unique_ptr<compiled> compiled_;
};
using line_pattern_ptr = std::shared_ptr<const line_pattern>;

class line_watch {
public:
  static constexpr std::size_t most = 4096; ///< bytes of a line that are looked at

  explicit line_watch(line_pattern_ptr pattern) : pattern_(std::move(pattern)) {}
  /// True: a line that ends in there matches. A last one without an end is none.
  bool feed(std::string_view bytes);

private:
  line_pattern_ptr pattern_;
  std::string line_; ///< what there is of it so far, at most `most`
};

} // namespace troupe::actors
