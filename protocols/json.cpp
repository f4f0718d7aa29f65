// The writing half of json.hpp. Must not build a tree: text is appended as it is asked for.
#include "protocols/json.hpp"

#include "protocols/utf8.hpp"

#include <charconv>
#include <cmath>

namespace troupe::protocols {

namespace {

struct appender {
  json_writer& w;
  void operator()(std::monostate) const { w.null(); }
  void operator()(bool v) const { w.value(v); }
  void operator()(std::int64_t v) const { w.value(v); }
  void operator()(double v) const { w.value(v); }
  void operator()(const std::string& v) const { w.value(v); }
  void operator()(const rpc_date& v) const { w.value(v.text); }
  void operator()(const rpc_bytes& v) const { w.value(base64_encode(v.bytes)); }
  void operator()(const rpc_secret& v) const { w.value(v.text.view()); }
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

} // namespace troupe::protocols
