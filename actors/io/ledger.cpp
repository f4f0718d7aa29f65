// See ledger.hpp.
#include "actors/io/ledger.hpp"

#include "actors/core/carried_fields.hpp"
#include "platform/fault_point.hpp"
#include "platform/register_layout.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace troupe::actors {

using config::is;

/// One event, as a number and what it has to say.
struct flat_event {
  std::uint64_t kind = 0;
  int number = 0, other = 0;
  bool flag = false;
  std::string text;
  dependency_view view{};
  std::optional<protocols::notify_message> said{};
};

void fields(auto& a, is<dependency_view> auto& r) {
  config::rare_field(a, 1, r.waiting);
  config::rare_field(a, 2, r.first);
  config::rare_field(a, 3, r.failure);
  config::rare_field(a, 4, r.skipped);
  config::rare_field(a, 5, r.lost);
  config::rare_field(a, 6, r.passed);
  config::rare_field(a, 7, r.relies_on);
  config::rare_field(a, 8, r.unmet);
  config::rare_field(a, 36, r.stuck);
}

void fields(auto& a, is<flat_event> auto& r) {
  a(1, r.kind);
  a(2, r.number);
  a(3, r.other);
  a(4, r.flag);
  a(5, r.text);
  config::rare_field(a, 6, r.view);
  config::rare_field(a, 7, r.said);
}

struct flat_step {
  flat_event happened;
  time_point now{};
  std::int64_t wall = 0;
  daemon_state daemon = daemon_state::running;
};

void fields(auto& a, is<flat_step> auto& r) {
  a(1, r.happened);
  a(2, r.now);
  a(3, r.wall);
  a(4, r.daemon);
}

struct flat_entry {
  ledger_entry entry;
  std::optional<flat_step> step;
};

void fields(auto& a, is<ledger_entry> auto& r) {
  a(1, r.process);
  a(2, r.record);
  a(3, r.handled_life);
  a(4, r.stdout_bytes);
  a(5, r.stderr_bytes);
}

void fields(auto& a, is<flat_entry> auto& r) {
  a(1, r.entry);
  a(2, r.step);
}

