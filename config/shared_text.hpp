// A text that many hold and nobody changes: eight bytes each, and one block for all copies. Thousands of programs have
// the same few values, and a name is in the options, the record and the status of a process.
// Must not know what the text is; what is not text any more (a number, a list) is a type of its own.
#pragma once

#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::config {

/// Reads as a std::string does, and becomes one or a view where that is asked for. Any thread may copy one that no
/// other thread assigns to.
class shared_text {
public:
  shared_text() = default;
  shared_text(std::string_view text) : block_(make(text)) {}
  shared_text(const std::string& text) : shared_text(std::string_view(text)) {}
  shared_text(const char* text) : shared_text(std::string_view(text)) {}
  shared_text(const shared_text& other) noexcept : block_(other.block_) {
    if (block_)
      block_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  shared_text(shared_text&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  shared_text& operator=(shared_text other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~shared_text() {
    if (block_ && block_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      block_->~block();
      ::operator delete(block_);
    }
  }

  std::string_view view() const {
    return block_ ? std::string_view(block_->begin(), block_->size) : std::string_view();
  }
  std::string str() const { return std::string(view()); }
  operator std::string_view() const { return view(); }
  operator std::string() const { return str(); }
  const char* c_str() const { return block_ ? block_->begin() : ""; }
  std::size_t size() const { return block_ ? block_->size : 0; }
  bool empty() const { return size() == 0; }
  /// Whether both are held in the same block.
  bool shares(const shared_text& other) const { return block_ == other.block_; }

  friend bool operator==(const shared_text& a, const shared_text& b) {
    return a.block_ == b.block_ || a.view() == b.view();
  }
  friend auto operator<=>(const shared_text& a, const shared_text& b) { return a.view() <=> b.view(); }
  template <std::convertible_to<std::string_view> Text>
  friend bool operator==(const shared_text& a, const Text& b) {
    return a.view() == std::string_view(b);
  }
  template <std::convertible_to<std::string_view> Text>
  friend auto operator<=>(const shared_text& a, const Text& b) {
    return a.view() <=> std::string_view(b);
  }
  friend std::ostream& operator<<(std::ostream& out, const shared_text& text) { return out << text.view(); }

  friend std::string operator+(std::string a, const shared_text& b) { return std::move(a += b.view()); }
  friend std::string operator+(const char* a, const shared_text& b) { return std::string(a) + b; }
  friend std::string operator+(const shared_text& a, std::string_view b) {
    std::string all;
    all.reserve(a.size() + b.size());
    return std::move((all += a.view()) += b);
  }
  friend std::string operator+(const shared_text& a, char b) { return a + std::string_view(&b, 1); }

private:
  struct block {
    std::atomic<std::uint32_t> holders{1};
    std::uint32_t size = 0;
    char* begin() { return reinterpret_cast<char*>(this + 1); } ///< and a NUL behind it all
  };

  static block* make(std::string_view text) {
    if (text.empty())
      return nullptr;
    if (text.size() > std::numeric_limits<std::uint32_t>::max())
      throw std::length_error("a text of more than 4 GiB");
    auto* made = new (::operator new(sizeof(block) + text.size() + 1)) block;
    made->size = static_cast<std::uint32_t>(text.size());
    std::memcpy(made->begin(), text.data(), text.size());
    made->begin()[text.size()] = '\0';
    return made;
  }

  block* block_ = nullptr; ///< null: empty
};

} // namespace troupe::config
