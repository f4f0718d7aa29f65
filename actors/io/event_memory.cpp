// See event_memory.hpp. A pool is compared with what was noted of it last, so that a step costs what it has changed.
#include "actors/io/event_memory.hpp"

#include "troupe_version.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::actors {

using namespace event_layout;

namespace {

constexpr std::size_t few = 4; ///< events that come back to the front of a buffer in one step

std::string outbox_name(const std::string& pool, std::size_t member) {
  return "outbox " + pool + ' ' + std::to_string(member);
}

/// The first of `count` places in a row that are free; `free.size()`: there are none.
std::size_t find_free(const std::vector<bool>& used, std::size_t count) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < used.size(); ++i) {
    run = used[i] ? 0 : run + 1;
    if (run >= count)
      return i + 1 - run;
  }
  return used.size();
}

} // namespace

std::unique_ptr<event_memory> event_memory::make(holder hold) {
  auto memory = platform::redo_memory::make(sizeof(event_layout::memory));
  if (!memory)
    return nullptr;
  std::unique_ptr<event_memory> made{new event_memory{std::move(memory), std::move(hold)}};
  std::string_view(version).copy(made->all().first.build, sizeof made->all().first.build - 1);
  return made;
}

event_memory::event_memory(platform::redo_memory memory, holder hold)
    : memory_(std::move(memory)), hold_(std::move(hold)), bodies_(all().bodies) {}

/// What it says stays for whoever follows a death of ours; the pipes are closed with us.
event_memory::~event_memory() {
  for (std::size_t i = 0; i < pools_.size(); ++i)
    if (const auto& taken = all().pools[i].place; pools_[i])
      let_go_of_outboxes(taken.name, taken.first_member, taken.members);
}

void event_memory::let_go_of_outboxes(const std::string& pool, std::uint32_t first_member, std::size_t members) {
  for (std::size_t i = 0; i < members; ++i)
    if (all().members[first_member + i].now.outbox_out != 0)
      for (const auto* end : {" out", " in"})
        hold_(outbox_name(pool, i) + end, -1);
}

// -- pools -------------------------------------------------------------------------------------------------------

std::shared_ptr<event_memory::place> event_memory::add(const pool& p) {
  auto count = std::max<std::size_t>(p.members.size(), 1);
  auto index = find_free(pools_, 1);
  auto first = find_free(members_, count);
  if (index == pools_.size() || first == members_.size() || p.name.size() >= name_size)
    return nullptr;
  auto at = std::make_shared<place>();
  at->index = static_cast<std::uint32_t>(index);
  at->first_member = static_cast<std::uint32_t>(first);
  at->name = p.name;
  at->members.resize(p.members.size());
  pools_[index] = true;
  std::fill_n(members_.begin() + static_cast<std::ptrdiff_t>(first), count, true);
  auto& page = all().pools[index];
  pool_place taken{1, at->first_member, static_cast<std::uint32_t>(p.members.size())};
  p.name.copy(taken.name, name_size - 1);
  put(page.place, taken);
  put(page.now, pool_state{});
  for (std::size_t i = 0; i < p.members.size(); ++i) {
    put(all().members[first + i].now, member_state{});
    all().members[first + i].stage = 0;
  }
  note(*at, p);
  return at;
}

void event_memory::adopt(place& at, std::size_t member, outbox_ends ends) {
  auto& stage = all().members[at.first_member + member].stage;
  stage = static_cast<std::uint32_t>(platform::outbox_stage::moving);
  at.members[member].outbox = std::make_shared<platform::outbox>(stage, std::move(ends.first), std::move(ends.second));
}

void event_memory::remove(const std::shared_ptr<place>& at) {
  if (!at)
    return;
  let_go_of_outboxes(at->name, at->first_member, at->members.size());
  put(all().pools[at->index].place, pool_place{});
  while (!at->waiting.empty())
    drop_front(*at);
  for (auto& m : at->members)
    if (m.held)
      bodies_.let_go(m.held);
  for (const auto& left : at->leftovers)
    bodies_.let_go(left);
  if (at->offered)
    bodies_.let_go(at->offered);
  pools_[at->index] = false;
  auto count = std::max<std::size_t>(at->members.size(), 1);
  std::fill_n(members_.begin() + static_cast<std::ptrdiff_t>(at->first_member), count, false);
}

std::shared_ptr<platform::outbox> event_memory::outbox_of(place& at, std::size_t member) {
  auto& box = at.members[member].outbox;
  if (!box)
    box = std::make_shared<platform::outbox>(all().members[at.first_member + member].stage);
  auto& noted = at.members[member].now;
  if (noted.outbox_out != 0 || box->out_fd() < 0)
    return box;
  auto name = outbox_name(at.name, member);
  noted.outbox_out = hold_(name + " out", box->out_fd());
  noted.outbox_in = hold_(name + " in", box->in_fd());
  put(all().members[at.first_member + member].now, noted);
  memory_.commit();
  return box;
}

std::shared_ptr<platform::outbox> event_memory::unsent(const place& at, std::size_t member) {
  const auto& box = at.members[member].outbox;
  return box && box->left() > 0 ? box : nullptr;
}

// -- what has changed --------------------------------------------------------------------------------------------

event_ref event_memory::reference(const pooled_event& event) {
  auto block = bodies_.refer(event.what);
  warns_ = warns_ || block == 0;
  return {1, block, event.serial, event.pool_serial, event.waits_for};
}

