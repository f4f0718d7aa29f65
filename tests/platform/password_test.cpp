// Passwords against each form they may be stored in, and what must never be right. The hashes were made with Debian
// 12's crypt(3), the SHA-1 with sha1sum. Vectors 9, 12, 13, 97 and 196 of docs/contract/access.md.
#include "config/datatypes.hpp"
#include "config/password_forms.hpp"
#include "platform/password.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(password_test)

using namespace troupe::platform;
namespace config = troupe::config;
namespace data = boost::unit_test::data;

namespace {

const char* const yescrypt =
  "$y$j75$V7qMYJaNbVKOeh4PhtqPk3bQnFLRqR5Std5Al6nAoI1$74smyoTU1YjLEVX4Ztvw/VsAJ9lLjCp2aMYnf3cCEJ9";
const char* const bcrypt = "$2b$04$WUHhXETkX0fnYkrqZU3ta.zwoU3NOuzYB7by401ZrGRFKs239bMTy";
const char* const sha512 = "$6$rounds=1000$V7qMYJaNbVKOeh4P$F8QBCryb8xB8a8Zn4APMqS5qlJmnY86P9EUQaqE.0NAx2.PtvUjs86Gam."
                           "ylFeWNgnxz8uOm.su1.3bhX5S8C0";

const char* const forms[] = {
  yescrypt,
  "{CRYPT}$y$j75$V7qMYJaNbVKOeh4PhtqPk3bQnFLRqR5Std5Al6nAoI1$74smyoTU1YjLEVX4Ztvw/VsAJ9lLjCp2aMYnf3cCEJ9",
  "$gy$j75$V7qMYJaNbVKOeh4PhtqPk3bQnFLRqR5Std5Al6nAoI1$AEvkvnRRIT5.SHEBVRstEEjl0TGuqb32OS/aA1bnMT8",
  "$7$BU..../....V7qMYJaNbVKOeh4PhtqPk3bQnFLRqR5Std5Al6nAoI1$QciQXsMaNhJfoz13bEFEN8pE/hx/zFwd7VeClajft9B",
  bcrypt,
  sha512,
  "{SHA}5bcaff7f22ff533ca099b3408ead876c0ebba9a7",
  "{PLAIN}open sesame",
  "open sesame",
};

config::stored_password stored(std::string_view text) {
  auto read = config::stored_password_of(text, config::host::real());
  BOOST_REQUIRE_MESSAGE(read, text << ": " << (read ? "" : read.error().what));
  return *read;
}

config::user_options user_with(std::string_view text) {
  config::user_options user;
  user.password = stored(text);
  return user;
}

} // namespace

BOOST_DATA_TEST_CASE(each_form, data::make(forms), form) {
  auto kept = stored(form);
  BOOST_TEST(password_is(kept, "open sesame"));
  for (std::string wrong : {"", "open sesam", "open sesame ", "Open sesame", form})
    BOOST_TEST((!password_is(kept, wrong) || wrong == "open sesame"), wrong);
  BOOST_TEST(!password_is(kept, std::string("open sesame\0", 12)));
  BOOST_TEST(!password_is(kept, std::string("open sesame\0x", 13)));
}

BOOST_AUTO_TEST_CASE(text_that_looks_like_a_hash_is_text) {
  BOOST_TEST(password_is(stored("{PLAIN}$y$x"), "$y$x"));
  BOOST_TEST(!password_is(stored("{PLAIN}$y$x"), "{PLAIN}$y$x"));
}

BOOST_AUTO_TEST_CASE(very_long_ones) {
  const std::string longest(512, 'a');
  BOOST_TEST(password_is(stored(longest), longest));
  const std::string longer(513, 'a');
  BOOST_TEST(!password_is(stored(longer), longer));
}

BOOST_AUTO_TEST_CASE(no_password_is_no_empty_one) {
  BOOST_TEST(!password_is({}, ""));
  BOOST_TEST(!password_is({}, "x"));
}

BOOST_AUTO_TEST_CASE(a_crypt_that_fails) {
  using crypt = char* (*)(const char*, const char*, void*);
  const crypt failures[] = {
    [](const char*, const char*, void*) -> char* { return nullptr; },
    [](const char*, const char*, void*) {
      static char failed[] = "*0";
      return failed;
    },
    [](const char*, const char*, void*) {
      static char nothing[] = "";
      return nothing;
    },
    nullptr,
  };
  for (auto failing : failures) {
    config::crypt_library with{failing, nullptr, nullptr};
    for (const char* text : {"*0", "", yescrypt}) // not even what it says
      BOOST_TEST(!password_is({config::stored_password::kind::crypt, text}, "open sesame", &with), text);
  }
}

BOOST_AUTO_TEST_CASE(who_is_unknown_is_checked_as_the_first_who_has_a_hash) {
  BOOST_TEST((decoy({}).is == config::stored_password::kind::none));
  BOOST_TEST((decoy({user_with("plain")}).is == config::stored_password::kind::none));
  for (const char* hash : {yescrypt, bcrypt, sha512}) {
    auto made = decoy({user_with("plain"), user_with(hash), user_with(forms[3])});
    BOOST_TEST((made.is == config::stored_password::kind::crypt));
    BOOST_TEST(std::string_view(hash).starts_with(made.text.view()));
    BOOST_TEST((config::host::real().form_of_hash(std::string(made.text.view())) == config::crypt_form::ok));
    BOOST_TEST(!password_is(made, "open sesame"));
    int calls = 0;
    static int* counted = nullptr;
    counted = &calls;
    config::crypt_library with = config::libcrypt();
    with.hash = [](const char* phrase, const char* setting, void* room) {
      auto* made_of = config::libcrypt().hash(phrase, setting, room);
      *counted += made_of && *made_of != '*' ? 1 : 0;
      return made_of;
    };
    BOOST_TEST(!password_is(made, "open sesame", &with));
    BOOST_TEST(calls == 1); // a whole check: it did not fail at once
  }
}

BOOST_AUTO_TEST_CASE(a_new_hash) {
  auto made = hashed_password("open sesame");
  BOOST_REQUIRE(made);
  BOOST_TEST(made->starts_with("$y$"));
  BOOST_TEST(password_is(stored(*made), "open sesame"));
  BOOST_TEST(!password_is(stored(*made), "open sesame2"));
  BOOST_TEST(*made != hashed_password("open sesame").value()); // another salt
  BOOST_TEST(!hashed_password(std::string("a\0b", 3)));
  BOOST_TEST(!hashed_password(std::string(513, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
