// JSON text from values and values from JSON text, for the HTTP API.
// Must not know methods or HTTP. Cases: tests/protocols/json_test.cpp.
#pragma once

#include "config/result.hpp"
#include "protocols/xmlrpc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// Writes one JSON text piece by piece into one string; commas come by themselves:
///   json_writer w(out); w.begin_object(); w.member("pid", 7); w.end_object();
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {}

  void value(bool v) { next() += v ? "true" : "false"; }
  void value(std::int64_t v) { next() += std::to_string(v); }
  void value(std::uint64_t v) { next() += std::to_string(v); }
  void value(int v) { value(std::int64_t{v}); }
  void value(double v); ///< what is not finite: null
  /// What is not UTF-8 becomes U+FFFD; markup is escaped, so that the text may stand in a page.
  void value(std::string_view v);
  void value(const char* v) { value(std::string_view(v)); }
  void value(const std::string& v) { value(std::string_view(v)); }
  void value(const config::shared_text& v) { value(v.view()); }
  void value(const rpc_value& v); ///< nil: null; dates as text, bytes as base64. Recurses into `v`
  void null() { next() += "null"; }

  void begin_array() { next() += '['; }
  void end_array() { out_ += ']'; }
  void begin_object() { next() += '{'; }
  void end_object() { out_ += '}'; }
  void name(std::string_view key) {
    value(key);
    out_ += ':';
  }
  template <class T>
  void member(std::string_view key, const T& v) {
    name(key);
    value(v);
  }

private:
  std::string& next() {
    if (!out_.empty() && out_.back() != '[' && out_.back() != '{' && out_.back() != ':' && out_.back() != '\n' &&
        out_.back() != ' ')
      out_ += ',';
    return out_;
  }
  std::string& out_;
};

/// What a text may cost: a byte of it can become forty of a value.
struct json_limits {
  std::size_t elements = 50'000; ///< values and names
  int depth = 48;
  bool names_once = true;     ///< in an object; else the last one counts
  bool large_numbers = false; ///< whole numbers beyond 64 bit become doubles
};

/// Objects become structs, whole numbers integers. Errors: no JSON, beyond the limits, a name that occurs twice, a
/// number beyond 64 bit.
config::result<rpc_value> parse_json(std::string_view text, const json_limits& limits = {});

} // namespace troupe::protocols
