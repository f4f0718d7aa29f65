// See glob.hpp.
#include "protocols/glob.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <optional>

namespace troupe::protocols {

namespace {

constexpr char32_t not_unicode = 0x110000; // and above: bytes that are no UTF-8

/// Takes the first character off `text`, which is not empty.
char32_t take(std::string_view& text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto lead = byte(0);
  auto span = utf8_sequence(text);
  if (!span.well_formed) {
    text.remove_prefix(1);
    return not_unicode + lead;
  }
  char32_t c = span.size == 1 ? lead : lead & (0x7fU >> span.size);
  for (std::size_t i = 1; i < span.size; ++i)
    c = c << 6 | (byte(i) & 0x3fU);
  text.remove_prefix(span.size);
  return c;
}

} // namespace

/// Reads what follows a `[`; false, and nothing is taken: it is not closed.
bool glob::read_set(std::string_view& pattern, piece& made) {
  auto text = pattern;
  made.is = piece::kind::one_of;
  if (text.starts_with('!')) {
    made.is = piece::kind::none_of;
    text.remove_prefix(1);
  }
  for (bool first = true; !text.empty(); first = false) { // a `]` in the first place is one of the set
    auto c = take(text);
    if (c == U']' && !first) {
      pattern = text;
      return true;
    }
    auto last = c;
    if (text.size() > 1 && text[0] == '-' && text[1] != ']') {
      text.remove_prefix(1);
      last = take(text);
    }
    made.ranges.push_back({c, last});
  }
  return false;
}

glob::glob(std::string_view pattern) {
  while (!pattern.empty()) {
    auto before = pattern;
    piece next;
    next.character = take(pattern);
    if (next.character == U'*')
      next.is = piece::kind::some;
    else if (next.character == U'?')
      next.is = piece::kind::any;
    else if (piece set; next.character == U'[' && read_set(pattern, set))
      next = std::move(set);
    bool is_plain = next.is == piece::kind::character && next.character < not_unicode;
    bool repeats = next.is == piece::kind::some && !rest_.empty() && rest_.back().is == piece::kind::some;
    if (is_plain && rest_.empty())
      start_ += before.substr(0, before.size() - pattern.size());
    else if (!repeats)
      rest_.push_back(std::move(next));
  }
}

bool glob::fits_one(const piece& p, char32_t c) {
  if (p.is == piece::kind::character)
    return p.character == c;
  if (p.is == piece::kind::any)
    return true;
  bool found = std::any_of(p.ranges.begin(), p.ranges.end(), [&](range r) { return r.first <= c && c <= r.last; });
  return found == (p.is == piece::kind::one_of);
}

bool glob::fits(std::string_view name) const {
  if (!name.starts_with(start_))
    return false;
  name.remove_prefix(start_.size());
  if (rest_.empty())
    return name.empty();
  // Only the last star is ever tried again: what an earlier one could take more, this one can as well.
  struct attempt {
    std::size_t piece;     ///< behind the star
    std::string_view name; ///< behind what it took
  };
  std::optional<attempt> again;
  std::size_t at = 0;
  for (;;) {
    if (at < rest_.size() && rest_[at].is == piece::kind::some) {
      again = {++at, name};
      if (at == rest_.size())
        return true;
      continue;
    }
    if (name.empty())
      return at == rest_.size();
    if (at < rest_.size() && fits_one(rest_[at], take(name))) {
      ++at;
      continue;
    }
    if (!again)
      return false;
    if (again->name.empty())
      return false;
    take(again->name);
    at = again->piece;
    name = again->name;
  }
}

} // namespace troupe::protocols
