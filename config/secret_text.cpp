// See secret_text.hpp. Blocks are of a power of two, from pages that are never given back: secrets are few.
#include "config/secret_text.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include <string.h>
#include <sys/mman.h>

namespace troupe::config {

namespace {

constexpr std::size_t smallest = 64;
constexpr std::size_t usual_chunk = std::size_t{64} << 10;

std::size_t block_of(std::size_t size) { return std::bit_ceil(std::max(size, smallest)); }

class arena {
public:
  char* take(std::size_t size) {
    auto block = block_of(size);
    std::lock_guard lock{mutex_};
    auto& free = free_[block];
    if (free.empty())
      add_chunk(block);
    auto* taken = free.back();
    free.pop_back();
    return taken;
  }

  void give_back(char* at, std::size_t size) {
    ::explicit_bzero(at, size);
    std::lock_guard lock{mutex_};
    free_[block_of(size)].push_back(at);
  }

  void seal() {
    std::lock_guard lock{mutex_};
    sealed_ = true;
    for (const auto& c : chunks_)
      protect(c);
  }

private:
  struct chunk {
    void* at;
    std::size_t size;
  };

  /// Each is tried by itself: systems lack one or the other, and small limits forbid the first.
  static void protect(const chunk& c) {
    (void)::mlock(c.at, c.size);
#ifdef MADV_WIPEONFORK
    (void)::madvise(c.at, c.size, MADV_WIPEONFORK);
#endif
  }

  void add_chunk(std::size_t block) {
    chunk made{nullptr, std::max(usual_chunk, block)};
    made.at = ::mmap(nullptr, made.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made.at == MAP_FAILED)
      throw std::bad_alloc();
#ifdef MADV_DONTDUMP
    (void)::madvise(made.at, made.size, MADV_DONTDUMP);
#endif
    if (sealed_)
      protect(made);
    chunks_.push_back(made);
    auto& free = free_[block];
    free.reserve(blocks_[block] += made.size / block); // so that giving one back needs no memory
    for (auto* at = static_cast<char*>(made.at) + made.size; at != made.at;)
      free.push_back(at -= block);
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<char*>> free_; ///< by the size of their blocks
  std::map<std::size_t, std::size_t> blocks_;      ///< likewise, how many there are
  std::vector<chunk> chunks_;
  bool sealed_ = false;
};

/// Never destroyed: secrets may outlive whatever is.
arena& secrets() {
  static auto& all = *new arena;
  return all;
}

} // namespace

secret_text::secret_text(std::string_view text) : size_(text.size()) {
  if (size_ == 0)
    return;
  at_ = secrets().take(size_);
  text.copy(at_, size_);
}

secret_text::~secret_text() {
  if (size_ != 0)
    secrets().give_back(at_, size_);
}

void seal_secrets() { secrets().seal(); }

void forget(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

} // namespace troupe::config
