// See expansion.hpp.
#include "config/expansion.hpp"

#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "config/utf8.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe::config {

namespace {

/// The first `count` characters.
std::string_view truncated(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      ++end;
    --count;
  }
  return text.substr(0, end);
}

std::string utf8(char32_t code) {
  if (code < 0x80)
    return std::string(1, static_cast<char>(code));
  auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x800)
    return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000)
    return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

/// Like a variable's name; anything else between the parentheses may as well be a piece of a password.
bool is_plain_name(std::string_view text) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

struct conversion {
  bool left = false, plus = false, blank = false, zero = false, alternate = false;
  std::size_t width = 0;
  int precision = -1;
  char type = 0;
};

constexpr std::size_t widest = 1'000'000; // a typing error must not eat the memory

std::string padded(std::string text, const conversion& c, std::size_t sign_size, bool zero) {
  auto size = code_points(text);
  if (size >= c.width)
    return text;
  auto missing = c.width - size;
  if (c.left)
    return text.append(missing, ' ');
  return zero ? text.insert(sign_size, missing, '0') : text.insert(0, missing, ' ');
}

std::string format_integer(std::int64_t value, const conversion& c) {
  bool hex = c.type == 'x' || c.type == 'X';
  const std::uint64_t base = hex ? 16 : c.type == 'o' ? 8 : 10;
  const char* alphabet = c.type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  auto rest = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits(1, alphabet[rest % base]);
  for (rest /= base; rest != 0; rest /= base)
    digits.insert(digits.begin(), alphabet[rest % base]);
  if (c.precision > 0 && digits.size() < static_cast<std::size_t>(c.precision))
    digits.insert(0, static_cast<std::size_t>(c.precision) - digits.size(), '0');
  std::string sign = value < 0 ? "-" : c.plus ? "+" : c.blank ? " " : "";
  if (c.alternate && base != 10)
    sign += std::string("0") + c.type;
  auto sign_size = sign.size();
  return padded(sign + digits, c, sign_size, c.zero);
}

std::string format_float(std::int64_t value, const conversion& c) {
  std::string format = "%";
  format += c.alternate ? "#" : "";
  format += c.plus ? "+" : c.blank ? " " : "";
  format += ".*";
  format += c.type;
  char text[512];
  auto size = std::snprintf(text, sizeof text, format.c_str(), std::clamp(c.precision, c.precision < 0 ? 6 : 0, 100),
                            static_cast<double>(value));
  std::string out(text, static_cast<std::size_t>(size));
  return padded(out, c, out.find_first_of("0123456789"), c.zero);
}

std::string format_text(std::string_view text, const conversion& c) {
  if (c.precision >= 0)
    text = truncated(text, static_cast<std::size_t>(c.precision));
  return padded(std::string(text), c, 0, false);
}

/// Reads one template. When it is not one, `reason` or `unknown` says why, and `fault_at` which % it is. No character
/// of the template gets into a reason: it may be part of a password.
class template_reader {
public:
  template_reader(std::string_view text, const expansion_scope& scope) : text_(text), scope_(scope) {}

  std::string out;
  std::string reason;
  std::string unknown;

  /// The position of the faulty %, in characters, from 1.
  std::size_t fault_at() const { return character_at(text_, begin_); }

  bool run() {
    while (at_ < text_.size()) {
      auto percent = std::min(text_.find('%', at_), text_.size());
      out += text_.substr(at_, percent - at_);
      at_ = percent;
      if (at_ < text_.size() && !convert())
        return false;
    }
    return true;
  }

private:
  bool fail(std::string why) {
    reason = std::move(why);
    return false;
  }

  bool at_end() const { return at_ == text_.size(); }

  bool convert() {
    begin_ = at_++;
    if (at_end())
      return fail("incomplete format");
    if (text_[at_] == '%') {
      out += '%';
      ++at_;
      return true;
    }
    if (text_[at_] != '(')
      return fail("a percent sign is written %%, an expansion %(name)s");
    expansion_scope::value value;
    if (!read_name(value))
      return false;
    conversion c;
    if (!read_flags(c))
      return false;
    return print(c, value);
  }

  bool read_name(expansion_scope::value& value) {
    int depth = 1;
    auto begin = ++at_;
    for (; !at_end() && depth > 0; ++at_)
      depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
    if (depth > 0)
      return fail("incomplete format key");
    auto name = text_.substr(begin, at_ - 1 - begin);
    value = scope_.find(name);
    if (std::holds_alternative<std::monostate>(value)) {
      unknown = name;
      return false;
    }
    return true;
  }

  bool read_number(std::size_t& number) {
    number = 0;
    if (!at_end() && text_[at_] == '*')
      return fail("not enough arguments for format string");
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9')
      number = std::min(number * 10 + static_cast<std::size_t>(text_[at_++] - '0'), widest + 1);
    return number <= widest || fail("width too big");
  }

