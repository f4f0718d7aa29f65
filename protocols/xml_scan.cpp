// See xml_scan.hpp.
#include "protocols/xml_scan.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace troupe::protocols {

namespace {

bool allowed(std::uint32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
         (c >= 0x10000 && c < 0x110000);
}

/// ASCII that may stand anywhere and begins nothing the scanner looks for: nearly all there is.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c)
    table[c] = c != '<' && c != '>' && c != '&' && c != '"' && c != '\'' && c != '-' && c != ']' && c != '?';
  table['\t'] = table['\n'] = table['\r'] = true;
  return table;
}();

class scanner {
public:
  scanner(std::string_view text, const xml_limits& limits) : text_(text), limits_(limits) {}

  const char* run() {
    if (text_.starts_with("\xef\xbb\xbf"))
      text_.remove_prefix(3);
    while (skip_plain()) {
      const char* fault = nullptr;
      if (text_[at_] == '<')
        fault = markup();
      else if (text_[at_] == '&')
        fault = reference();
      else
        fault = character();
      if (fault)
        return fault;
    }
    return nullptr;
  }

private:
  bool here(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  /// False: at the end.
  bool skip_plain() {
    while (at_ < text_.size() && plain[static_cast<unsigned char>(text_[at_])])
      ++at_;
    return at_ < text_.size();
  }

  const char* character() {
    auto size = xml_character(text_, at_);
    at_ += size;
    return size ? nullptr : "not well-formed (invalid token)";
  }

  /// Goes behind `end`, checking the characters on the way.
  const char* until(std::string_view end) {
    while (skip_plain() && !here(end))
      if (auto fault = character())
        return fault;
    if (at_ == text_.size())
      return "unclosed token";
    at_ += end.size();
    return nullptr;
  }

  const char* markup() {
    if (++markup_ > limits_.markup)
      return "too many tags";
    if (here("<!--"))
      return at_ += 4, until("-->");
    if (here("<![CDATA["))
      return at_ += 9, until("]]>");
    if (here("<?xml") && at_ + 5 < text_.size() && static_cast<unsigned char>(text_[at_ + 5]) <= ' ' && at_ > 0)
      return "XML or text declaration not at start of entity";
    if (here("<?"))
      return at_ += 2, until("?>");
    if (here("<!"))
      return "a document type is not accepted";
    if (here("</")) {
      --depth_;
      return until(">");
    }
    return start_tag();
  }

  const char* start_tag() {
    if (++depth_ > limits_.depth)
      return "nested too deeply";
    ++at_;
    char quote = 0;
    while (skip_plain()) {
      char c = text_[at_];
      if (!quote && c == '>') {
        if (text_[at_ - 1] == '/')
          --depth_;
        ++at_;
        return nullptr;
      }
      if (c == '<')
        return "not well-formed (invalid token)";
      if (quote ? c == quote : c == '"' || c == '\'') {
        if (!quote && ++markup_ > limits_.markup)
          return "too many attributes";
        quote = quote ? '\0' : c;
      }
      if (auto fault = c == '&' ? reference() : character())
        return fault;
    }
    return "unclosed token";
  }

  const char* reference() {
    auto end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 12)
      return "not well-formed (invalid token)";
    auto name = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (!name.starts_with('#')) {
      bool known = name == "lt" || name == "gt" || name == "amp" || name == "quot" || name == "apos";
      return known ? nullptr : "undefined entity";
    }
    name.remove_prefix(1);
    int base = name.starts_with('x') ? 16 : 10;
    if (base == 16)
      name.remove_prefix(1);
    std::uint32_t code = 0;
    auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
    bool number = error == std::errc() && stop == name.data() + name.size() && allowed(code);
    return number ? nullptr : "reference to invalid character number";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::size_t markup_ = 0;
  xml_limits limits_;
};

} // namespace

std::size_t xml_character(std::string_view text, std::size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80)
    return allowed(lead) ? 1 : 0;
  std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < size)
    return 0;
  std::uint32_t code = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xc0) != 0x80)
      return 0;
    code = code << 6 | (byte & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= least[size] && allowed(code) ? size : 0;
}

const char* xml_fault(std::string_view text, const xml_limits& limits) { return scanner(text, limits).run(); }

} // namespace troupe::protocols
