// What the output channels of children have begun (half a line, half a capture) in memory that outlives the worker,
// each with the number of the batch of bytes that it comes from: who follows goes on there, and passes over that batch
// if it finds it half done. The keeper holds it; of one build. Any thread; one for each channel at a time. Must not
// know what the state means. Source: docs/contract/survival.md, 3.2 (carry) and 4.2. Cases:
// tests/io/channel_notes_test.cpp.
#pragma once

#include "actors/core/carried.hpp"
#include "platform/memory_file.hpp"
#include "platform/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

class channel_notes {
public:
  /// Null: errno says why there is no such memory.
  static std::unique_ptr<channel_notes> make();
  /// Of the worker before this one, to go on with; `slots`: so many are in use. Null: it is none, or another build's.
  static std::unique_ptr<channel_notes> map(platform::unique_fd fd, std::uint32_t slots);

  int fd() const { return memory_.fd(); } ///< to be held by the keeper

  /// Of a life of a slot; `channel`: 0 stdout, 1 stderr. False: there is no room, and nothing is noted of the channel.
  bool store(std::uint32_t slot, std::size_t channel, std::uint32_t life, std::uint64_t batch,
             const carried_output& state);
  struct found {
    std::uint64_t batch = 0; ///< the last one whose bytes are in `state`
    carried_output state;
  };
  /// Nothing: nobody has noted anything of that life.
  std::optional<found> load(std::uint32_t slot, std::size_t channel, std::uint32_t life) const;

  /// Where its log was when that life began, before there is a child.
  void note_beginning(std::uint32_t slot, std::size_t channel, std::uint32_t life, const platform::log_place& at);
  std::optional<platform::log_place> beginning(std::uint32_t slot, std::size_t channel, std::uint32_t life) const;

private:
  struct block;
  struct copy;
  struct page;
  struct book;
  explicit channel_notes(platform::memory_file memory) : memory_(std::move(memory)) {}
  book& all() const;
  page& page_of(std::uint32_t slot, std::size_t channel) const;
  void find_free(std::uint32_t slots);
  std::optional<std::uint32_t> write(std::string_view bytes);
  void give_back(std::uint32_t first);

  platform::memory_file memory_;
  std::mutex mutex_;                ///< of what follows
  std::vector<std::uint32_t> free_; ///< blocks; the last is taken first
  std::uint32_t untouched_ = 1;     ///< from here on nobody has used any
};

} // namespace troupe::actors
