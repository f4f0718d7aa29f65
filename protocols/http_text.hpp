// The words of HTTP that are ours to say and to understand: error pages, dates, paths, credentials, origins.
// Must not read sockets or know methods. Source: docs/contract/http.md, 1.3 to 1.7 and 6.6.
// Cases: tests/protocols/http_text_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

std::string_view reason_of(int status); ///< "Not Found"
/// The status line and what every response says, to be followed by its other headers and an empty line.
/// `version`: 10 or 11.
void begin_head(std::string& out, int version, int status, std::string_view date);
std::string error_page(int status); ///< byte-exact as 1.5

/// `Sun, 22 Nov 2026 10:53:25 GMT`. `when`: seconds since the epoch.
std::string http_date(std::int64_t when);

/// Nothing: not a date of that form.
std::optional<std::int64_t> parse_http_date(std::string_view text);

/// %xx decoded once. None: a broken escape, a NUL, or not UTF-8 afterwards.
std::optional<std::string> percent_decoded(std::string_view text);

/// Where a request goes (1.7). `target`: path and query as sent.
enum class endpoint { rpc, log, main_log, ok, web, other }; ///< web: see web_place.hpp
endpoint route(std::string_view target);

/// What /logtail/NAME[/CHANNEL] names; none: nothing.
struct log_address {
  std::string name;
  bool is_stderr = false;
};
std::optional<log_address> log_address_of(std::string_view target);

// -- who asks ------------------------------------------------------------------------------------

enum class admission { granted, denied, malformed };
/// `password`: of a server, plain, or {SHA} and lower-case hex.
bool password_fits(std::string_view given, std::string_view password);
/// 40 lower-case digits.
std::string sha1_hex(std::string_view text);
/// `header`: the value of Authorization, empty for none. `password`: plain, or {SHA} and lower-case hex.
admission check_basic(std::string_view header, std::string_view username, std::string_view password);

/// The user that a value of Authorization names, for the log; empty: none, or it is a password that got into the wrong
/// field: the one tried, or the right one.
std::string user_of(std::string_view header, std::string_view password);

/// What a client has sent, for a record of the log: one line, and without the password of a URL (`http://u:p@host/`).
std::string log_text(std::string_view from_client);

} // namespace troupe::protocols
