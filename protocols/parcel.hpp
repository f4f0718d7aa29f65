// What a daemon hands to the binary that follows it in the same process: tagged records, nested, little-endian, behind
// a header with a checksum. What a record is made of stands once, in a function `fields(archive, record)` beside it,
// which both directions run. A tag is never used for anything else again; one that is not known is skipped, unless it
// is marked as needed. Must not know any record. Source: docs/contract/survival.md, 6.3 and 6.4.
// Cases: tests/protocols/parcel_test.cpp, tests/fuzz/parcel_fuzz.cpp.
#pragma once

#include "config/result.hpp"
#include "config/shared_text.hpp"
#include "platform/wipe.hpp"

#include <bit>
#include <bitset>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace troupe::protocols {

inline constexpr std::uint16_t parcel_format = 1;       ///< what is written
inline constexpr std::uint16_t least_parcel_format = 1; ///< a reader of this one understands what is written

/// `records`, as they are kept in a file: with the header. There may be secrets in it.
platform::wiping_string parcel_of(std::string_view records);
/// The records in `file`, if it is whole and of a format that is understood here.
config::result<std::string_view> records_of_parcel(std::string_view file);

namespace parcel_detail {

template <class T>
concept chars = std::same_as<T, std::string> || std::same_as<T, platform::wiping_string>;
template <class T>
concept text = requires(const T& t, std::string_view bytes) {
  { t.view() } -> std::convertible_to<std::string_view>;
  T(bytes);
};
template <class T>
concept number = std::integral<T> || std::is_enum_v<T>;
template <class T>
concept fraction = std::same_as<T, double>;
template <class T>
concept time = requires {
  typename T::clock;
}
&&requires(const T& t) { t.time_since_epoch().count(); };
template <class T>
concept pointer = requires(const T& t) {
  typename T::element_type;
  t.get();
};
template <class T>
concept maybe = std::same_as<T, std::optional<typename T::value_type>>;
template <class T>
concept bytes = std::same_as<typename T::value_type, std::uint8_t> && requires {
  std::tuple_size<T>::value;
};
template <class T>
concept tuple = requires {
  std::tuple_size<T>::value;
};

/// A record: tag, flags, length, bytes.
struct piece {
  std::uint16_t tag = 0;
  bool needed = false;
  std::string_view bytes;
};
constexpr std::uint16_t needed_flag = 1;
constexpr std::uint16_t element = 1; ///< tag of each in a list

/// The first record of `rest`, which loses it. Nothing: what is there is none.
std::optional<piece> take_piece(std::string_view& rest);

} // namespace parcel_detail

class parcel_writer {
public:
  template <class T>
  void operator()(std::uint16_t tag, const T& value) {
    record(tag, 0, value);
  }
  /// Whoever does not know the tag must refuse it all.
  template <class T>
  void needed(std::uint16_t tag, const T& value) {
    record(tag, parcel_detail::needed_flag, value);
  }
  std::string_view records() const { return out_; }

private:
  template <class T>
  void record(std::uint16_t tag, std::uint16_t flags, const T& value) {
    auto at = begin(tag, flags);
    put(value);
    end(at);
  }

  template <class T>
  void put(const T& value) {
    using namespace parcel_detail;
    if constexpr (chars<T>) {
      out_ += std::string_view(value);
    } else if constexpr (text<T>) {
      out_ += value.view();
    } else if constexpr (number<T>) {
      put_number(static_cast<std::int64_t>(value));
    } else if constexpr (fraction<T>) {
      put_number(std::bit_cast<std::int64_t>(value));
    } else if constexpr (time<T>) {
      put_number(std::chrono::duration_cast<std::chrono::nanoseconds>(value.time_since_epoch()).count());
    } else if constexpr (pointer<T> || maybe<T>) {
      out_ += value ? '\1' : '\0';
      if (value)
        put(*value);
    } else if constexpr (bytes<T>) {
      out_.append(reinterpret_cast<const char*>(value.data()), value.size());
    } else if constexpr (tuple<T>) {
      std::uint16_t tag = 0;
      std::apply([&](const auto&... parts) { (record(++tag, 0, parts), ...); }, value);
    } else if constexpr (std::ranges::range<T>) {
      for (const auto& one : value)
        record(element, 0, one);
    } else {
      fields(*this, value);
    }
  }

  std::size_t begin(std::uint16_t tag, std::uint16_t flags);
  void end(std::size_t record);
  void put_number(std::int64_t value);

