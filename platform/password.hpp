// Checks a password against the form it is stored in, and makes such a form. A check of a hash takes about 30 ms and,
// with yescrypt, 16 MiB: not on a thread that others wait for. Must not know users, nor how often somebody may try.
// Source: docs/contract/access.md, 1.3 and 3.2. Cases: tests/platform/password_test.cpp.
#pragma once

#include "config/access_options.hpp"
#include "config/crypt_library.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {

constexpr std::size_t longest_password = 512;

/// `with`: instead of the system's libcrypt, for tests.
bool password_is(const config::stored_password& stored, std::string_view given,
                 const config::crypt_library* with = nullptr);

/// What the password of somebody unknown is checked against, so that it takes as long as another's: of the form of the
/// first hash, and right for no password. Of kind none, where nobody has a hash.
config::stored_password decoy(const std::vector<config::user_options>& users);

/// A new yescrypt hash, `$y$…`; nullopt: libcrypt makes none of it.
std::optional<std::string> hashed_password(std::string_view text);

} // namespace troupe::platform
