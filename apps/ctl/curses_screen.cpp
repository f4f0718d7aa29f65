// See curses_screen.hpp.
#include "apps/ctl/curses_screen.hpp"

#include <array>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <utility>

#define NCURSES_NOMACROS
#include <curses.h>

namespace troupe::ctl {

namespace {

volatile std::sig_atomic_t wanted_end = 0;
void note_end(int number) { wanted_end = number; }

constexpr std::array ends = {SIGTERM, SIGHUP, SIGQUIT};
constexpr short good = 1, busy = 2, bad = 3;

class curses_screen : public screen {
public:
  explicit curses_screen(bool with_colors) {
    wanted_end = 0;
    struct sigaction note {};
    note.sa_handler = note_end;
    for (std::size_t i = 0; i < ends.size(); ++i)
      ::sigaction(ends[i], &note, &before_[i]); // before curses has handlers of its own for them
    std::setlocale(LC_CTYPE, "");
    terminal_ = ::newterm(nullptr, stdout, stdin);
    if (!terminal_)
      return;
    constexpr int escape_alone = 25; // ms until it is no sequence
    ::set_escdelay(escape_alone);
    ::cbreak();
    ::noecho();
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
    ::curs_set(0);
    if (!with_colors || !::has_colors())
      return;
    ::start_color();
    ::use_default_colors();
    ::init_pair(good, COLOR_GREEN, -1);
    ::init_pair(busy, COLOR_YELLOW, -1);
    ::init_pair(bad, COLOR_RED, -1);
    has_colors_ = true;
  }

  ~curses_screen() override {
    if (terminal_) {
      ::endwin();
      ::delscreen(terminal_);
    }
    for (std::size_t i = 0; i < ends.size(); ++i)
      ::sigaction(ends[i], &before_[i], nullptr);
    if (wanted_end)
      ::raise(wanted_end);
  }

  bool works() const { return terminal_ != nullptr; }
  std::size_t columns() const override { return static_cast<std::size_t>(::getmaxx(stdscr)); }
  std::size_t lines() const override { return static_cast<std::size_t>(::getmaxy(stdscr)); }
  bool is_over() const override { return wanted_end != 0; }

  void draw(const picture_lines& picture) override {
    ::werase(stdscr);
    for (std::size_t i = 0; i < picture.size(); ++i) {
      ::wmove(stdscr, static_cast<int>(i), 0);
      for (const auto& part : picture[i]) {
        ::wattrset(stdscr, static_cast<int>(attribute_of(part.as)));
        ::waddnstr(stdscr, part.text.data(), static_cast<int>(part.text.size()));
      }
    }
    ::wattrset(stdscr, A_NORMAL);
    ::wrefresh(stdscr);
  }

  std::optional<char32_t> pressed() override {
    wint_t got = 0;
    switch (::wget_wch(stdscr, &got)) {
    case OK:
      return got == '\r' ? key::enter : got == 8 ? key::backspace : static_cast<char32_t>(got);
    case KEY_CODE_YES:
      return of_code(got);
    default:
      return std::nullopt;
    }
  }

private:
  attr_t attribute_of(shade as) const {
    auto pair = [this](short number) { return has_colors_ ? static_cast<attr_t>(COLOR_PAIR(number)) : A_NORMAL; };
    switch (as) {
    case shade::good:
      return pair(good);
    case shade::busy:
      return pair(busy);
    case shade::bad:
      return pair(bad) | A_BOLD;
    case shade::faint:
      return A_DIM;
    case shade::head:
      return A_BOLD;
    case shade::chosen:
      return A_REVERSE;
    case shade::plain:
      break;
    }
    return A_NORMAL;
  }

  static std::optional<char32_t> of_code(wint_t code) {
    constexpr std::pair<int, char32_t> known[] = {
      {KEY_UP, key::up},     {KEY_DOWN, key::down},     {KEY_PPAGE, key::page_up},       {KEY_NPAGE, key::page_down},
      {KEY_HOME, key::home}, {KEY_END, key::end},       {KEY_BACKSPACE, key::backspace}, {KEY_ENTER, key::enter},
      {KEY_F(1), key::help}, {KEY_RESIZE, key::resized}};
    for (const auto& [number, is] : known)
      if (static_cast<wint_t>(number) == code)
        return is;
    return key::resized; // it means nothing, but it is no end of what is typed
  }

  SCREEN* terminal_ = nullptr;
  bool has_colors_ = false;
  std::array<struct sigaction, ends.size()> before_{};
};

} // namespace

std::unique_ptr<screen> make_curses_screen(bool with_colors) {
  auto made = std::make_unique<curses_screen>(with_colors);
  if (!made->works())
    return nullptr;
  return made;
}

} // namespace troupe::ctl
