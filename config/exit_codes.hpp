// The ends that are expected of a program: exit codes, and signals as negative numbers. Few bytes each, since nearly
// all programs have the same one.
#pragma once

#include "config/shared_text.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace troupe::config {

/// As written: in this order, and as often. Reads as a list of int: 0 to 255 an exit code, -15 SIGTERM.
class exit_code_list {
public:
  class iterator {
  public:
    using difference_type = std::ptrdiff_t;
    using value_type = int;
    explicit iterator(const char* at = nullptr) : at_(at) {}
    int operator*() const { return static_cast<unsigned char>(at_[0]) - (at_[1] ? signal_mark : 0); }
    iterator& operator++() {
      at_ += 2;
      return *this;
    }
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator&) const = default;

  private:
    const char* at_;
  };

  exit_code_list() = default; ///< none
  explicit exit_code_list(const std::vector<int>& codes) : codes_(packed(codes)) {}
  exit_code_list(std::initializer_list<int> codes) : exit_code_list(std::vector<int>(codes)) {}
  static exit_code_list only_success() {
    static const exit_code_list zero{0};
    return zero;
  }

  iterator begin() const { return iterator{codes_.view().data()}; }
  iterator end() const { return iterator{codes_.view().data() + codes_.size()}; }
  bool holds(int code) const {
    for (int known : *this)
      if (known == code)
        return true;
    return false;
  }
  bool operator==(const exit_code_list&) const = default;

private:
  static constexpr int signal_mark = 256; ///< more than any signal

  static shared_text packed(const std::vector<int>& codes) {
    std::string bytes;
    for (int code : codes) {
      bytes += static_cast<char>(code < 0 ? code + signal_mark : code);
      bytes += code < 0 ? '\1' : '\0';
    }
    return shared_text(bytes);
  }

  shared_text codes_; ///< each two bytes
};

} // namespace troupe::config
