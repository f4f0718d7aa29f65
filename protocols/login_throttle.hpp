// How many attempts to sign in are looked at, where access control is on: by place, by name, and by those pairs of both
// that were right before, so that strangers lock nobody out. A piece is taken before the password is checked and given
// back if it was right. Pure: time is an argument. Must not check passwords, nor know sockets (login_pace.hpp is for
// where access control is off). Source: docs/contract/access.md, 3.3. Cases: tests/protocols/login_throttle_test.cpp.
#pragma once

#include "protocols/recent_map.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace troupe::protocols {

class login_throttle {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  using seconds = std::chrono::seconds;

  struct limit {
    int holds;          ///< attempts
    seconds comes_back; ///< one
  };
  static constexpr limit of_place{10, seconds{30}};
  static constexpr limit of_name{30, seconds{60}};
  static constexpr limit of_known{10, seconds{30}};
  static constexpr std::size_t most_entries = 10'000; ///< of each kind
  static constexpr std::size_t most_known = 32;       ///< places of one user
  static constexpr std::chrono::hours known_for{30 * 24};
  static constexpr seconds told_every{60};

  /// One that may be checked. If it was right, say so with succeeded(); else there is nothing to do.
  struct attempt {
    std::string place;
    std::optional<std::string> name; ///< none: a token
    bool known = false;              ///< a pair that was right before
  };
  /// 429: one that is not looked at, right or wrong.
  struct refusal {
    seconds retry_after;
    std::string record; ///< for the log; empty: it was told lately
  };

  /// `place`: as client_place() has it. `name`: as typed; none for a token, which is counted by place only.
  std::variant<attempt, refusal> try_it(std::string_view place, std::optional<std::string_view> name, time_point now);
  void succeeded(const attempt& right, time_point now);

  std::size_t size() const { return places_.size() + names_.size() + known_.size(); }

private:
  /// How full it is follows from when it will be full: with each piece taken, that much later.
  struct bucket {
    time_point full_at;
    std::optional<time_point> told;
    bool has_one(limit by, time_point now) const;
    void take(limit by, time_point now);
    void give_back(limit by) { full_at -= by.comes_back; }
  };
  struct known_pair {
    bucket attempts;
    time_point succeeded;
  };
  static refusal refused(bucket& by, limit limit, std::string text, time_point now);
  bool is_known(const std::string& pair, std::string_view name, time_point now);
  void remember(std::string_view name, const std::string& place, time_point now);
  void forget(std::string_view name, std::string_view place);

  recent_map<bucket> places_{most_entries};
  recent_map<bucket> names_{most_entries};
  recent_map<known_pair> known_{most_entries};
  std::unordered_map<std::string, std::vector<std::string>> places_of_; ///< by name: in known_, right last first
};

} // namespace troupe::protocols
