// Any text as the value of any option of a program, a group or the daemon: it is read, or refused with a sentence that
// names a line there is; what was read can be shown, compared, and carried to another binary. A moment in words
// likewise. Must not hold expectations of single cases.
#include "actors/core/carried_fields.hpp"
#include "config/load.hpp"
#include "config/plan.hpp"
#include "config/schema.hpp"
#include "protocols/parcel.hpp"
#include "protocols/time_words.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>
#include <string_view>

using namespace troupe;

const std::vector<std::string> fragments = {
  "5",
  "0.5",
  "500ms",
  "2m",
  "1h",
  "1d",
  "1e999",
  "-1",
  "999999999",
  "20%",
  "100%",
  "5/60s",
  "1/0",
  "infinite",
  "exponential",
  "TERM:30",
  "INT:10",
  ", ",
  "SIGUSR1",
  "64, 78",
  "db",
  "db:ready",
  "w:*",
  "w:w_1",
  ":running?",
  "/2",
  "?",
  "notify",
  "fd:3",
  "tcp:",
  "localhost:5432",
  "[::1]:80",
  "unix:/run/x",
  "http://",
  "h/p",
  "exec:",
  "logline:",
  "^a(b|c)*$",
  "[[:alpha:]]{1,9}",
  "(((((",
  "%(process_num)d",
  "%(ENV_HOME)s",
  "%(ENV_X:-y)s",
  "%%",
  "%",
  "'a b'",
  "\"",
  "\\",
  "reload, restart",
  "true",
  "last",
  "cgroup",
  "fatal",
  "signal:HUP",
  "-a.env",
  "06:00",
  "2026-12-01T06:00",
  "2026-02-30 25:61",
  "14 d ago",
  "\t",
  "\xc3\xa4",
  "\xff",
  "; note",
};

namespace {

config::host machine(std::string text) {
  auto on = config::host::real();
  on.exists = [](const std::string&) { return true; };
  on.is_file = on.exists;
  on.read_file = [text = std::move(text)](const std::string&) { return text; };
  return on;
}

std::string file_with(const config::option_row& row, const std::string& value) {
  auto option = std::string(row.key) + "=" + value + "\n";
  auto in = [&](std::string_view section) { return row.section == section ? option : std::string(); };
  return "[supervisord]\n" + in("supervisord") + "[group:g]\nprograms=p\n" + in("group") +
         "[program:p]\nnumprocs=2\nprocess_name=p_%(process_num)d\ncommand=/bin/cat\n" + in("program") +
         "[program:db]\ncommand=/bin/cat\n[program:w]\ncommand=/bin/cat\n";
}

template <class T>
std::string bytes_of(const T& value) {
  protocols::parcel_writer w;
  w(1, value);
  return std::string(w.records());
}

void look_at(const config::group_options& group) {
  for (const auto& process : group.processes)
    for (const auto& row : config::schema_of("program"))
      if (row.same.shown)
        require(row.same.shown(*process).find('\n') == std::string::npos, "what is shown is one line");
  auto bytes = bytes_of(group);
  config::group_options read;
  protocols::parcel_reader r{bytes};
  r(1, read);
  require(r.trouble().empty(), "it goes through a parcel");
  require(bytes_of(read) == bytes, "and is the same");
  require(config::same_options(group, read), "also to an update");
  for (std::size_t i = 0; i < group.processes.size(); ++i)
    require(config::same_options(*group.processes[i], *read.processes.at(i)), "and each of its processes");
}

void look_at(const config::option_row& row, const std::string& value) {
  auto text = file_with(row, value);
  auto cfg = config::load(machine(text), {"/etc/s.conf", {}});
  if (!cfg) {
    require(!cfg.error().what.empty(), "an error says what it is");
    require(cfg.error().at.line <= std::count(text.begin(), text.end(), '\n'), "an error names a line there is");
    return;
  }
  for (const auto& group : cfg->groups)
    look_at(*group);
}

void look_at_moment(std::string_view text) {
  constexpr std::int64_t now = 1'800'000'000'000'000;
  if (auto moment = protocols::moment_of(text, now, protocols::utc_zone()))
    require(!protocols::moment_text(*moment, protocols::utc_zone()).empty() && !protocols::moment_iso(*moment).empty(),
            "a moment can be said");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto rows = [] {
    std::vector<const config::option_row*> all;
    for (const auto& row : config::schema())
      if ((row.section == "program" || row.section == "group" || row.section == "supervisord") && row.beyond_sample)
        all.push_back(&row);
    return all;
  }();
  if (size == 0)
    return 0;
  std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::replace(value.begin(), value.end(), '\n', ' ');
  if (auto which = (data[0] * 31U + data[size - 1]) % (rows.size() + 1); which < rows.size())
    look_at(*rows[which], value);
  else
    look_at_moment(value);
  return 0;
}
