// See datatypes.hpp: the grammar of `environment`. Source: docs/contract/configuration.md, 5.6 (K12).
#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <cstdint>

namespace troupe::config {

namespace {

/// Latin-1 letters, as UTF-8: U+00C0 to U+00FF but for the two signs in between.
bool is_latin_letter(unsigned char lead, unsigned char trail) {
  return lead == 0xc3 && trail >= 0x80 && trail <= 0xbf && trail != 0x97 && trail != 0xb7;
}

class lexer {
public:
  explicit lexer(std::string_view text) : all_(text), rest_(text) {}

  /// nullopt: the end, or `problem` is set.
  std::optional<std::string> next() {
    skip_blanks();
    begin_ = position();
    if (rest_.empty())
      return std::nullopt;
    std::string word;
    bool any = false;
    while (!rest_.empty()) {
      char c = rest_[0];
      if (is_blank(c) || c == '#')
        break;
      if (c == '\\') {
        if (rest_.size() == 1)
          return fail("No escaped character");
        rest_.remove_prefix(1);
        take(word, sequence());
      } else if (c == '\'' || c == '"') {
        if (!quote(word, c))
          return std::nullopt;
      } else if (auto length = word_length()) {
        take(word, length);
      } else {
        if (!any)
          take(word, sequence());
        return word;
      }
      any = true;
    }
    return word;
  }

  const char* problem = nullptr;
  std::size_t begin() const { return begin_; } ///< of the last token, or of the quotation that does not close

private:
  std::size_t position() const { return all_.size() - rest_.size(); }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  void skip_blanks() {
    while (!rest_.empty()) {
      if (rest_[0] == '#')
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      else if (is_blank(rest_[0]))
        rest_.remove_prefix(1);
      else
        return;
    }
  }

  /// Bytes of the character at the front.
  std::size_t sequence() const {
    std::size_t length = 1;
    while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xc0) == 0x80)
      ++length;
    return length;
  }

  /// Bytes of the word character at the front; 0 if it is none.
  std::size_t word_length() const {
    char c = rest_[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("_/.+-():").find(c) != std::string_view::npos)
      return 1;
    return rest_.size() > 1 && is_latin_letter(static_cast<unsigned char>(c), static_cast<unsigned char>(rest_[1])) ? 2
                                                                                                                    : 0;
  }

  void take(std::string& word, std::size_t length) {
    word += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  bool quote(std::string& word, char mark) {
    auto opened = position();
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != mark) {
      if (mark == '"' && rest_[0] == '\\') {
        if (rest_.size() == 1) {
          fail("No escaped character");
          return false;
        }
        if (rest_[1] == '"' || rest_[1] == '\\')
          rest_.remove_prefix(1);
      }
      take(word, 1);
    }
    if (rest_.empty() || rest_[0] != mark) {
      fail("No closing quotation");
      begin_ = opened;
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  std::nullopt_t fail(const char* what) {
    problem = what;
    begin_ = position();
    return std::nullopt;
  }

  std::string_view all_;
  std::string_view rest_;
  std::size_t begin_ = 0;
};

/// Where a fault is, without a word of the value: it may be a password.
std::string at_character(std::string_view text, std::size_t byte) {
  return " (character " + std::to_string(character_at(text, byte)) + " of the value)";
}

} // namespace

result<environment> key_values(std::string_view text) {
  constexpr std::size_t of_four_variables = 16;
  std::vector<std::string> tokens;
  std::vector<std::size_t> begins;
  tokens.reserve(of_four_variables);
  begins.reserve(of_four_variables);
  lexer words{text};
  while (auto token = words.next()) {
    tokens.push_back(std::move(*token));
    begins.push_back(words.begin());
  }
  if (words.problem)
    return fault(words.problem + at_character(text, words.begin()));
  environment pairs;
  pairs.reserve(tokens.size() / 4 + 1);
  for (std::size_t i = 0; i < tokens.size(); i += 4) {
    if (i + 1 < tokens.size() && tokens[i + 1] != "=")
      return fault("Unexpected end of key/value pairs: an = is missing" + at_character(text, begins[i]));
    if (i + 2 >= tokens.size())
      return fault("Unexpected end of key/value pairs" + at_character(text, begins[i]));
    auto found = std::find_if(pairs.begin(), pairs.end(), [&](auto& pair) { return pair.first == tokens[i]; });
    if (found == pairs.end())
      pairs.emplace_back(std::move(tokens[i]), std::move(tokens[i + 2]));
    else
      found->second = std::move(tokens[i + 2]);
  }
  return pairs;
}

} // namespace troupe::config
