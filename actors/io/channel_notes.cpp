// See channel_notes.hpp. Two copies for each channel, of which one counts: a new chain of blocks, then one store.
#include "actors/io/channel_notes.hpp"

#include "actors/core/carried_fields.hpp"
#include "platform/register_layout.hpp"
#include "protocols/parcel.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::uint32_t most_blocks = 32768; ///< 16 MiB
constexpr std::size_t channels = 2;

} // namespace

struct channel_notes::block {
  std::uint32_t next; ///< 0: the last one
  char bytes[508];
};

struct channel_notes::copy {
  std::uint64_t batch;
  std::uint32_t life;
  std::uint32_t first; ///< 0: nothing has been begun
  std::uint32_t size;
};

struct channel_notes::page {
  std::atomic<std::uint32_t> which; ///< 0: none counts; 1, 2: that one
  std::atomic<std::uint32_t> begun; ///< the life that began there; 0: none that we know of
  platform::log_place begins;
  copy copies[2];
};

struct channel_notes::book {
  char build[128];
  page pages[platform::most_slots][channels];
  block blocks[most_blocks]; ///< the one at 0 is nobody's
};

channel_notes::book& channel_notes::all() const { return *reinterpret_cast<book*>(memory_.data()); }

channel_notes::page& channel_notes::page_of(std::uint32_t slot, std::size_t channel) const {
  return all().pages[slot][channel];
}

std::unique_ptr<channel_notes> channel_notes::make() {
  auto memory = platform::memory_file::make(sizeof(book), false);
  if (!memory)
    return nullptr;
  std::unique_ptr<channel_notes> made{new channel_notes{std::move(memory)}};
  std::string_view(version).copy(made->all().build, sizeof made->all().build - 1);
  return made;
}

std::unique_ptr<channel_notes> channel_notes::map(platform::unique_fd fd, std::uint32_t slots) {
  auto memory = platform::memory_file::map(std::move(fd), sizeof(book), false);
  if (!memory)
    return nullptr;
  std::unique_ptr<channel_notes> found{new channel_notes{std::move(memory)}};
  const auto& build = found->all().build;
  if (std::string_view(build, ::strnlen(build, sizeof build)) != version)
    return nullptr;
  found->find_free(std::min(slots, platform::most_slots));
  return found;
}

/// Those that no channel's page leads to. Numbers out of shared memory: each block is somebody's once.
void channel_notes::find_free(std::uint32_t slots) {
  std::vector<bool> used(most_blocks);
  for (std::uint32_t slot = 0; slot < slots; ++slot)
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const auto& p = page_of(slot, channel);
      auto which = p.which.load(std::memory_order_acquire);
      if (which != 1 && which != 2)
        continue;
      for (auto at = p.copies[which - 1].first; at != 0 && at < most_blocks && !used[at]; at = all().blocks[at].next)
        used[at] = true;
    }
  untouched_ = most_blocks;
  for (; untouched_ > 1 && !used[untouched_ - 1]; --untouched_) {
  }
  for (std::uint32_t i = 1; i < untouched_; ++i)
    if (!used[i])
      free_.push_back(i);
}

/// The first block; 0: `bytes` is empty. Nothing: there is no room.
std::optional<std::uint32_t> channel_notes::write(std::string_view bytes) {
  constexpr auto size = sizeof(block::bytes);
  auto needed = (bytes.size() + size - 1) / size;
  std::lock_guard lock{mutex_};
  if (needed > free_.size() + (most_blocks - untouched_))
    return {};
  auto take = [&] {
    if (free_.empty())
      return untouched_++;
    auto taken = free_.back();
    free_.pop_back();
    return taken;
  };
  auto first = needed == 0 ? 0 : take();
  auto at = first;
  while (!bytes.empty()) {
    auto& b = all().blocks[at];
    bytes.remove_prefix(bytes.copy(b.bytes, size));
    at = b.next = bytes.empty() ? 0 : take();
  }
  return first;
}

void channel_notes::give_back(std::uint32_t first) {
  if (first == 0)
    return;
  std::lock_guard lock{mutex_};
  for (auto at = first; at != 0; at = all().blocks[at].next)
    free_.push_back(at);
}

bool channel_notes::store(std::uint32_t slot, std::size_t channel, std::uint32_t life, std::uint64_t batch,
                          const carried_output& state) {
  std::string bytes;
  if (!state.line_head.empty() || !state.line_kept.empty() || state.line_continued || !state.capture_held.empty() ||
      state.capturing || !state.captured.empty()) {
    protocols::parcel_writer writer;
    writer(1, state);
    bytes = writer.records();
  }
  auto& p = page_of(slot, channel);
  auto before = p.which.load(std::memory_order_relaxed);
  auto first = write(bytes);
  auto next = before == 1 ? 1U : 0U;
  if (first)
    p.copies[next] = {batch, life, *first, static_cast<std::uint32_t>(bytes.size())};
  p.which.store(first ? next + 1 : 0, std::memory_order_release);
  if (before == 1 || before == 2)
    give_back(p.copies[before - 1].first);
  return first.has_value();
}

void channel_notes::note_beginning(std::uint32_t slot, std::size_t channel, std::uint32_t life,
                                   const platform::log_place& at) {
  auto& p = page_of(slot, channel);
  p.begun.store(0, std::memory_order_release);
  p.begins = at;
  p.begun.store(life, std::memory_order_release);
}

std::optional<platform::log_place> channel_notes::beginning(std::uint32_t slot, std::size_t channel,
                                                            std::uint32_t life) const {
  const auto& p = page_of(slot, channel);
  return p.begun.load(std::memory_order_acquire) == life ? std::optional(p.begins) : std::nullopt;
}

std::optional<channel_notes::found> channel_notes::load(std::uint32_t slot, std::size_t channel,
                                                        std::uint32_t life) const {
  const auto& p = page_of(slot, channel);
  auto which = p.which.load(std::memory_order_acquire);
  if ((which != 1 && which != 2) || p.copies[which - 1].life != life)
    return {};
  const auto& counts = p.copies[which - 1];
  found result{counts.batch, {}};
  std::string bytes;
  std::size_t left = counts.size;
  for (auto at = counts.first; left > 0; at = all().blocks[at].next) {
    if (at == 0 || at >= most_blocks)
      return {};
    auto piece = std::min(left, sizeof(block::bytes));
    bytes.append(all().blocks[at].bytes, piece);
    left -= piece;
  }
  if (bytes.empty())
    return result;
  protocols::parcel_reader reader{bytes};
  reader(1, result.state);
  return reader.trouble().empty() ? std::optional(std::move(result)) : std::nullopt;
}

} // namespace troupe::actors
