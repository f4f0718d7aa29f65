// Lines that somebody reads in `top`: details of a process, or a log as it comes. Pure: lines and keys in, lines out.
// Must not read a log, nor draw. Source: docs/contract/packaging.md, 6.4.
#pragma once

#include "apps/ctl/screen.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace troupe::ctl {

class text_pane {
public:
  explicit text_pane(std::string title) : title_(std::move(title)) {}

  void add(std::string_view line); ///< one, as it came
  bool press(char32_t key);        ///< false: back to the table
  picture_lines draw(std::size_t columns, std::size_t lines);

private:
  void search(bool forwards);

  std::string title_;
  std::deque<std::string> lines_; ///< fit for a terminal
  std::string sought_;
  bool types_ = false; ///< what is sought
  bool wraps_ = false;
  bool follows_ = true;   ///< the end is shown
  std::size_t first_ = 0; ///< the line at the top
  std::size_t page_ = 10;
};

} // namespace troupe::ctl
