// See line_expression.hpp.
#include "config/line_expression.hpp"

#include <algorithm>
#include <vector>

#include <regex.h>

namespace troupe::config {

namespace {

constexpr std::size_t very_many = 1'000'000;

/// Something that a repetition behind it repeats.
struct part {
  std::size_t size = 1; ///< elements, repetitions written out
  bool has_anchor = false;
  bool may_be_empty = false;
};

/// Between parentheses, or the whole: alternatives of parts.
class group {
public:
  void add(part one) {
    may_be_empty_before_ = may_be_empty_;
    may_be_empty_ = may_be_empty_ && one.may_be_empty;
    has_anchor_ |= one.has_anchor;
    size_ += one.size;
    last_ = one;
  }
  void change_last(part now) {
    size_ += now.size - last_.size; // it has grown
    may_be_empty_ = may_be_empty_before_ && now.may_be_empty;
    last_ = now;
  }
  void next_alternative() {
    one_may_be_empty_ |= may_be_empty_;
    may_be_empty_ = may_be_empty_before_ = true;
    last_ = {.size = 0};
    ++size_;
  }
  const part& last() const { return last_; }
  part whole() const { return {std::min(size_, very_many), has_anchor_, may_be_empty_ || one_may_be_empty_}; }

private:
  std::size_t size_ = 1;
  bool has_anchor_ = false;
  bool one_may_be_empty_ = false; ///< of the alternatives before this one
  bool may_be_empty_ = true;      ///< this alternative so far
  bool may_be_empty_before_ = true;
  part last_{.size = 0};
};

/// Reads an expression from left to right. What is no expression is read somehow: regcomp(3) refuses it.
class expression_reader {
public:
  explicit expression_reader(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text_.size();)
      i = read(i);
  }

  /// Why it is refused, or nothing.
  std::string fault() const {
    if (back_reference_)
      return "back-references are not allowed";
    if (repeats_anchor_)
      return "anchors cannot be repeated";
    if (repeats_nothing_)
      return "what may be empty cannot be repeated";
    if (anchors_ > most_anchors)
      return "more than " + std::to_string(most_anchors) + " anchors";
    std::size_t size = 0;
    for (const auto& group : open_)
      size += group.whole().size - 1;
    if (size > longest_expression)
      return "longer than " + std::to_string(longest_expression) + " elements with its repetitions written out";
    return {};
  }

private:
  /// What is at `i`; the place behind it.
  std::size_t read(std::size_t i) {
    switch (text_[i]) {
    case '\\':
      return read_escape(i + 1);
    case '[':
      open_.back().add({});
      return behind_bracket(i + 1);
    case '^':
    case '$':
      add_anchor();
      break;
    case '(':
      open_.emplace_back();
      break;
    case ')':
      close();
      break;
    case '|':
      open_.back().next_alternative();
      break;
    case '*':
      repeat(1, true, true);
      break;
    case '?':
      repeat(1, true, false);
      break;
    case '+': // one, and any number behind it
      repeat(2, false, true);
      break;
    case '{':
      return read_interval(i + 1);
    default:
      open_.back().add({});
    }
    return i + 1;
  }

  std::size_t read_escape(std::size_t i) {
    char c = i < text_.size() ? text_[i] : '\0';
    back_reference_ |= c >= '1' && c <= '9';
    if (c != '\0' && std::string_view("bB<>`'").find(c) != std::string_view::npos)
      add_anchor();
    else
      open_.back().add({});
    return i + 1;
  }

  /// The place behind `[...]`, whose `[` is in front of `i`.
  std::size_t behind_bracket(std::size_t i) const {
    auto at = [this](std::size_t place) { return place < text_.size() ? text_[place] : '\0'; };
    i += at(i) == '^' ? 1 : 0;
    i += at(i) == ']' ? 1 : 0;
    while (i < text_.size() && text_[i] != ']') {
      auto kind = at(i + 1);
      if (text_[i] != '[' || (kind != ':' && kind != '.' && kind != '=')) {
        ++i;
        continue;
      }
      const char end[] = {kind, ']'};
      i = text_.find(std::string_view(end, 2), i + 2);
      if (i == text_.npos)
        return text_.size();
      i += 2;
    }
    return std::min(i + 1, text_.size());
  }

  /// `N}`, `N,}`, `N,M}`: the largest number counts, and one more where there is no end.
  std::size_t read_interval(std::size_t i) {
    std::size_t most = 0, number = 0;
    bool endless = false, from_none = true, first = true;
    for (; i < text_.size() && text_[i] != '}'; ++i) {
      bool digit = text_[i] >= '0' && text_[i] <= '9';
      endless = !digit;
      first = first && digit;
      number = digit ? std::min(number * 10 + static_cast<std::size_t>(text_[i] - '0'), very_many) : 0;
      most = std::max(most, number);
      from_none = from_none && (!first || number == 0);
    }
    repeat(std::max<std::size_t>(most, 1) + (endless ? 1 : 0), from_none, true);
    return std::min(i + 1, text_.size());
  }

  void add_anchor() {
    ++anchors_;
    open_.back().add({.has_anchor = true, .may_be_empty = true});
  }

  void close() {
    if (open_.size() == 1) // an ordinary character
      return open_.back().add({});
    auto whole = open_.back().whole();
    open_.pop_back();
    open_.back().add(whole);
  }

  /// `again`: more than once.
  void repeat(std::size_t times, bool from_none, bool again) {
    auto now = open_.back().last();
    repeats_anchor_ |= again && now.has_anchor;
    repeats_nothing_ |= again && now.may_be_empty;
    now.size = std::min(now.size * times + 1, very_many);
    now.may_be_empty |= from_none;
    open_.back().change_last(now);
  }

  std::string_view text_;
  std::vector<group> open_ = std::vector<group>(1); ///< the whole, and groups that are open, the innermost last
  std::size_t anchors_ = 0;
  bool back_reference_ = false;
  bool repeats_anchor_ = false;
  bool repeats_nothing_ = false;
};

} // namespace

std::string fault_of_expression(std::string_view text) {
  if (text.size() > longest_expression)
    return "longer than " + std::to_string(longest_expression) + " bytes";
  if (auto fault = expression_reader{text}.fault(); !fault.empty())
    return fault;
  regex_t compiled;
  int code = ::regcomp(&compiled, std::string(text).c_str(), REG_EXTENDED | REG_NOSUB);
  if (code == 0) {
    ::regfree(&compiled);
    return {};
  }
  char reason[256];
  ::regerror(code, &compiled, reason, sizeof reason);
  return reason;
}

} // namespace troupe::config
