// Names that a pattern describes: `*`, `?`, `[a-z]`, `[!a]`, character by character. Text in, yes or no out, in time
// that grows with the name alone, whatever the pattern. Must not know what is named. Source:
// docs/contract/access.md, 1.5. Cases: tests/protocols/access_pattern_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

/// `*`: any number of characters; `?`: one; `[a-z]`: one of those; `[!a-z]`: one of the others; a `[` that nothing
/// closes is itself. A byte that is not UTF-8 is a character that nothing else equals.
class glob {
public:
  glob() = default; ///< fits the empty name only
  explicit glob(std::string_view pattern);
  bool fits(std::string_view name) const;

private:
  struct range {
    char32_t first, last;
  };
  struct piece {
    enum class kind : std::uint8_t { character, any, some, one_of, none_of } is = kind::character;
    char32_t character = 0;
    std::vector<range> ranges; ///< of one_of, none_of
  };
  static bool fits_one(const piece& p, char32_t c);
  static bool read_set(std::string_view& pattern, piece& made);

  std::string start_; ///< what every name that fits begins with: most patterns are nothing else
  std::vector<piece> rest_;
};

} // namespace troupe::protocols
