// The reading half of xmlrpc.hpp. pugixml parses without recursion and expands nothing but character references;
// what it is too lenient about, xml_scan refuses before.
#include "protocols/xmlrpc.hpp"

#include "protocols/xml_scan.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace troupe::protocols {

namespace {

using pugi::xml_node;

constexpr unsigned keep_text = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_fragment;

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view strip(std::string_view text) {
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

xml_node first_element(xml_node parent) {
  return parent.find_child([](xml_node n) { return n.type() == pugi::node_element; });
}

xml_node next_element(xml_node n) {
  do
    n = n.next_sibling();
  while (n && n.type() != pugi::node_element);
  return n;
}

bool named(xml_node n, std::string_view name) { return n.name() == name; }

std::string text_of(xml_node n) {
  std::string text;
  for (auto child : n)
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  return text;
}

// -- scalars -----------------------------------------------------------------------------------------

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// YYYYMMDDThh:mm:ss with fields in range.
bool is_date(std::string_view t) {
  if (t.size() != 17 || t[8] != 'T' || t[11] != ':' || t[14] != ':')
    return false;
  for (auto part : {t.substr(0, 8), t.substr(9, 2), t.substr(12, 2), t.substr(15, 2)})
    if (!all_digits(part))
      return false;
  auto two = [&](std::size_t at) { return (t[at] - '0') * 10 + (t[at + 1] - '0'); };
  return two(4) >= 1 && two(4) <= 12 && two(6) >= 1 && two(6) <= 31 && two(9) < 24 && two(12) < 60 && two(15) < 62;
}

/// Skips what is no base64 digit; nothing: a group is incomplete.
std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  unsigned group = 0;
  int digits = 0;
  int padding = 0;
  for (char c : text) {
    int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+'             ? 62
                : c == '/'             ? 63
                                       : -1;
    if (c == '=' && digits >= 2 && digits + ++padding == 4)
      break;
    if (digit < 0)
      continue;
    padding = 0;
    group = group << 6 | static_cast<unsigned>(digit);
    if (++digits == 4) {
      for (int shift : {16, 8, 0})
        bytes += static_cast<char>(group >> shift & 0xff);
      group = 0, digits = 0;
    }
  }
  if (digits && digits + padding != 4)
    return std::nullopt;
  if (digits)
    bytes += static_cast<char>(digits == 2 ? group >> 4 : group >> 10);
  if (digits == 3)
    bytes += static_cast<char>(group >> 2 & 0xff);
  return bytes;
}

bool is_xml_text(std::string_view text, bool strict) {
  std::size_t i = 0;
  while (strict && i < text.size()) {
    auto lead = static_cast<unsigned char>(text[i]);
    auto size = lead < 0x80 ? 1 : xml_character(text, i); // control characters may come in base64
    if (!size)
      return false;
    i += size;
  }
  return true;
}

// -- values ------------------------------------------------------------------------------------------

class decoder {
public:
  decoder(int depth, bool strict) : depth_(depth), strict_(strict) {}

  /// Of a <value>, or of anything that stands where one should.
  bool element(xml_node n, rpc_value& value) {
    if (!named(n, "value"))
      return typed(n, value);
    auto child = first_element(n);
    if (child)
      return typed(child, value);
    value = text_of(n);
    return true;
  }

private:
  bool typed(xml_node n, rpc_value& value) {
    std::string_view type = n.name();
    if (type == "value")
      return nested(n, value, &decoder::value_in_value);
    if (type == "array")
      return nested(n, value, &decoder::array);
    if (type == "struct")
      return nested(n, value, &decoder::structure);
    return scalar(type, text_of(n), value);
  }

  bool nested(xml_node n, rpc_value& value, bool (decoder::*decode)(xml_node, rpc_value&)) {
    if (depth_ == 0)
      return false;
    --depth_;
    bool done = (this->*decode)(n, value);
    ++depth_;
    return done;
  }

  bool value_in_value(xml_node n, rpc_value& value) { return element(n, value); }

  bool scalar(std::string_view type, std::string text, rpc_value& value) {
    if (type == "int" || type == "i4" || type == "i8") {
      std::int64_t number = 0;
      if (!parse_integer(text, number))
        return false;
      value = number;
    } else if (type == "boolean") {
      value = text == "1";
    } else if (type == "double") {
      auto digits = strip(text);
      if (digits.starts_with('+'))
        digits.remove_prefix(1);
      double number = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size())
        return false;
      value = number;
    } else if (type == "nil") {
      value = rpc_value();
    } else if (type == "dateTime.iso8601") {
      if (!is_date(text))
        return false;
      value = rpc_date{std::move(text)};
    } else if (type == "base64") {
      auto bytes = decode_base64(text);
      if (!bytes || !is_xml_text(*bytes, strict_))
        return false;
      value = *std::move(bytes);
    } else {
      value = std::move(text);
    }
    return true;
  }

  bool array(xml_node n, rpc_value& value) {
    auto data = n.child("data");
    if (!data)
      return false;
    rpc_value::array items;
    for (auto child = first_element(data); child; child = next_element(child))
      if (!element(child, items.emplace_back()))
        return false;
    value = std::move(items);
    return true;
  }

