// A text that must not be found where it does not belong: it lies in pages of its own, which no core has, which are not
// swapped out if the system lets us, and which a child that is forked sees empty; it is overwritten when it goes. Must
// not know what is secret. Source: docs/contract/access.md, 8. Cases: tests/config/secret_text_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::config {

class secret_text {
public:
  secret_text() = default;
  secret_text(std::string_view text);
  secret_text(const std::string& text) : secret_text(std::string_view(text)) {}
  secret_text(const char* text) : secret_text(std::string_view(text)) {}
  secret_text(const secret_text& other) : secret_text(other.view()) {}
  secret_text(secret_text&& other) noexcept { swap(other); }
  secret_text& operator=(secret_text other) noexcept {
    swap(other);
    return *this;
  }
  ~secret_text();

  std::string_view view() const { return {at_, size_}; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const secret_text& a, const secret_text& b) { return a.view() == b.view(); }

private:
  void swap(secret_text& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(size_, other.size_);
  }
  char* at_ = nullptr;
  std::size_t size_ = 0;
};

/// Of the process that goes on: locks do not outlive a fork, and who forks to get into the background needs its secrets
/// until then. From now on children see none of them.
void seal_secrets();

/// Overwrites an ordinary text, with what was in it before.
void forget(std::string& text);

} // namespace troupe::config
