// See top_board.hpp.
#include "apps/ctl/top_board.hpp"

#include "apps/ctl/names.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace troupe::ctl {

namespace {

using order = status_request::order;
using kind = top_wish::kind;

constexpr std::size_t points_kept = 24; ///< of two minutes
std::string order_name(order is) {
  constexpr std::string_view names[] = {"as they come", "name", "state", "cpu", "mem", "restarts", "start"};
  return std::string(names[static_cast<std::size_t>(is)]);
}

/// What becomes text in the last line.
char typed_character(char32_t key) { return key >= 0x20 && key < 0x7f ? static_cast<char>(key) : '\0'; }

/// How far a key leads up or down; nothing: it leads nowhere.
std::optional<std::int64_t> step_of(char32_t pressed, std::int64_t page) {
  constexpr std::int64_t far = 1'000'000;
  constexpr std::array keys = {key::up, key::down, key::page_up, key::page_down, key::home, key::end};
  const std::array steps = {std::int64_t{-1}, std::int64_t{1}, -page, page, -far, far};
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == pressed)
      return steps[i];
  return std::nullopt;
}

} // namespace

void top_board::take(top_facts facts) {
  known_ = std::move(facts);
  std::set<std::string> there;
  for (const auto& row : known_.rows)
    there.insert(key_of(row));
  std::erase_if(marked_, [&](auto& name) { return !there.contains(name); });
  std::erase_if(points_, [&](auto& points) { return !there.contains(points.first); });
}

void top_board::sample() {
  for (const auto& row : known_.rows) {
    auto* known = facts_of(known_.facts, row);
    auto& points = points_[key_of(row)];
    points.push_back(known && known->cpu ? *known->cpu : 0);
    if (points.size() > points_kept)
      points.pop_front();
  }
}

// -- rows ----------------------------------------------------------------------------------------------

std::vector<top_board::item> top_board::items() const {
  shown_rows found;
  for (const auto& row : known_.rows)
    if (filter_.empty() || row.shown().find(filter_) != std::string::npos)
      found.push_back(&row);
  status_request wanted;
  wanted.sort = order_;
  found = arranged(std::move(found), wanted, known_.facts);
  std::vector<item> all;
  if (!by_group_) {
    for (const auto* row : found)
      all.push_back({row->group, row});
    return all;
  }
  std::stable_sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->group < b->group; });
  for (const auto* row : found) {
    if (all.empty() || all.back().group != row->group)
      all.push_back({row->group, nullptr});
    all.push_back({row->group, row});
  }
  return all;
}

const top_board::item* top_board::current(const std::vector<item>& all) const {
  return all.empty() ? nullptr : &all[std::min(at_, all.size() - 1)];
}

/// The marked ones, else the chosen one, or all of the chosen group.
std::vector<std::string> top_board::meant(bool all_marked) const {
  if (all_marked && !marked_.empty())
    return {marked_.begin(), marked_.end()};
  auto all = items();
  const auto* chosen = current(all);
  std::vector<std::string> names;
  if (!chosen)
    return names;
  if (chosen->row)
    return {key_of(*chosen->row)};
  for (const auto& one : all)
    if (all_marked && one.row && one.group == chosen->group)
      names.push_back(key_of(*one.row));
  return names;
}

// -- keys ----------------------------------------------------------------------------------------------

void top_board::move(std::int64_t by) {
  auto count = static_cast<std::int64_t>(items().size());
  auto from = std::min(static_cast<std::int64_t>(at_), std::max<std::int64_t>(count - 1, 0));
  at_ = static_cast<std::size_t>(std::clamp<std::int64_t>(from + by, 0, std::max<std::int64_t>(count - 1, 0)));
}

top_wish top_board::ask(kind what) {
  asked_ = {what, meant(true), typed_};
  if (asked_.names.empty())
    return {};
  mode_ = mode::question;
  return {};
}

top_wish top_board::press_in_text(char32_t pressed) {
  auto& text = mode_ == mode::filter ? filter_ : typed_;
  if (pressed == key::escape) {
    text.clear();
    mode_ = mode::table;
  } else if (pressed == key::enter) {
    bool is_signal = mode_ == mode::signal;
    mode_ = mode::table;
    if (is_signal && !typed_.empty())
      return ask(kind::signal);
  } else if (pressed == key::backspace) {
    if (!text.empty())
      text.pop_back();
  } else if (auto c = typed_character(pressed)) {
    text += c;
  }
  return {};
}

top_wish top_board::press_in_table(char32_t pressed) {
  if (auto step = step_of(pressed, static_cast<std::int64_t>(page_)))
    return move(*step), top_wish{};
  switch (pressed) {
  case U'q':
    return {kind::quit};
  case U'/':
    mode_ = mode::filter;
    return {};
  case key::escape:
    filter_.clear();
    marked_.clear();
    return {};
  case key::help:
  case U'?':
    mode_ = mode::help;
    return {};
  case U's':
    return ask(kind::start);
  case U'x':
    return ask(kind::stop);
  case U'r':
    return ask(kind::restart);
  case U'k':
    typed_.clear();
    mode_ = mode::signal;
    return {};
  case U't':
    by_group_ = !by_group_;
    return {};
  case U'o':
    order_ = order_ == order::start ? order::name : static_cast<order>(static_cast<int>(order_) + 1);
    said_ = "order: " + order_name(order_);
    return {};
  case U' ':
    for (const auto& name : meant(false))
      if (marked_.erase(name) == 0)
        marked_.insert(name);
    move(1);
    return {};
  case key::enter:
  case U'l':
    if (auto names = meant(false); !names.empty())
      return {pressed == U'l' ? kind::log : kind::details, std::move(names)};
    return {};
  default:
    return {};
  }
}

top_wish top_board::press(char32_t pressed) {
  said_.clear();
  switch (mode_) {
  case mode::question:
    mode_ = mode::table;
    if (pressed != U'y' && pressed != U'Y')
      return {};
    marked_.clear();
    return std::exchange(asked_, {});
  case mode::help:
    mode_ = mode::table;
    return {};
  case mode::filter:
  case mode::signal:
    return press_in_text(pressed);
  case mode::table:
    break;
  }
  return press_in_table(pressed);
}

} // namespace troupe::ctl
