// Slows down whoever guesses passwords: one address's failures delay that address's next attempts, nobody else's.
// Pure: time is an argument. Must not know sockets, nor wait; whoever asks does. Bounded, however many addresses ask.
// Cases: tests/protocols/login_pace_test.cpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace troupe::protocols {

class login_pace {
public:
  using clock = std::chrono::steady_clock;
  using duration = clock::duration;

  static constexpr int free_failures = 3; ///< in a row: people mistype
  static constexpr duration first_pause = std::chrono::milliseconds{250};
  static constexpr duration longest_pause = std::chrono::seconds{4};
  static constexpr duration most_waiting = std::chrono::seconds{20};
  static constexpr duration forgotten = std::chrono::minutes{10}; ///< after the last failure
  static constexpr std::size_t most_addresses = 1024;             ///< then the one that failed longest ago is forgotten

  /// How long an attempt from `address` has to wait before its password is looked at; its turn is taken with that.
  /// Nothing: too many of that address wait already.
  std::optional<duration> turn(const std::string& address, clock::time_point now);
  /// It was wrong: how many in a row, this one included.
  int failed(const std::string& address, clock::time_point now);
  void succeeded(const std::string& address) { known_.erase(address); }
  std::size_t size() const { return known_.size(); }

private:
  struct record {
    int failures = 0;
    clock::time_point last; ///< failure
    clock::time_point next; ///< attempt that is not taken yet
  };
  void make_room(clock::time_point now);
  std::unordered_map<std::string, record> known_;
};

} // namespace troupe::protocols
