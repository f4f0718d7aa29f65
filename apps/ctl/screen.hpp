// A whole terminal to draw on, with keys. Narrow, so that what is drawn can be tested without one. Must not hold
// decisions (top_board.hpp does).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

enum class shade { plain, good, busy, bad, faint, head, chosen };
struct stretch {
  std::string text; ///< fit for a terminal
  shade as = shade::plain;
};
using screen_line = std::vector<stretch>;
using picture_lines = std::vector<screen_line>;

/// A character, or one of these.
namespace key {
constexpr char32_t enter = U'\n', escape = 0x1b, backspace = 0x7f;
constexpr char32_t up = 0x110000, down = 0x110001, page_up = 0x110002, page_down = 0x110003, home = 0x110004,
                   end = 0x110005, help = 0x110006, resized = 0x110007;
} // namespace key

class screen {
public:
  virtual ~screen() = default; ///< the terminal is as it was
  virtual std::size_t columns() const = 0;
  virtual std::size_t lines() const = 0;
  virtual void draw(const picture_lines& picture) = 0;
  virtual std::optional<char32_t> pressed() = 0; ///< does not wait
  virtual bool is_over() const = 0;              ///< somebody wants us to end
};

} // namespace troupe::ctl
