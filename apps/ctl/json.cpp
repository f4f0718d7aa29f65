// See json.hpp.
#include "apps/ctl/json.hpp"

#include "apps/ctl/shown_text.hpp"
#include "protocols/utf8.hpp"

#include <charconv>
#include <cmath>

namespace troupe::ctl {

namespace {

using protocols::rpc_value;

void append_quoted(std::string& out, std::string_view given) {
  auto mended = protocols::is_utf8(given) ? std::string() : in_utf8(given);
  std::string_view text = mended.empty() ? given : mended;
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\')
      (out += '\\') += text[i];
    else if (byte < 0x20 || byte == 0x7f)
      (out += "\\u00") += {hex[byte >> 4], hex[byte & 15]};
    else if (byte == 0xc2 && i + 1 < text.size() && (text[i + 1] & 0xe0) == 0x80) // U+0080 to U+009F
      ++i, (out += "\\u00") += {hex[(text[i] >> 4) & 15], hex[text[i] & 15]};
    else
      out += text[i];
  }
  out += '"';
}

struct appender {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(std::int64_t v) const { out += std::to_string(v); }
  void operator()(double v) const {
    char digits[40];
    out.append(std::isfinite(v) ? std::string(digits, std::to_chars(digits, digits + sizeof digits, v).ptr) : "null");
  }
  void operator()(const std::string& v) const { append_quoted(out, v); }
  void operator()(const protocols::rpc_date& v) const { append_quoted(out, v.text); }
  void operator()(const protocols::rpc_bytes& v) const { append_quoted(out, protocols::base64_encode(v.bytes)); }
  void operator()(const protocols::rpc_secret& v) const { append_quoted(out, v.text.view()); }
  void operator()(const rpc_value::array& v) const {
    out += '[';
    for (const auto& item : v)
      next('['), std::visit(*this, item.is);
    out += ']';
  }
  void operator()(const rpc_value::structure& v) const {
    out += '{';
    for (const auto& [key, item] : v) {
      next('{');
      append_quoted(out, key);
      out += ": ";
      std::visit(*this, item.is);
    }
    out += '}';
  }
  void next(char opened) const {
    if (out.back() != opened)
      out += ", ";
  }
};

} // namespace

std::string to_json(const rpc_value& value) {
  std::string text;
  std::visit(appender{text}, value.is);
  return text;
}

} // namespace troupe::ctl
