// See gate.hpp.
#include "actors/http/gate.hpp"

#include "platform/random_bytes.hpp"
#include "platform/wipe.hpp"

#include <algorithm>
#include <utility>

#include <pwd.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

const std::vector<std::string> administrator{"admin"};

/// Once a daemon, at its start: name services may be slow.
std::string name_of(uid_t uid) {
  const auto* known = uid == 0 ? nullptr : ::getpwuid(uid);
  return uid == 0 ? "root" : known ? std::string(known->pw_name) : std::to_string(uid);
}

std::string random_key() {
  unsigned char bytes[32];
  platform::fill_random(bytes, sizeof bytes);
  return {reinterpret_cast<char*>(bytes), sizeof bytes};
}

config::secret_text secret_key() {
  auto key = random_key();
  config::secret_text kept(key);
  config::forget(key);
  return kept;
}

} // namespace

gate::gate(const status_board& board, std::shared_ptr<const access_book> book, const config::secret_text& key)
    : board_(board), book_(std::move(book)), whoever_(whoever_gets_in(board)), own_uid_(::geteuid()),
      own_name_(on() ? name_of(own_uid_) : std::string()), key_(!on()         ? config::secret_text()
                                                                : key.empty() ? secret_key()
                                                                              : key),
      hash_(on() ? std::make_shared<const platform::keyed_sha256>(key_.view()) : nullptr) {}

protocols::digest gate::keyed(std::string_view what, std::string_view text) const {
  platform::wiped_text both;
  both.text.reserve(what.size() + 1 + text.size());
  both.text.append(what).append(1, ' ').append(text);
  return (*hash_)(both.text);
}

protocols::digest gate::mark_of(const config::stored_password& password) const {
  std::string text = std::to_string(static_cast<int>(password.is)) + ' ';
  text.reserve(text.size() + password.text.view().size()); // one copy of it, which goes
  text += password.text.view();
  auto mark = keyed("stored", text);
  config::forget(text);
  return mark;
}

const access_in_force& gate::rules() {
  if (!rules_ || rules_->epoch != book_->epoch()) {
    rules_ = book_->now();
    views_.clear();
  }
  return *rules_;
}

const config::user_options* gate::user_named(std::string_view name) {
  const auto& users = rules().options->users;
  auto found = std::find_if(users.begin(), users.end(), [&](auto& u) { return u.name == name; });
  return found == users.end() ? nullptr : &*found;
}

caller_ptr gate::of_user(const config::user_options& user, std::string_view how, const arrival& by) {
  return make(user.name, how, user.roles, by);
}

caller_ptr gate::of_token(const protocols::token_record& token, const arrival& by) {
  const auto* owner = user_named(token.user);
  if (!owner)
    return nullptr;
  auto made = make(owner->name, "token", owner->roles, by, token.roles ? &*token.roles : nullptr);
  made->token_ = token.id;
  return made;
}

caller_ptr gate::of_account(const arrival& by) { return make(*by.server.username, "server", administrator, by); }

namespace {

std::string owner_by_account(const std::string& section, const std::string& username) {
  return section + ' ' + username;
}

} // namespace

caller_ptr gate::of_session(std::string_view owner, const arrival& by) {
  const auto& account = by.server.username;
  if (account && owner == owner_by_account(by.server.section, *account))
    return make(*account, "session", administrator, by);
  const auto* user = user_named(owner);
  return user ? of_user(*user, "session", by) : nullptr;
}

std::string gate::owner_of(const caller& who) {
  return who.how() == "server" ? owner_by_account(who.server(), who.name()) : who.name();
}

caller_ptr gate::of_nobody(const arrival& by) {
  if (by.server.anonymous.empty())
    return nullptr;
  return make("anonymous", "anonymous", by.server.anonymous, by);
}

caller_ptr gate::of_peer(const arrival& by) {
  if (!by.peer || !by.server.peer_auth)
    return nullptr;
  const auto& users = rules().options->users;
  auto has = [](const auto& list, auto one) { return std::find(list.begin(), list.end(), one) != list.end(); };
  for (const auto& user : users)
    if (has(user.uids, by.peer->uid))
      return of_user(user, "peer", by);
  if (by.peer->uid == 0 || by.peer->uid == own_uid_)
    return make("unix:" + (by.peer->uid == 0 ? "root" : own_name_), "peer", administrator, by);
  for (const auto& user : users)
    if (std::any_of(user.gids.begin(), user.gids.end(),
                    [&](auto gid) { return gid == by.peer->gid || has(by.peer->groups, gid); }))
      return of_user(user, "peer", by);
  return nullptr;
}

