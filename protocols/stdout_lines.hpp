// What the Python package supervisor-stdout does with PROCESS_LOG events: every line with `PROCESS CHANNEL | ` before
// it. For the program supervisor_stdout, which listens, and for the result handler of that name, which writes. Must not
// read or write anything. Cases: tests/protocols/stdout_lines_test.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// Collects what programs wrote, so that a line comes out whole however many events it took.
class stdout_lines {
public:
  /// The lines that are whole by now, each with its prefix and LF. Of an event of another kind: what its process has
  /// begun, if it ended.
  std::string add(std::string_view event_name, std::string_view body);
  /// Events were lost: what has begun comes out as it is, lest it goes on with the end of another line.
  std::string cut();

private:
  struct beginning {
    std::string pid; ///< of whoever wrote it
    std::string text;
  };
  std::string end(const std::string& key, std::string_view prefix);

  static constexpr std::size_t longest = 65536; ///< a line is cut there, so that a program cannot fill the memory
  std::map<std::string, beginning> begun_;      ///< by GROUP:PROCESS CHANNEL
};

/// What a listener's result puts on stdout: the text itself, with an LF behind it; where it is a whole PROCESS_LOG
/// body, as the Python listener returns it, its lines with their prefix.
std::string stdout_text(std::string_view result);

} // namespace troupe::protocols
