// Passwords that were right lately, so that ten thousand requests cost one check of a hash. Nothing of a password can
// be told from what is kept. Only the HTTP thread. Must not check anything. Source: docs/contract/access.md, 3.2.
#pragma once

#include "config/access_options.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

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

/// How many checks of hashes wait, in all and of each place.
struct password_queue {
  static constexpr std::size_t most = 33; ///< one is at work
  static constexpr std::size_t most_of_one = 2;
  std::size_t all = 0;
  std::unordered_map<std::string, std::size_t> of_place;
};

/// A place in the queue, for as long as this lives.
class password_place {
public:
  /// Null: there is none left.
  static std::unique_ptr<password_place> of(password_queue& queue, const std::string& place) {
    auto known = queue.of_place.find(place);
    if (queue.all >= password_queue::most ||
        (known != queue.of_place.end() && known->second >= password_queue::most_of_one))
      return nullptr;
    return std::unique_ptr<password_place>(new password_place(queue, place));
  }
  ~password_place() {
    --queue_.all;
    if (auto mine = queue_.of_place.find(place_); --mine->second == 0)
      queue_.of_place.erase(mine);
  }
  password_place(const password_place&) = delete;
  password_place& operator=(const password_place&) = delete;

private:
  password_place(password_queue& queue, std::string place) : queue_(queue), place_(std::move(place)) {
    ++queue_.all;
    ++queue_.of_place[place_];
  }
  password_queue& queue_;
  const std::string place_;
};

} // namespace troupe::actors
