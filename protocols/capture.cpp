// See capture.hpp.
#include "protocols/capture.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

constexpr std::string_view begin_token = "<!--XSUPERVISOR:BEGIN-->";
constexpr std::string_view end_token = "<!--XSUPERVISOR:END-->";

/// Length of the longest end of `bytes` that is a beginning of `token`, but not all of it.
std::size_t begun(std::string_view bytes, std::string_view token) {
  auto longest = std::min(bytes.size(), token.size() - 1);
  bytes.remove_prefix(bytes.size() - longest);
  while (!token.starts_with(bytes))
    bytes.remove_prefix(1);
  return bytes.size();
}

} // namespace

std::vector<capture_step> capture_scanner::feed(std::string_view chunk) {
  pending_.erase(0, done_);
  pending_ += chunk;
  std::vector<capture_step> steps;
  auto rest = std::string_view{pending_};
  auto data = [&](std::size_t size) {
    auto kind = capturing_ ? capture_step::what::captured : capture_step::what::output;
    if (size > 0)
      steps.push_back({kind, rest.substr(0, size)});
    rest.remove_prefix(size);
  };
  for (;;) {
    auto token = capturing_ ? end_token : begin_token;
    auto at = rest.find(token);
    if (at == std::string_view::npos) {
      data(rest.size() - begun(rest, token));
      done_ = pending_.size() - rest.size();
      return steps;
    }
    data(at);
    rest.remove_prefix(token.size());
    if (capturing_)
      steps.push_back({capture_step::what::complete, {}});
    capturing_ = !capturing_;
  }
}

std::vector<capture_step> capture_scanner::finish() {
  auto held = std::string_view{pending_}.substr(done_);
  done_ = pending_.size();
  if (held.empty())
    return {};
  return {{capturing_ ? capture_step::what::captured : capture_step::what::output, held}};
}

void capture_scanner::go_on(state from) {
  pending_ = std::move(from.held);
  done_ = 0;
  capturing_ = from.capturing;
}

void capture_buffer::add(std::string_view chunk) {
  if (bytes_.size() + chunk.size() > max_bytes_)
    bytes_.erase(0, chunk.size());
  bytes_ += chunk;
}

} // namespace troupe::protocols
