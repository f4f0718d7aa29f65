// The writing half of xmlrpc.hpp: everything is appended to one string. Must not build a tree or know methods.
#include "protocols/utf8.hpp"
#include "protocols/xmlrpc.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace troupe::protocols {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

/// Bytes that go out as they are: printable ASCII but markup, tab, LF, DEL.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 0x80; ++c)
    table[static_cast<std::size_t>(c)] = c != '&' && c != '<' && c != '>';
  table['\t'] = table['\n'] = true;
  return table;
}();

bool is_plain(char c) { return plain[static_cast<unsigned char>(c)]; }

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

struct appender {
  rpc_writer& w;
  std::string& out;

  void operator()(std::monostate) const { out += "<value><nil/></value>\n"; }
  void operator()(bool v) const { w.value(v); }
  void operator()(std::int64_t v) const { w.value(v); }
  void operator()(double v) const { w.value(v); }
  void operator()(const std::string& v) const { w.value(v); }
  void operator()(const rpc_date& v) const {
    out += "<value><dateTime.iso8601>" + v.text + "</dateTime.iso8601></value>\n";
  }
  void operator()(const rpc_bytes& v) const {
    auto text = base64_encode(v.bytes);
    out += "<value><base64>\n";
    for (std::size_t i = 0; i < text.size(); i += 76)
      out.append(text, i, 76) += '\n';
    out += "</base64></value>\n";
  }
  void operator()(const rpc_secret& v) const { w.value(v.text.view()); }
  void operator()(const rpc_value::array& v) const {
    w.begin_array();
    for (const auto& item : v)
      w.value(item);
    w.end_array();
  }
  void operator()(const rpc_value::structure& v) const {
    w.begin_struct();
    for (const auto& [key, item] : v)
      w.member(key, item);
    w.end_struct();
  }
};

} // namespace

void append_xml_text(std::string& out, std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    auto from = i;
    while (i < text.size() && is_plain(text[i]))
      ++i;
    out.append(text, from, i - from);
    if (i == text.size())
      return;
    switch (text[i]) {
    case '&':
      out += "&amp;", ++i;
      continue;
    case '<':
      out += "&lt;", ++i;
      continue;
    case '>':
      out += "&gt;", ++i;
      continue;
    case '\r':
      out += "&#13;", ++i;
      continue;
    default:
      break;
    }
    auto [size, well_formed, cut] = utf8_sequence(text.substr(i));
    auto bytes = text.substr(i, size);
    bool allowed = well_formed && size > 1 && bytes != "\xef\xbf\xbe" && bytes != "\xef\xbf\xbf";
    out += allowed ? bytes : replacement;
    i += size;
  }
}

void rpc_writer::value(std::int64_t v) {
  bool narrow = v >= std::numeric_limits<std::int32_t>::min() && v <= std::numeric_limits<std::int32_t>::max();
  written(narrow ? "<value><int>" : "<value><i8>");
  append_number(out_, v);
  written(narrow ? "</int></value>\n" : "</i8></value>\n");
}

void rpc_writer::value(double v) {
  char digits[40];
  auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
  out_ += "<value><double>";
  out_.append(digits, end);
  out_ += "</double></value>\n";
}

void rpc_writer::value(const rpc_value& v) { std::visit(appender{*this, out_}, v.is); }

void append_response(std::string& out, const rpc_value& result) {
  rpc_writer w(out);
  w.begin_response();
  w.value(result);
  w.end_response();
}

void append_fault(std::string& out, std::int64_t code, std::string_view text) {
  rpc_writer w(out);
  out += "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n";
  w.begin_struct();
  w.member("faultCode", code);
  w.member("faultString", text);
  w.end_struct();
  out += "</fault>\n</methodResponse>\n";
}

void append_call(std::string& out, std::string_view method, const rpc_value::array& params) {
  rpc_writer w(out);
  out += "<?xml version='1.0'?>\n<methodCall>\n<methodName>";
  append_xml_text(out, method);
  out += "</methodName>\n<params>\n";
  for (const auto& p : params) {
    out += "<param>\n";
    w.value(p);
    out += "</param>\n";
  }
  out += "</params>\n</methodCall>\n";
}

std::string base64_encode(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto left = bytes.size() - i;
    auto byte = [&](std::size_t n) { return n < left ? static_cast<unsigned char>(bytes[i + n]) : 0u; };
    auto group = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += digits[group >> 18];
    text += digits[group >> 12 & 63];
    text += left > 1 ? digits[group >> 6 & 63] : '=';
    text += left > 2 ? digits[group & 63] : '=';
  }
  return text;
}

} // namespace troupe::protocols
