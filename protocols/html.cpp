// See html.hpp.
#include "protocols/html.hpp"

#include "platform/wipe.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

constexpr std::size_t most_fields = 100'000; // a body of 16 MiB must not become a gigabyte of strings

constexpr std::size_t usual_fields = 16;

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void mend(std::string& text) {
  if (is_utf8(text))
    return;
  std::string out;
  out.reserve(text.size() * replacement.size());
  for (std::string_view rest = text; !rest.empty();) {
    auto next = utf8_sequence(rest);
    out += next.well_formed ? rest.substr(0, next.size) : replacement;
    rest.remove_prefix(next.size);
  }
  text.swap(out);
  platform::wipe_bytes(out);
}

/// Into `out`, which is empty, without copies that would stay in memory.
void form_decode(std::string_view text, std::string& out) {
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  mend(out);
}

} // namespace

void append_html(std::string& out, std::string_view text) {
  while (!text.empty()) {
    auto c = static_cast<unsigned char>(text.front());
    auto next = utf8_sequence(text);
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      bool harmless = next.well_formed && c != 0x7f && (c >= 0x20 || c == '\t' || c == '\n' || c == '\r');
      out += harmless ? text.substr(0, next.size) : replacement;
    }
    text.remove_prefix(next.size);
  }
}

std::string html(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

std::string url_quoted(std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~/";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (plain.find(c) != plain.npos)
      out += c;
    else
      (out += '%') += {hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

form_fields parse_form(std::string_view text) {
  form_fields fields;
  auto separators = static_cast<std::size_t>(std::count(text.begin(), text.end(), '&'));
  fields.reserve(std::min(separators + 1, usual_fields)); // those that grow leave short texts behind
  while (!text.empty() && fields.size() < most_fields) {
    auto end = text.find('&');
    auto field = text.substr(0, end);
    auto equals = field.find('=');
    if (equals != field.npos && equals + 1 < field.size()) {
      auto& [name, value] = fields.emplace_back();
      form_decode(field.substr(0, equals), name);
      form_decode(field.substr(equals + 1), value);
    }
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return fields;
}

form::form(std::string_view target, std::string_view body)
    : query_(parse_form(target.find('?') == target.npos ? "" : target.substr(target.find('?') + 1))),
      body_(parse_form(body)) {}

form::~form() {
  for (const auto* fields : {&query_, &body_})
    for (const auto& [name, value] : *fields)
      platform::wipe_bytes(value);
}

const std::string* form::find(std::string_view name) const {
  for (auto field = body_.rbegin(); field != body_.rend(); ++field)
    if (field->first == name)
      return &field->second;
  for (const auto& field : query_)
    if (field.first == name)
      return &field.second;
  return nullptr;
}

std::string form::value(std::string_view name) const {
  const auto* found = find(name);
  return found ? *found : std::string();
}

std::vector<std::string> form::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto* fields : {&query_, &body_})
    for (const auto& [key, text] : *fields)
      if (key == name)
        found.push_back(text);
  return found;
}

} // namespace troupe::protocols
