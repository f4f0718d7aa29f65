// See progress.hpp.
#include "apps/ctl/progress.hpp"

#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace troupe::ctl {

namespace {

using protocols::process_state;
using std::chrono::steady_clock;

constexpr std::string_view dots[] = {"\xe2\xa0\x8b", "\xe2\xa0\x99", "\xe2\xa0\xb9", "\xe2\xa0\xb8", "\xe2\xa0\xbc",
                                     "\xe2\xa0\xb4", "\xe2\xa0\xa6", "\xe2\xa0\xa7", "\xe2\xa0\x87", "\xe2\xa0\x8f"};
constexpr std::string_view strokes[] = {"|", "/", "-", "\\"};

bool is_between(const process_row& row) {
  return row.state == process_state::starting || row.state == process_state::stopping ||
         row.state == process_state::backoff;
}

bool is_done(std::string_view doing, const process_row& row) {
  if (doing == "stopping")
    return protocols::is_stopped(row.state);
  return !is_between(row) && row.state != process_state::stopped;
}

} // namespace

bool terminal_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value && *value) {
      std::string_view locale = value;
      return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
  return false;
}

std::string progress_text(std::string_view doing, const std::vector<std::string>& words,
                          const std::vector<process_row>& rows, std::size_t picture, long seconds, bool utf8) {
  auto found = select(rows, words).found;
  auto done = std::count_if(found.begin(), found.end(), [&](auto row) { return is_done(doing, *row); });
  auto busy = std::find_if(found.begin(), found.end(), [](auto row) { return is_between(*row); });
  std::string text(doing);
  for (const auto& word : words)
    text += " " + displayable(word);
  if (found.size() > 1)
    text += "  " + std::to_string(done) + "/" + std::to_string(found.size());
  text += "  " + std::string(utf8 ? dots[picture % std::size(dots)] : strokes[picture % std::size(strokes)]);
  if (busy != found.end())
    text += " " + displayable((*busy)->shown()) + " " + displayable((*busy)->statename);
  return text + ", " + std::to_string(seconds) + " s";
}

void with_progress(session& s, std::string_view doing, const std::vector<std::string>& words,
                   const std::function<void()>& work) {
  constexpr std::chrono::seconds between_looks{1};
  auto begun = steady_clock::now();
  std::optional<steady_clock::time_point> looked;
  std::vector<process_row> rows;
  std::size_t picture = 0;
  bool utf8 = terminal_is_utf8();
  auto line = [&] {
    auto now = steady_clock::now();
    try {
      if (!looked || now - *looked >= between_looks)
        rows = all_processes(s), looked = now;
    } catch (const trouble&) {
      looked = now; // whoever waits for an answer hears of it
    }
    auto columns = std::max<std::size_t>(s.outside().terminal().columns, 20);
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - begun).count();
    return cut_to_columns(progress_text(doing, words, rows, picture++, seconds, utf8), columns - 1);
  };
  s.outside().with_progress(line, work);
}

} // namespace troupe::ctl
