// See password.hpp.
#include "platform/password.hpp"

#include "platform/random_bytes.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>

#include <string.h>

namespace troupe::platform {

namespace {

/// Takes as long whatever of `given` is right, and however much of it there is.
bool same_secret(std::string_view given, std::string_view stored) {
  unsigned different = given.size() == stored.size() ? 0 : 1;
  for (std::size_t i = 0; i < stored.size(); ++i)
    different |= static_cast<unsigned char>(stored[i]) ^ static_cast<unsigned char>(i < given.size() ? given[i] : 0);
  return different == 0;
}

void wipe(std::string& text) { ::explicit_bzero(text.data(), text.size()); }

std::string sha1_hex(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned words[5];
  hash.get_digest(words);
  ::explicit_bzero(&hash, sizeof hash);
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned word : words)
    for (int shift = 28; shift >= 0; shift -= 4)
      out += digits[word >> shift & 15];
  return out;
}

/// Room for a `struct crypt_data` of any libcrypt.
class crypt_room {
public:
  crypt_room() : bytes_(std::calloc(1, size)) {}
  ~crypt_room() {
    if (bytes_)
      ::explicit_bzero(bytes_, size);
    std::free(bytes_);
  }
  crypt_room(const crypt_room&) = delete;
  crypt_room& operator=(const crypt_room&) = delete;
  void* get() const { return bytes_; }

private:
  static constexpr std::size_t size = 256 << 10;
  void* bytes_;
};

/// What crypt(3) makes of it; nullopt: it failed, which it says by a text that begins with `*`, or by none.
std::optional<std::string> crypted(std::string_view text, std::string_view setting_text,
                                   const config::crypt_library& by) {
  crypt_room room;
  if (!by.hash || !room.get())
    return {};
  std::string phrase(text), setting(setting_text);
  const char* made = by.hash(phrase.c_str(), setting.c_str(), room.get());
  wipe(phrase);
  wipe(setting);
  if (!made || *made == '*' || *made == '\0')
    return {};
  return std::string(made);
}

/// crypt(3) would stop at a NUL, so that more than one text were right, and fails for what is very long.
bool may_be_password(std::string_view text) { return text.size() <= longest_password && text.find('\0') == text.npos; }

} // namespace

bool password_is(const config::stored_password& stored, std::string_view given, const config::crypt_library* with) {
  using kind = config::stored_password::kind;
  if (!may_be_password(given))
    return false;
  switch (stored.is) {
  case kind::none:
    return false;
  case kind::plain:
    return same_secret(given, stored.text.view());
  case kind::sha:
    return same_secret(sha1_hex(given), stored.text.view());
  case kind::crypt: {
    auto made = crypted(given, stored.text.view(), with ? *with : config::libcrypt());
    bool right = made && same_secret(*made, stored.text.view());
    if (made)
      wipe(*made);
    return right;
  }
  }
  return false;
}

config::stored_password decoy(const std::vector<config::user_options>& users) {
  constexpr std::size_t bcrypt_setting = 29; // whose salt and hash stand together
  for (const auto& user : users) {
    if (user.password.is != config::stored_password::kind::crypt)
      continue;
    auto made = user.password;
    auto text = user.password.text.view();
    auto end = text.starts_with("$2") ? bcrypt_setting : text.rfind('$') + 1;
    made.text = text.substr(0, end);
    return made; // a setting without a hash: what crypt(3) makes is longer
  }
  return {};
}

std::optional<std::string> hashed_password(std::string_view text) {
  const auto& by = config::libcrypt();
  if (!may_be_password(text) || !by.make_setting)
    return {};
  char setting[192]; // CRYPT_GENSALT_OUTPUT_SIZE
  unsigned char random[32];
  fill_random(random, sizeof random);
  if (!by.make_setting("$y$", 0, reinterpret_cast<const char*>(random), sizeof random, setting, sizeof setting))
    return {};
  return crypted(text, setting, by);
}

} // namespace troupe::platform
