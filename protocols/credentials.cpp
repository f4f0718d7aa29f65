// See credentials.hpp.
#include "protocols/credentials.hpp"

#include "protocols/http_text.hpp"
#include "protocols/utf8.hpp"
#include "protocols/xmlrpc.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool same_word(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 'a' - 'A') : x) == y; });
}

bool is_base62(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

} // namespace

proof proof_of(std::span<const std::string_view> authorization) {
  using enum proof::kind;
  if (authorization.empty())
    return {};
  if (authorization.size() > 1)
    return {broken, {}, {}};
  auto text = authorization.front();
  auto blank = text.find_first_of(blanks);
  if (blank == text.npos)
    return {foreign, {}, {}};
  auto scheme = text.substr(0, blank);
  if (same_word(scheme, "bearer"))
    return {bearer, {}, std::string(trimmed(text.substr(blank)))};
  if (!same_word(scheme, "basic"))
    return {foreign, {}, {}};
  platform::wiped_text whole;
  auto& both = whole.text;
  if (!base64_decode(text.substr(blank), both) || !is_utf8(both))
    return {broken, {}, {}};
  auto colon = both.find(':');
  if (colon == both.npos)
    return {foreign, {}, {}};
  return {basic, both.substr(0, colon), both.substr(colon + 1)};
}

std::optional<std::string_view> cookie_named(std::span<const std::string_view> cookies, std::string_view name) {
  if (cookies.size() != 1)
    return {};
  std::optional<std::string_view> found;
  for (auto rest = cookies.front(); !rest.empty();) {
    auto end = std::min(rest.find(';'), rest.size());
    auto one = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    auto equals = one.find('=');
    if (trimmed(one.substr(0, equals)) != name)
      continue;
    if (found)
      return {};
    found = equals == one.npos ? std::string_view() : trimmed(one.substr(equals + 1));
  }
  return found;
}

std::optional<token_text> token_of(std::string_view text) {
  if (text.size() != token_text::size || !text.starts_with(token_text::prefix))
    return {};
  text.remove_prefix(token_text::prefix.size());
  if (!is_base62(text))
    return {};
  return token_text{text.substr(0, token_text::id_size), text.substr(token_text::id_size)};
}

namespace {

/// Of a field of a query: its name as whoever reads it would understand it.
bool names_a_token(std::string_view name) {
  auto plain = percent_decoded(name);
  return plain && (same_word(*plain, "token") || same_word(*plain, "access_token"));
}

} // namespace

std::string without_tokens(std::string_view request_line) {
  constexpr std::string_view ends = "&; #";
  auto query = request_line.find('?');
  if (query == request_line.npos)
    return std::string(request_line);
  std::string out(request_line.substr(0, query + 1));
  for (auto rest = request_line.substr(query + 1); !rest.empty();) {
    auto field = rest.substr(0, rest.find_first_of(ends));
    auto equals = field.find('=');
    bool hide = equals != field.npos && names_a_token(field.substr(0, equals));
    out += hide ? std::string(field.substr(0, equals + 1)) + '*' : std::string(field);
    rest.remove_prefix(field.size());
    if (rest.empty())
      break;
    out += rest.front();
    rest.remove_prefix(1);
  }
  return out;
}

} // namespace troupe::protocols
