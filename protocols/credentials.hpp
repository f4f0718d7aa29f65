// What a request shows to prove who sends it: Authorization, a cookie, the form of a token. Text in, values out.
// Must not decide whether it is right (actors/http does), nor keep it. Source: docs/contract/access.md, 3.1, 3.4
// and 3.5; docs/contract/http.md, 1.6. Cases: tests/protocols/credentials_test.cpp.
#pragma once

#include "platform/wipe.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// What the values of a request's Authorization headers come to.
struct proof {
  enum class kind {
    none,    ///< no such header
    basic,   ///< `user` and `secret`: a password, or a token
    bearer,  ///< `secret`: meant as a token
    foreign, ///< some other scheme, or not what its scheme wants: refused (401)
    broken   ///< no base64, no UTF-8, or two such headers: refused (400)
  } is = kind::none;
  std::string user;
  std::string secret;
  ~proof() { platform::wipe(secret); }
};
proof proof_of(std::span<const std::string_view> authorization);

/// Longer passwords, and those with a NUL, are wrong whatever is stored.
constexpr std::size_t longest_password = 512;
inline bool may_be_password(std::string_view text) {
  return text.size() <= longest_password && text.find('\0') == text.npos;
}

/// `cookies`: the values of a request's Cookie headers. nullopt: no such cookie, or not clearly one: two of the name,
/// or two headers.
std::optional<std::string_view> cookie_named(std::span<const std::string_view> cookies, std::string_view name);

/// A token, `trp_` and what follows, taken apart; it points into the text.
struct token_text {
  static constexpr std::string_view prefix = "trp_";
  static constexpr std::size_t id_size = 8;
  static constexpr std::size_t secret_size = 22; ///< 131 bits
  static constexpr std::size_t size = prefix.size() + id_size + secret_size;

  std::string_view id;
  std::string_view secret;
};
/// nullopt: not of that form.
std::optional<token_text> token_of(std::string_view text);

/// A request line with `*` for the values of `token=` and `access_token=` in its query, where a token is no proof and
/// may have been written by mistake.
std::string without_tokens(std::string_view request_line);

/// The user's name with which a token may stand in Basic, besides its owner's.
constexpr std::string_view token_user = "token";

} // namespace troupe::protocols
