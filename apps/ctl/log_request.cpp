// See log_request.hpp.
#include "apps/ctl/log_request.hpp"

#include "apps/ctl/names.hpp"
#include "protocols/time_words.hpp"
#include "protocols/xmlrpc.hpp"

#include <algorithm>
#include <utility>

namespace troupe::ctl {

namespace {

constexpr std::string_view daemons_own = "supervisord";

config::result<void> take_lines(const std::string& text, logs_request& into) {
  std::int64_t count = 0;
  if (text == "all") {
    into.lines.reset();
    return {};
  }
  if (!protocols::parse_integer(text, count) || count < 0 || count > 1'000'000)
    return config::fault("-n takes a number of lines, or all");
  into.lines = static_cast<std::size_t>(count);
  return {};
}

/// A word without a value; false: it is none of them.
bool take_switch(const std::string& word, logs_request& into) {
  if (word == "-f")
    into.follow = true;
  else if (word == "--stdout")
    into.from_stderr = false, into.from_stdout = true;
  else if (word == "--stderr")
    into.from_stdout = false, into.from_stderr = true;
  else if (word == "--both")
    into.from_stdout = into.from_stderr = true;
  else if (word == "--no-prefix")
    into.prefix = false;
  else if (word == "--timestamps")
    into.timestamps = true;
  else
    return false;
  return true;
}

} // namespace

config::result<logs_request> to_logs_request(const std::vector<std::string>& words, std::int64_t now) {
  logs_request wanted;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto& word = words[at];
    if (take_switch(word, wanted))
      continue;
    if (!word.starts_with('-')) {
      wanted.names.push_back(word);
      continue;
    }
    bool is_since = word == "--since" || word.starts_with("--since=");
    bool joined = word.starts_with("--since=") || (word.starts_with("-n") && word.size() > 2);
    if (!is_since && !word.starts_with("-n"))
      return config::fault("no such option " + word);
    if (!joined && at + 1 == words.size())
      return config::fault(word + " requires an argument");
    auto value = joined ? word.substr(is_since ? 8 : 2) : words[++at];
    if (!is_since) {
      if (auto done = take_lines(value, wanted); !done)
        return done.error();
      continue;
    }
    auto moment = protocols::moment_of(value, now);
    if (!moment)
      return moment.error();
    wanted.since = *moment;
  }
  return wanted;
}

chosen_logs choose_logs(const logs_request& wanted, const std::vector<process_row>& rows, const facts_book& facts) {
  chosen_logs chosen;
  auto add = [&](log_source source) {
    if (std::find(chosen.sources.begin(), chosen.sources.end(), source) == chosen.sources.end())
      chosen.sources.push_back(std::move(source));
  };
  auto add_process = [&](const process_row& row, bool by_its_name) {
    auto known = facts_of(facts, row);
    bool out = wanted.from_stdout && (!known || known->has_stdout);
    bool err = wanted.from_stderr && (!known || known->has_stderr);
    if (out)
      add({row.shown(), key_of(row), false});
    if (err)
      add({row.shown(), key_of(row), true});
    if (!out && !err && by_its_name)
      chosen.unknown.push_back(row.shown() + ": ERROR (no log file)");
  };
  auto names = wanted.names.empty() ? std::vector<std::string>{"all"} : wanted.names;
  for (const auto& word : names) {
    auto [found, unknown] = select(rows, {word});
    bool own = word == daemons_own && found.empty();
    if (own)
      add({std::string(daemons_own), "", false});
    for (auto row : found)
      add_process(*row, word != "all" && split_name(word).process && !is_pattern(word));
    bool may_come = wanted.follow && (word == "all" || is_pattern(word) || !split_name(word).process);
    if (!own && !may_come)
      chosen.unknown.insert(chosen.unknown.end(), unknown.begin(), unknown.end());
  }
  return chosen;
}

std::int64_t bytes_for(const logs_request& wanted) {
  constexpr std::int64_t least = 64 << 10, of_a_line = 4 << 10;
  if (!wanted.lines || wanted.since)
    return most_bytes;
  return std::clamp(static_cast<std::int64_t>(*wanted.lines) * of_a_line, least, most_bytes);
}

std::string path_of(const log_source& source, std::optional<std::int64_t> bytes, bool follow) {
  auto path = source.full.empty()
                ? std::string("/api/v1/mainlog")
                : "/api/v1/log/" + percent_encoded(source.full) + (source.is_stderr ? "/stderr" : "/stdout");
  return path + (bytes ? "?bytes=" + std::to_string(*bytes) : "?download=1") + (follow ? "&follow=1" : "");
}

std::string old_path_of(const log_source& source) {
  if (source.full.empty())
    return "/mainlogtail";
  return "/logtail/" + percent_encoded(source.full) + (source.is_stderr ? "/stderr" : "/stdout");
}

} // namespace troupe::ctl
