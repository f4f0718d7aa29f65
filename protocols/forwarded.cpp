// See forwarded.hpp.
#include "protocols/forwarded.hpp"

#include <algorithm>
#include <optional>

namespace troupe::protocols {

namespace {

std::string_view stripped(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  auto last = text.find_last_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// With a port or without; IPv6 then in brackets.
std::string_view without_port(std::string_view item) {
  if (item.starts_with('['))
    return item.substr(1, item.find(']') == item.npos ? item.npos : item.find(']') - 1);
  bool has_port = std::count(item.begin(), item.end(), ':') == 1;
  return has_port ? item.substr(0, item.find(':')) : item;
}

forwarded_from read(std::string_view item) {
  auto text = without_port(item);
  auto ip = config::ip_address(text);
  return ip ? forwarded_from{{false, *ip}, std::string(text)} : forwarded_from{{}, "unknown"};
}

} // namespace

bool is_trusted(const config::origin& from, const std::vector<config::network>& proxies) {
  return std::any_of(proxies.begin(), proxies.end(), [&](const auto& network) { return network.holds(from); });
}

forwarded_from behind_proxies(std::span<const std::string_view> headers, const std::vector<config::network>& proxies) {
  std::optional<forwarded_from> nearest;
  for (auto header = headers.rbegin(); header != headers.rend(); ++header)
    for (auto rest = *header;;) {
      auto comma = rest.rfind(',');
      auto found = read(stripped(comma == rest.npos ? rest : rest.substr(comma + 1)));
      if (!is_trusted(found.from, proxies))
        return found;
      if (!nearest)
        nearest = std::move(found);
      if (comma == rest.npos)
        break;
      rest = rest.substr(0, comma);
    }
  return nearest ? *nearest : read("");
}

bool says_https(std::string_view proto) {
  auto comma = proto.rfind(',');
  auto last = stripped(comma == proto.npos ? proto : proto.substr(comma + 1));
  constexpr std::string_view word = "https";
  return last.size() == word.size() && std::equal(last.begin(), last.end(), word.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

} // namespace troupe::protocols
