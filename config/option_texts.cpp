// See option_texts.hpp.
#include "config/option_texts.hpp"

#include "config/option_effects.hpp"
#include "config/plan.hpp"
#include "config/schema.hpp"
#include "config/text.hpp"

#include <array>
#include <csignal>
#include <utility>

namespace troupe::config {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string signal_word(int signo) {
  auto name = signal_name(signo);
  return name.starts_with("SIG") ? name.substr(3) : name;
}

/// Of an exit code below 0: a signal.
std::string codes_text(const exit_code_list& of) {
  std::vector<std::string> words;
  for (auto code : of)
    words.push_back(code < 0 ? signal_word(static_cast<int>(-code)) : std::to_string(code));
  return joined(words);
}

std::string signals_text(const process_options& of) {
  if (of.stops().ladder.empty())
    return signal_word(static_cast<int>(of.stopsignal));
  std::vector<std::string> words;
  for (const auto& step : of.stops().ladder)
    words.push_back(signal_word(step.signo) + (step.time ? ":" + shown_value(*step.time) : ""));
  return joined(words);
}

std::string items_text(const process_options& of) {
  std::vector<std::string> words;
  for (const auto& item : of.dependencies().items)
    words.push_back(item.target.str() + (item.what ? ":" + std::string(to_string(*item.what)) : "") +
                    (item.count ? "/" + std::to_string(*item.count) : "") + (item.soft ? "?" : ""));
  return joined(words);
}

std::string action_text(const health_options& of) {
  constexpr std::array words{"restart", "signal", "event", "none"};
  std::string text = words.at(static_cast<std::size_t>(of.then));
  return of.then == health_options::action::signal ? text + ":" + signal_word(of.signo) : text;
}

std::string essential_text(const essential_options& of) {
  std::vector<std::string> words;
  for (const auto& [is_on, word] :
       {std::pair(of.on_exit, "exit"), std::pair(of.on_fatal, "fatal"), std::pair(of.on_unhealthy, "unhealthy")})
    if (is_on)
      words.emplace_back(word);
  return joined(words);
}

std::string files_text(const surroundings& of) {
  std::vector<std::string> words;
  for (const auto& file : of.env_files)
    words.push_back((file.may_be_missing ? "-" : "") + file.path.str());
  return joined(words);
}

std::string batch_text(const batch_size& of) {
  constexpr double percent = 100;
  return of.count != 0 ? std::to_string(of.count) : shown_value(of.share * percent) + "%";
}

std::string wait_text(rolling_wait of) {
  constexpr std::array words{"running", "ready", "healthy"};
  return words.at(static_cast<std::size_t>(of));
}

/// Of options whose values no plan shows, or not as they are written.
struct text_of_option {
  std::string_view key;
  std::string (*text)(const process_options& of);
};
// clang-format off: one line each
constexpr text_of_option texts[] = {
  {"stopsignal", signals_text},
  {"exitcodes", [](const process_options& o) { return codes_text(o.exitcodes); }},
  {"successexitcodes", [](const process_options& o) { return codes_text(o.restarts().successexitcodes); }},
  {"norestartexitcodes", [](const process_options& o) { return codes_text(o.restarts().norestartexitcodes); }},
  {"depends_on", items_text},
  {"ready", [](const process_options& o) { return o.ready().form ? o.ready().form.shown.str() : "startsecs"; }},
  {"health", [](const process_options& o) { return o.health().form.shown.str(); }},
  {"healthretries", [](const process_options& o) { return std::to_string(o.health().most_failures()); }},
  {"healthaction", [](const process_options& o) { return action_text(o.health()); }},
  {"essential_on", [](const process_options& o) { return essential_text(o.essential()); }},
  {"essential_exitcode",
   [](const process_options& o) {
     return o.essential().exitcode ? std::to_string(*o.essential().exitcode) : "program";
   }},
  {"envfile", [](const process_options& o) { return files_text(o.around()); }},
  {"restartmode",
   [](const process_options& o) -> std::string { return o.rolling().rolls.value_or(false) ? "rolling" : "parallel"; }},
  {"rollingbatch", [](const process_options& o) { return batch_text(o.rolling().batch.value_or(batch_size())); }},
  {"rollingpause",
   [](const process_options& o) { return shown_value(o.rolling().pause.value_or(std::chrono::milliseconds(0))); }},
  {"rollingwait", [](const process_options& o) { return wait_text(o.rolling().wait.value_or(rolling_wait::ready)); }},
  {"rollingmaxfail", [](const process_options& o) { return std::to_string(o.rolling().maxfail.value_or(0)); }},
  {"rollingtimeout", [](const process_options& o) { return shown_value(o.rolling().timeout); }},
  {"reloadsignal", [](const process_options& o) { return signal_word(o.asked().reloads.signo.value_or(SIGHUP)); }},
};
// clang-format on

} // namespace

std::vector<option_text> option_texts(const process_options& of) {
  static const process_options usual;
  std::vector<option_text> all;
  for (const auto& row : schema_of("program")) {
    if (!row.same.of_process)
      continue;
    const text_of_option* own = nullptr;
    for (const auto& one : texts)
      if (one.key == row.key)
        own = &one;
    auto text = own ? own->text(of) : plan_text(row, of);
    if (own || !text.empty())
      all.push_back({row.key, std::move(text)});
    else
      all.push_back({row.key, !row.same.of_process(usual, of)});
  }
  return all;
}

} // namespace troupe::config