void event_memory::note(place& at, const pool& p) {
  note_buffer(at, p);
  for (std::size_t i = 0; i < at.members.size() && i < p.members.size(); ++i)
    note_member(at, i, p.members[i]);
  note_leftovers(at, p);
  auto now = at.now;
  now.overflowing = p.overflowing ? 1 : 0;
  now.closed = p.closed ? 1 : 0;
  now.next_serial = p.next_serial;
  auto offered = p.offered ? p.offered->event.what : nullptr;
  if (offered != at.offered) {
    now.offered = p.offered ? reference(p.offered->event) : event_ref{};
    if (p.offered) // whatever the outbox says yet, it says of the event before
      memory_.put(offset_of(&all().members[at.first_member + p.offered->member].stage), std::uint32_t{0});
    if (at.offered)
      bodies_.let_go(at.offered);
    at.offered = offered;
  }
  now.offered_to = p.offered ? static_cast<std::uint32_t>(p.offered->member) : 0;
  at.now = now;
  if (std::exchange(at.noted, now) != now)
    put(all().pools[at.index].now, now);
}

/// Mostly one has come behind or some have gone from the front; a few come back there.
event_memory::shift event_memory::shift_of(const place& at, const pool& p) {
  const auto& known = at.waiting;
  auto fits = [&](std::size_t back, std::size_t gone) {
    if (gone > known.size() || back + known.size() - gone > p.buffer.size())
      return false;
    auto rest = known.size() - gone;
    auto stride = p.detail || rest < 3 ? 1 : rest - 1; // only details change what waits
    for (std::size_t i = 0; i < rest; i += stride)
      if (!known[gone + i].is(p.buffer[back + i]))
        return false;
    return true;
  };
  for (std::size_t back = 0; back <= few; ++back)
    for (std::size_t gone = 0; gone <= few; ++gone)
      if (gone < known.size() && fits(back, gone))
        return {back, gone};
  std::size_t gone = 0;
  while (!fits(0, gone)) // at the latest where nothing is left
    ++gone;
  return {0, gone};
}

void event_memory::note_buffer(place& at, const pool& p) {
  auto [back, gone] = shift_of(at, p);
  for (std::size_t i = 0; i < gone; ++i)
    drop_front(at);
  for (std::size_t i = back; i > 0; --i) {
    if (at.waiting.size() == most_waiting)
      drop_back(at);
    push(at, p.buffer[i - 1], true);
  }
  auto kept = std::min<std::size_t>(p.buffer.size(), most_waiting); // of a larger buffer those whose turn comes first
  for (auto i = at.waiting.size(); i < kept; ++i)
    push(at, p.buffer[i], false);
}

void event_memory::drop_back(place& at) {
  bodies_.let_go(at.waiting.back().what);
  at.waiting.pop_back();
  --at.now.tail;
}

void event_memory::push(place& at, const pooled_event& event, bool in_front) {
  auto number = in_front ? --at.now.head : at.now.tail++;
  put_entry(at, number, reference(event));
  place::entry known{event.what, event.pool_serial, event.waits_for};
  if (in_front)
    at.waiting.push_front(std::move(known));
  else
    at.waiting.push_back(std::move(known));
}

void event_memory::drop_front(place& at) {
  bodies_.let_go(at.waiting.front().what);
  at.waiting.pop_front();
  ++at.now.head;
}

void event_memory::put_entry(const place& at, std::uint64_t number, const event_ref& entry) {
  put(all().pools[at.index].waiting[number % most_waiting], entry);
}

void event_memory::note_member(place& at, std::size_t i, const pool_member& m) {
  auto& known = at.members[i];
  auto& page = all().members[at.first_member + i];
  auto now = known.now;
  const auto& talk = m.talk;
  now.state = static_cast<std::uint32_t>(talk.state);
  now.running = m.running ? 1 : 0;
  now.heard = m.heard;
  now.lost =
    m.lost || m.question || talk.handled || talk.pending.size() > words_size || talk.result.size() > words_size ? 1 : 0;
  now.has_missing = talk.result_missing ? 1 : 0;
  now.result_missing = talk.result_missing.value_or(0);
  auto words = [&](std::string& before, const std::string& after, std::uint32_t& size, const char* where) {
    size = static_cast<std::uint32_t>(std::min(after.size(), words_size));
    if (after == before)
      return;
    before = after;
    memory_.put(offset_of(where), after.data(), size);
  };
  words(known.pending, talk.pending, now.pending_size, page.pending);
  words(known.result, talk.result, now.result_size, page.result);
  auto held = m.held ? m.held->what : nullptr;
  if (held != known.held) {
    now.held = m.held ? reference(*m.held) : event_ref{};
    if (known.held)
      bodies_.let_go(known.held);
    known.held = held;
  }
  if (now == known.now)
    return;
  known.now = now;
  put(page.now, now);
}

void event_memory::note_leftovers(place& at, const pool& p) {
  auto count = std::min<std::size_t>(p.leftovers.size(), event_layout::most_leftovers);
  bool same = count == at.leftovers.size();
  for (std::size_t i = 0; same && i < count; ++i)
    same = at.leftovers[i] == p.leftovers[i].event.what;
  if (same)
    return;
  auto before = std::move(at.leftovers);
  at.leftovers.clear();
  for (std::size_t i = 0; i < count; ++i) {
    put(all().pools[at.index].leftovers[i], reference(p.leftovers[i].event));
    at.leftovers.push_back(p.leftovers[i].event.what);
  }
  for (const auto& gone : before)
    bodies_.let_go(gone);
  at.now.leftovers = static_cast<std::uint32_t>(count);
}

void event_memory::commit(std::int64_t next_serial, const noted_effect& of) {
  auto& first = all().first;
  if (first.has_serial == 0 || first.next_serial != next_serial) {
    put(first.next_serial, next_serial);
    put(first.has_serial, std::uint32_t{1});
  }
  if (of.version != 0)
    put(first.last, origin{of.slot, of.version, of.told});
  memory_.commit();
  bodies_.settle();
}

} // namespace troupe::actors
