// See json.hpp. The one file with Boost.JSON in it, header-only.
#include "protocols/json.hpp"

#include "protocols/utf8.hpp"

#include <boost/json/src.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace troupe::protocols {

namespace {

namespace json = boost::json;

struct appender {
  json_writer& w;
  void operator()(std::monostate) const { w.null(); }
  void operator()(bool v) const { w.value(v); }
  void operator()(std::int64_t v) const { w.value(v); }
  void operator()(double v) const { w.value(v); }
  void operator()(const std::string& v) const { w.value(v); }
  void operator()(const rpc_date& v) const { w.value(v.text); }
  void operator()(const rpc_bytes& v) const { w.value(base64_encode(v.bytes)); }
  void operator()(const rpc_value::array& v) const {
    w.begin_array();
    for (const auto& item : v)
      w.value(item);
    w.end_array();
  }
  void operator()(const rpc_value::structure& v) const {
    w.begin_object();
    for (const auto& [key, item] : v)
      w.member(key, item);
    w.end_object();
  }
};

config::result<rpc_value> converted(const json::value& from) {
  switch (from.kind()) {
  case json::kind::null:
    return rpc_value{};
  case json::kind::bool_:
    return rpc_value{from.get_bool()};
  case json::kind::int64:
    return rpc_value{from.get_int64()};
  case json::kind::uint64:
    return config::fault("the number " + std::to_string(from.get_uint64()) + " is too large");
  case json::kind::double_:
    return rpc_value{from.get_double()};
  case json::kind::string:
    return rpc_value{std::string(from.get_string().c_str(), from.get_string().size())};
  case json::kind::array: {
    rpc_value::array items;
    for (const auto& item : from.get_array()) {
      auto made = converted(item);
      if (!made)
        return made;
      items.push_back(*std::move(made));
    }
    return rpc_value{std::move(items)};
  }
  case json::kind::object:
    break;
  }
  rpc_value::structure members;
  for (const auto& member : from.get_object()) {
    auto made = converted(member.value());
    if (!made)
      return made;
    members.emplace_back(std::string(member.key().data(), member.key().size()), *std::move(made));
  }
  return rpc_value{std::move(members)};
}

} // namespace

void json_writer::value(double v) {
  if (!std::isfinite(v))
    return null();
  char digits[40];
  next().append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
}

void json_writer::value(std::string_view v) {
  constexpr char hex[] = "0123456789abcdef";
  next() += '"';
  while (!v.empty()) {
    auto c = static_cast<unsigned char>(v.front());
    auto sequence = utf8_sequence(v);
    if (c == '"' || c == '\\')
      (out_ += '\\') += v.front();
    else if (c == '\n')
      out_ += "\\n";
    else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7f)
      (out_ += "\\u00") += {hex[c >> 4], hex[c & 15]};
    else
      out_ += sequence.well_formed ? v.substr(0, sequence.size) : "\xef\xbf\xbd";
    v.remove_prefix(sequence.size);
  }
  out_ += '"';
}

void json_writer::value(const rpc_value& v) { std::visit(appender{*this}, v.is); }

config::result<rpc_value> parse_json(std::string_view text) {
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = 48;
  auto parsed = json::parse({text.data(), text.size()}, failed, json::storage_ptr{}, options);
  if (failed)
    return config::fault("not JSON: " + failed.message());
  return converted(parsed);
}

} // namespace troupe::protocols
