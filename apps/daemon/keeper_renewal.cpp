// See keeper_renewal.hpp.
#include "apps/daemon/keeper_renewal.hpp"

#include "actors/core/process_fsm.hpp"
#include "config/text.hpp"
#include "platform/program_file.hpp"
#include "platform/register_layout.hpp"
#include "platform/stranger.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe {

using config::log_level;

namespace {

constexpr std::chrono::seconds most_waiting{2};

} // namespace

void keeper_renewal::begin() {
  const auto& header = set_.keeper->memory().header;
  if (set_.program.empty() || header.keeper_kind == 0 || platform::executes(header.keeper_pid, set_.program.c_str()))
    return;
  thread_ = std::thread([this] {
    try {
      renew();
    } catch (const std::exception& e) {
      set_.log.write(log_level::warn, std::string("the keeper stays as it is: ") + e.what());
    }
  });
}

void keeper_renewal::close() {
  closed_ = true;
  if (thread_.joinable())
    thread_.join();
}

/// `troupe keeper LAYOUT KIND`
config::result<std::uint32_t> keeper_renewal::kind_of_program() {
  const auto& program = set_.program;
  if (auto trouble = platform::trouble_with_program(program, ::geteuid()); !trouble.empty())
    return config::fault(trouble);
  platform::unique_fd memory{::fcntl(set_.keeper->memory_file(), F_DUPFD_CLOEXEC, 3)};
  auto came = ask_program(set_.helpers(), {program, "--check", "0"}, set_.env, std::move(memory), closed_);
  if (!came)
    return came.error();
  unsigned layout = 0;
  unsigned of_kind = 0;
  if (std::sscanf(came->words.c_str(), "troupe keeper %u %u\n", &layout, &of_kind) != 2)
    return config::fault(program + " is not Troupe's keeper");
  if (layout != platform::register_layout)
    return config::fault(program + " keeps registers of layout " + std::to_string(layout) + ", this is " +
                         std::to_string(platform::register_layout));
  if (came->status != 0)
    return config::fault(program + ": " + actors::wait_status_text(came->status));
  return of_kind;
}

void keeper_renewal::renew() {
  const auto& header = set_.keeper->memory().header;
  auto stays = [&](const std::string& why) { set_.log.write(log_level::warn, "the keeper stays as it is: " + why); };
  auto newer = kind_of_program();
  if (closed_)
    return;
  if (!newer)
    return stays(newer.error().what);
  if (*newer <= header.keeper_kind)
    return;
  platform::unique_fd program{::open(set_.program.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!program)
    return stays(set_.program + ": " + config::errno_name(errno));
  set_.keeper->reexec(program.get());
  auto until = std::chrono::steady_clock::now() + most_waiting;
  while (header.keeper_kind != *newer && !closed_ && std::chrono::steady_clock::now() < until) {
    set_.keeper->sync(); // it looks whether it can, each time it is woken
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  if (header.keeper_kind == *newer)
    set_.log.write(log_level::info, "the keeper is " + set_.program + " now, of kind " + std::to_string(*newer));
  else if (!closed_)
    stays(set_.program + " was not executed");
}

} // namespace troupe