caller_ptr gate::of_certificate(const arrival& by) {
  if (!by.certificate)
    return nullptr;
  const auto& users = rules().options->users;
  auto has = [](const auto& list, const auto& one) { return std::find(list.begin(), list.end(), one) != list.end(); };
  for (const auto& user : users)
    if (has(user.certificate_hashes, by.certificate->fingerprint))
      return of_user(user, "certificate", by);
  for (const auto& user : users)
    if (by.certificate->name && has(user.certificate_names, *by.certificate->name))
      return of_user(user, "certificate", by);
  return nullptr;
}

caller_ptr gate::renewed(const caller& before, const arrival& by) {
  if (before.how() == "peer")
    return of_peer(by);
  if (before.how() == "certificate")
    return of_certificate(by);
  if (before.how() == "anonymous")
    return of_nobody(by);
  if (before.how() == "server")
    return of_account(by);
  if (before.how() == "session" && by.server.username == before.name())
    return of_session(owner_by_account(by.server.section, before.name()), by);
  if (before.how() == "token") {
    const auto* token = token_by_id ? token_by_id(before.token()) : nullptr;
    return token ? of_token(*token, by) : nullptr;
  }
  const auto* user = user_named(before.name());
  return user ? of_user(*user, before.how(), by) : nullptr;
}

std::shared_ptr<caller> gate::make(std::string name, std::string_view how, std::vector<std::string> roles,
                                   const arrival& by, const std::vector<std::string>* token_roles) {
  const auto& all = *rules().rules;
  std::vector<protocols::layer> layers{all.known_layer_of(roles)};
  if (token_roles)
    layers.push_back(all.known_layer_of(*token_roles));
  if (by.server.max_roles)
    layers.push_back(all.known_layer_of(*by.server.max_roles));
  auto made = std::shared_ptr<caller>(new caller);
  made->name_ = std::move(name);
  made->how_ = how;
  made->from_ = by.address;
  made->server_ = by.server.section;
  made->roles_ = std::move(roles);
  made->max_roles_ = by.server.max_roles;
  if (token_roles)
    made->token_roles_ = *token_roles;
  made->origin_ = by.from;
  made->view_ = view_for(all.standing_of(layers, by.from));
  return made;
}

/// Callers of equal standing share one, and with it the answers that are kept.
std::shared_ptr<const board_view> gate::view_for(protocols::standing who) {
  auto found = std::find_if(views_.begin(), views_.end(), [&](auto& v) { return v.who == who; });
  if (found != views_.end()) {
    std::rotate(views_.begin(), found, found + 1);
    return views_.front().view;
  }
  if (views_.size() >= most_views)
    views_.pop_back();
  auto held = std::make_shared<const held_rights>(rules_->rules, who);
  auto number_hash = [hash = hash_](std::string_view number) { return (*hash)("id " + std::string(number)); };
  views_.push_front(
    {std::move(who), std::make_shared<const board_view>(board_, std::move(held), number_hash, rules_->epoch)});
  return views_.front().view;
}

std::string gate::next_request() {
  constexpr std::size_t bytes = 8;
  if (!hash_) // access control is off: records of the audit trail have numbers all the same
    return protocols::hex(random_key().substr(0, bytes));
  constexpr std::size_t in_one = sizeof numbers_ / bytes; // to hash is the dearest part of a small request
  if (requests_ % in_one == 0)
    numbers_ = keyed("request", std::to_string(requests_));
  return protocols::hex(protocols::bytes_of(numbers_).substr(requests_++ % in_one * bytes, bytes));
}

std::size_t gate::kept() const {
  auto bytes = [](const board_view& view) { return view.all_info.response ? view.all_info.response->size() : 0; };
  auto sum = bytes(whoever_->view());
  for (const auto& kept : views_)
    sum += bytes(*kept.view);
  return sum;
}

void gate::forget_kept() {
  whoever_->view().all_info = {};
  for (const auto& kept : views_)
    kept.view->all_info = {};
}

} // namespace troupe::actors
