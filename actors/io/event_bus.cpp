// See event_bus.hpp. The lock is taken by whoever calls and held while listeners' pipes and the log are written, both
// of which never block. Nothing is called back from here that takes it again.
#include "actors/io/event_bus.hpp"

#include "actors/core/pool_fsm.hpp"
#include "actors/io/event_memory.hpp"
#include "platform/main_log.hpp"

#include <algorithm>
#include <atomic>
#include <bitset>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

using config::log_level;
using protocols::event_type;

namespace {

using event_set = std::bitset<32>; ///< by event_type

event_set subscribed_to(const std::vector<std::string>& names) {
  event_set types;
  for (std::size_t i = 0; i < protocols::event_types; ++i)
    types[i] = std::any_of(names.begin(), names.end(),
                           [&](auto& name) { return protocols::matches(name, static_cast<event_type>(i)); });
  return types;
}

bool has_ticks(const event_set& types) {
  return types[static_cast<std::size_t>(event_type::tick_5)] || types[static_cast<std::size_t>(event_type::tick_60)] ||
         types[static_cast<std::size_t>(event_type::tick_3600)];
}

constexpr std::size_t bytes_of_all_pools = std::size_t{128} << 20;
constexpr std::size_t most_bytes = std::size_t{32} << 20; ///< of one pool's waiting events
constexpr std::size_t least_bytes = std::size_t{1} << 20;

/// A pool with its subscription and the processes behind its members.
struct subscriber {
  pool state;
  event_set types;
  std::vector<std::uint64_t> processes;
  std::function<void(result_question)> ask;   ///< where results are handled elsewhere
  std::shared_ptr<event_memory::place> noted; ///< null: it is lost with us
};

/// What a step has left to be done.
struct to_do {
  subscriber* pool = nullptr;
  std::vector<pool_action> effects;
  bool overflows = false; ///< since that step
};

} // namespace

struct event_bus::impl {
  impl(platform::main_log& l, settings s) : log(l), set(std::move(s)) {}

  struct position {
    subscriber* in = nullptr;
    std::size_t member = 0;
  };

  void add(const group_cell& cell, result_handling by) {
    const auto& options = *cell.options;
    auto added = std::make_unique<subscriber>();
    added->state.name = options.name;
    added->state.buffer_size = static_cast<std::size_t>(options.buffer_size);
    added->state.verbose = log.wants(log_level::debug);
    added->state.detail = options.detail;
    added->types = subscribed_to(options.events);
    added->state.handled_elsewhere = static_cast<bool>(by.elsewhere);
    added->ask = std::move(by.elsewhere);
    if (by.here)
      added->state.handler = [this, &pool = added->state, handler = std::move(by.here)](const pooled_event& event,
                                                                                        std::string_view result) {
        return handler(header_of(pool, event), event.what->body, result);
      };
    for (const auto& process : cell.processes) {
      positions[process->id] = {added.get(), added->state.members.size()};
      added->state.members.push_back({.name = process->options->name});
      added->processes.push_back(process->id);
    }
    if (set.memory)
      added->noted = set.memory->add(added->state);
    note();
    pools.push_back(std::move(added));
    follow_pools();
  }

  void remove(const std::string& name) {
    auto found = std::find_if(pools.begin(), pools.end(), [&](auto& p) { return p->state.name == name; });
    if (found == pools.end())
      return;
    for (auto process : (*found)->processes)
      positions.erase(process);
    if (set.memory)
      set.memory->remove((*found)->noted);
    note();
    pools.erase(found);
    follow_pools();
  }

  void follow_pools() {
    share_bytes();
    follow_ticks();
    details = std::any_of(pools.begin(), pools.end(), [](auto& p) { return p->state.detail; });
  }

  /// What waits in all pools together has a bound, too, whoever publishes how much.
  void share_bytes() {
    for (auto& pool : pools)
      pool->state.buffer_bytes = std::clamp(bytes_of_all_pools / pools.size(), least_bytes, most_bytes);
  }

  void follow_ticks() {
    bool now = std::any_of(pools.begin(), pools.end(), [](auto& p) { return has_ticks(p->types); });
    if (now != ticking && set.want_ticks)
      set.want_ticks(now);
    ticking = now;
  }

  /// Every pool has it, and counts with it, before the first one's listener does.
  void publish(protocols::event event, const noted_effect& of) {
    if (set.observer)
      set.observer(event);
    auto type = static_cast<std::size_t>(event.type);
    std::shared_ptr<const protocols::event> shared;
    std::int64_t serial = 0;
    std::vector<to_do> all;
    for (auto& pool : pools) {
      if (!pool->types[type])
        continue;
      if (!shared) { // the first pool that takes it draws the number
        shared = std::make_shared<const protocols::event>(std::move(event));
        serial = std::exchange(*set.serial, actors::next_serial(*set.serial));
      }
      all.push_back(next(*pool, pool_event::published{shared, serial}));
    }
    if (!all.empty())
      note(of);
    for (auto& one : all)
      finish(std::move(one));
  }

