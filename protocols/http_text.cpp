// See http_text.hpp.
#include "protocols/http_text.hpp"

#include "platform/wipe.hpp"
#include "protocols/credentials.hpp"
#include "protocols/site_check.hpp"
#include "protocols/utf8.hpp"
#include "protocols/web_place.hpp"
#include "protocols/xmlrpc.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace troupe::protocols {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

} // namespace

std::string sha1_hex(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned words[5];
  hash.get_digest(words);
  platform::wipe_bytes({reinterpret_cast<const char*>(&hash), sizeof hash}); // it holds the end of the text
  char out[41];
  std::snprintf(out, sizeof out, "%08x%08x%08x%08x%08x", words[0], words[1], words[2], words[3], words[4]);
  return out;
}

std::string_view reason_of(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 301:
    return "Moved Permanently";
  case 303:
    return "See Other";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 411:
    return "Length Required";
  case 413:
    return "Request Entity Too Large";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 503:
    return "Service Unavailable";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "Internal Server Error";
  }
}

void begin_head(std::string& out, int version, int status, std::string_view date) {
  out += version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_of(status);
  out += "\r\nServer: Troupe\r\nDate: ";
  out += date;
  out += "\r\n";
}

std::string error_page(int status) {
  return "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code " +
         std::to_string(status) + ".\r\n<p>Message: " + std::string(reason_of(status)) + ".\r\n</body>\r\n";
}

std::string http_date(std::int64_t when) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto seconds = static_cast<std::time_t>(when);
  std::tm t{};
  if (!::gmtime_r(&seconds, &t))
    return "Thu, 01 Jan 1970 00:00:00 GMT";
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  std::tm t{};
  auto copy = std::string(text);
  const auto* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &t);
  if (!end || *end != '\0')
    return std::nullopt;
  using namespace std::chrono;
  auto month_begin = sys_days{year{t.tm_year + 1900} / month{static_cast<unsigned>(t.tm_mon) + 1} / 1};
  auto when = month_begin + days{t.tm_mday - 1} + hours{t.tm_hour} + minutes{t.tm_min} + seconds{t.tm_sec};
  return when.time_since_epoch() / seconds{1};
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.find('\0') != out.npos || !is_utf8(out))
    return {};
  return out;
}

endpoint route(std::string_view target) {
  auto raw = target.substr(0, target.find('?'));
  auto path = percent_decoded(raw).value_or(std::string(raw)); // a broken escape stands for itself
  if (path.starts_with("/RPC2"))
    return endpoint::rpc;
  if (path.starts_with("/logtail"))
    return endpoint::log;
  if (path.starts_with("/mainlogtail"))
    return endpoint::main_log;
  if (web_place_of(target).what != web_place::kind::none)
    return endpoint::web;
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  return path == "ok.html" ? endpoint::ok : endpoint::other;
}

std::optional<log_address> log_address_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  auto slash = target.find('/', 1);
  if (slash == target.npos)
    return {};
  auto path = percent_decoded(target.substr(slash + 1));
  if (!path)
    return {};
  log_address found{*path};
  if (auto end = path->find('/'); end != path->npos) {
    auto channel = path->substr(end + 1);
    if (channel != "stdout" && channel != "stderr")
      return {};
    found = {path->substr(0, end), channel == "stderr"};
  }
  if (found.name.empty())
    return {};
  return found;
}

bool password_fits(std::string_view given, std::string_view password) {
  bool hashed = password.starts_with("{SHA}");
  return hashed ? same_secret(sha1_hex(given), password.substr(5)) : same_secret(given, password);
}

admission check_basic(std::string_view header, std::string_view username, std::string_view password) {
  auto shown = proof_of(std::span(&header, 1));
  if (shown.is == proof::kind::broken)
    return admission::malformed;
  bool basic = shown.is == proof::kind::basic;
  bool right = password_fits(shown.secret, password);
  bool known = same_secret(shown.user, username);
  return basic && right && known ? admission::granted : admission::denied;
}

std::string user_of(std::string_view header, std::string_view password) {
  auto blank = header.find_first_of(" \t");
  platform::wiped_text both;
  if (blank == header.npos || !same_word(header.substr(0, blank), "basic") ||
      !base64_decode(header.substr(blank), both.text))
    return {};
  std::string_view credentials = both.text;
  auto colon = std::min(credentials.find(':'), credentials.size());
  auto user = credentials.substr(0, colon);
  auto tried = credentials.substr(std::min(colon + 1, credentials.size()));
  bool is_secret = user == tried || user == password || "{SHA}" + sha1_hex(user) == password;
  return is_secret ? std::string() : std::string(user);
}

std::string log_text(std::string_view from_client) {
  std::string out(from_client);
  for (auto scheme = out.find("://"); scheme != out.npos; scheme = out.find("://", scheme + 3)) {
    auto end = std::min(out.find_first_of("/? ", scheme + 3), out.size());
    auto at = out.rfind('@', end);
    if (at != out.npos && at > scheme && at < end)
      out.erase(scheme + 3, at + 1 - (scheme + 3));
  }
  std::replace_if(
    out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return out;
}

} // namespace troupe::protocols