  platform::wiping_string out_;
};

class parcel_reader {
public:
  explicit parcel_reader(std::string_view records) : own_(std::make_unique<common>()), in_(*own_), all_(records) {}

  /// What is not there leaves `value` as it is.
  template <class T>
  void operator()(std::uint16_t tag, T& value) {
    if (auto found = find(tag))
      get(*found, value);
  }
  template <class T>
  void needed(std::uint16_t tag, T& value) {
    (*this)(tag, value);
  }
  /// After the last one: empty, or why this cannot be read here.
  const std::string& trouble() {
    end();
    return in_.trouble;
  }

private:
  struct common {
    std::string trouble;
    std::unordered_map<std::string_view, config::shared_text> texts; ///< held once by all that have the same
  };
  parcel_reader(std::string_view records, common& in) : in_(in), all_(records) {}

  template <class T>
  void get(std::string_view from, T& value) {
    using namespace parcel_detail;
    if constexpr (chars<T>) {
      value = T(from);
    } else if constexpr (std::same_as<T, config::shared_text>) {
      value = in_.texts.try_emplace(from, from).first->second;
    } else if constexpr (text<T>) {
      value = T(from);
    } else if constexpr (number<T>) {
      get_number(from, value);
    } else if constexpr (fraction<T>) {
      value = std::bit_cast<T>(number_in(from));
    } else if constexpr (time<T>) {
      std::int64_t ns = 0;
      get_number(from, ns);
      value = T(std::chrono::duration_cast<typename T::duration>(std::chrono::nanoseconds(ns)));
    } else if constexpr (pointer<T> || maybe<T>) {
      get_optional(from, value);
    } else if constexpr (bytes<T>) {
      if (from.size() != value.size())
        return fail("bytes of another size");
      std::copy(from.begin(), from.end(), reinterpret_cast<char*>(value.data()));
    } else if constexpr (tuple<T>) {
      parcel_reader inner{from, in_};
      std::uint16_t tag = 0;
      std::apply([&](auto&... parts) { (inner(++tag, parts), ...); }, value);
      inner.end();
    } else if constexpr (std::ranges::range<T>) {
      get_list(from, value);
    } else {
      parcel_reader inner{from, in_};
      fields(inner, value);
      inner.end();
    }
  }

  template <class T>
  void get_number(std::string_view from, T& value) {
    auto found = number_in(from);
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(found);
    } else if constexpr (std::same_as<T, bool>) {
      value = found != 0;
    } else {
      if (sizeof(T) < sizeof found && !std::in_range<T>(found))
        return fail("a number out of range");
      value = static_cast<T>(found);
    }
  }

  template <class T>
  void get_optional(std::string_view from, T& value) {
    if (from.empty() || (from[0] == '\0' && from.size() > 1))
      return fail("neither a value nor none");
    value = {};
    if (from[0] == '\0')
      return;
    if constexpr (parcel_detail::maybe<T>) {
      get(from.substr(1), value.emplace(typename T::value_type{})); // clang: a struct within a class has no emplace()
    } else {
      auto made = std::make_shared<std::remove_const_t<typename T::element_type>>();
      get(from.substr(1), *made);
      value = std::move(made);
    }
  }

  template <class T>
  void get_list(std::string_view from, T& list) {
    list = {};
    while (!from.empty()) {
      auto next = parcel_detail::take_piece(from);
      if (!next || next->tag != parcel_detail::element)
        return fail("a list that is cut");
      if constexpr (requires { typename T::mapped_type; }) {
        std::pair<typename T::key_type, typename T::mapped_type> one;
        get(next->bytes, one);
        list.insert(std::move(one));
      } else if constexpr (requires { list.emplace_back(); }) {
        get(next->bytes, list.emplace_back());
      } else {
        typename T::value_type one{};
        get(next->bytes, one);
        list.insert(std::move(one));
      }
    }
  }

  std::optional<std::string_view> find(std::uint16_t tag);
  void end();
  std::int64_t number_in(std::string_view from);
  void fail(const std::string& why);

  static constexpr std::size_t most_tags = 256;
  std::unique_ptr<common> own_; ///< of the outermost one
  common& in_;
  std::string_view all_;
  std::string_view rest_ = all_; ///< from where the next one is looked for: they come in the order they were written
  std::bitset<most_tags> asked_;
};

} // namespace troupe::protocols
