// See xml_scan.hpp.
#include "protocols/xml_scan.hpp"

#include <charconv>
#include <cstdint>

namespace troupe::protocols {

namespace {

bool allowed(std::uint32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
         (c >= 0x10000 && c < 0x110000);
}

class scanner {
public:
  scanner(std::string_view text, int depth) : text_(text), limit_(depth) {}

  const char* run() {
    if (text_.starts_with("\xef\xbb\xbf"))
      text_.remove_prefix(3);
    while (at_ < text_.size()) {
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

  const char* character() {
    auto size = xml_character(text_, at_);
    at_ += size;
    return size ? nullptr : "not well-formed (invalid token)";
  }

  /// Goes behind `end`, checking the characters on the way.
  const char* until(std::string_view end) {
    while (at_ < text_.size() && !here(end))
      if (auto fault = character())
        return fault;
    if (at_ == text_.size())
      return "unclosed token";
    at_ += end.size();
    return nullptr;
  }

  const char* markup() {
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
    if (++depth_ > limit_)
      return "nested too deeply";
    ++at_;
    char quote = 0;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (!quote && c == '>') {
        if (text_[at_ - 1] == '/')
          --depth_;
        ++at_;
        return nullptr;
      }
      if (c == '<')
        return "not well-formed (invalid token)";
      if (quote ? c == quote : c == '"' || c == '\'')
        quote = quote ? '\0' : c;
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
  int limit_;
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

const char* xml_fault(std::string_view text, int depth) { return scanner(text, depth).run(); }

} // namespace troupe::protocols
