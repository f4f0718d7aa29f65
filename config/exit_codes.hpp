// The exit codes that are expected of a program: one byte each, since nearly all programs have the same one.
#pragma once

#include "config/shared_text.hpp"

#include <initializer_list>
#include <vector>

namespace troupe::config {

/// As written: in this order, and as often. Reads as a list of int.
class exit_code_list {
public:
  exit_code_list() : codes_(only_success()) {}
  explicit exit_code_list(const std::vector<int>& codes) : codes_(std::string(codes.begin(), codes.end())) {}
  exit_code_list(std::initializer_list<int> codes) : exit_code_list(std::vector<int>(codes)) {}

  const unsigned char* begin() const { return reinterpret_cast<const unsigned char*>(codes_.view().data()); }
  const unsigned char* end() const { return begin() + codes_.size(); }
  bool operator==(const exit_code_list&) const = default;

private:
  static const shared_text& only_success() {
    static const shared_text zero{std::string(1, '\0')};
    return zero;
  }

  shared_text codes_; ///< each a byte
};

} // namespace troupe::config
