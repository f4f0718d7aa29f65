// See json_read.hpp.
#include "apps/ctl/json_read.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

namespace troupe::ctl {

namespace {

using protocols::rpc_value;

constexpr int deepest = 32;

class json_parser {
public:
  explicit json_parser(std::string_view text) : rest_(text) {}

  std::optional<rpc_value> whole() {
    auto value = any(0);
    skip_blanks();
    return good_ && rest_.empty() ? std::optional(std::move(value)) : std::nullopt;
  }

private:
  void skip_blanks() {
    auto begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(begin == rest_.npos ? rest_.size() : begin);
  }
  bool take(char c) {
    skip_blanks();
    bool there = rest_.starts_with(c);
    rest_.remove_prefix(there ? 1 : 0);
    return there;
  }
  bool take(std::string_view word) {
    bool there = rest_.starts_with(word);
    rest_.remove_prefix(there ? word.size() : 0);
    return there;
  }
  rpc_value bad() {
    good_ = false;
    return {};
  }

  rpc_value any(int depth) {
    skip_blanks();
    if (!good_ || rest_.empty() || depth > deepest)
      return bad();
    switch (rest_.front()) {
    case '{':
      return object(depth);
    case '[':
      return array(depth);
    case '"':
      return text();
    default:
      return take("true") ? rpc_value(true) : take("false") ? rpc_value(false) : take("null") ? rpc_value() : number();
    }
  }

  rpc_value array(int depth) {
    rpc_value::array items;
    take('[');
    if (take(']'))
      return items;
    do
      items.push_back(any(depth + 1));
    while (good_ && take(','));
    return take(']') ? rpc_value(std::move(items)) : bad();
  }

  rpc_value object(int depth) {
    rpc_value::structure members;
    take('{');
    if (take('}'))
      return members;
    do {
      skip_blanks();
      auto key = text();
      if (!take(':'))
        return bad();
      members.emplace_back(std::move(key), any(depth + 1));
    } while (good_ && take(','));
    return take('}') ? rpc_value(std::move(members)) : bad();
  }

  rpc_value number() {
    auto size = std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size());
    auto digits = rest_.substr(0, size);
    rest_.remove_prefix(size);
    const auto* end = digits.data() + digits.size();
    std::int64_t whole = 0;
    if (auto [at, error] = std::from_chars(digits.data(), end, whole); error == std::errc() && at == end)
      return whole;
    double value = 0;
    auto [at, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc() && at == end ? rpc_value(value) : bad();
  }

  std::string text() {
    std::string out;
    if (!rest_.starts_with('"'))
      return bad(), out;
    rest_.remove_prefix(1);
    for (;;) {
      auto plain = rest_.find_first_of("\"\\");
      if (plain == rest_.npos)
        return bad(), out;
      out += rest_.substr(0, plain);
      bool over = rest_[plain] == '"';
      rest_.remove_prefix(plain + 1);
      if (over)
        return out;
      if (!escaped(out))
        return bad(), out;
    }
  }

  /// What is behind a backslash.
  bool escaped(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt", stand_for = "\"\\/\b\f\n\r\t";
    if (rest_.empty())
      return false;
    char c = rest_.front();
    rest_.remove_prefix(1);
    if (auto at = letters.find(c); at != letters.npos)
      return out += stand_for[at], true;
    auto code = c == 'u' ? four_digits() : std::nullopt;
    if (!code)
      return false;
    std::uint32_t character = *code;
    if (character >= 0xd800 && character < 0xdc00 && take("\\u")) {
      auto low = four_digits();
      if (!low)
        return false;
      character = 0x10000 + ((character - 0xd800) << 10) + (*low - 0xdc00);
    }
    append_utf8(out, character);
    return true;
  }

  std::optional<std::uint32_t> four_digits() {
    std::uint32_t code = 0;
    auto digits = rest_.substr(0, 4);
    const auto* end = digits.data() + digits.size();
    if (digits.size() < 4 || std::from_chars(digits.data(), end, code, 16).ptr != end)
      return std::nullopt;
    rest_.remove_prefix(4);
    return code;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
    } else {
      byte(0xf0 | (code >> 18 & 7)), byte(0x80 | (code >> 12 & 0x3f));
      byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
    }
  }

  std::string_view rest_;
  bool good_ = true;
};

} // namespace

std::optional<rpc_value> from_json(std::string_view text) { return json_parser(text).whole(); }

std::string text_in(const rpc_value& object, std::string_view key) {
  auto value = object.member(key);
  return value && value->string() ? *value->string() : std::string();
}

std::int64_t integer_in(const rpc_value& object, std::string_view key) {
  auto value = object.member(key);
  return value && value->integer() ? *value->integer() : 0;
}

std::optional<double> number_in(const rpc_value& object, std::string_view key) {
  auto value = object.member(key);
  if (value && value->integer())
    return static_cast<double>(*value->integer());
  auto number = value ? std::get_if<double>(&value->is) : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

bool flag_in(const rpc_value& object, std::string_view key) {
  auto value = object.member(key);
  return value && value->boolean() && *value->boolean();
}

} // namespace troupe::ctl
