// Tokens: who owns which, what they may do less than their owner, until when; and their file, a line of JSON each, in
// which no secret stands. Pure: time, random bytes and the hash come in, no file is touched. Must not decide what a
// role gives (access.hpp does). Source: docs/contract/access.md, 3.5. Cases: tests/protocols/token_book_test.cpp.
#pragma once

#include "config/network.hpp"
#include "config/result.hpp"
#include "config/secret_text.hpp"
#include "protocols/digest.hpp"
#include "protocols/faults.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::protocols {

/// Times are seconds since the epoch.
struct token_record {
  std::string id;
  digest hash{}; ///< SHA-256 of the whole token
  std::string user;
  std::optional<std::vector<std::string>> roles; ///< a layer of its own; none: all that its owner has
  std::vector<std::string> networks;             ///< empty: from anywhere
  std::string name;                              ///< for its owner
  std::int64_t created = 0;
  std::string by; ///< who made it
  std::int64_t expires = 0;
  std::int64_t used = 0; ///< the day's midnight, UTC; 0: never
  bool revoked = false;
  bool operator==(const token_record&) const = default;
};

class token_book {
public:
  static constexpr std::size_t most = 10'000; ///< that are valid
  static constexpr std::size_t most_of_user = 100;
  static constexpr std::size_t most_networks = 100;
  static constexpr std::size_t longest_name = 128; ///< bytes

  explicit token_book(hash_function sha256) : sha256_(std::move(sha256)) {}

  struct wish {
    std::string user;
    std::string by;
    std::optional<std::vector<std::string>> roles; ///< that exist
    std::vector<std::string> networks;
    std::string name;
    std::optional<std::int64_t> ttl; ///< seconds
  };
  struct limits {
    std::int64_t usual_ttl = 8 * 3600;
    std::int64_t longest_ttl = 90 * 86400;
  };
  struct made {
    std::string id;
    config::secret_text token; ///< shown this once
    std::int64_t expires = 0;
  };
  using random_byte = std::function<std::uint8_t()>;
  std::variant<made, rpc_fault> create(wish what, limits by, const random_byte& random, std::int64_t now);
  /// As if it had never been: it could not be written to the file.
  void forget(const std::string& id);

  /// The valid token of that text, if it counts from there; its use is noted. Null: no proof. Good until the next call
  /// of something that is not const.
  const token_record* find(std::string_view token, const config::origin& from, std::int64_t now);
  /// By its id, of whom it was proved before. Null: it is over.
  const token_record* valid(std::string_view id, std::int64_t now) const;

  /// false: there is no valid one, or it is somebody else's. `of`: none for who may revoke anybody's.
  bool revoke(std::string_view id, std::optional<std::string_view> of, std::int64_t now);
  void keep_users(const std::function<bool(const std::string& user)>& is_there);    ///< the others' are revoked
  std::vector<token_record> of_user(std::string_view user, std::int64_t now) const; ///< valid ones, by their making
  std::size_t size() const { return tokens_.size(); }

  // -- the file ------------------------------------------------------------------------------------
  /// Replaces all. Errors name the line; nothing is changed then. Those that are over are left out.
  config::result<void> read(std::string_view text, std::int64_t now);
  /// Without those that are over.
  std::string text(std::int64_t now) const;
  bool unsaved() const { return unsaved_; } ///< the file says something else
  void saved() { unsaved_ = false; }
  void not_saved() { unsaved_ = true; }

private:
  struct entry {
    token_record what;
    std::vector<config::network> from; ///< as its networks say
    bool valid(std::int64_t now) const { return !what.revoked && now < what.expires; }
  };
  using entries = std::map<std::string, entry, std::less<>>; ///< by id
  void sweep(std::int64_t now);
  void end(entry& token);
  std::optional<rpc_fault> refusal(const wish& what, limits by) const;

  hash_function sha256_;
  entries tokens_;
  bool unsaved_ = false;
};

/// `90d`, `8h`, `30m`, `45s`: the largest unit that leaves no rest.
std::string duration_text(std::int64_t seconds);

} // namespace troupe::protocols
