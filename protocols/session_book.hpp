// Who is signed in: sessions by the hash of their ids, how long they last and how many there are. A session holds a
// name, not rights: those are looked up each time. Pure: time, random bytes and the hash come in. Must not know cookies
// (session_cookie.hpp), nor check passwords. Source: docs/contract/access.md, 3.4.
// Cases: tests/protocols/session_book_test.cpp.
#pragma once

#include "protocols/digest.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::protocols {

struct session {
  std::string user;
  std::string place;      ///< it was opened from (client_place.hpp)
  std::int64_t since = 0; ///< seconds since the epoch
  digest key{};           ///< the hash of its id: what streams, page tokens and the book itself know it by
  /// For the account page: names it, and says nothing of its id.
  std::string label() const { return hex(bytes_of(key)).substr(0, 16); }
};

class session_book {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  static constexpr std::size_t most = 1000;
  static constexpr std::size_t most_of_user = 16;
  using random_bytes = std::array<std::uint8_t, 32>;

  struct limits {
    std::chrono::seconds idle{30 * 60};
    std::chrono::seconds longest{12 * 3600};
    bool bound = true; ///< counts from its place only
  };

  explicit session_book(hash_function sha256) : sha256_(std::move(sha256)) {}
  void set(limits by) { limits_ = by; }

  struct opened {
    std::string id; ///< for the cookie, and for nobody else
    session made;
  };
  /// `shown`: an id that the client sent along; a session of that id ends, so that a planted one is worth nothing.
  /// `wall`: seconds since the epoch. Where there are too many sessions the one idle longest ends.
  opened open(std::string user, std::string place, std::optional<std::string_view> shown, const random_bytes& random,
              time_point now, std::int64_t wall);

  /// The session of that id, if it counts from there; it is in use now. Null: as if none was shown. Good until the next
  /// call of something that is not const.
  const session* find(std::string_view id, std::string_view place, time_point now);
  /// For streams, which are not requests: does it still last?
  bool lasts(const digest& key, time_point now) const;
  /// When it is over in any case; time_point::min(): it is.
  time_point longest_end(const digest& key) const;
  /// An open stream keeps a session from being idle.
  void stream_opened(const digest& key);
  void stream_closed(const digest& key, time_point now);

  bool end(const digest& key) { return sessions_.erase(key) != 0; }
  bool end(std::string_view user, std::string_view label); ///< false: no such session of that user
  std::size_t end_all_of(std::string_view user);
  void keep_users(const std::function<bool(const std::string& user)>& is_there);
  /// Forgets those that are over; the others are judged when they are used.
  void sweep(time_point now);

  /// One as it is, for another binary. An open stream is a use of it.
  struct kept {
    session what;
    time_point started;
    time_point used;
  };
  std::vector<kept> all(time_point now) const;
  /// Where there is room.
  void put_back(kept one, time_point now);

  std::vector<session> of_user(std::string_view user, time_point now) const; ///< oldest first
  std::size_t size() const { return sessions_.size(); }

private:
  struct entry {
    session what;
    time_point started;
    time_point used;
    int streams = 0;
  };
  bool is_over(const entry& e, time_point now) const;
  void make_room(const std::string& user, time_point now);

  hash_function sha256_;
  limits limits_;
  std::unordered_map<digest, entry, digest_hash> sessions_;
};

/// What a page has to send along to change something: of no use in anybody else's browser. `keyed`: an HMAC. `user`: of
/// a browser that proves itself anew with each request.
std::string page_token(const hash_function& keyed, const session& of);
std::string page_token(const hash_function& keyed, std::string_view user);

} // namespace troupe::protocols
