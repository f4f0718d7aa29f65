// See console.hpp: what the terminal is, the line of progress on it, and streams, of which nothing is printed here.
// Must not read stdin.
#include "apps/ctl/console.hpp"
#include "apps/ctl/screen.hpp"
#include "apps/ctl/streams.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::ctl {

std::unique_ptr<stream_set> console::open_streams(const server& from) {
  return std::make_unique<ctl::open_streams>(from, [this](const introduction& who) { warn(who); });
}

std::unique_ptr<screen> context::open_screen(bool) { return nullptr; }

std::unique_ptr<screen> console::open_screen(bool with_colors) {
  return make_screen_ ? make_screen_(with_colors) : nullptr;
}

terminal_facts console::terminal() {
  auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  terminal_facts facts{
    .out = ::isatty(1) != 0, .err = ::isatty(2) != 0, .in = ::isatty(0) != 0, .term = variable("TERM")};
  facts.no_color = !variable("NO_COLOR").empty();
  auto force = variable("CLICOLOR_FORCE");
  facts.force_color = !force.empty() && force != "0";
  winsize size{};
  if (facts.out && ::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    facts.columns = size.ws_col, facts.lines = size.ws_row;
  return facts;
}

// -- progress ------------------------------------------------------------------------------------------

namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds not_worth_a_word{500}, between_pictures{100};

/// Whoever goes along with waits, as long as this lives.
class company {
public:
  explicit company(wait_companion with) { go_along(std::move(with)); }
  ~company() { go_along(nullptr); }
  company(const company&) = delete;
  company& operator=(const company&) = delete;
};

} // namespace

void console::erase_progress() {
  if (std::exchange(shows_progress_, false))
    err("\r\x1b[K");
}

void console::with_progress(const progress_line& line, const std::function<void()>& work) {
  if (!::isatty(2))
    return work();
  try {
    interrupt_guard guard;
    auto begun = steady_clock::now();
    company company([&] {
      auto now = steady_clock::now();
      if (now - begun < not_worth_a_word)
        return begun + not_worth_a_word;
      auto text = line();
      erase_progress();
      err(text);
      shows_progress_ = true;
      return steady_clock::now() + between_pictures;
    });
    work();
    erase_progress();
    return;
  } catch (const interrupted&) {
    err("the daemon goes on; supervisorctl status\n");
  } catch (...) {
    erase_progress();
    throw;
  }
  if (interrupt_guard::lives()) // the shell
    throw interrupted();
  ::raise(SIGINT); // as without us
}

} // namespace troupe::ctl
