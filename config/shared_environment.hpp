// The variables of a process, as it keeps them: one block for all of them, shared by all who have the same.
// Must not merge or expand (load_programs.cpp does).
#pragma once

#include "config/shared_text.hpp"

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::config {

using environment = std::vector<std::pair<std::string, std::string>>; ///< keys unique, in order of first appearance

/// Reads as an `environment` whose keys and values are views.
class shared_environment {
  struct sizes { ///< before each pair: a key or a value may hold any byte
    std::uint32_t key = 0;
    std::uint32_t value = 0;
  };

public:
  class iterator {
  public:
    explicit iterator(const char* at) : at_(at) {}
    std::pair<std::string_view, std::string_view> operator*() const {
      auto size = here();
      return {{at_ + sizeof size, size.key}, {at_ + sizeof size + size.key, size.value}};
    }
    iterator& operator++() {
      auto size = here();
      at_ += sizeof size + size.key + size.value;
      return *this;
    }
    bool operator==(const iterator&) const = default;

  private:
    sizes here() const {
      sizes size;
      std::memcpy(&size, at_, sizeof size); // wherever it stands
      return size;
    }
    const char* at_;
  };

  shared_environment() = default;
  shared_environment(const environment& variables) {
    std::string all;
    for (const auto& [key, value] : variables) {
      sizes size{static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
      all.append(reinterpret_cast<const char*>(&size), sizeof size);
      (all += key) += value;
    }
    block_ = all;
  }
  shared_environment(std::initializer_list<environment::value_type> variables)
      : shared_environment(environment(variables)) {}

  iterator begin() const { return iterator(block_.view().data()); }
  iterator end() const { return iterator(block_.view().data() + block_.size()); }
  bool empty() const { return block_.empty(); }
  bool shares(const shared_environment& other) const { return block_.shares(other.block_); }
  /// In the same order, too.
  bool operator==(const shared_environment&) const = default;

private:
  shared_text block_;
};

} // namespace troupe::config
