// See access_pattern.hpp.
#include "protocols/access_pattern.hpp"

#include <algorithm>

namespace troupe::protocols {

access_pattern::access_pattern(std::string_view text) {
  takes_out_ = text.starts_with('!');
  if (text.size() > longest) {
    is_ = takes_out_ ? kind::everything : kind::nothing;
    return;
  }
  if (takes_out_)
    text.remove_prefix(1);
  if (text == "*") {
    is_ = kind::everything;
  } else if (text.starts_with('@')) {
    is_ = kind::label;
    label_ = text.substr(1);
  } else if (auto colon = text.find(':'); colon != text.npos) {
    is_ = kind::process;
    auto process = text.substr(colon + 1);
    outer_ = glob(text.substr(0, colon));
    inner_ = glob(process.empty() ? "*" : process);
  } else {
    outer_ = glob(text);
  }
}

bool access_pattern::fits(const subject& what, std::span<const std::string> labels) const {
  switch (is_) {
  case kind::nothing:
    return false;
  case kind::everything:
    return true;
  case kind::label:
    return std::find(labels.begin(), labels.end(), label_) != labels.end();
  case kind::process:
    return outer_.fits(what.group) && inner_.fits(what.process);
  case kind::section:
    if (what.process.empty() && outer_.fits(what.group))
      return true;
    return outer_.fits(what.section.substr(what.section.find(':') + 1));
  }
  return false;
}

} // namespace troupe::protocols
