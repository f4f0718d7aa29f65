// The sessions of this start, and the tokens of pages: the book (protocols/session_book.hpp) with a clock, random bytes
// and hashes, by the limits in force. Only the HTTP thread. Where access control is off it is empty and never asked.
// Must not read requests (http_sign_in.cpp does), nor check passwords. Source: docs/contract/access.md, 3.4.
// Cases: tests/access_session_test.py.
#pragma once

#include "actors/http/gate.hpp"
#include "protocols/session_book.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

class session_desk {
public:
  using clock = std::chrono::steady_clock;
  using key = protocols::digest;

  explicit session_desk(gate& access);

  /// This machine has what hashes: else nobody can sign in by form, and browsers ask for passwords themselves.
  static bool works();
  /// Called when sessions have ended before their time: streams are to be judged again.
  std::function<void()> some_ended;

  struct begun {
    std::string id; ///< for the cookie
    std::string token;
    std::int64_t expires; ///< at the latest; seconds since the epoch
  };
  /// `owner`: gate::owner_of(). `shown`: the cookie that came along; a session of that id ends.
  begun open(std::string owner, std::string place, std::optional<std::string_view> shown);
  /// Null: none of that id that counts from there. Good until the next call.
  const protocols::session* find(std::string_view id, std::string_view place);
  bool lasts(const key& session);
  clock::time_point ends(const key& session); ///< in any case

  void end(const key& session);
  bool end(const std::vector<std::string>& owners, std::string_view label);
  std::size_t end_all_of(const std::vector<std::string>& owners);
  std::vector<protocols::session> of(const std::vector<std::string>& owners);

  std::vector<protocols::session_book::kept> all() const { return book_.all(clock::now()); }
  /// Of the daemon before this one, with the key of its gate.
  void put_back(std::vector<protocols::session_book::kept> sessions);

  /// What a page of that session, or else of that user, has to send along to change something.
  std::string token_of(const std::optional<key>& session, std::string_view user);

  /// An open stream keeps its session from being idle.
  class stream {
  public:
    stream(session_desk& desk, const std::optional<key>& session) : desk_(desk), session_(session) {
      if (session_)
        desk_.book_.stream_opened(*session_);
    }
    ~stream() {
      if (session_)
        desk_.book_.stream_closed(*session_, clock::now());
    }
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

  private:
    session_desk& desk_;
    const std::optional<key> session_;
  };

private:
  void follow_rules();
  void told(bool ended) {
    if (ended && some_ended)
      some_ended();
  }

  gate& access_;
  std::uint64_t epoch_ = 0; ///< of the rules whose limits the book has
  std::int64_t longest_ = 0;
  std::map<std::string, protocols::digest> passwords_; ///< of users by those rules: gate::mark_of()
  protocols::session_book book_;
};

} // namespace troupe::actors
