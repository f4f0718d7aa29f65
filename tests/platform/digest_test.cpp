// Hashes of libcrypto against the published vectors of FIPS 180-4 and RFC 4231.
#include "platform/digest.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace data = boost::unit_test::data;
using namespace troupe::platform;

namespace {

std::string hex(const digest& d) {
  std::string text;
  for (auto byte : d)
    for (int half : {byte >> 4, byte & 15})
      text += "0123456789abcdef"[half];
  return text;
}

struct hash_case {
  std::string text, expect;
};
std::ostream& operator<<(std::ostream& out, const hash_case& c) { return out << c.text.size() << " bytes"; }

struct keyed_case {
  std::string key, text, expect;
};
std::ostream& operator<<(std::ostream& out, const keyed_case& c) {
  return out << "key of " << c.key.size() << ", " << c.text.size() << " bytes";
}

const hash_case hashes[] = {
  {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
  {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
  {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

const keyed_case keyed[] = {
  {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
  {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
  {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(digest_test)

BOOST_DATA_TEST_CASE(a_hash_is_that_of_the_standard, data::make(hashes), sample) {
  BOOST_TEST(hex(sha256(sample.text)) == sample.expect);
}

BOOST_DATA_TEST_CASE(a_keyed_hash_is_that_of_the_standard, data::make(keyed), sample) {
  BOOST_TEST(hex(hmac_sha256(sample.key, sample.text)) == sample.expect);
  keyed_sha256 hash{sample.key};
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(hex(hash(sample.text)) == sample.expect);
}

BOOST_AUTO_TEST_SUITE_END()
