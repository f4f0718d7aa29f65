// See desk_settings.hpp.
#include "actors/desk_settings.hpp"

#include "actors/io/keeper_desk.hpp"
#include "platform/cgroup_memory.hpp"
#include "platform/main_log.hpp"
#include "protocols/death_report.hpp"

#include <memory>
#include <utility>

namespace troupe::actors {

child_io::settings io_settings(const runtime_settings& s, event_bus& events) {
  child_io::settings set;
  set.strip_ansi = s.strip_ansi;
  set.syslog_ident = s.syslog_ident;
  set.publish = [&events](protocols::event e) { events.publish(std::move(e)); };
  set.listeners = &events;
  if (auto keeper = s.spawning.keeper) {
    set.room = keeper->room();
    set.notes = keeper->notes();
    set.life_of = [keeper](std::uint32_t slot) { return keeper->life_of(slot); };
    set.hold_input = [keeper](std::uint32_t slot, const platform::kept_input* what) { keeper->hold_input(slot, what); };
  }
  return set;
}

death_desk::settings desk_settings(const runtime_settings& s, event_bus& events, platform::main_log& log) {
  death_desk::settings set{s.deaths, s.spawning.memory, s.spawning.death_lines};
  if (!set.memory)
    set.memory = std::make_shared<platform::cgroup_memory>();
  set.told = [&events](std::uint64_t id, const death_report_ptr& report) {
    if (id != 0)
      events.detail(id, protocols::death_detail(*report, true));
  };
  set.failed = [&log](const std::string& why) { log.write(config::log_level::error, why); };
  return set;
}

} // namespace troupe::actors
