// See program_words.hpp.
#include "actors/extensions/program_words.hpp"

#include "config/datatypes.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::rpc_value;

namespace {

constexpr std::size_t longest_complaint = 4096;

} // namespace

const std::string* text_member(const rpc_value& from, std::string_view name) {
  const auto* member = from.member(name);
  return member ? member->string() : nullptr;
}

log_level level_named(const std::string* name) {
  auto level = name ? config::level(*name) : config::result<log_level>(log_level::info);
  return level ? *level : log_level::info;
}

config::result<extension_methods> methods_of(const rpc_value& params) {
  const auto* listed = params.member("methods");
  if (!listed || !listed->items())
    return config::fault("register has no array of methods");
  std::vector<extension_method> methods;
  for (const auto& m : *listed->items()) {
    auto text = [&](std::string_view name, std::string fallback) {
      const auto* given = text_member(m, name);
      return given ? *given : std::move(fallback);
    };
    auto wants = text("access", "control");
    methods.push_back({text("name", ""), text("result", "boolean"), text("params", ""), text("help", ""),
                       wants == "read"    ? access::read
                       : wants == "admin" ? access::admin
                                          : access::control});
  }
  return checked_methods(std::move(methods));
}

void complaint_lines::feed(std::string_view bytes, const std::function<void(const std::string&)>& take) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto room = longest_complaint - line_.size();
    auto part = bytes.substr(0, std::min(end, room));
    line_ += part;
    bool whole = part.size() == end;
    bytes.remove_prefix(part.size() + (whole ? 1 : 0));
    if (!whole && line_.size() < longest_complaint)
      return;
    take(line_);
    line_.clear();
  }
}

void complaint_lines::finish(const std::function<void(const std::string&)>& take) {
  if (!line_.empty())
    take(line_);
  line_.clear();
}

} // namespace troupe::actors
