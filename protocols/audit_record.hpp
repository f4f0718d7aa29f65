// What the audit trail says of one act: a line of JSON, or of text. What clients wrote is escaped, so that a record is
// one line whatever they sent. Must not number or link lines (audit_chain.hpp does), nor write files. Source:
// docs/contract/access.md, 7.2. Cases: tests/protocols/audit_test.cpp.
#pragma once

#include "protocols/time_stamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

/// Whatever is empty or absent is left out. Never to be put in: passwords, secrets of tokens, cookies, bodies, what is
/// sent to a program's stdin.
struct audit_record {
  enum class outcome : std::uint8_t { begun, done, partly, failed, denied, hidden, refused };
  struct unix_peer {
    std::uint32_t uid = 0, gid = 0;
    std::int32_t pid = 0;
  };
  static constexpr std::size_t most_names = 100;
  static constexpr std::string_view nobody = "?"; ///< for a user's name that nobody has: it may be a password

  wall_time time;
  std::string id; ///< of the request; the same for `begun` and what became of it
  std::string user;
  std::string how;   ///< password, session, token, certificate, peer, server, anonymous
  std::string token; ///< its id
  std::string from;
  std::string via; ///< the proxy, where `from` is what it says
  std::string server;
  std::optional<unix_peer> peer;
  std::string verb;
  std::string target;             ///< as the caller wrote it
  std::vector<std::string> names; ///< of those concerned; beyond most_names only their number is told
  std::string call;
  std::optional<std::size_t> bytes; ///< sent to stdin
  outcome came = outcome::done;
  std::optional<int> fault;
  std::optional<std::int64_t> ms;
  std::uint64_t suppressed = 0; ///< refusals of the same caller that are not told
};

std::string_view word_of(audit_record::outcome came);

/// An object without its closing brace, which begins with the time and, behind it, `seq`.
std::string audit_json(const audit_record& of, std::uint64_t seq);
/// Without the time: for the main log, which writes its own.
std::string audit_text(const audit_record& of);
/// `2026-11-22T10:53:25.123Z`.
std::string audit_time(wall_time when);

/// One word in one line: blanks, backslashes, and what is no character that shows, are escaped.
std::string one_word(std::string_view from_client);

} // namespace troupe::protocols
