// See note_making.hpp.
#include "actors/io/note_making.hpp"

#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/random_bytes.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>

namespace troupe::actors {

using check_kind = config::check_form::kind;

namespace {

/// In place of what the daemon itself has been given.
void set(std::vector<std::string>& variables, std::string_view key, const std::string& value) {
  auto line = std::string(key) + '=';
  std::erase_if(variables, [&](const std::string& one) { return one.starts_with(line); });
  variables.push_back(line + value);
}

std::uint64_t random_number() {
  unsigned char bytes[sizeof(std::uint64_t)];
  platform::fill_random(bytes, sizeof bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// 0, or errno.
int make_pipe_of(made_notes& made, platform::spawn_plan& plan, int number) {
  if (int error = platform::make_pipe(made.notes->ready, made.theirs))
    return error;
  ::fcntl(made.notes->ready.get(), F_SETFL, O_NONBLOCK); // a new pipe has no other flag
  plan.extra = {made.theirs.get(), number};
  return 0;
}

int make_socket_of(made_notes& made, platform::spawn_plan& plan, const config::health_options& health,
                   const std::string& directory, std::int64_t uid) {
  auto inbox = platform::make_notify_inbox(directory, static_cast<uid_t>(uid), random_number());
  if (!inbox)
    return inbox.error().value();
  made.notes->notify = *std::move(inbox);
  set(plan.envp, "NOTIFY_SOCKET", made.notes->notify.address);
  if (health.form.what != check_kind::notify)
    return 0;
  auto interval = std::chrono::duration_cast<std::chrono::microseconds>(health.interval);
  set(plan.envp, "WATCHDOG_USEC", std::to_string(interval.count()));
  set(plan.envp, "WATCHDOG_PID", "");
  plan.pid_variable = plan.envp.size() - 1;
  return 0;
}

} // namespace

made_notes make_notes(const config::process_options& options, platform::spawn_plan& plan, const std::string& directory,
                      std::int64_t uid) {
  const auto& ready = options.ready().form;
  const auto& health = options.health();
  bool notifies = ready.what == check_kind::notify || health.form.what == check_kind::notify;
  made_notes made;
  if (!notifies && ready.what != check_kind::fd && ready.what != check_kind::logline)
    return made;
  made.notes = std::make_shared<child_notes>();
  auto failed = [&](const char* what, int error) {
    made.error =
      "could not make " + std::string(what) + " for " + config::quoted(options.name) + ": " + config::errno_name(error);
  };
  if (ready.what == check_kind::fd)
    if (int error = make_pipe_of(made, plan, ready.number))
      failed("a readiness pipe", error);
  if (notifies && made.error.empty())
    if (int error = make_socket_of(made, plan, health, directory, uid))
      failed("a notify socket", error);
  if (ready.what == check_kind::logline)
    made.notes->line = line_pattern::make(ready.text);
  return made;
}

void hold_notes(keeper_desk& keeper, std::uint32_t slot, const child_notes* notes) {
  if (notes && notes->ready)
    keeper.hold_note(slot, keeper_desk::note_kind::ready, notes->ready.get());
  if (notes && notes->notify.socket)
    keeper.hold_note(slot, keeper_desk::note_kind::notify, notes->notify.socket.get());
}

void know_notes(keeper_desk& keeper, std::uint32_t slot, const child_notes* notes) {
  if (notes && notes->ready)
    keeper.know_note(slot, keeper_desk::note_kind::ready, notes->ready.get());
  if (notes && notes->notify.socket)
    keeper.know_note(slot, keeper_desk::note_kind::notify, notes->notify.socket.get());
}

child_notes_ptr take_up_notes(const config::process_options& options, int ready, int notify, bool awaits_line) {
  const auto& form = options.ready().form;
  bool seeks_line = awaits_line && form.what == check_kind::logline;
  if (ready < 0 && notify < 0 && !seeks_line)
    return nullptr;
  auto notes = std::make_shared<child_notes>();
  notes->ready.reset(ready);
  notes->notify = platform::inbox_of(platform::unique_fd{notify});
  if (seeks_line)
    notes->line = line_pattern::make(form.text);
  return notes;
}

} // namespace troupe::actors