  bool read_flags(conversion& c) {
    for (; !at_end(); ++at_) {
      if (text_[at_] == '-')
        c.left = true;
      else if (text_[at_] == '+')
        c.plus = true;
      else if (text_[at_] == ' ')
        c.blank = true;
      else if (text_[at_] == '0')
        c.zero = true;
      else if (text_[at_] == '#')
        c.alternate = true;
      else
        break;
    }
    if (!read_number(c.width))
      return false;
    if (!at_end() && text_[at_] == '.') {
      ++at_;
      std::size_t precision = 0;
      if (!read_number(precision))
        return false;
      c.precision = static_cast<int>(precision);
    }
    if (!at_end() && (text_[at_] == 'h' || text_[at_] == 'l' || text_[at_] == 'L'))
      ++at_;
    if (at_end())
      return fail("incomplete format");
    c.type = text_[at_];
    return true;
  }

  bool print(const conversion& c, const expansion_scope::value& value) {
    constexpr std::string_view types = "diuxXoeEfFgGcsra";
    if (types.find(c.type) == types.npos)
      return fail("unsupported format character");
    const auto* text = std::get_if<std::string_view>(&value);
    const auto* number = std::get_if<std::int64_t>(&value);
    ++at_;
    switch (c.type) {
    case 'd':
    case 'i':
    case 'u':
      if (!number)
        return fail(std::string("%") + c.type + " format: a real number is required, not str");
      out += format_integer(*number, c);
      return true;
    case 'x':
    case 'X':
    case 'o':
      if (!number)
        return fail(std::string("%") + c.type + " format: an integer is required, not str");
      out += format_integer(*number, c);
      return true;
    case 'c':
      return print_character(c, text, number);
    case 's':
    case 'r':
    case 'a': {
      auto plain = number ? std::to_string(*number) : std::string(*text);
      out += format_text(c.type == 's' || number ? plain : quoted(plain), c);
      return true;
    }
    default:
      if (!number)
        return fail("must be real number, not str");
      out += format_float(*number, c);
      return true;
    }
  }

  bool print_character(const conversion& c, const std::string_view* text, const std::int64_t* number) {
    if (number && (*number < 0 || *number >= 0x110000))
      return fail("%c arg not in range(0x110000)");
    if (number)
      out += padded(utf8(static_cast<char32_t>(*number)), c, 0, false);
    else if (text && code_points(*text) == 1)
      out += padded(std::string(*text), c, 0, false);
    else
      return fail("%c requires int or char");
    return true;
  }

  std::string_view text_;
  const expansion_scope& scope_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0; ///< of the conversion that is read
};

} // namespace

expansion_scope::value expansion_scope::find(std::string_view name) const {
  if (name.starts_with("ENV_")) {
    auto key = name.substr(4);
    if (auto otherwise = key.find(":-"); otherwise != key.npos) { // %(ENV_X:-text)s
      auto variable = find(name.substr(0, 4 + otherwise));
      const auto* text = std::get_if<std::string_view>(&variable);
      return text && !text->empty() ? *text : key.substr(otherwise + 2);
    }
    if (own_env)
      for (const auto& [k, v] : *own_env)
        if (k == key)
          return std::string_view(v);
    if (env)
      if (auto found = env->find(std::string(key)); found != env->end())
        return std::string_view(found->second);
    return {};
  }
  struct text_name {
    std::string_view name;
    const std::string* value;
  };
  for (const auto& [known, text] : {text_name{"here", here}, text_name{"host_node_name", host_node_name},
                                    text_name{"program_name", program_name}, text_name{"group_name", group_name}})
    if (name == known && text)
      return std::string_view(*text);
  if (name == "process_num" && process_num)
    return *process_num;
  if (name == "numprocs" && numprocs)
    return *numprocs;
  return {};
}

std::vector<std::string> expansion_scope::names() const {
  std::vector<std::string> all;
  auto add = [&](const char* name, bool exists) {
    if (exists)
      all.emplace_back(name);
  };
  add("ENV_*", env || own_env);
  add("here", here);
  add("host_node_name", host_node_name);
  add("program_name", program_name);
  add("group_name", group_name);
  add("process_num", process_num);
  add("numprocs", numprocs);
  std::sort(all.begin(), all.end());
  return all;
}

result<std::string> expand(std::string_view text, const expansion_scope& scope, std::string_view what) {
  if (text.find('%') == text.npos)
    return std::string(text);
  template_reader reader{text, scope};
  if (reader.run())
    return std::move(reader.out);
  auto at = " (character " + std::to_string(reader.fault_at()) + " of the value)";
  auto head = "Format string for " + quoted(what);
  if (!reader.reason.empty())
    return fault(head + " is badly formatted: " + reader.reason + at);
  std::string names;
  for (const auto& name : scope.names())
    names += (names.empty() ? "" : ", ") + name;
  auto unknown = is_plain_name(reader.unknown) ? "names (" + quoted(reader.unknown) + ")" : "a name";
  return fault(head + " contains " + unknown + " which cannot be expanded" + at +
               ". Available names: " + (names.empty() ? "none" : names));
}

} // namespace troupe::config
