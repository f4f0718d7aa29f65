// See datatypes.hpp: ports of HTTP servers and sockets of FastCGI programs. Source:
// docs/contract/configuration.md, 5.3 and 5.4.
#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

/// An error, or nothing where `port` is one.
std::optional<error> out_of_bounds(std::int64_t port) {
  if (port < 1)
    return fault(std::to_string(port) + " is below lower bound (1)");
  if (port > 65535)
    return fault(std::to_string(port) + " is above upper bound (65535)");
  return std::nullopt;
}

} // namespace

result<inet_address> port(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == text.npos) {
    auto number = integer(text);
    if (!number || out_of_bounds(*number))
      return fault("not a valid port number: " + quoted(text) + " ");
    return inet_address{"", static_cast<int>(*number)};
  }
  auto host = lower(text.substr(0, colon));
  auto rest = text.substr(colon + 1);
  if (rest.empty())
    return fault("no port number specified in ''");
  auto number = integer(rest);
  if (!number)
    return number.error();
  if (auto wrong = out_of_bounds(*number))
    return *wrong;
  return inet_address{host == "*" ? "" : host, static_cast<int>(*number)};
}

result<fcgi_socket> fcgi_address(std::string_view text, std::string_view section) {
  auto in = " in [" + std::string(section) + "] socket";
  fcgi_socket socket;
  if (text.starts_with("unix://")) {
    auto path = text.substr(7);
    if (!path.starts_with('/'))
      return fault("Unix socket path " + std::string(path) + " is not an absolute path" + in);
    socket.path = absolute(path, {});
    return socket;
  }
  auto bad = fault("Bad socket format " + std::string(text) + in);
  if (!text.starts_with("tcp://"))
    return bad;
  auto rest = text.substr(6);
  auto colon = rest.find(':');
  if (colon == 0 || colon == rest.npos)
    return bad;
  auto host = rest.substr(0, colon);
  auto digits = rest.substr(colon + 1);
  if (host.find_first_of(" \t\n\r\v\f") != host.npos || digits.empty() ||
      digits.find_first_not_of("0123456789") != digits.npos)
    return bad;
  auto number = integer(digits);
  if (auto wrong = out_of_bounds(*number))
    return fault(wrong->what + in);
  socket.is_unix = false;
  socket.host = lower(host);
  socket.port = static_cast<int>(*number);
  return socket;
}

std::string fcgi_socket::url() const {
  return is_unix ? "unix://" + path : "tcp://" + host + ':' + std::to_string(port);
}

} // namespace troupe::config
