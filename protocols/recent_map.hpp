// A map from texts that holds so many and no more: where one too many comes, the one that was touched longest ago gives
// way. All in constant time. Must not know what is kept, nor read a clock.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe::protocols {

template <class Value>
class recent_map {
public:
  struct entry {
    std::string key;
    Value value;
  };

  explicit recent_map(std::size_t most) : most_(most) {}
  recent_map(const recent_map&) = delete; // the index points into the list
  recent_map& operator=(const recent_map&) = delete;

  std::size_t size() const { return entries_.size(); }
  Value* find(std::string_view key) {
    auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->value;
  }
  /// Touches it, and makes it with a default value if it is not there. `gone`: told of one that gave way.
  template <class Gone>
  Value& touch(std::string_view key, Gone gone) {
    if (auto found = index_.find(key); found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().value;
    }
    if (entries_.size() >= most_) {
      gone(std::as_const(entries_.back()));
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({std::string(key), Value{}});
    index_.emplace(entries_.front().key, entries_.begin());
    return entries_.front().value;
  }
  Value& touch(std::string_view key) {
    return touch(key, [](const entry&) {});
  }
  void erase(std::string_view key) {
    auto found = index_.find(key);
    if (found == index_.end())
      return;
    auto at = found->second; // the key of the index lies in it
    index_.erase(found);
    entries_.erase(at);
  }

  template <class Look>
  void for_each(Look look) const {
    for (const auto& one : entries_)
      look(one);
  }

private:
  std::size_t most_;
  std::list<entry> entries_; ///< touched last first
  std::unordered_map<std::string_view, typename std::list<entry>::iterator> index_;
};

} // namespace troupe::protocols
