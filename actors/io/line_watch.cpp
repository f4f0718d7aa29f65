// See line_watch.hpp.
#include "actors/io/line_watch.hpp"

#include <algorithm>
#include <utility>

#include <regex.h>

namespace troupe::actors {

struct line_pattern::compiled {
  regex_t expression{};
};

line_pattern::line_pattern(std::unique_ptr<compiled> what) : compiled_(std::move(what)) {}

line_pattern::~line_pattern() { ::regfree(&compiled_->expression); }

std::shared_ptr<const line_pattern> line_pattern::make(const std::string& expression) {
  auto what = std::make_unique<compiled>();
  if (::regcomp(&what->expression, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return nullptr;
  return std::shared_ptr<const line_pattern>(new line_pattern(std::move(what)));
}

bool line_pattern::matches(const std::string& line) const {
  return ::regexec(&compiled_->expression, line.c_str(), 0, nullptr, 0) == 0;
}

bool line_watch::feed(std::string_view bytes) {
  for (;;) {
    auto end = bytes.find('\n');
    auto room = most - std::min(most, line_.size());
    line_.append(bytes.substr(0, std::min(end, room)));
    if (end == bytes.npos)
      return false;
    if (!line_.empty() && line_.back() == '\r')
      line_.pop_back();
    bool found = pattern_->matches(line_);
    line_.clear();
    if (found)
      return true;
    bytes.remove_prefix(end + 1);
  }
}

} // namespace troupe::actors
