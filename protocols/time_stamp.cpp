// See time_stamp.hpp. strftime(3) runs once a second; the fractions between its pieces are filled in each time.
#include "protocols/time_stamp.hpp"

#include <cstdio>

namespace troupe::protocols {

namespace {

std::vector<std::string> split_at_fractions(std::string_view format) {
  std::vector<std::string> pieces{""};
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      pieces.back() += format[i];
    } else if (format[++i] == 'f') {
      pieces.emplace_back();
    } else {
      pieces.back() += '%';
      pieces.back() += format[i];
    }
  }
  return pieces;
}

std::string render(const std::string& format, const std::tm& time) {
  std::string text(64 + format.size() * 16, '\0'); // no conversion of the C locale is longer
  text.resize(std::strftime(text.data(), text.size(), format.c_str(), &time));
  return text;
}

} // namespace

time_stamp::time_stamp(std::string_view format) : utc_(format == "rfc3339") {
  formats_ = split_at_fractions(utc_ ? "%Y-%m-%dT%H:%M:%S.%fZ" : format);
}

void time_stamp::render_second(std::time_t second) {
  std::tm broken_down{};
  utc_ ? ::gmtime_r(&second, &broken_down) : ::localtime_r(&second, &broken_down);
  pieces_.clear();
  for (const auto& format : formats_)
    pieces_.push_back(render(format, broken_down));
  second_ = second;
}

const std::string& time_stamp::at(wall_time when) {
  if (when == when_ && !pieces_.empty())
    return text_;
  auto whole = std::chrono::floor<std::chrono::seconds>(when);
  auto second = std::chrono::system_clock::to_time_t(whole);
  if (second != second_ || pieces_.empty())
    render_second(second);
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(when - whole).count();
  char fraction[8];
  if (utc_)
    std::snprintf(fraction, sizeof fraction, "%03d", static_cast<int>(micros / 1000));
  else
    std::snprintf(fraction, sizeof fraction, "%06d", static_cast<int>(micros));
  text_ = pieces_.front();
  for (std::size_t i = 1; i < pieces_.size(); ++i)
    text_.append(fraction).append(pieces_[i]);
  when_ = when;
  return text_;
}

} // namespace troupe::protocols
