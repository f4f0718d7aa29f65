// See text_pane.hpp.
#include "apps/ctl/text_pane.hpp"

#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"

#include <algorithm>

namespace troupe::ctl {

namespace {

constexpr std::size_t most_lines = 5000, longest_line = 4096;

} // namespace

void text_pane::add(std::string_view line) {
  lines_.push_back(displayable(line.substr(0, longest_line)));
  if (lines_.size() <= most_lines)
    return;
  lines_.pop_front();
  first_ -= first_ > 0 ? 1 : 0;
}

/// To the next line that holds it, from the one at the top.
void text_pane::search(bool forwards) {
  if (sought_.empty() || lines_.empty())
    return;
  auto count = lines_.size();
  for (std::size_t step = 1; step <= count; ++step) {
    auto at = (first_ + (forwards ? step : count - step)) % count;
    if (lines_[at].find(sought_) == std::string::npos)
      continue;
    first_ = at;
    follows_ = false;
    return;
  }
}

bool text_pane::press(char32_t pressed) {
  if (types_) {
    if (pressed == key::enter || pressed == key::escape) {
      types_ = false;
      search(true);
    } else if (pressed == key::backspace && !sought_.empty()) {
      sought_.pop_back();
    } else if (pressed >= 0x20 && pressed < 0x7f) {
      sought_ += static_cast<char>(pressed);
    }
    return true;
  }
  auto last = lines_.size() > page_ ? lines_.size() - page_ : 0;
  auto go = [&](std::size_t to) {
    first_ = std::min(to, last);
    follows_ = first_ == last;
  };
  switch (pressed) {
  case key::escape:
  case U'q':
    return false;
  case U'/':
    types_ = true;
    sought_.clear();
    break;
  case U'n':
    search(true);
    break;
  case U'N':
    search(false);
    break;
  case U'w':
    wraps_ = !wraps_;
    break;
  case key::up:
    go(first_ > 0 ? first_ - 1 : 0);
    break;
  case key::down:
    go(first_ + 1);
    break;
  case key::page_up:
    go(first_ > page_ ? first_ - page_ : 0);
    break;
  case key::page_down:
    go(first_ + page_);
    break;
  case key::home:
    go(0);
    follows_ = false; // wrapped lines may be more than fit
    break;
  case key::end:
    go(last);
    break;
  default:
    break;
  }
  return true;
}

picture_lines text_pane::draw(std::size_t columns, std::size_t lines) {
  page_ = lines > 2 ? lines - 2 : 1;
  columns = std::max<std::size_t>(columns, 1);
  if (follows_)
    first_ = lines_.size() > page_ ? lines_.size() - page_ : 0;
  picture_lines shown;
  auto take = [&](std::string_view line) {
    auto as = !sought_.empty() && line.find(sought_) != line.npos ? shade::chosen : shade::plain;
    do {
      auto part = cut_to_columns(line, columns);
      line.remove_prefix(std::min(line.size(), std::max<std::size_t>(part.size(), 1)));
      shown.push_back({{std::move(part), as}});
    } while (wraps_ && !line.empty());
  };
  for (auto at = first_; at < lines_.size() && (follows_ || shown.size() < page_); ++at)
    take(lines_[at]);
  if (shown.size() > page_) { // wrapped
    auto extra = static_cast<std::ptrdiff_t>(shown.size() - page_);
    if (follows_)
      shown.erase(shown.begin(), shown.begin() + extra);
    else
      shown.resize(page_);
  }
  shown.resize(page_);
  picture_lines picture = {{{cut_to_columns(title_, columns), shade::head}}};
  picture.insert(picture.end(), shown.begin(), shown.end());
  auto bottom = types_ ? "/" + sought_ + "_" : std::string("/search  n next  N before  w wrap  escape back");
  picture.push_back({{cut_to_columns(bottom, columns), types_ ? shade::head : shade::faint}});
  picture.resize(std::min(picture.size(), std::max<std::size_t>(lines, 1)));
  return picture;
}

} // namespace troupe::ctl
