// supervisorctl: wiring of options, configuration, session and terminal, and the exit status.
// Must not hold decisions; those are in apps/ctl.
#include "apps/ctl/command_line.hpp"
#include "apps/ctl/completion.hpp"
#include "apps/ctl/console.hpp"
#include "apps/ctl/curses_screen.hpp"
#include "apps/ctl/libedit_editor.hpp"
#include "apps/ctl/shell.hpp"
#include "apps/ctl/startup.hpp"

#include <cstring>
#include <exception>
#include <span>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace troupe;

constexpr int refused = 2;

int refuse(ctl::console& outside, const std::string& program, const std::string& why, int status = refused) {
  outside.err("Error: " + why + "\nFor help, use " + program + " -h\n");
  return status;
}

int run_actions(ctl::console& outside, const ctl::startup& ready, const std::vector<std::string>& words) {
  auto chosen = ready.chosen;
  chosen.words = words;
  ctl::session session(outside, std::move(chosen));
  if (!words.empty()) {
    std::string line;
    for (const auto& word : words)
      line += (line.empty() ? "" : " ") + word;
    return session.run(line);
  }
  ctl::interrupt_guard guard; // Ctrl-C leaves the shell, whatever it waits for
  ctl::completer complete(session);
  if (ctl::on_terminal())
    outside.edit_with(ctl::make_libedit_editor([&](std::string_view before) { return complete(before); }),
                      ready.history_file);
  ctl::run_shell(session, ready.prompt, [&] { complete.forget(); });
  outside.edit_with(nullptr, std::nullopt);
  return 0;
}

/// So that nobody reads it in the list of processes from now on.
void wipe_password(const ctl::command_line& line, char** arguments) {
  if (!line.password_at)
    return;
  auto* secret = arguments[line.password_at->word] + line.password_at->from;
  std::memset(secret, 0, std::strlen(secret));
}

/// `arguments`: without argv[0].
int run(ctl::console& outside, const std::string& argv0, std::span<char*> arguments) {
  auto on = config::host::real();
  auto program = ctl::program_path(argv0, on);
  on.executable = config::absolute(program, on);
  auto line = ctl::parse_command_line({arguments.begin(), arguments.end()});
  if (line)
    wipe_password(*line, arguments.data());
  if (!line)
    return refuse(outside, program, line.error().what);
  if (line->help) {
    outside.out(ctl::usage(program));
    return 0;
  }
  auto ready = ctl::prepare(*line, on);
  auto action = line->words.empty() ? std::string() : line->words.front();
  if (!ready && action == "doctor")
    return run_actions(outside, ctl::without_file(*line, on), line->words);
  int status = action == "health" ? 1 : refused; // a health check knows 0 and 1 alone
  if (!ready && line->json && !line->quiet)
    outside.out(ctl::refusal_document("configuration", ready.error().what, status));
  if (!ready)
    return refuse(outside, program, ready.error().what, status);
  outside.draw_with(&ctl::make_curses_screen);
  for (const auto& warning : ready->warnings)
    outside.err(warning + "\n");
  return run_actions(outside, *ready, line->words);
}

} // namespace

int main(int argc, char** argv) {
  for (int fd = 0; fd < 3; ++fd) // a connection must not take the place of stdout: what a log says would be a request
    if (::fcntl(fd, F_GETFD) < 0)
      (void)!::open("/dev/null", O_RDWR);
  ctl::console outside;
  try {
    return run(outside, argc ? argv[0] : "supervisorctl", {argv + (argc ? 1 : 0), argv + argc});
  } catch (const std::exception& e) {
    outside.err(std::string("Error: ") + e.what() + "\n");
    return 2;
  }
}
