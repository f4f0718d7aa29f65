// See env_file.hpp.
#include "config/env_file.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace troupe::config {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_key(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Up to a number sign behind a blank.
std::string_view without_note(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i] == '#' && is_blank(text[i - 1]))
      return text.substr(0, i);
  return text;
}

/// What a backslash and `c` stand for within double quotes; 0: for themselves.
char escaped(char c) {
  switch (c) {
  case 'n':
    return '\n';
  case 't':
    return '\t';
  case '"':
  case '\\':
  case '$':
    return c;
  default:
    return 0;
  }
}

class reader {
public:
  explicit reader(std::string_view text) : rest_(text) {
    constexpr std::string_view mark = "\xef\xbb\xbf"; // of UTF-8, that some editors write
    if (rest_.starts_with(mark))
      rest_.remove_prefix(mark.size());
  }

  result<environment> read() {
    for (; !rest_.empty(); ++line_) {
      auto line = trimmed(rest_.substr(0, rest_.find('\n')));
      if (line.empty() || line.front() == '#')
        skip_line();
      else if (auto done = take_variable(); !done)
        return done.error();
    }
    return std::move(variables_);
  }

private:
  static error at(int line, const char* what) { return {{{}, line}, what}; }

  void skip_line() { rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1); }

  result<void> take_variable() {
    auto line = rest_.substr(0, rest_.find('\n'));
    auto equals = line.find('=');
    auto key = trimmed(line.substr(0, std::min(equals, line.size())));
    constexpr std::string_view word = "export";
    if (key.starts_with(word) && key.size() > word.size() && is_blank(key[word.size()]))
      key = trimmed(key.substr(word.size()));
    if (equals == line.npos || !is_key(key))
      return at(line_, "no KEY=VALUE");
    auto said = line.substr(equals + 1);
    rest_.remove_prefix(equals + 1);
    auto begun = line_;
    auto begin = trimmed(said).substr(0, 1);
    bool is_quoted = begin == "'" || begin == "\"";
    if (is_quoted)
      rest_.remove_prefix(said.find(begin));
    auto value = is_quoted ? quoted_value() : plain_value(said);
    if (!value)
      return value.error();
    if (value->find('\0') != value->npos) // no variable can hold it
      return at(begun, "no KEY=VALUE");
    keep(key, *std::move(value));
    return {};
  }

  result<std::string> plain_value(std::string_view said) {
    skip_rest();
    return std::string(trimmed(without_note(said)));
  }

  void skip_rest() {
    if (!rest_.empty())
      skip_line();
  }

  /// It may go over several lines; behind it there is nothing but a note.
  result<std::string> quoted_value() {
    const char quote = rest_.front();
    const int opened = line_;
    std::string value;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != quote; ++i) {
      char meant = quote == '"' && rest_[i] == '\\' && i + 1 < rest_.size() ? escaped(rest_[i + 1]) : '\0';
      i += meant ? 1 : 0;
      line_ += rest_[i] == '\n' ? 1 : 0;
      value += meant ? meant : rest_[i];
    }
    if (i == rest_.size())
      return at(opened, "No closing quotation");
    rest_.remove_prefix(i + 1);
    auto behind = rest_.substr(0, rest_.find('\n'));
    bool is_note = !behind.empty() && is_blank(behind.front()) && trimmed(behind).starts_with('#');
    if (!is_note && !trimmed(behind).empty())
      return at(line_, "no KEY=VALUE");
    skip_rest();
    return value;
  }

  void keep(std::string_view key, std::string value) {
    auto [place, is_new] = places_.try_emplace(key, variables_.size());
    if (is_new)
      variables_.emplace_back(key, std::move(value));
    else
      variables_[place->second].second = std::move(value);
  }

  std::string_view rest_;
  int line_ = 1;
  environment variables_;
  std::unordered_map<std::string_view, std::size_t> places_; ///< by key, in the text
};

} // namespace

result<environment> variables_in(std::string_view text) { return reader{text}.read(); }

} // namespace troupe::config