  bool structure(xml_node n, rpc_value& value) {
    rpc_value::structure members;
    for (auto member = first_element(n); member; member = next_element(member)) {
      auto key = first_element(member);
      auto content = next_element(key);
      if (!named(member, "member") || !named(key, "name") || !content)
        return false;
      members.emplace_back(text_of(key), rpc_value());
      if (!element(content, members.back().second))
        return false;
    }
    value = std::move(members);
    return true;
  }

  int depth_;
  bool strict_;
};

/// The only element of a document, if nothing but blanks stands beside it.
xml_node only_root(const pugi::xml_document& document) {
  xml_node root;
  for (auto n : document) {
    if (n.type() == pugi::node_element ? bool(root) : !strip(n.value()).empty())
      return {};
    if (n.type() == pugi::node_element)
      root = n;
  }
  return root;
}

/// The next element in document order, without recursion.
xml_node following(xml_node n, xml_node root) {
  if (auto child = first_element(n))
    return child;
  while (n && n != root) {
    if (auto next = next_element(n))
      return next;
    n = n.parent();
  }
  return {};
}

bool decode_params(xml_node params, decoder& decode, rpc_value::array& out) {
  for (auto p = first_element(params); p; p = next_element(p)) {
    auto content = named(p, "param") ? first_element(p) : p;
    if (!content || !decode.element(content, out.emplace_back()))
      return false;
  }
  return true;
}

/// ` line L, column C` of a byte offset, as expat counts.
std::string at_offset(std::string_view text, std::size_t offset) {
  auto before = text.substr(0, offset);
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto start = before.rfind('\n');
  auto column = start == std::string_view::npos ? before.size() : before.size() - start - 1;
  return ": line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

const rpc_value* rpc_value::member(std::string_view name) const {
  const rpc_value* found = nullptr;
  if (auto all = members())
    for (const auto& [key, value] : *all)
      if (key == name)
        found = &value;
  return found;
}

bool parse_integer(std::string_view text, std::int64_t& number) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  text = strip(text);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  if (text.empty() || text.front() == '_' || text.back() == '_')
    return false;
  std::int64_t sum = 0;
  bool full = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && text[i - 1] != '_')
      continue;
    if (text[i] < '0' || text[i] > '9')
      return false;
    full = full || __builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, text[i] - '0', &sum);
  }
  number = full ? (negative ? least : most) : negative ? sum : sum == least ? most : -sum;
  return true;
}

config::result<rpc_call> parse_call(std::string_view text, const rpc_limits& limits) {
  if (text.size() > limits.bytes)
    return config::fault("the request is too long");
  if (auto fault = xml_fault(text, 16 + 4 * limits.depth))
    return config::fault(fault);
  pugi::xml_document document;
  auto parsed = document.load_buffer(text.data(), text.size(), keep_text | pugi::parse_ws_pcdata | pugi::parse_eol, pugi::encoding_utf8);
  if (!parsed)
    return config::fault(parsed.description());
  auto root = only_root(document);
  if (!root)
    return config::fault("no single root element");
  rpc_call call;
  xml_node params;
  for (auto n = root; n; n = following(n, root)) {
    if (named(n, "methodName"))
      call.method = text_of(n);
    else if (named(n, "params"))
      params = n;
  }
  if (call.method.empty())
    return config::fault("no methodName");
  decoder decode(limits.depth, true);
  if (!decode_params(params, decode, call.params))
    return config::fault("a parameter cannot be decoded");
  return call;
}

config::result<rpc_response> parse_response(std::string text, const rpc_limits& limits) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return config::fault("no element found" + at_offset(text, text.size()));
  auto start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (start == std::string::npos || text[start] != '<')
    return config::fault("syntax error" + at_offset(text, start == std::string::npos ? 0 : start));
  std::replace(text.begin(), text.end(), '\0', '?'); // pugixml would take it for the end
  pugi::xml_document document;
  // in place, and without nodes for the blanks between tags: answers are long
  auto parsed = document.load_buffer_inplace(text.data(), text.size(), keep_text | pugi::parse_ws_pcdata_single,
                                             pugi::encoding_utf8);
  if (!parsed) {
    bool ended =
      parsed.offset >= static_cast<std::ptrdiff_t>(text.size()) || parsed.status == pugi::status_end_element_mismatch;
    auto offset = ended ? text.size() : static_cast<std::size_t>(parsed.offset);
    return config::fault((ended ? "no element found" : "not well-formed (invalid token)") + at_offset(text, offset));
  }
  auto root = document.document_element();
  decoder decode(limits.depth, false);
  rpc_value value;
  if (auto fault = first_element(root.child("fault"))) {
    if (!decode.element(fault, value))
      return config::fault("a fault cannot be decoded");
    auto code = value.member("faultCode");
    auto said = value.member("faultString");
    if (!code || !code->integer() || !said || !said->string())
      return config::fault("a fault cannot be decoded");
    return rpc_response(rpc_fault{*code->integer(), *said->string()});
  }
  rpc_value::array results;
  if (!decode_params(root.child("params"), decode, results) || results.size() != 1)
    return config::fault("no result found");
  return rpc_response(std::move(results.front()));
}

} // namespace troupe::protocols