  /// The worker that died had told its pool of these bytes already.
  bool has_heard(std::uint64_t process, std::uint64_t batch) const {
    auto found = positions.find(process);
    return batch != 0 && found != positions.end() &&
           found->second.in->state.members[found->second.member].heard == batch;
  }

  template <class Happening>
  void tell_pool_of(std::uint64_t process, Happening happening) {
    auto found = positions.find(process);
    if (found == positions.end())
      return;
    happening.member = found->second.member;
    tell(*found->second.in, happening);
  }

  void tell(subscriber& pool, const pool_happening& happened) {
    auto then = next(pool, happened);
    note();
    finish(std::move(then));
  }

  to_do next(subscriber& pool, const pool_happening& happened) const {
    bool known = pool.state.overflowing;
    to_do then{&pool, step(pool.state, happened)};
    then.overflows = pool.state.overflowing && !known;
    if (set.memory && pool.noted)
      set.memory->note(*pool.noted, pool.state);
    return then;
  }

  /// What has changed counts, wherever we are killed.
  void note(const noted_effect& of = {}) {
    if (!set.memory)
      return;
    set.memory->commit(*set.serial, of);
    if (set.memory->take_warning())
      log.write(log_level::warn, "events that wait for listeners need more memory than is kept for a successor; some "
                                 "would be lost with supervisord's worker");
  }

  void finish(to_do then) {
    for (;;) {
      if (then.overflows)
        advise(then.pool->state);
      auto taken = carry_out(*then.pool, then.effects);
      if (!taken)
        return;
      then = next(*then.pool, pool_event::answered{*taken});
      note();
    }
  }

  /// Once, however many events are discarded, each with a record of its own.
  void advise(const pool& p) {
    log.write(log_level::warn, "pool " + p.name + ": events come faster than its listeners take them; " +
                                 std::to_string(p.buffer_size) + " of them can wait (buffer_size of [eventlistener:" +
                                 p.name + "]), " + std::to_string(p.buffer_bytes >> 20) + " MiB together");
  }

  /// The answer to the send among the effects, if there is one.
  std::optional<bool> carry_out(const subscriber& pool, const std::vector<pool_action>& effects) {
    for (const auto& effect : effects) {
      if (const auto* what = std::get_if<pool_effect::send>(&effect))
        return send(pool, *what);
      if (const auto* record = std::get_if<pool_effect::log>(&effect))
        log.write(record->level, record->text);
      else if (const auto* asked = std::get_if<pool_effect::handler>(&effect))
        pool.ask({pool.processes.front(), asked->question, header_of(pool.state, asked->event), asked->event.what,
                  asked->result});
    }
    return {};
  }

  bool send(const subscriber& pool, const pool_effect::send& what) {
    auto bytes = header_of(pool.state, what.event);
    bytes += what.event.what->body;
    bool kept = set.memory && pool.noted;
    return set.write(pool.processes[what.member], bytes,
                     kept ? set.memory->outbox_of(*pool.noted, what.member) : nullptr);
  }

  /// It was sent to before: what is left of that goes on, and it may be ready for more.
  void resume(subscriber& pool, std::size_t member) {
    if (set.memory && pool.noted) {
      bool at_work = pool.state.members[member].held.has_value(); // some of its event may be in memory of ours
      auto box = at_work ? set.memory->outbox_of(*pool.noted, member) : event_memory::unsent(*pool.noted, member);
      if (box)
        set.write(pool.processes[member], {}, box);
    }
    tell(pool, pool_event::running{member, pool.state.members[member].running});
  }

  std::string header_of(const pool& p, const pooled_event& event) const {
    return protocols::envelope(set.identifier, static_cast<std::uint64_t>(event.serial), p.name,
                               static_cast<std::uint64_t>(event.pool_serial), *event.what);
  }

  platform::main_log& log;
  settings set;
  std::mutex mutex;                                      ///< of everything below, and of *set.serial
  std::vector<std::unique_ptr<subscriber>> pools;        ///< in the order of their groups
  std::unordered_map<std::uint64_t, position> positions; ///< by process
  bool ticking = false;
  std::atomic<bool> details{false}; ///< some pool wants them
};

event_bus::event_bus(platform::main_log& log, settings s) : impl_(std::make_unique<impl>(log, std::move(s))) {}

event_bus::~event_bus() = default;

void event_bus::add_pool(const group_cell& cell, result_handling by) {
  std::lock_guard lock{impl_->mutex};
  if (cell.options->kind == config::group_kind::eventlistener)
    impl_->add(cell, std::move(by));
}

