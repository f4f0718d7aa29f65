// A point in time as text: RFC 3339, or what a format of strftime(3) says, with %f for the microseconds.
// Must not read a clock. The format has been checked (config/log_options.cpp).
#pragma once

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

using wall_time = std::chrono::system_clock::time_point;

class time_stamp {
public:
  /// "rfc3339": UTC with milliseconds; else local time.
  explicit time_stamp(std::string_view format);

  /// Good until the next call.
  const std::string& at(wall_time when);

private:
  void render_second(std::time_t second);

  std::vector<std::string> formats_; ///< the pieces between fractions
  bool utc_;
  std::time_t second_ = 0; ///< that `pieces_` is of, if there are any
  std::vector<std::string> pieces_;
  wall_time when_; ///< that `text_` is of, if there is any
  std::string text_;
};

} // namespace troupe::protocols
