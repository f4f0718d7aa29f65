// See http_wire.hpp.
#include "apps/ctl/http_wire.hpp"

#include "apps/ctl/names.hpp"
#include "protocols/xmlrpc.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::ctl {

namespace {

constexpr std::size_t most_head_bytes = 64 * 1024;

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    auto digits = text.substr(i, 3);
    bool encoded = digits.size() == 3 && digits[0] == '%' &&
                   std::from_chars(digits.data() + 1, digits.data() + 3, byte, 16).ptr == digits.data() + 3;
    decoded += encoded ? static_cast<char>(byte) : text[i];
    i += encoded ? 2 : 0;
  }
  return decoded;
}

std::string authorization(const endpoint& to, const server& as) {
  if (as.token)
    return "Authorization: Bearer " + *as.token + "\r\n";
  if (!to.username.empty())
    return "Authorization: Basic " + protocols::base64_encode(to.username + ":" + to.password) + "\r\n";
  if (as.username && as.password)
    return "Authorization: Basic " + protocols::base64_encode(*as.username + ":" + *as.password) + "\r\n";
  return {};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

std::variant<endpoint, failure> parse_server_url(const std::string& url) {
  endpoint to;
  std::string_view rest = url;
  if (rest.starts_with("unix://")) {
    to.path = rest.substr(7);
    to.authority = "localhost";
    return to;
  }
  to.tls = rest.starts_with("https://");
  std::size_t scheme = to.tls ? 8 : 7;
  if ((!to.tls && !rest.starts_with("http://")) || rest.size() == scheme)
    return failure{"ValueError", "Unknown protocol for serverurl " + without_credentials(url)};
  if (to.tls)
    to.port = "443";
  rest = rest.substr(scheme);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (auto at = rest.rfind('@'); at != std::string_view::npos) {
    auto user = rest.substr(0, at);
    auto colon = user.find(':');
    to.username = percent_decoded(user.substr(0, colon));
    to.password = colon == std::string_view::npos ? "" : percent_decoded(user.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  to.authority = rest;
  auto bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  to.host = bracket == std::string_view::npos ? rest.substr(0, colon) : rest.substr(1, bracket - 1);
  if (colon != std::string_view::npos && colon + 1 < rest.size()) {
    to.port = rest.substr(colon + 1);
    unsigned number = 0;
    auto [end, error] = std::from_chars(to.port.data(), to.port.data() + to.port.size(), number);
    if (error == std::errc::invalid_argument || end != to.port.data() + to.port.size())
      // a password with a slash in it looks like a port: it is not shown
      return failure{"ValueError", "Port could not be cast to integer value" +
                                     (url.find('@') == std::string::npos ? " as '" + to.port + "'" : "")};
    if (error != std::errc() || number > 65535)
      return failure{"ValueError", "Port out of range 0-65535"};
  }
  if (to.host.empty())
    return failure{"ValueError", "Unknown protocol for serverurl " + without_credentials(url)};
  return to;
}

namespace {

/// Methods `troupe.*` have an address of their own, where they are known whatever the daemon's configuration says; for
/// Supervisor's daemon it is the one of all others.
std::string_view address_of(std::string_view body) {
  constexpr std::size_t longest_prologue = 100;
  bool is_ours = body.substr(0, longest_prologue).find("<methodName>troupe.") != body.npos;
  return is_ours ? "/RPC2/troupe" : "/RPC2";
}

} // namespace

std::string post_request(const endpoint& to, const server& as, std::string_view body) {
  return "POST " + std::string(address_of(body)) + " HTTP/1.1\r\nHost: " + to.authority +
         "\r\nAccept-Encoding: identity\r\nUser-Agent: troupe\r\nContent-Type: text/xml\r\nAccept: text/xml\r\n" +
         authorization(to, as) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string get_request(const endpoint& to, const server& as, std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + to.authority +
         "\r\nAccept-Encoding: identity\r\nAccept: */*\r\nUser-Agent: troupe\r\n" + authorization(to, as) + "\r\n";
}

void http_reader::feed(std::string_view bytes) {
  while (!bytes.empty() && state_ != state::done && state_ != state::broken) {
    if (state_ == state::until_close) {
      got_ += bytes.size();
      return on_body_(bytes);
    }
    if (state_ == state::sized || state_ == state::chunk) {
      auto piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      got_ += piece.size();
      left_ -= piece.size();
      on_body_(piece);
      bytes.remove_prefix(piece.size());
      if (!left_)
        state_ = state_ == state::sized ? state::done : state::chunk_end;
      continue;
    }
    auto end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    head_bytes_ += std::min(end, bytes.size());
    if (line_.size() > most_head_bytes || (!headed() && head_bytes_ > most_head_bytes))
      return fail("http.client.LineTooLong", "got more than 65536 bytes when reading header line");
    if (end == std::string_view::npos)
      return;
    bytes.remove_prefix(end + 1);
    auto line = std::exchange(line_, {});
    if (line.ends_with('\r'))
      line.pop_back();
    take_line(line);
  }
}

void http_reader::take_line(std::string_view line) {
  switch (state_) {
  case state::status_line:
    return start_line(line);
  case state::headers:
    return line.empty() ? start_body() : header(line);
  case state::chunk_size:
    return start_chunk(line);
  case state::chunk_end:
    state_ = state::chunk_size;
    return;
  case state::trailers:
    if (line.empty())
      state_ = state::done;
    return;
  default:
    return;
  }
}

void http_reader::start_line(std::string_view line) {
  auto blank = line.find(' ');
  auto number = line.substr(std::min(blank, line.size()));
  number = strip(number.substr(0, number.find(' ', 1)));
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), status_);
  if (!line.starts_with("HTTP/") || error != std::errc() || end != number.data() + number.size())
    return fail("http.client.BadStatusLine", std::string(line));
  keeps_open_ = !line.starts_with("HTTP/1.0");
  reason_ = strip(line.substr(static_cast<std::size_t>(end - line.data())));
  state_ = state::headers;
}

void http_reader::header(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return;
  auto name = strip(line.substr(0, colon));
  auto value = strip(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-length")) {
    std::uint64_t length = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), length).ptr == value.data() + value.size())
      length_ = length;
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = equal_ignoring_case(value, "chunked");
  } else if (equal_ignoring_case(name, "troupe-restart")) {
    may_roll_ = equal_ignoring_case(value, "rolling");
  } else if (equal_ignoring_case(name, "connection")) {
    keeps_open_ = equal_ignoring_case(value, "close") ? false : equal_ignoring_case(value, "keep-alive") || keeps_open_;
  }
}

