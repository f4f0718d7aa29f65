// The main of every test program: one program per room holds one suite per file, and ctest runs each suite by itself.
// Must not hold tests. BOOST_TEST_MODULE would write this main, but not behind the precompiled header that all share.
#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
