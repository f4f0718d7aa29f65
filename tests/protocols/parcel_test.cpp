// The format of parcels (docs/contract/survival.md, 6.3 and 6.4): bytes as they stand in a file, what one reader says
// of another's, and random bytes.
#include "protocols/parcel.hpp"

#include "config/option_fields.hpp"

#include <boost/crc.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

BOOST_AUTO_TEST_SUITE(parcel_test)

using namespace troupe::protocols;
namespace config = troupe::config;

namespace {

enum class colour : std::uint8_t { red, green };

struct leaf {
  std::int64_t number = 0;
  std::string text;
  bool operator==(const leaf&) const = default;
};
void fields(auto& a, config::is<leaf> auto& r) {
  a(1, r.number);
  a(2, r.text);
}

struct tree {
  colour of = colour::red;
  std::optional<int> maybe;
  std::optional<std::string> text;
  std::vector<leaf> leaves;
  std::map<std::string, std::vector<int>> map;
  std::shared_ptr<const leaf> shared;
  config::shared_text name;
  std::array<std::uint8_t, 4> bytes{};
  std::chrono::steady_clock::time_point when{};
  std::pair<bool, std::uint64_t> both;
  double part = 0;
};
void fields(auto& a, config::is<tree> auto& r) {
  a(1, r.of);
  a(2, r.maybe);
  a(3, r.text);
  a(4, r.leaves);
  a(5, r.map);
  a(6, r.shared);
  a(7, r.name);
  a(8, r.bytes);
  a(9, r.when);
  a(10, r.both);
  a(11, r.part);
}

/// A later version of leaf, which an older reader meets.
struct later_leaf {
  leaf old;
  std::string more;
  bool needed = false;
};
void fields(auto& a, config::is<later_leaf> auto& r) {
  fields(a, r.old);
  if (r.needed)
    a.needed(3, r.more);
  else
    a(3, r.more);
}

template <class T>
std::string written(const T& value) {
  parcel_writer w;
  w(1, value);
  return std::string(w.records());
}

template <class T>
std::string trouble_with(std::string_view records, T& into) {
  parcel_reader r{records};
  r(1, into);
  return r.trouble();
}

} // namespace

BOOST_AUTO_TEST_CASE(as_it_stands_in_a_file) {
  using namespace std::string_view_literals;
  // tag 1, no flags, 30 bytes; in it tag 1 with 8 bytes, tag 2 with 6
  auto records = "\1\0\0\0\x1e\0\0\0\1\0\0\0\x08\0\0\0\x02\x01\0\0\0\0\0\0\2\0\0\0\x06\0\0\0salute"sv;
  BOOST_TEST(written(leaf{258, "salute"}) == records);
  auto file = parcel_of("123456789"); // whose CRC-32C is the check value of the catalogues
  BOOST_TEST(std::string_view(file) == "TROUPE\0P\1\0\1\0\x09\0\0\0\x83\x92\x06\xe3"
                                       "123456789"sv);
  auto read = records_of_parcel(file);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(*read == "123456789");
}

BOOST_AUTO_TEST_CASE(checksums_are_those_of_another_implementation) {
  std::string records;
  for (int length = 0; length < 100; ++length) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> castagnoli;
    castagnoli.process_bytes(records.data(), records.size());
    auto file = parcel_of(records);
    std::uint32_t written = 0;
    for (std::size_t i = 0; i < 4; ++i)
      written |= std::uint32_t{static_cast<unsigned char>(file[16 + i])} << (8 * i);
    BOOST_TEST(written == castagnoli.checksum(), "of " << length << " bytes");
    records += static_cast<char>(length * 37 + 129);
  }
}

