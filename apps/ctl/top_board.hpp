// The table of `top`: which rows there are, in which order, what a key does to it, and how it looks. Pure: rows, keys
// and times in, lines and wishes out. Must not ask, draw or read a clock. Source: docs/contract/packaging.md, 6.4.
#pragma once

#include "apps/ctl/screen.hpp"
#include "apps/ctl/status_view.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::ctl {

/// What somebody at the keys wants, beyond what the table does by itself.
struct top_wish {
  enum class kind { nothing, quit, start, stop, restart, signal, details, log } is = kind::nothing;
  std::vector<std::string> names = {}; ///< group:process
  std::string signal = {};
};

struct top_facts {
  std::vector<process_row> rows;
  facts_book facts;
  double now = 0;      ///< by the daemon's clock
  std::string version; ///< of the daemon
  std::string trouble; ///< with the connection; empty: none
};

struct top_look {
  std::size_t columns = 80;
  std::size_t lines = 24;
  bool utf8 = true;
};

class top_board {
public:
  void take(top_facts facts);
  /// The processor time of now is a point of the lines; to be called each `step_seconds`.
  void sample();
  static constexpr int step_seconds = 5;

  top_wish press(char32_t key);
  /// In the last line, until something else is said or it is taken back.
  void say(std::string text) { said_ = std::move(text); }
  picture_lines draw(const top_look& look);

private:
  enum class mode { table, filter, question, signal, help };
  struct item {
    std::string group;
    const process_row* row = nullptr; ///< null: the line of a group
  };
  std::vector<item> items() const;
  std::vector<std::string> meant(bool all_marked) const;
  top_wish press_in_table(char32_t key);
  top_wish press_in_text(char32_t key);
  top_wish ask(top_wish::kind what);
  void move(std::int64_t by);
  const item* current(const std::vector<item>& all) const;
  screen_line header(const top_look& look) const;
  screen_line line_of(const item& of, const top_look& look, bool is_chosen) const;
  screen_line last_line() const;

  top_facts known_;
  std::map<std::string, std::deque<double>, std::less<>> points_; ///< by key_of
  mode mode_ = mode::table;
  std::string filter_;
  std::string typed_; ///< the name of a signal
  std::string said_;
  top_wish asked_; ///< is carried out with `y`
  std::set<std::string> marked_;
  std::size_t at_ = 0;    ///< the chosen line
  std::size_t first_ = 0; ///< the line at the top
  std::size_t page_ = 10;
  status_request::order order_ = status_request::order::name;
  bool by_group_ = false;
};

/// One character for each point, the oldest first, `width` of them; against 100 % or, if there is more, the most.
std::string sparkline(const std::deque<double>& points, std::size_t width, bool utf8);
std::string duration_text(std::int64_t seconds); ///< 2:11:03, 3 d 02:11

} // namespace troupe::ctl