namespace {

constexpr std::size_t copy_size = 1008; ///< two of them and what says which one counts: two kilobytes, half a page
constexpr std::size_t most_words = 320; ///< of an error kept in a record, so that it fits

constexpr std::string_view build =
  version; ///< whoever executes the binary that is held is of the same; records of another may read otherwise

flat_event flat(const process_event& happened) {
  flat_event to{happened.index()};
  if (const auto* e = std::get_if<event::signal_requested>(&happened))
    to.number = e->signo;
  else if (const auto* s = std::get_if<event::spawned>(&happened))
    to.number = s->pid;
  else if (const auto* stop = std::get_if<event::stop_requested>(&happened)) {
    to.flag = stop->for_group;
    to.number = stop->rolls ? 1 : 0;
    to.other = (stop->passing ? 1 : 0) + 2 * static_cast<int>(stop->why);
  } else if (const auto* able = std::get_if<event::disabling>(&happened))
    to.flag = able->disabled; // until when: the record says
  else if (const auto* r = std::get_if<event::start_requested>(&happened)) {
    to.number = static_cast<int>(r->why);
    to.flag = r->alone;
  } else if (const auto* d = std::get_if<event::dependencies_seen>(&happened))
    to.view = d->view;
  else if (const auto* f = std::get_if<event::spawn_failed>(&happened))
    to.text = f->text.substr(0, most_words);
  else if (const auto* h = std::get_if<event::spawn_held>(&happened))
    to.text = h->what.substr(0, most_words);
  else if (const auto* x = std::get_if<event::exited>(&happened))
    to.number = x->wait_status;
  else if (const auto* k = std::get_if<event::kill_failed>(&happened))
    to = {happened.index(), k->error, k->signo, k->stopping, {}, {}, {}};
  else if (const auto* ready = std::get_if<event::said_ready>(&happened))
    to.flag = ready->failed;
  else if (const auto* again = std::get_if<event::rebuilt>(&happened))
    to.flag = again->stop_sent;
  else if (const auto* probe = std::get_if<event::probed>(&happened))
    to = {happened.index(), static_cast<int>(probe->number), 0, probe->ok, probe->detail.substr(0, most_words), {}, {}};
  else if (const auto* note = std::get_if<event::notified>(&happened))
    to.said = note->what;
  else if (const auto* command = std::get_if<event::command_ended>(&happened))
    to = {
      happened.index(), static_cast<int>(command->number), 0, command->ok, command->text.substr(0, most_words), {}, {}};
  else if (const auto* reload = std::get_if<event::reload_ended>(&happened))
    to = {
      happened.index(), static_cast<int>(reload->number), 0, reload->ok, reload->text.substr(0, most_words), {}, {}};
  else if (const auto* swept = std::get_if<event::swept>(&happened))
    to = {happened.index(),
          static_cast<int>(swept->number),
          static_cast<int>(swept->left),
          false,
          swept->names.substr(0, most_words),
          {},
          {}};
  return to;
}

template <std::size_t I = 0>
process_event event_of(std::size_t kind) {
  if constexpr (I < std::variant_size_v<process_event>)
    return kind == I ? process_event(std::in_place_index<I>) : event_of<I + 1>(kind);
  else
    return event::rebuilt{};
}

process_event event_of(const flat_event& from) {
  auto to = event_of(from.kind);
  if (auto* e = std::get_if<event::signal_requested>(&to))
    e->signo = from.number;
  else if (auto* s = std::get_if<event::spawned>(&to))
    s->pid = from.number;
  else if (auto* stop = std::get_if<event::stop_requested>(&to))
    *stop = {from.flag, from.number != 0, from.other % 2 != 0, static_cast<start_reason>(from.other / 2)};
  else if (auto* able = std::get_if<event::disabling>(&to))
    able->disabled = from.flag;
  else if (auto* again = std::get_if<event::rebuilt>(&to))
    again->stop_sent = from.flag;
  else if (auto* r = std::get_if<event::start_requested>(&to))
    *r = {static_cast<start_reason>(from.number), from.flag};
  else if (auto* d = std::get_if<event::dependencies_seen>(&to))
    d->view = from.view;
  else if (auto* f = std::get_if<event::spawn_failed>(&to))
    f->text = from.text;
  else if (auto* h = std::get_if<event::spawn_held>(&to))
    h->what = from.text;
  else if (auto* x = std::get_if<event::exited>(&to))
    x->wait_status = from.number;
  else if (auto* k = std::get_if<event::kill_failed>(&to))
    *k = {from.number, from.other, from.flag};
  else if (auto* ready = std::get_if<event::said_ready>(&to))
    ready->failed = from.flag;
  else if (auto* probe = std::get_if<event::probed>(&to))
    *probe = {static_cast<std::uint32_t>(from.number), from.flag, from.text};
  else if (auto* note = std::get_if<event::notified>(&to); note && from.said)
    note->what = *from.said;
  else if (auto* command = std::get_if<event::command_ended>(&to))
    *command = {static_cast<std::uint32_t>(from.number), from.flag, from.text};
  else if (auto* reload = std::get_if<event::reload_ended>(&to))
    *reload = {static_cast<std::uint32_t>(from.number), from.flag, from.text};
  else if (auto* swept = std::get_if<event::swept>(&to))
    *swept = {static_cast<std::uint32_t>(from.number), from.other, from.text};
  return to;
}

std::string bytes_of(const ledger_entry& entry) {
  flat_entry all{entry, {}};
  if (const auto& s = entry.step)
    all.step = flat_step{flat(s->happened), s->at.now, s->at.wall, s->at.daemon};
  protocols::parcel_writer writer;
  writer(1, all);
  return std::string(writer.records());
}

/// Texts of so many bytes at most, and as many bytes of the last restarts.
ledger_entry shortened(ledger_entry entry, std::size_t words) {
  auto cut = [words](std::string& text) { text.resize(std::min(text.size(), words)); };
  for (auto* text : {&entry.record.waiting_for, &entry.record.spawnerr})
    *text = text->view().substr(0, words);
  if (entry.record.check) {
    cut(entry.record.check->detail);
    cut(entry.record.check->status);
  }
  if (entry.record.stage)
    cut(entry.record.stage->left_names);
  if (entry.record.reload)
    cut(entry.record.reload->failure);
  if (entry.step) {
    if (auto* failed = std::get_if<event::spawn_failed>(&entry.step->happened))
      cut(failed->text);
    if (auto* probe = std::get_if<event::probed>(&entry.step->happened))
      cut(probe->detail);
    if (auto* command = std::get_if<event::command_ended>(&entry.step->happened))
      cut(command->text);
    if (auto* reload = std::get_if<event::reload_ended>(&entry.step->happened))
      cut(reload->text);
    if (auto* swept = std::get_if<event::swept>(&entry.step->happened))
      cut(swept->names);
    if (auto* note = std::get_if<event::notified>(&entry.step->happened); note && note->what.status)
      cut(*note->what.status);
    if (auto* seen = std::get_if<event::dependencies_seen>(&entry.step->happened))
      for (auto* text : {&seen->view.waiting, &seen->view.first, &seen->view.failure, &seen->view.skipped,
                         &seen->view.lost, &seen->view.unmet})
        cut(*text);
  }
  if (entry.record.restarts) {
    auto& recent = entry.record.restarts->recent;
    recent.erase(recent.begin(), recent.end() - std::min(std::ssize(recent), static_cast<std::ptrdiff_t>(words / 4)));
  }
  return entry;
}

} // namespace

