// crypt(3) of this system: loaded when it is first asked for, so that who keeps no hashes pays nothing for it. Must not
// know passwords' forms (password_forms.hpp) nor check one (platform/password.hpp).
#pragma once

#include "config/datatypes.hpp"

namespace troupe::config {

/// The functions of libcrypt; each is null where the system has none of the name.
struct crypt_library {
  char* (*hash)(const char* phrase, const char* setting, void* data) = nullptr; ///< crypt_r
  char* (*make_setting)(const char* prefix, unsigned long count, const char* random, int random_size, char* out,
                        int out_size) = nullptr; ///< crypt_gensalt_rn
  int (*judge)(const char* setting) = nullptr;   ///< crypt_checksalt
};

/// Safe to call from any thread.
const crypt_library& libcrypt();

crypt_form form_of_hash(const std::string& setting);

} // namespace troupe::config
