// See session_desk.hpp.
#include "actors/http/session_desk.hpp"

#include "platform/digest.hpp"
#include "platform/openssl.hpp"
#include "platform/random_bytes.hpp"

#include <iterator>
#include <utility>

namespace troupe::actors {

session_desk::session_desk(gate& access)
    : access_(access), book_([](std::string_view text) { return platform::sha256(text); }) {}

bool session_desk::works() { return platform::libcrypto() != nullptr; }

/// The limits of now; who is no user any more, or has another password, has no sessions.
void session_desk::follow_rules() {
  const auto& rules = access_.rules();
  if (std::exchange(epoch_, rules.epoch) == rules.epoch)
    return;
  const auto& options = *rules.options;
  longest_ = options.session_max;
  book_.set(
    {std::chrono::seconds{options.session_idle}, std::chrono::seconds{options.session_max}, options.session_bound});
  auto before = std::exchange(passwords_, {});
  for (const auto& user : options.users)
    passwords_.emplace(user.name, access_.mark_of(user.password));
  book_.keep_users([&](const std::string& owner) {
    auto was = before.find(owner), is = passwords_.find(owner);
    return gate::is_account(owner) || (was != before.end() && is != passwords_.end() && was->second == is->second);
  });
}

session_desk::begun session_desk::open(std::string owner, std::string place, std::optional<std::string_view> shown) {
  follow_rules();
  protocols::session_book::random_bytes random{};
  platform::fill_random(random.data(), random.size());
  auto before = book_.size();
  auto wall = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  auto opened = book_.open(std::move(owner), std::move(place), shown, random, clock::now(), wall.count());
  told(book_.size() <= before); // another one had to go
  return {std::move(opened.id), token_of(opened.made.key, {}), wall.count() + longest_};
}

const protocols::session* session_desk::find(std::string_view id, std::string_view place) {
  if (book_.size() == 0)
    return nullptr;
  follow_rules();
  return book_.find(id, place, clock::now());
}

bool session_desk::lasts(const key& session) {
  follow_rules();
  return book_.lasts(session, clock::now());
}

session_desk::clock::time_point session_desk::ends(const key& session) {
  follow_rules();
  return book_.longest_end(session);
}

void session_desk::end(const key& session) { told(book_.end(session)); }

bool session_desk::end(const std::vector<std::string>& owners, std::string_view label) {
  bool found = false;
  for (const auto& owner : owners)
    found = book_.end(owner, label) || found;
  told(found);
  return found;
}

std::size_t session_desk::end_all_of(const std::vector<std::string>& owners) {
  std::size_t count = 0;
  for (const auto& owner : owners)
    count += book_.end_all_of(owner);
  told(count > 0);
  return count;
}

std::vector<protocols::session> session_desk::of(const std::vector<std::string>& owners) {
  follow_rules();
  std::vector<protocols::session> all;
  for (const auto& owner : owners) {
    auto his = book_.of_user(owner, clock::now());
    all.insert(all.end(), std::make_move_iterator(his.begin()), std::make_move_iterator(his.end()));
  }
  return all;
}

void session_desk::put_back(std::vector<protocols::session_book::kept> sessions) {
  if (!access_.on())
    return;
  follow_rules(); // whoever is no user of theirs is none of ours
  for (auto& one : sessions)
    if (gate::is_account(one.what.user) || passwords_.count(one.what.user) != 0)
      book_.put_back(std::move(one), clock::now());
}

std::string session_desk::token_of(const std::optional<key>& session, std::string_view user) {
  auto keyed = [this](std::string_view text) { return platform::hmac_sha256(access_.key(), text); };
  if (!session)
    return protocols::page_token(keyed, user);
  protocols::session of;
  of.key = *session;
  return protocols::page_token(keyed, of);
}

} // namespace troupe::actors