void http_reader::start_body() {
  bool interim = status_ >= 100 && status_ < 200;
  if (interim) {
    state_ = state::status_line;
    return;
  }
  left_ = length_.value_or(0);
  keeps_open_ = keeps_open_ && (chunked_ || length_ || status_ == 204 || status_ == 304);
  state_ = status_ == 204 || status_ == 304 ? state::done
           : chunked_                       ? state::chunk_size
           : !length_                       ? state::until_close
           : left_                          ? state::sized
                                            : state::done;
}

void http_reader::start_chunk(std::string_view line) {
  line = strip(line.substr(0, line.find(';')));
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
  if (error != std::errc() || end != line.data() + line.size())
    return fail("http.client.IncompleteRead", "IncompleteRead(" + std::to_string(got_) + " bytes read)");
  state_ = left_ ? state::chunk : state::trailers;
}

void http_reader::fail(std::string type, std::string text) {
  why_ = {std::move(type), std::move(text)};
  state_ = state::broken;
}

std::optional<failure> http_reader::close() {
  switch (state_) {
  case state::broken:
    return why_;
  case state::done:
    return std::nullopt;
  case state::until_close:
    state_ = state::done;
    return std::nullopt;
  case state::status_line:
    if (line_.empty())
      return failure{"http.client.RemoteDisconnected", "Remote end closed connection without response"};
    return failure{"http.client.BadStatusLine", line_};
  case state::sized:
    return failure{"http.client.IncompleteRead", "IncompleteRead(" + std::to_string(got_) + " bytes read, " +
                                                   std::to_string(left_) + " more expected)"};
  default:
    return failure{"http.client.IncompleteRead", "IncompleteRead(" + std::to_string(got_) + " bytes read)"};
  }
}

} // namespace troupe::ctl
