// See token_book.hpp; the lines of its file: token_lines.cpp.
#include "protocols/token_book.hpp"

#include "platform/wipe.hpp"
#include "protocols/credentials.hpp"
#include "protocols/site_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::int64_t day = 86400;

/// Digits of base 62, each as likely as the other. False: there are no random bytes to be had.
bool add_digits(std::string& to, std::size_t count, const token_book::random_byte& random) {
  constexpr std::string_view all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned fair = 256 / all.size() * all.size();
  for (int tried = 0; count > 0 && tried < 10'000; ++tried)
    if (unsigned byte = random(); byte < fair) {
      to += all[byte % all.size()];
      --count;
    }
  return count == 0;
}

rpc_fault wrong(const std::string& why) { return make_fault(fault::incorrect_parameters, why); }

} // namespace

std::string duration_text(std::int64_t seconds) {
  constexpr std::array<std::pair<std::int64_t, char>, 3> units = {{{day, 'd'}, {3600, 'h'}, {60, 'm'}}};
  for (auto [size, unit] : units)
    if (seconds % size == 0 && seconds != 0)
      return std::to_string(seconds / size) + unit;
  return std::to_string(seconds) + 's';
}

// -- making and ending ---------------------------------------------------------------------------

/// sweep() has been done.
std::optional<rpc_fault> token_book::refusal(const wish& what, limits by) const {
  if (what.ttl && *what.ttl < 1)
    return wrong("ttl is at least 1s");
  if (what.ttl && *what.ttl > by.longest_ttl)
    return wrong("ttl is at most " + duration_text(by.longest_ttl));
  if (what.name.size() > longest_name)
    return wrong("name has at most " + std::to_string(longest_name) + " bytes");
  if (what.networks.size() > most_networks)
    return wrong("there are at most " + std::to_string(most_networks) + " networks");
  for (const auto& network : what.networks)
    if (auto parsed = config::network_of(network); !parsed)
      return wrong(parsed.error().what);
  std::size_t valid = 0, his = 0;
  for (const auto& [id, token] : tokens_) {
    valid += !token.what.revoked;
    his += !token.what.revoked && token.what.user == what.user;
  }
  if (his >= most_of_user)
    return make_fault(fault::failed, what.user + " has " + std::to_string(most_of_user) + " tokens");
  if (valid >= most)
    return make_fault(fault::failed, "there are " + std::to_string(most) + " tokens");
  return {};
}

std::variant<token_book::made, rpc_fault> token_book::create(wish what, limits by, const random_byte& random,
                                                             std::int64_t now) {
  sweep(now);
  if (auto refused = refusal(what, by))
    return *std::move(refused);
  auto ttl = what.ttl.value_or(std::min(by.usual_ttl, by.longest_ttl));
  made result{{}, {}, now + ttl};
  platform::wiped_text token;
  token.text.reserve(token_text::size);
  token.text += token_text::prefix;
  if (!add_digits(result.id, token_text::id_size, random) ||
      !add_digits(token.text += result.id, token_text::secret_size, random) || tokens_.contains(result.id))
    return make_fault(fault::failed, "there are no random bytes");
  result.token = token.text;
  entry added;
  added.what = {result.id,
                sha256_(token.text),
                std::move(what.user),
                std::move(what.roles),
                std::move(what.networks),
                std::move(what.name),
                now,
                std::move(what.by),
                result.expires};
  for (const auto& network : added.what.networks)
    added.from.push_back(*config::network_of(network));
  tokens_.emplace(result.id, std::move(added));
  unsaved_ = true;
  return result;
}

void token_book::forget(const std::string& id) { tokens_.erase(id); }

/// Of one that is over no more is kept than that it is, so that nobody fills the file by making and revoking.
void token_book::end(entry& token) {
  token.what.revoked = unsaved_ = true;
  token.what.roles.reset();
  token.what.networks.clear();
  token.what.name.clear();
  token.from.clear();
}

bool token_book::revoke(std::string_view id, std::optional<std::string_view> of, std::int64_t now) {
  auto found = tokens_.find(id);
  if (found == tokens_.end() || !found->second.valid(now) || (of && found->second.what.user != *of))
    return false;
  end(found->second);
  return true;
}

void token_book::keep_users(const std::function<bool(const std::string&)>& is_there) {
  for (auto& [id, token] : tokens_)
    if (!token.what.revoked && !is_there(token.what.user))
      end(token);
}

/// Takes out what is over, and revoked ones beyond as many as there may be tokens: that an id is not known is as good
/// as that it is revoked.
void token_book::sweep(std::int64_t now) {
  std::erase_if(tokens_, [&](const auto& at) { return now >= at.second.what.expires; });
  std::vector<std::pair<std::int64_t, std::string>> revoked;
  for (const auto& [id, token] : tokens_)
    if (token.what.revoked)
      revoked.emplace_back(token.what.expires, id);
  if (revoked.size() <= most)
    return;
  std::sort(revoked.begin(), revoked.end());
  for (std::size_t i = 0; i < revoked.size() - most; ++i)
    tokens_.erase(revoked[i].second);
}

// -- using ---------------------------------------------------------------------------------------

const token_record* token_book::find(std::string_view token, const config::origin& from, std::int64_t now) {
  auto parts = token_of(token);
  auto found = parts ? tokens_.find(parts->id) : tokens_.end();
  if (found == tokens_.end())
    return nullptr;
  auto& known = found->second;
  if (!same_secret(bytes_of(sha256_(token)), bytes_of(known.what.hash)) || !known.valid(now))
    return nullptr;
  auto holds = [&](const config::network& n) { return n.holds(from); };
  if (!known.from.empty() && std::none_of(known.from.begin(), known.from.end(), holds))
    return nullptr;
  auto today = now - now % day;
  if (known.what.used != today) {
    known.what.used = today;
    unsaved_ = true;
  }
  return &known.what;
}

const token_record* token_book::valid(std::string_view id, std::int64_t now) const {
  auto found = tokens_.find(id);
  return found != tokens_.end() && found->second.valid(now) ? &found->second.what : nullptr;
}

std::vector<token_record> token_book::of_user(std::string_view user, std::int64_t now) const {
  std::vector<token_record> his;
  for (const auto& [id, token] : tokens_)
    if (token.what.user == user && token.valid(now))
      his.push_back(token.what);
  std::stable_sort(his.begin(), his.end(), [](const auto& a, const auto& b) { return a.created < b.created; });
  return his;
}

} // namespace troupe::protocols
