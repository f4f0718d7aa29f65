// Passwords that were right lately, so that ten thousand requests cost one check of a hash. Nothing of a password can
// be told from what is kept. Only the HTTP thread. Must not check anything. Source: docs/contract/access.md, 3.2.
#pragma once

#include "config/access_options.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace troupe::actors {

class proven_passwords {
public:
  using clock = std::chrono::steady_clock;
  static constexpr auto kept_for = std::chrono::minutes{15}; ///< after its last use
  static constexpr std::size_t most = 4096;                  ///< of all users together

  /// What a user and a password were right against; `proof`: the two of them, keyed. Whoever asks compares it with what
  /// is stored now.
  std::optional<config::stored_password> find(const std::string& proof, clock::time_point now = clock::now()) {
    auto found = all_.find(proof);
    if (found == all_.end())
      return {};
    if (now - found->second.used > kept_for) {
      all_.erase(found);
      return {};
    }
    found->second.used = now;
    return found->second.right_for;
  }

  void add(std::string proof, config::stored_password right_for, clock::time_point now = clock::now()) {
    if (all_.size() >= most)
      std::erase_if(all_, [&](auto& one) { return now - one.second.used > kept_for; });
    if (all_.size() >= most)
      all_.clear();
    all_.insert_or_assign(std::move(proof), entry{std::move(right_for), now});
  }

  void forget_all() { all_.clear(); } ///< with new rules

private:
  struct entry {
    config::stored_password right_for;
    clock::time_point used;
  };
  std::unordered_map<std::string, entry> all_;
};

} // namespace troupe::actors