void event_bus::handled(std::uint64_t process, std::uint64_t question, protocols::handler_verdict verdict) {
  std::lock_guard lock{impl_->mutex};
  if (auto found = impl_->positions.find(process); found != impl_->positions.end())
    impl_->tell(*found->second.in, pool_event::handled{question, verdict});
}

void event_bus::remove_pool(const std::string& name) {
  std::lock_guard lock{impl_->mutex};
  impl_->remove(name);
}

void event_bus::close_pool(const std::string& name) {
  std::lock_guard lock{impl_->mutex};
  for (auto& pool : impl_->pools)
    if (pool->state.name == name)
      impl_->tell(*pool, pool_event::closing{});
}

std::unique_lock<std::mutex> event_bus::hold() { return std::unique_lock{impl_->mutex}; }

std::int64_t event_bus::next_serial() const { return *impl_->set.serial; }

bool event_bus::has_questions() const {
  return std::any_of(impl_->pools.begin(), impl_->pools.end(), [](auto& pool) {
    const auto& members = pool->state.members;
    return !pool->state.leftovers.empty() ||
           std::any_of(members.begin(), members.end(), [](auto& member) { return member.question.has_value(); });
  });
}

std::vector<carried_pool> event_bus::carry() const {
  std::vector<carried_pool> carried;
  for (const auto& one : impl_->pools) {
    const auto& pool = one->state;
    carried.push_back({pool.name,
                       pool.members,
                       {pool.buffer.begin(), pool.buffer.end()},
                       pool.next_serial,
                       pool.overflowing,
                       pool.closed});
  }
  return carried;
}

void event_bus::go_on(carried_pool with) {
  std::lock_guard lock{impl_->mutex};
  for (auto& one : impl_->pools) {
    auto& pool = one->state;
    if (pool.name != with.name || pool.members.size() != with.members.size())
      continue;
    pool.members = std::move(with.members);
    pool.buffer.assign(with.buffer.begin(), with.buffer.end());
    pool.bytes = 0;
    for (const auto& event : pool.buffer)
      pool.bytes += event.what->body.size();
    pool.next_serial = with.next_serial;
    pool.overflowing = with.overflowing;
    pool.closed = with.closed;
    if (impl_->set.memory && one->noted)
      impl_->set.memory->note(*one->noted, pool);
    impl_->note();
  }
}

void event_bus::adopt(const std::string& pool, std::size_t member,
                      std::pair<platform::unique_fd, platform::unique_fd> outbox) {
  std::lock_guard lock{impl_->mutex};
  for (auto& one : impl_->pools)
    if (one->state.name == pool && one->noted && member < one->processes.size()) {
      impl_->set.memory->adopt(*one->noted, member, std::move(outbox));
      impl_->set.memory->outbox_of(*one->noted, member);
    }
}

void event_bus::resume_sending() {
  std::lock_guard lock{impl_->mutex};
  for (auto& pool : impl_->pools)
    for (std::size_t i = 0; i < pool->processes.size(); ++i)
      impl_->resume(*pool, i);
}

void event_bus::publish(protocols::event what) { publish(std::move(what), {}); }

void event_bus::publish(protocols::event what, const noted_effect& of) {
  if (impl_->set.silent)
    return;
  std::lock_guard lock{impl_->mutex};
  impl_->publish(std::move(what), of);
}

bool event_bus::wants_details() const { return impl_->details; }

void event_bus::detail(std::uint64_t about, std::string_view text) {
  std::lock_guard lock{impl_->mutex};
  for (auto& pool : impl_->pools)
    if (pool->state.detail)
      impl_->tell(*pool, pool_event::detailed{about, text});
}

std::int64_t event_bus::waiting() const {
  std::lock_guard lock{impl_->mutex};
  std::int64_t count = 0;
  for (const auto& pool : impl_->pools)
    count += static_cast<std::int64_t>(pool->state.buffer.size());
  return count;
}

void event_bus::set_running(std::uint64_t process, bool now) {
  std::lock_guard lock{impl_->mutex};
  impl_->tell_pool_of(process, pool_event::running{0, now});
}

void event_bus::ended(std::uint64_t process) {
  std::lock_guard lock{impl_->mutex};
  impl_->tell_pool_of(process, pool_event::ended{0});
}

void event_bus::opened(std::uint64_t process) {
  std::lock_guard lock{impl_->mutex};
  impl_->tell_pool_of(process, pool_event::spawned{0});
}

void event_bus::said(std::uint64_t process, std::string_view bytes, std::uint64_t batch) {
  std::lock_guard lock{impl_->mutex};
  if (!impl_->has_heard(process, batch))
    impl_->tell_pool_of(process, pool_event::said{0, bytes, batch});
}

void event_bus::ending(std::uint64_t process) {
  std::lock_guard lock{impl_->mutex};
  impl_->tell_pool_of(process, pool_event::running{0, false});
}

} // namespace troupe::actors
