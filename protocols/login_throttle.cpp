// See login_throttle.hpp.
#include "protocols/login_throttle.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

constexpr std::size_t longest_name = 64; // of users; whoever types more is nobody, and must not fill the memory with it

std::string key_of(std::string_view name) {
  return name.size() <= longest_name ? std::string(name) : std::string(name.substr(0, longest_name)) + '+';
}

/// A place has no NUL, so the last one parts them.
std::string pair_of(std::string_view name, std::string_view place) {
  return std::string(name) + '\0' + std::string(place);
}

} // namespace

bool login_throttle::bucket::has_one(limit by, time_point now) const {
  return std::max(full_at, now) + by.comes_back <= now + by.holds * by.comes_back;
}

void login_throttle::bucket::take(limit by, time_point now) { full_at = std::max(full_at, now) + by.comes_back; }

login_throttle::refusal login_throttle::refused(bucket& by, limit limit, std::string text, time_point now) {
  bool tell = !by.told || now - *by.told >= told_every;
  if (tell)
    by.told = now;
  return {limit.comes_back, tell ? std::move(text) : std::string()};
}

std::variant<login_throttle::attempt, login_throttle::refusal>
login_throttle::try_it(std::string_view place, std::optional<std::string_view> name, time_point now) {
  auto from = "too many failed sign-ins from " + std::string(place);
  attempt made{std::string(place), {}, false};
  if (name) {
    made.name = key_of(*name);
    auto pair = pair_of(*made.name, place);
    if (is_known(pair, *made.name, now)) {
      auto& own = known_.touch(pair).attempts;
      if (!own.has_one(of_known, now))
        return refused(own, of_known, std::move(from), now);
      own.take(of_known, now);
      made.known = true;
      return made;
    }
  }
  auto& by_place = places_.touch(place);
  auto* by_name = made.name ? &names_.touch(*made.name) : nullptr;
  if (!by_place.has_one(of_place, now))
    return refused(by_place, of_place, std::move(from), now);
  if (by_name && !by_name->has_one(of_name, now))
    return refused(*by_name, of_name, "too many failed sign-ins for a user", now);
  by_place.take(of_place, now);
  if (by_name)
    by_name->take(of_name, now);
  return made;
}

void login_throttle::succeeded(const attempt& right, time_point now) {
  if (right.known) {
    if (auto* pair = known_.find(pair_of(*right.name, right.place)))
      pair->attempts.give_back(of_known);
  } else {
    if (auto* by_place = places_.find(right.place))
      by_place->give_back(of_place);
    auto* by_name = right.name ? names_.find(*right.name) : nullptr;
    if (by_name)
      by_name->give_back(of_name);
  }
  if (right.name)
    remember(*right.name, right.place, now);
}

// -- known pairs ---------------------------------------------------------------------------------

bool login_throttle::is_known(const std::string& pair, std::string_view name, time_point now) {
  auto* found = known_.find(pair);
  if (!found)
    return false;
  if (now - found->succeeded < known_for)
    return true;
  auto place = pair.substr(name.size() + 1);
  known_.erase(pair);
  forget(name, place);
  return false;
}

void login_throttle::remember(std::string_view name, const std::string& place, time_point now) {
  auto gave_way = [this](const auto& entry) {
    auto nul = entry.key.rfind('\0');
    forget(std::string_view(entry.key).substr(0, nul), std::string_view(entry.key).substr(nul + 1));
  };
  known_.touch(pair_of(name, place), gave_way).succeeded = now;
  auto& places = places_of_[std::string(name)];
  std::erase(places, place);
  places.insert(places.begin(), place);
  if (places.size() > most_known) {
    known_.erase(pair_of(name, places.back()));
    places.pop_back();
  }
}

/// Takes it out of places_of_ alone.
void login_throttle::forget(std::string_view name, std::string_view place) {
  auto found = places_of_.find(std::string(name));
  if (found == places_of_.end())
    return;
  std::erase(found->second, place);
  if (found->second.empty())
    places_of_.erase(found);
}

} // namespace troupe::protocols
