// See ledger.hpp.
#include "actors/io/ledger.hpp"

#include "actors/core/carried_fields.hpp"
#include "platform/register_layout.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace troupe::actors {

using config::is;

void fields(auto& a, is<ledger_entry> auto& r) {
  a(1, r.process);
  a(2, r.record);
  a(3, r.handled_life);
  a(4, r.stdout_bytes);
  a(5, r.stderr_bytes);
}

namespace {

constexpr std::size_t copy_size = 1008; ///< two of them and what says which one counts: two kilobytes, half a page
constexpr std::size_t most_words = 400; ///< of an error kept in a record, so that it fits

constexpr std::string_view build = version; ///< whoever executes the binary that is held is of the same; records of another may read otherwise

std::string bytes_of(const ledger_entry& entry) {
  protocols::parcel_writer writer;
  writer(1, entry);
  return writer.records();
}

} // namespace

struct ledger::page {
  struct copy {
    std::uint32_t size;
    char bytes[copy_size];
  };
  std::atomic<std::uint32_t> which; ///< 0: none counts; 1, 2: that one
  copy copies[2];
};

struct ledger::book {
  char build[128];
  std::int64_t event_serial;
  std::atomic<int> ending;
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
  if (bytes.size() > copy_size) {
    auto shorter = entry;
    shorter.record.spawnerr.resize(std::min(shorter.record.spawnerr.size(), most_words));
    bytes = bytes_of(shorter);
  }
  auto& of_slot = all().pages[slot];
  auto next = of_slot.which.load(std::memory_order_relaxed) == 1 ? 1U : 0U;
  auto& copy = of_slot.copies[next];
  copy.size = static_cast<std::uint32_t>(bytes.copy(copy.bytes, copy_size));
  of_slot.which.store(next + 1, std::memory_order_release);
}

std::optional<ledger_entry> ledger::load(std::uint32_t slot) const {
  const auto& of_slot = all().pages[slot];
  auto which = of_slot.which.load(std::memory_order_acquire);
  if (which != 1 && which != 2)
    return {};
  const auto& copy = of_slot.copies[which - 1];
  ledger_entry entry;
  protocols::parcel_reader reader{{copy.bytes, std::min<std::size_t>(copy.size, copy_size)}};
  reader(1, entry);
  if (!reader.trouble().empty())
    return {};
  return entry;
}

std::int64_t* ledger::event_serial() const { return &all().event_serial; }

std::atomic<int>& ledger::ending() const { return all().ending; }

} // namespace troupe::actors
