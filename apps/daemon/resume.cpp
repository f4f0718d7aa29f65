// See daemon.hpp: a worker that follows one that died. What that one was is in the image that the keeper holds, what
// has happened since in the register and the ledger. Must not read a configuration file. Source:
// docs/contract/survival.md, 5.1. Cases: tests/survive_test.py.
#include "actors/resume.hpp"
#include "actors/io/image_changes.hpp"
#include "actors/io/keeper_desk.hpp"
#include "apps/daemon/daemon.hpp"
#include "platform/fault_point.hpp"
#include "platform/pair.hpp"
#include "platform/sealed_file.hpp"

#include <cstdio>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace troupe {

namespace {

constexpr int cannot_resume = 70; ///< EX_SOFTWARE
/// Levels of 5.1: one without what may be the poison, events that wait and what channels have begun; and one at which
/// nothing but processes is left.
constexpr std::uint32_t without_what_was_begun = 1;
constexpr std::uint32_t least_that_is_left = 2;

int held(const platform::register_memory& memory, platform::held_key key) {
  return platform::held_number(memory, static_cast<std::uint32_t>(key));
}

config::result<handover> image_in(const platform::register_memory& memory) {
  platform::unique_fd file{held(memory, platform::held_key::image)};
  auto bytes = bytes_of(file.get());
  if (!bytes)
    return bytes.error();
  return read_parcel(*bytes);
}

void take_changes(handover& image, const platform::register_memory& memory) {
  platform::unique_fd file{held(memory, platform::held_key::changes)};
  for (const auto& bytes : actors::changes_in(file.get(), image.number)) {
    auto change = read_change(bytes);
    if (!change)
      throw std::runtime_error(change.error().what);
    apply(*std::move(change), image.runtime);
  }
}

/// They are written by the keeper's keys.
void find_sockets(handover& image, const platform::register_memory& memory) {
  auto number = [&](int key) { return key < 0 ? -1 : platform::held_number(memory, static_cast<std::uint32_t>(key)); };
  for (auto& server : image.servers) {
    server.fd = number(server.fd);
    server.folder = number(server.folder);
  }
  for (auto& socket : image.runtime.sockets)
    socket.fd = number(socket.fd);
  std::erase_if(image.runtime.sockets, [](const auto& socket) { return socket.fd < 0; });
}

std::optional<actors::found_events> find_kept_events(const platform::register_memory& memory) {
  return actors::find_events(platform::unique_fd{held(memory, platform::held_key::events)},
                             [&](std::uint32_t key) { return platform::held_number(memory, key); });
}

} // namespace

void daemon::sit_down(platform::worker_seat seat, actors::ledger book, std::unique_ptr<actors::pump_room> room,
                      std::unique_ptr<actors::channel_notes> notes) {
  platform::set_daemon_pid(seat.memory->header.keeper_pid);
  if (!room)
    room = actors::pump_room::make();
  if (!notes)
    notes = actors::channel_notes::make();
  keeper = std::make_shared<actors::keeper_desk>(std::move(seat), std::move(book), std::move(room), std::move(notes));
  event_serial = {keeper, keeper->book().event_serial()};
  platform::begin_fault_points(keeper->memory().header.deaths);
}

void daemon::take_seat(const carried_seat& from, bool renewed) {
  platform::worker_seat seat{platform::shared_register::map(platform::unique_fd{from.memory}),
                             platform::unique_fd{from.link}, platform::unique_fd{from.bell},
                             platform::unique_fd{from.nudge}, true};
  if (!seat.memory)
    throw std::runtime_error("the register cannot be mapped");
  auto book = actors::ledger::map(platform::unique_fd{from.ledger});
  if (!book) // of another version
    book = actors::ledger::make();
  if (!book)
    throw std::runtime_error("no memory for the ledger");
  platform::set_process_name("troupe-worker");
  seat.memory->header.level = 0; // whatever the worker was that made room for us
  sit_down(std::move(seat), std::move(book), actors::pump_room::map(platform::unique_fd{from.stash}));
  keeper->renewed = renewed;
  platform::fault_point("upgrade.seated");
}

int daemon::ends_with(int status) const {
  if (keeper)
    keeper->bye(status);
  return status;
}

/// It died before the keeper had an image: nothing runs yet, and this is the start once more.
int daemon::start_again(platform::worker_seat seat) {
  arguments = platform::words_of_keeper(seat);
  auto book = actors::ledger::make();
  if (!book)
    throw std::runtime_error("no memory for the ledger");
  take_arguments();
  binary = on.executable;
  sit_down(std::move(seat), std::move(book));
  for (const auto& entry : keeper->memory().held) // inherited; the addresses are bound again
    if (entry.key != 0)
      platform::unique_fd{entry.fd}.reset();
  keeper->release_old();
  keeper->sync();
  return run();
}

void daemon::take_arguments() {
  if (arguments.empty())
    throw std::runtime_error("it is not known how the daemon was started");
  program = arguments.front();
  auto parsed = config::parse_command_line({arguments.begin() + 1, arguments.end()}, on);
  if (!parsed)
    throw std::runtime_error(parsed.error().what);
  line = *std::move(parsed);
  first_start = false;
}

int daemon::resume() {
  auto seat = platform::resumed_seat();
  std::string why = "there is no register: only a keeper may ask for this";
  try {
    if (seat.memory) {
      follows_a_dead_one = true;
      platform::begin_fault_points(seat.memory->header.deaths);
      platform::fault_point("resume.seated");
      only_processes = seat.memory->header.level >= least_that_is_left;
      for (auto not_ours : {platform::held_key::binary, platform::held_key::main_log})
        platform::unique_fd{held(*seat.memory, not_ours)}.reset();
      if (held(*seat.memory, platform::held_key::image) < 0)
        return start_again(std::move(seat));
      auto image = image_in(*seat.memory);
      if (!image)
        throw std::runtime_error(image.error().what);
      take_changes(*image, *seat.memory);
      platform::fault_point("resume.imaged");
      auto book = actors::ledger::map(platform::unique_fd{held(*seat.memory, platform::held_key::ledger)});
      if (!book)
        throw std::runtime_error("there is no ledger");
      arguments = image->arguments;
      on = config::host::real(image->directory);
      file = image->file;
      binary = image->own_binary;
      take_arguments();
      find_sockets(*image, *seat.memory);
      bool goes_on_with_all = seat.memory->header.level < without_what_was_begun;
      if (goes_on_with_all)
        events = find_kept_events(*seat.memory);
      platform::unique_fd stash{held(*seat.memory, platform::held_key::stash)};
      platform::unique_fd notes_file{held(*seat.memory, platform::held_key::notes)};
      auto notes =
        goes_on_with_all ? actors::channel_notes::map(std::move(notes_file), seat.memory->header.slots_used) : nullptr;
      sit_down(std::move(seat), std::move(book), actors::pump_room::map(std::move(stash)), std::move(notes));
      image->ending = keeper->book().ending();
      image->keeper_gone = keeper->book().keeper_gone();
      image->runtime.event_serial = *event_serial;
      actors::bring_up_to_date(image->runtime, *keeper, events ? &*events : nullptr);
      *event_serial = image->runtime.event_serial;
      platform::fault_point("resume.current");
      return run(*std::move(image));
    }
  } catch (const std::exception& e) {
    why = e.what();
  }
  std::fprintf(stderr, "Error: cannot resume: %s\n", why.c_str());
  std::fflush(nullptr);
  ::_exit(cannot_resume); // a death like others: the keeper counts it
}

} // namespace troupe
