// What a helper prints, as lines for the log of its program: its name before each. Given out whole, however they
// arrive; of one that is too long the pieces. Must not read, or know where they go.
// Source: docs/contract/programs.md, 0.3. Cases: tests/io/exec_probe_test.cpp, tests/io/command_desk_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::actors {

class named_lines {
public:
  static constexpr std::size_t longest_line = 4096; ///< a longer one is broken there

  explicit named_lines(std::string_view name) : head_(std::string(name) + ": ") {}

  std::string feed(std::string_view bytes); ///< the lines that `bytes` complete
  std::string finish();                     ///< what is left without an end is a line; or nothing

private:
  void take(std::string_view piece, std::string& lines);
  void end_line(std::string& lines);

  const std::string head_;
  std::string begun_;
};

/// All of it: `NAME: ` before each line; the last one ends as the others.
std::string lines_with_name(std::string_view output, std::string_view name);

} // namespace troupe::actors
