// See session_book.hpp.
#include "protocols/session_book.hpp"

#include <algorithm>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::size_t id_size = 43; // base64url of 32 bytes

} // namespace

bool session_book::is_over(const entry& e, time_point now) const {
  return now - e.started >= limits_.longest || (e.streams == 0 && now - e.used >= limits_.idle);
}

session_book::opened session_book::open(std::string user, std::string place, std::optional<std::string_view> shown,
                                        const random_bytes& random, time_point now, std::int64_t wall) {
  if (shown && shown->size() == id_size)
    sessions_.erase(sha256_(*shown));
  make_room(user, now);
  opened result{base64url({reinterpret_cast<const char*>(random.data()), random.size()}), {}};
  auto key = sha256_(result.id);
  result.made = {std::move(user), std::move(place), wall, key};
  sessions_[key] = {result.made, now, now, 0};
  return result;
}

/// For one more session of that user.
void session_book::make_room(const std::string& user, time_point now) {
  sweep(now);
  auto end_idlest = [&](auto may_end) {
    auto idlest = sessions_.end();
    for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
      auto busy = [](const entry& e) { return std::pair(e.streams > 0, e.used); };
      if (may_end(at->second) && (idlest == sessions_.end() || busy(at->second) < busy(idlest->second)))
        idlest = at;
    }
    if (idlest != sessions_.end())
      sessions_.erase(idlest);
  };
  auto is_his = [&](const entry& e) { return e.what.user == user; };
  auto his = std::count_if(sessions_.begin(), sessions_.end(), [&](auto& at) { return is_his(at.second); });
  if (static_cast<std::size_t>(his) >= most_of_user)
    end_idlest(is_his);
  if (sessions_.size() >= most)
    end_idlest([](const entry&) { return true; });
}

const session* session_book::find(std::string_view id, std::string_view place, time_point now) {
  if (id.size() != id_size)
    return nullptr;
  auto found = sessions_.find(sha256_(id));
  if (found == sessions_.end())
    return nullptr;
  auto& shown = found->second;
  if (is_over(shown, now)) {
    sessions_.erase(found);
    return nullptr;
  }
  if (limits_.bound && shown.what.place != place)
    return nullptr;
  shown.used = now;
  return &shown.what;
}

bool session_book::lasts(const digest& key, time_point now) const {
  auto found = sessions_.find(key);
  return found != sessions_.end() && !is_over(found->second, now);
}

session_book::time_point session_book::longest_end(const digest& key) const {
  auto found = sessions_.find(key);
  return found == sessions_.end() ? time_point::min() : found->second.started + limits_.longest;
}

void session_book::stream_opened(const digest& key) {
  if (auto found = sessions_.find(key); found != sessions_.end())
    ++found->second.streams;
}

void session_book::stream_closed(const digest& key, time_point now) {
  auto found = sessions_.find(key);
  if (found == sessions_.end() || found->second.streams == 0)
    return;
  --found->second.streams;
  found->second.used = now;
}

bool session_book::end(std::string_view user, std::string_view label) {
  return std::erase_if(sessions_, [&](const auto& at) {
           return at.second.what.user == user && at.second.what.label() == label;
         }) != 0;
}

std::size_t session_book::end_all_of(std::string_view user) {
  return std::erase_if(sessions_, [&](const auto& at) { return at.second.what.user == user; });
}

void session_book::keep_users(const std::function<bool(const std::string&)>& is_there) {
  std::erase_if(sessions_, [&](const auto& at) { return !is_there(at.second.what.user); });
}

void session_book::sweep(time_point now) {
  std::erase_if(sessions_, [&](const auto& at) { return is_over(at.second, now); });
}

std::vector<session_book::kept> session_book::all(time_point now) const {
  std::vector<kept> found;
  for (const auto& [key, one] : sessions_)
    if (!is_over(one, now))
      found.push_back({one.what, one.started, one.streams > 0 ? now : one.used});
  return found;
}

void session_book::put_back(kept one, time_point now) {
  entry back{std::move(one.what), one.started, one.used, 0};
  if (sessions_.size() >= most || is_over(back, now))
    return;
  auto key = back.what.key;
  sessions_[key] = std::move(back);
}

std::vector<session> session_book::of_user(std::string_view user, time_point now) const {
  std::vector<const entry*> his;
  for (const auto& [key, one] : sessions_)
    if (one.what.user == user && !is_over(one, now))
      his.push_back(&one);
  std::sort(his.begin(), his.end(),
            [](auto* a, auto* b) { return std::pair(a->started, a->what.key) < std::pair(b->started, b->what.key); });
  std::vector<session> made;
  for (const auto* one : his)
    made.push_back(one->what);
  return made;
}

std::string page_token(const hash_function& keyed, const session& of) {
  return base64url(bytes_of(keyed("session " + std::string(bytes_of(of.key)))));
}

std::string page_token(const hash_function& keyed, std::string_view user) {
  return base64url(bytes_of(keyed("user " + std::string(user))));
}

} // namespace troupe::protocols