struct ledger::page {
  struct copy {
    std::uint32_t size;
    std::atomic<std::uint32_t> told;
    std::uint32_t version;
    char bytes[copy_size];
    std::optional<ledger_entry> entry() const;
  };
  std::atomic<std::uint32_t> which; ///< 0: none counts; 1, 2: that one
  copy copies[2];
};

struct ledger::book {
  char build[128];
  std::int64_t event_serial;
  std::atomic<int> ending;
  std::atomic<int> keeper_gone;
  platform::crash_times keepers_gone;
  page pages[platform::most_slots];
};

ledger ledger::make() {
  ledger made;
  made.memory_ = platform::memory_file::make(sizeof(book), false);
  if (made)
    build.copy(made.all().build, sizeof made.all().build - 1);
  return made;
}

ledger ledger::map(platform::unique_fd fd) {
  ledger found;
  found.memory_ = platform::memory_file::map(std::move(fd), sizeof(book), false);
  if (found) {
    auto& written = found.all().build;
    if (std::string_view(written, ::strnlen(written, sizeof written)) != build)
      found.memory_ = {};
  }
  return found;
}

ledger::book& ledger::all() const { return *reinterpret_cast<book*>(memory_.data()); }

void ledger::store(std::uint32_t slot, const ledger_entry& entry) const {
  auto bytes = bytes_of(entry);
  for (std::size_t words = most_words; bytes.size() > copy_size && words > 0; words /= 2)
    bytes = bytes_of(shortened(entry, words));
  auto& of_slot = all().pages[slot];
  auto next = of_slot.which.load(std::memory_order_relaxed) == 1 ? 1U : 0U;
  auto& copy = of_slot.copies[next];
  copy.version = std::max(of_slot.copies[1 - next].version + 1, 1U);
  copy.size = static_cast<std::uint32_t>(bytes.copy(copy.bytes, copy_size));
  copy.told.store(0, std::memory_order_relaxed);
  platform::fault_point("record.filled");
  of_slot.which.store(next + 1, std::memory_order_release);
}

void ledger::tell(std::uint32_t slot, std::uint32_t effects) const {
  auto& of_slot = all().pages[slot];
  if (auto which = of_slot.which.load(std::memory_order_relaxed); which != 0)
    of_slot.copies[which - 1].told.store(effects, std::memory_order_release);
  platform::fault_point("effect.told");
}

std::uint32_t ledger::version_of(std::uint32_t slot) const {
  const auto& of_slot = all().pages[slot];
  auto which = of_slot.which.load(std::memory_order_acquire);
  return which == 1 || which == 2 ? of_slot.copies[which - 1].version : 0;
}

void ledger::tell(const noted_effect& done) const {
  if (done.version == 0 || done.slot >= platform::most_slots || version_of(done.slot) != done.version)
    return;
  const auto& of_slot = all().pages[done.slot];
  if (of_slot.copies[of_slot.which - 1].told < done.told)
    tell(done.slot, done.told);
}

std::optional<ledger_entry> ledger::page::copy::entry() const {
  flat_entry found;
  protocols::parcel_reader reader{{bytes, std::min<std::size_t>(size, copy_size)}};
  reader(1, found);
  if (!reader.trouble().empty() || size == 0)
    return {};
  if (const auto& s = found.step)
    found.entry.step = noted_step{event_of(s->happened), {s->now, s->wall, s->daemon}};
  return std::move(found.entry);
}

std::optional<found_entry> ledger::load(std::uint32_t slot) const {
  const auto& of_slot = all().pages[slot];
  auto which = of_slot.which.load(std::memory_order_acquire);
  if (which != 1 && which != 2)
    return {};
  const auto& counts = of_slot.copies[which - 1];
  auto now = counts.entry();
  if (!now)
    return {};
  found_entry found{*std::move(now), {}, counts.told};
  if (auto before = of_slot.copies[2 - which].entry(); before && before->process == found.process)
    found.before = std::move(before->record);
  return found;
}

std::int64_t* ledger::event_serial() const { return &all().event_serial; }

std::atomic<int>& ledger::ending() const { return all().ending; }
std::atomic<int>& ledger::keeper_gone() const { return all().keeper_gone; }
platform::crash_times& ledger::keepers_gone() const { return all().keepers_gone; }

} // namespace troupe::actors