BOOST_AUTO_TEST_CASE(the_same_again) {
  tree one;
  one.of = colour::green;
  one.maybe = -7;
  one.leaves = {{1, "a"}, {std::numeric_limits<std::int64_t>::min(), std::string("\0\xff", 2)}};
  one.map = {{"", {}}, {"x", {1, 2}}};
  one.shared = std::make_shared<const leaf>(leaf{3, "c"});
  one.name = "n";
  one.bytes = {1, 2, 3, 255};
  one.when += std::chrono::nanoseconds{123456789};
  one.both = {true, std::numeric_limits<std::uint64_t>::max()};
  one.part = -0.1;
  tree other;
  other.text = "is overwritten"; // by none
  BOOST_TEST(trouble_with(written(one), other).empty());
  BOOST_TEST((other.of == colour::green));
  BOOST_TEST(other.maybe.value() == -7);
  BOOST_TEST(!other.text);
  BOOST_TEST((other.leaves == one.leaves));
  BOOST_TEST((other.map == one.map));
  BOOST_TEST((*other.shared == *one.shared));
  BOOST_TEST(other.name == "n");
  BOOST_TEST((other.bytes == one.bytes));
  BOOST_TEST((other.when == one.when));
  BOOST_TEST((other.both == one.both));
  BOOST_TEST(other.part == one.part);
}

BOOST_AUTO_TEST_CASE(equal_texts_are_held_once) {
  std::vector<config::shared_text> many{"command", "other", "command"};
  std::vector<config::shared_text> read;
  BOOST_TEST(trouble_with(written(many), read).empty());
  BOOST_TEST(read[0].shares(read[2]));
  BOOST_TEST(!read[0].shares(read[1]));
}

BOOST_AUTO_TEST_CASE(between_versions) {
  leaf old{1, "stays"};
  BOOST_TEST(trouble_with(written(later_leaf{{2, "new"}, "unknown", false}), old).empty()); // passed over
  BOOST_TEST((old == leaf{2, "new"}));
  BOOST_TEST(trouble_with(written(later_leaf{{}, "unknown", true}), old) ==
             "a record with the tag 3, which is needed and not known here");
  later_leaf newer{{}, "as it was", false};
  BOOST_TEST(trouble_with(written(leaf{5, "x"}), newer).empty());
  BOOST_TEST(newer.more == "as it was");
  BOOST_TEST((newer.old == leaf{5, "x"}));
}

BOOST_AUTO_TEST_CASE(files_that_are_none) {
  auto whole = parcel_of(written(leaf{1, "x"}));
  auto changed = [&](std::size_t at, char to) {
    auto copy = whole;
    copy[at] = to;
    auto read = records_of_parcel(copy);
    return read ? std::string() : read.error().what;
  };
  BOOST_TEST(changed(0, 'X') == "this is no parcel");
  BOOST_TEST(changed(8, '\0') == "a parcel of format 0, of which formats 1 to 1 are understood");
  BOOST_TEST(changed(10, '\2') == "a parcel of format 1, of which formats 1 to 1 are understood");
  BOOST_TEST(changed(8, '\3').empty()); // a later one, which says that we understand it
  BOOST_TEST(changed(12, '\xff') == "a parcel that is cut");
  BOOST_TEST(changed(whole.size() - 1, 'y') == "a parcel that is damaged");
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(!records_of_parcel(whole.substr(0, size)).has_value());
}

BOOST_AUTO_TEST_CASE(values_that_are_none) {
  int small = 0;
  BOOST_TEST(trouble_with(written(std::int64_t{1} << 40), small) == "a number out of range");
  BOOST_TEST(trouble_with(written(std::string("123")), small) == "a number of another size");
  std::optional<int> maybe;
  BOOST_TEST(trouble_with(written(std::string()), maybe) == "neither a value nor none");
  BOOST_TEST(trouble_with(written(std::string("\0x", 2)), maybe) == "neither a value nor none");
  std::vector<int> list;
  BOOST_TEST(trouble_with(written(std::string("12345678")), list) == "a list that is cut");
  std::array<std::uint8_t, 4> bytes{};
  BOOST_TEST(trouble_with(written(std::string("123")), bytes) == "bytes of another size");
}

BOOST_AUTO_TEST_CASE(random_bytes) { // no read beyond the end, no endless list: what the sanitizers look for
  tree one;
  one.leaves = {{1, "a"}, {2, "b"}};
  one.map = {{"k", {1}}};
  one.shared = std::make_shared<const leaf>();
  auto whole = written(one);
  std::mt19937 random{11};
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    auto bytes = whole;
    for (int flips = 0; flips < 3; ++flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    tree read;
    refused +=
      !trouble_with(std::string_view(bytes).substr(0, random() % 4 == 0 ? random() % bytes.size() : bytes.size()), read)
         .empty();
  }
  BOOST_TEST(refused > 5000);
}

BOOST_AUTO_TEST_SUITE_END()
